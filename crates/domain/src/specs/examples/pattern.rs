//! Texts with placeholders, and which words are placeholders.

use std::fmt;

use super::{Part, Pattern, bind};

/// Capital words that stand for themselves.
const CONSTANTS: [&str; 64] = [
    "README",
    "LICENSE",
    "CHANGELOG",
    "CONTRIBUTING",
    "MAKEFILE",
    "NOTICE",
    "DOCKERFILE",
    "TODO",
    "JSON",
    "CSV",
    "XML",
    "YAML",
    "TOML",
    "HTML",
    "CSS",
    "SVG",
    "PDF",
    "PNG",
    "UTF",
    "UTF8",
    "ASCII",
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "HTTP",
    "HTTPS",
    "API",
    "CLI",
    "SQL",
    "UTC",
    "GMT",
    "OK",
    "ERROR",
    "ERR",
    "WARN",
    "WARNING",
    "INFO",
    "DEBUG",
    "TRACE",
    "FATAL",
    "PASS",
    "PASSED",
    "FAIL",
    "FAILED",
    "YES",
    "NO",
    "TRUE",
    "FALSE",
    "DONE",
    "NULL",
    "NONE",
    "USAGE",
    "HELP",
    "EUR",
    "USD",
    "EOF",
    "USA",
    "EU",
    "CPU",
    "NOT",
];

/// Words that stand for a value even where no command names them.
const VALUES: [&str; 24] = [
    "VERSION", "SUM", "RESULT", "TOTAL", "COUNT", "DATE", "TIME", "N", "NUMBER", "VALUE", "OUTPUT", "NAME", "PRODUCT", "TEXT",
    "LINES", "WORDS", "AVERAGE", "MAX", "MIN", "ID", "HASH", "PATH", "CONTENT", "CONTENTS",
];

const HTML_TAGS: [&str; 22] = [
    "a", "b", "body", "br", "button", "code", "div", "em", "footer", "h1", "h2", "h3", "head", "header", "html", "i", "li",
    "main", "p", "span", "title", "ul",
];

impl Pattern {
    /// The names of its placeholders, in order, with repetitions.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Placeholder(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// With values in place of the placeholders.
    pub fn filled(&self, value: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Placeholder(name) => text.push_str(&value(name)),
            }
        }
        text
    }

    pub(super) fn fixed(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::default() } else { Self(vec![Part::Text(text)]) }
    }

    fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Text(last)) = self.0.last_mut() {
            last.push_str(text);
        } else {
            self.0.push(Part::Text(text.to_owned()));
        }
    }
}

/// The words as written, each placeholder by its name.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) | Part::Placeholder(text) => f.write_str(text),
        })
    }
}

/// A word of a command.
pub(super) fn in_command(word: &str) -> Pattern {
    if word.starts_with('-') {
        // The name of an option is no placeholder, its value may be one.
        let Some((option, value)) = word.split_once('=') else { return Pattern::fixed(word) };
        let mut pattern = Pattern::fixed(format!("{option}="));
        for part in read(value, |name, _| !CONSTANTS.contains(&name)).0 {
            match part {
                Part::Text(text) => pattern.push_text(&text),
                placeholder @ Part::Placeholder(_) => pattern.0.push(placeholder),
            }
        }
        return pattern;
    }
    read(word, |name, bracketed| bracketed || !CONSTANTS.contains(&name))
}

/// A text of an outcome, after a command with these placeholders. A capital word that the command does not name is a
/// placeholder too (whose value nobody knows) where it can hardly mean itself.
pub(super) fn in_outcome(text: &str, known: &[&str]) -> Pattern {
    let text = text.replace("\\n", "\n");
    if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("usage")) {
        return Pattern::fixed(text);
    }
    let alone = text.trim();
    read(&text, |name, bracketed| {
        if known.contains(&name) {
            return true;
        }
        if bracketed {
            return !HTML_TAGS.contains(&name.to_ascii_lowercase().as_str());
        }
        if CONSTANTS.contains(&name) {
            return false;
        }
        if known.is_empty() { alone == name && VALUES.contains(&name) } else { !matches!(name, "A" | "I") }
    })
}

