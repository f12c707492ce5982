//! Examples in words, in the grammar they are read by.

use super::{Example, ExitCode, Fit, Invocation, Outcome, PagePart, Part, Pattern, Stream};

impl Example {
    /// What it demands, in words that [`super::find`] reads again.
    pub fn describe(&self) -> String {
        let outcomes: Vec<String> = self.outcomes.iter().map(|outcome| outcome_words(outcome, self.command.is_some())).collect();
        let outcomes = outcomes.join(" and ");
        match &self.command {
            Some(command) => format!("{} {outcomes}", command_words(command)),
            None => outcomes,
        }
    }
}

fn command_words(command: &Invocation) -> String {
    let words: Vec<String> = command.words.iter().map(quoted).collect();
    let line = code(&words.join(" "));
    match &command.stdin {
        Some(stdin) => format!("with {} on stdin, {line}", code(&escaped(stdin))),
        None => line,
    }
}

fn outcome_words(outcome: &Outcome, after_command: bool) -> String {
    match outcome {
        Outcome::Prints { stream, fit, text } => {
            let stream = if *stream == Stream::Stderr { " to stderr" } else { "" };
            match fit {
                Fit::Whole if text.0.is_empty() => format!("prints nothing{stream}"),
                Fit::Whole => format!("prints {}{stream}", code(&escaped(text))),
                Fit::Within => format!("prints a line containing {}{stream}", code(&escaped(text))),
            }
        }
        Outcome::ExitsWith(ExitCode::Is(code)) => format!("exits with {code}"),
        Outcome::ExitsWith(ExitCode::NotZero) => "exits with a non-zero code".to_owned(),
        Outcome::CreatesFile { path, content } => {
            let path = code(&path.to_string());
            match (after_command, content) {
                (true, Some(content)) if content.0.is_empty() => format!("creates an empty file {path}"),
                (false, Some(content)) if content.0.is_empty() => format!("there is an empty file {path}"),
                (true, Some(content)) => format!("creates {path} containing {}", code(&escaped(content))),
                (true, None) => format!("creates {path}"),
                (false, Some(content)) => format!("the file {path} contains {}", code(&escaped(content))),
                (false, None) => format!("the file {path} exists"),
            }
        }
        Outcome::PageShows { path, part, text } => {
            let (path, text) = (code(path), code(text));
            match part {
                PagePart::Text => format!("the page {path} shows {text}"),
                PagePart::Heading => format!("the page {path} has the heading {text}"),
                PagePart::Title => format!("the page {path} has the title {text}"),
                PagePart::Link => format!("the page {path} has the link {text}"),
                PagePart::LinkTarget => format!("the page {path} has a link to {text}"),
                PagePart::Button => format!("the page {path} has the button {text}"),
            }
        }
    }
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn escaped(text: &Pattern) -> String {
    text.to_string().replace('\n', "\\n")
}

/// A word of a command as a shell would take it; placeholders stay bare.
fn quoted(word: &Pattern) -> String {
    let text = word.to_string();
    let is_plain = !text.is_empty()
        && word.0.iter().all(|part| match part {
            Part::Placeholder(_) => true,
            Part::Text(text) => {
                text.chars().all(|c| c.is_alphanumeric() || "-_./=:,+@%!?^#".contains(c)) && !text.starts_with('#')
            }
        });
    if is_plain {
        text
    } else if text.contains('\'') {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("'{text}'")
    }
}
