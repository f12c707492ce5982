//! Templates: specs with places for values, ours and a project's own.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::LazyLock,
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use protocol::templates::{Template, TemplateBody, TemplateVariable};
use serde::Deserialize;

/// The longest template, in bytes.
const MAX_SOURCE: usize = 262_144;

/// The longest text that comes out of a template, in bytes: what a spec may have.
const MAX_TEXT: usize = crate::specs::MAX_BYTES;

/// The longest value, in characters.
const MAX_VALUE: usize = 2_000;

/// Instructions that rendering may take; a template has no need of long loops.
const FUEL: u64 = 20_000;

/// Why there is no template or no text of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no template `{name}`; there are: {}", known.join(", "))]
    Unknown { name: String, known: Vec<String> },
    #[error("a template's name has 1 to 64 characters of a-z, 0-9 and -, not `{name}`")]
    Name { name: String },
    #[error("the template has no valid front matter: {reason}")]
    FrontMatter { reason: String },
    #[error("the template is longer than {MAX_SOURCE} bytes: shorten it")]
    TooLong,
    #[error("the template needs a value for {}", names.join(", "))]
    Missing { names: Vec<String> },
    #[error("the template has no variable {}; it has: {}", names.join(", "), known.join(", "))]
    NotAsked { names: Vec<String>, known: Vec<String> },
    #[error("the value of {name} must be one line of at most {MAX_VALUE} characters")]
    Value { name: String },
    #[error("the value of {name} must be one lower-case word: a letter, then letters, digits, - and _, at most 64")]
    Word { name: String },
    #[error("the template cannot be rendered (line {line}): {reason}")]
    Rendering { line: usize, reason: String },
}

/// In the order in which people look for what they want to make: what one opens in a browser, what others call, what one runs
/// oneself, what works with data, what talks; the simplest of each first.
const SOURCES: [&str; 13] = [
    include_str!("../../../templates/static-landing-page.md"),
    include_str!("../../../templates/dashboard.md"),
    include_str!("../../../templates/saas-starter.md"),
    include_str!("../../../templates/game.md"),
    include_str!("../../../templates/rest-api.md"),
    include_str!("../../../templates/rest-api-auth.md"),
    include_str!("../../../templates/microservice.md"),
    include_str!("../../../templates/cli-tool.md"),
    include_str!("../../../templates/npm-library.md"),
    include_str!("../../../templates/web-scraper.md"),
    include_str!("../../../templates/data-pipeline.md"),
    include_str!("../../../templates/slack-bot.md"),
    include_str!("../../../templates/discord-bot.md"),
];

static TEMPLATES: LazyLock<Vec<TemplateBody>> =
    LazyLock::new(|| SOURCES.iter().filter_map(|source| parse(source).ok()).collect());

/// The templates that come with loki, in the order in which people choose among them.
pub fn all() -> &'static [TemplateBody] {
    &TEMPLATES
}

/// Where a template stands when people choose: those of a project, which are nearest to what they do, before ours.
pub fn place(name: &str) -> usize {
    all().iter().position(|body| body.template.name == name).map_or(0, |at| at + 1)
}

/// One of the templates that come with loki.
pub fn find(name: &str) -> Result<&'static TemplateBody, TemplateError> {
    find_in(name, &[])
}