/// Whether a placeholder stands for what is in the file that the command reads.
pub(super) fn is_content(name: &str) -> bool {
    matches!(name, "CONTENT" | "CONTENTS")
}

/// Whether dots stand for a part of a text that was left out: as a word of their own, and not as in `Loading...`.
pub(super) fn is_cut_short(text: &Pattern) -> bool {
    text.to_string().split_whitespace().any(|word| matches!(word, "..." | "…"))
}

/// Whether a text is computed from placeholders rather than made of them, as in `2N`, `A+B` and `N - 1`.
pub(super) fn is_computed(text: &Pattern, known: &[&str]) -> bool {
    const NUMBER: char = '\u{e000}';
    const OTHER: char = '\u{e001}';
    let is_multiple = |word: &str| {
        let name = word.trim_matches(char::is_numeric);
        name != word && known.contains(&name)
    };
    let is_placeholder = |c: char| matches!(c, NUMBER | OTHER);
    let mut drawn = String::new();
    for part in &text.0 {
        match part {
            Part::Text(fixed) if fixed.split(|c: char| !c.is_alphanumeric()).any(is_multiple) => return true,
            Part::Text(fixed) => drawn.push_str(fixed),
            Part::Placeholder(name) => drawn.push(if bind::is_number(name) { NUMBER } else { OTHER }),
        }
    }
    let counts = |first: char, second: char| is_placeholder(first) && second.is_numeric();
    let mut next_to = drawn.chars().zip(drawn.chars().skip(1));
    if next_to.any(|(first, second)| counts(first, second) || counts(second, first)) {
        return true;
    }
    // Between two values; a mark before one, as in `- NAME`, computes nothing.
    drawn.char_indices().any(|(at, operator)| {
        let before = drawn.get(..at).and_then(|before| before.trim_end_matches(' ').chars().next_back());
        let after = drawn.get(at + operator.len_utf8()..).and_then(|after| after.trim_start_matches(' ').chars().next());
        let (Some(before), Some(after)) = (before, after) else { return false };
        let are_values = [before, after].iter().all(|c| is_placeholder(*c) || c.is_numeric());
        let has_placeholder = is_placeholder(before) || is_placeholder(after);
        let is_operator = match operator {
            '+' | '*' | '×' | '·' | '÷' | '^' => true,
            '-' | '−' | '/' => before != OTHER && after != OTHER,
            _ => false,
        };
        is_operator && are_values && has_placeholder
    })
}

/// Whether a path stays below the directory it starts from, without names that mean something to a shell or to git.
pub fn is_safe_path(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 200
        && !path.starts_with(['/', '-', '~'])
        && !path.contains(['\\', '\0', '\n', ':'])
        && path.split('/').all(|part| !part.is_empty() && part != ".." && part != "." && !part.eq_ignore_ascii_case(".git"))
}

/// Splits a text at its capital words and words in brackets; `is_placeholder(name, bracketed)` decides on each.
fn read(text: &str, is_placeholder: impl Fn(&str, bool) -> bool) -> Pattern {
    let mut pattern = Pattern::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((marked, inner, after)) = bracketed(rest) {
            let name = inner.to_ascii_uppercase().replace('-', "_");
            if is_placeholder(&name, true) {
                pattern.0.push(Part::Placeholder(name));
            } else {
                pattern.push_text(marked);
            }
            rest = after;
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(end);
        if is_capital(word) && is_placeholder(word, false) {
            pattern.0.push(Part::Placeholder(word.to_owned()));
        } else {
            pattern.push_text(word);
        }
        rest = after;
    }
    pattern
}

/// `<word>` or `{word}` at the start: as it is written, the word, and what follows.
fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    let close = match text.chars().next()? {
        '<' => '>',
        '{' => '}',
        _ => return None,
    };
    let (inner, after) = text.get(1..)?.split_once(close)?;
    let fits = inner.starts_with(|c: char| c.is_ascii_alphabetic())
        && inner.len() <= 40
        && inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    fits.then_some((text.get(..inner.len() + 2)?, inner, after))
}

fn is_capital(word: &str) -> bool {
    word.len() <= 40
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
