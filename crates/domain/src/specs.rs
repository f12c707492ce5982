//! Specs: what people hand in (a PRD, an OpenAPI document, a brief), read into tasks with things that can be checked.

mod data;
mod deeds;
mod dependencies;
pub mod examples;
mod json_prd;
mod markdown;
mod openapi;
mod prose;
mod subject;
mod text;

use examples::Example;
pub use prose::{is_label, is_lead_in, is_name, is_story};
pub use subject::commit_subject;

/// The largest spec that is read, in bytes.
pub const MAX_BYTES: usize = 1_048_576;

/// The most requirements that one spec may state.
pub const MAX_TASKS: usize = 500;

/// The most lines of one requirement that are named as unproven.
const MAX_TASK_UNPROVEN: usize = 20;

/// The most lines that are named as unproven in one spec.
const MAX_UNPROVEN: usize = 500;

/// The longest title of a task, in characters.
pub const MAX_TITLE: usize = 100;

/// What a spec was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpecKind {
    /// Markdown or plain text with headings or lists.
    Prd,
    /// An OpenAPI or Swagger document, in JSON or YAML.
    OpenApi,
    /// One line or one paragraph.
    Brief,
    /// A PRD as data: features, requirements, tasks, user stories or epics.
    Json,
}

/// A spec that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub kind: SpecKind,
    /// From the first heading or line, at most 100 characters.
    pub title: String,
    /// The text before the first requirement, at most 600 characters; empty when there is none.
    pub summary: String,
    /// In the spec's order, numbered from 1.
    pub tasks: Vec<TaskDraft>,
    /// The spec as it was handed in, with line ends as `\n`.
    pub text: String,
    /// What counts as a feature for the tier: the headings below the first level and the checkbox lines, the entries of a
    /// JSON PRD, the operations of an OpenAPI document; never fewer than there are tasks.
    pub features: u32,
    /// Second- and third-level headings, the groups of a JSON PRD, or the first path segments of an OpenAPI document.
    pub sections: u32,
    pub words: u32,
}

/// A requirement as a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDraft {
    /// From 1, in the spec's order.
    pub number: u32,
    /// One line of at most 100 characters, without markup or control characters.
    pub title: String,
    /// The whole text of the requirement with the lines that belong to it.
    pub requirement: String,
    /// The headings above it, joined by ` / `; empty when there are none.
    pub section: String,
    /// What must hold, in words: the sub-items, the acceptance lines and each example.
    pub criteria: Vec<String>,
    /// What can be carried out and compared.
    pub examples: Vec<Example>,
    /// What no example of it can prove: its lines and criteria without one, and what a line with one says beside it. Each at most
    /// 500 characters, and at most 20 of them (500 in the whole spec), with one more that counts those that were left out.
    pub unproven: Vec<String>,
    /// Numbers of the tasks that must be done first, ascending; never in a circle.
    pub depends_on: Vec<u32>,
}

/// Why a spec could not be read. Each message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("the spec is empty: write at least one sentence that says what to build")]
    Empty,
    #[error("the spec is not text ({reason}): hand in Markdown, plain text, JSON or YAML in UTF-8")]
    Binary { reason: String },
    #[error("the spec has {bytes} bytes, the limit is {MAX_BYTES} (1 MiB): split it into several specs")]
    TooLong { bytes: usize },
    #[error("malformed {format} at line {line}, column {column}: {reason}; correct it there and hand it in again")]
    Malformed { format: &'static str, line: usize, column: usize, reason: String },
    #[error("the {format} document is too big when it is expanded ({reason}): simplify it or hand in Markdown")]
    TooComplex { format: &'static str, reason: String },
    #[error("the spec states {found} requirements, the limit is {MAX_TASKS}: split it into several specs")]
    TooManyRequirements { found: usize },
    #[error("the spec states no requirement: {advice}")]
    NoRequirements { advice: String },
}

/// Reads a spec. `name_hint` is the file's name when it came as one; its ending only helps to tell the formats apart.
pub fn parse(text: &[u8], name_hint: Option<&str>) -> Result<Spec, SpecError> {
    let text = readable(text)?;
    let ending = name_hint.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    let mut spec = match format(&text, ending.as_deref()) {
        Format::Json => from_data(&data::json(&text)?, &text)?,
        Format::Yaml => from_data(&data::yaml(&text)?, &text)?,
        Format::Text => match json_prd::looks_like_yaml(&text).then(|| data::yaml(&text)) {
            Some(Ok(value)) => from_data(&value, &text)?,
            _ => markdown::read(&text)?,
        },
    };
    if spec.tasks.len() > MAX_TASKS {
        return Err(SpecError::TooManyRequirements { found: spec.tasks.len() });
    }
    bound_unproven(&mut spec.tasks);
    spec.words = count(text.split_whitespace().count());
    spec.features = spec.features.max(count(spec.tasks.len()));
    spec.text = text;
    Ok(spec)
}

/// Leaves as much of what no example proves as a receipt can hold: of each task at least one line, and how many more there are.
fn bound_unproven(tasks: &mut [TaskDraft]) {
    let wanting = tasks.iter().filter(|task| !task.unproven.is_empty()).count();
    let mut room = MAX_UNPROVEN.saturating_sub(wanting);
    for task in tasks.iter_mut().filter(|task| !task.unproven.is_empty()) {
        let more = (task.unproven.len().min(MAX_TASK_UNPROVEN) - 1).min(room);
        room -= more;
        let left_out = task.unproven.len() - 1 - more;
        if left_out > 0 {
            task.unproven.truncate(1 + more);
            task.unproven.push(format!("{left_out} more of its lines"));
        }
    }
}

enum Format {
    Json,
    Yaml,
    Text,
}

/// The bytes as text with `\n` as line ends, without a byte order mark.
fn readable(bytes: &[u8]) -> Result<String, SpecError> {
    if bytes.len() > MAX_BYTES {
        return Err(SpecError::TooLong { bytes: bytes.len() });
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(SpecError::Binary { reason: format!("a NUL byte at position {at}") });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| SpecError::Binary { reason: format!("bytes that are not UTF-8 at position {}", error.valid_up_to()) })?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().all(|c| c.is_whitespace() || text::is_invisible(c)) {
        return Err(SpecError::Empty);
    }
    Ok(text)
}

fn format(text: &str, ending: Option<&str>) -> Format {
    let start = text.trim_start();
    let looks_like_json = |mark: char, next: &[char]| {
        start.strip_prefix(mark).is_some_and(|rest| rest.trim_start().chars().next().is_none_or(|c| next.contains(&c)))
    };
    match ending {
        Some("json") => return Format::Json,
        Some("yaml" | "yml") => return Format::Yaml,
        Some("md" | "markdown") => return Format::Text,
        _ => {}
    }
    if looks_like_json('{', &['"', '}']) || looks_like_json('[', &['{', '"', ']']) {
        return Format::Json;
    }
    let is_openapi = text.lines().take(200).any(|line| {
        let key = line.split(':').next().unwrap_or_default().trim_end().trim_matches(['"', '\'']);
        line.contains(':') && matches!(key, "openapi" | "swagger")
    });
    if is_openapi { Format::Yaml } else { Format::Text }
}

fn from_data(value: &serde_json::Value, text: &str) -> Result<Spec, SpecError> {
    if openapi::is_openapi(value) { openapi::read(value) } else { json_prd::read(value, text) }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