/// A template by its name: a project's own come before ours.
pub fn find_in<'a>(name: &str, own: &'a [TemplateBody]) -> Result<&'a TemplateBody, TemplateError> {
    check_name(name)?;
    let ours: &'a [TemplateBody] = all();
    own.iter().chain(ours).find(|body| body.template.name == name).ok_or_else(|| {
        let mut known: Vec<String> = own.iter().chain(ours).map(|body| body.template.name.clone()).collect();
        known.sort();
        known.dedup();
        TemplateError::Unknown { name: name.to_owned(), known }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    title: String,
    description: String,
    #[serde(default)]
    variables: Vec<FrontVariable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontVariable {
    name: String,
    description: String,
    default: Option<String>,
    /// Its value is one lower-case word.
    #[serde(default)]
    word: bool,
}

/// Reads a template: YAML between two `---` lines (name, title, description, variables), then Markdown.
pub fn parse(source: &str) -> Result<TemplateBody, TemplateError> {
    if source.len() > MAX_SOURCE {
        return Err(TemplateError::TooLong);
    }
    let source = source.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let missing = || TemplateError::FrontMatter { reason: "it must begin with YAML between two `---` lines".to_owned() };
    let (front, text) = source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).ok_or_else(missing)?;
    let front: FrontMatter =
        serde_yaml_ng::from_str(front).map_err(|error| TemplateError::FrontMatter { reason: error.to_string() })?;
    check_name(&front.name)?;
    let mut variables: Vec<TemplateVariable> = Vec::new();
    for FrontVariable { name, description, default, word } in front.variables {
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= 64
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name || variables.iter().any(|variable| variable.name == name) {
            let reason = format!("the variable `{name}` needs a name of its own of a-z, 0-9 and _ that begins with a letter");
            return Err(TemplateError::FrontMatter { reason });
        }
        variables.push(TemplateVariable { name, description, default, word });
    }
    if text.trim().is_empty() {
        return Err(TemplateError::FrontMatter { reason: "there is no text after it".to_owned() });
    }
    let template = Template { name: front.name, title: front.title, description: front.description, variables };
    Ok(TemplateBody { template, source: text.trim_start().to_owned() })
}

/// The text with values in place of its variables. Values are plain text: code of the template language in them stays as
/// it is written.
pub fn render(body: &TemplateBody, values: &BTreeMap<String, String>) -> Result<String, TemplateError> {
    let variables = &body.template.variables;
    let known = || variables.iter().map(|variable| variable.name.clone()).collect::<Vec<_>>();
    let unasked: Vec<String> =
        values.keys().filter(|name| variables.iter().all(|variable| variable.name != **name)).cloned().collect();
    if !unasked.is_empty() {
        return Err(TemplateError::NotAsked { names: unasked, known: known() });
    }
    let mut given: BTreeMap<&str, &str> = BTreeMap::new();
    let mut missing = Vec::new();
    for variable in variables {
        let value = values.get(&variable.name).map(|value| value.trim()).filter(|value| !value.is_empty());
        match value.or(variable.default.as_deref()) {
            Some(value) if value.chars().count() > MAX_VALUE || value.contains(char::is_control) => {
                return Err(TemplateError::Value { name: variable.name.clone() });
            }
            Some(value) if variable.word && !is_word(value) => return Err(TemplateError::Word { name: variable.name.clone() }),
            Some(value) => drop(given.insert(variable.name.as_str(), value)),
            None => missing.push(variable.name.clone()),
        }
    }
    if !missing.is_empty() {
        return Err(TemplateError::Missing { names: missing });
    }
    check_growth(&body.source)?;
    // Empty: no filters and functions, as a project's own templates come from anywhere.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    let mut text = Bounded(Vec::new());
    let rendered = environment
        .template_from_str(&body.source)
        .and_then(|template| template.render_captured_to(Value::from_pairs(given), &mut text).map(drop));
    rendered.map_err(|error| failure(body, &error))?;
    // The template language leaves out the last line end.
    text.0.push(b'\n');
    String::from_utf8(text.0).map_err(|_| TemplateError::Rendering { line: 1, reason: "the text is not UTF-8".to_owned() })
}

/// What a program may be called by.
fn is_word(value: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_".contains(char);
    value.len() <= 64 && value.starts_with(|first: char| first.is_ascii_lowercase()) && value.chars().all(is_plain)
}

fn failure(body: &TemplateBody, error: &minijinja::Error) -> TemplateError {
    let line = error.line().unwrap_or(1);
    if error.kind() == minijinja::ErrorKind::WriteFailure {
        return TemplateError::Rendering { line, reason: format!("the text is longer than {MAX_TEXT} bytes") };
    }
    let reason = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    // A variable that the text uses and the front matter does not declare is a mistake of the author; the line names it.
    let place = body.source.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    let is_undeclared = error.kind() == minijinja::ErrorKind::UndefinedError;
    let reason = if is_undeclared { format!("{reason} in `{place}`; declare the variable in the front matter") } else { reason };
    TemplateError::Rendering { line, reason }
}

/// Refuses what makes values grow without many steps, which the fuel does not see: joined texts, blocks kept in variables.
fn check_growth(source: &str) -> Result<(), TemplateError> {
    const ALLOWED: [&str; 8] = ["if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"];
    for (number, line) in source.lines().enumerate() {
        for (opening, closing) in [("{{", "}}"), ("{%", "%}")] {
            for part in line.split(opening).skip(1) {
                let inside = part.split(closing).next().unwrap_or(part);
                let keyword =
                    inside.trim_start_matches(['-', '+']).split_whitespace().next().unwrap_or_default().trim_end_matches('-');
                let is_statement = opening == "{%";
                if inside.contains(['~', '*', '+']) || (is_statement && !ALLOWED.contains(&keyword)) {
                    let reason =
                        format!("`{opening} {} {closing}` is not allowed: only variables, if and for are", inside.trim());
                    return Err(TemplateError::Rendering { line: number + 1, reason });
                }
                if !part.contains(closing) {
                    let reason = format!("`{opening}` must be closed in the same line");
                    return Err(TemplateError::Rendering { line: number + 1, reason });
                }
            }
        }
    }
    Ok(())
}

/// Takes at most `MAX_TEXT` bytes.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT {
            return Err(io::Error::other("the text is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), TemplateError> {
    let fits = (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits {
        return Ok(());
    }
    Err(TemplateError::Name { name: name.chars().filter(|c| !c.is_control()).take(64).collect() })
}

#[cfg(test)]
mod tests;
