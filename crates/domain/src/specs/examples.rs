//! Examples: the parts of a requirement that can be carried out and compared.
//!
//! Each example stands alone: it is carried out in a fresh copy of the work. Words in CAPITALS inside a command, and
//! `<words>` or `{words}` in brackets, are placeholders; the same word in the outcome stands for the same value. CMD is a
//! command, T is a text, P is a path, each in backticks.
//!
//! | Wording | Meaning |
//! |---|---|
//! | CMD prints T (outputs, returns, displays, writes, shows, says, responds with, echoes, emits) | standard output is T, a last line end aside |
//! | CMD prints T to stderr (on standard error, in the error stream) | standard error is T |
//! | CMD prints a line containing T; its output contains T (includes) | standard output contains T |
//! | CMD prints nothing | standard output is empty |
//! | CMD → T (`->`, `=>`), where CMD has arguments or T several words, and T is no path or type | standard output is T |
//! | its stdout is T; its stderr contains T; its stderr is empty | the stream is T, contains it, or is empty |
//! | CMD exits with 2 (with code 2, with status 2, exits 0, returns exit code 2, fails with code 2) | the exit code |
//! | CMD exits with a non-zero code (fails) | any exit code but 0 |
//! | CMD creates P (writes, generates, produces the file) | the file exists afterwards |
//! | CMD creates P containing T (with the content, with the text) | the file contains T |
//! | CMD creates an empty file P; there is an empty file P | the file is there and holds nothing |
//! | with T on stdin, CMD …; CMD with T on stdin …; `echo T \| tool` … | T is given on standard input |
//! | the page P shows T (displays, contains, says, has the text); P contains T | the visible text of the page contains T |
//! | the page P has the heading T (title, link, button) | an element of that kind contains T |
//! | the page P has a link to P (to an address) | a link leads there |
//! | the file P exists; there is a file P; P contains T | the file is there; it contains T |
//!
//! P is also any name that the line calls a file. Clauses about one command are joined by "and" or commas; all must hold.
//! `\n` inside T is a line end. Quotation marks of any kind are as good as backticks around T, and the words may be German,
//! French or Spanish. A line without such parts has no examples. What a line says beside them, in words that do more than
//! join, is kept as its rest.

mod bind;
mod clauses;
mod conditions;
mod describe;
mod evaluate;
mod page;
mod pattern;
mod program;
mod rest;
mod scan;
mod shell;
mod translations;

pub use bind::bind;
pub use clauses::{find, read};
pub use evaluate::evaluate;
pub use pattern::is_safe_path;
pub use program::{Program, program, program_candidates};

use std::collections::BTreeMap;

/// A run of characters that is fixed or stands for a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Text(String),
    /// Its name, like `NAME`.
    Placeholder(String),
}

/// A text with placeholders. Neighbouring texts are one part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pattern(pub Vec<Part>);

/// A command as an example states it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Invocation {
    /// The program and its arguments, split as a shell splits them, without any expansion. Never empty.
    pub words: Vec<Pattern>,
    pub stdin: Option<Pattern>,
    /// Whether the files that the command reads are there. Not so in an example of what happens when one is missing.
    pub inputs_exist: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// How much of what is seen the text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// All of it, a last line end aside.
    Whole,
    /// Somewhere in it.
    Within,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitCode {
    Is(i32),
    /// Any code but 0.
    NotZero,
}

/// Where on a page a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PagePart {
    /// Anywhere in the visible text.
    Text,
    /// In `h1` to `h6`.
    Heading,
    /// In `title`.
    Title,
    /// In `a`.
    Link,
    /// Where an `a` leads: its `href`, which is the text and not only contains it.
    LinkTarget,
    /// In `button`, or the value of an `input` that is a button.
    Button,
}

/// What must be seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Prints {
        stream: Stream,
        fit: Fit,
        text: Pattern,
    },
    ExitsWith(ExitCode),
    /// A file that is there afterwards; with content it contains that text, and an empty content is all of it. Without a
    /// command it is a file of the project.
    CreatesFile {
        path: Pattern,
        content: Option<Pattern>,
    },
    /// A page of the project, by its path in the worktree.
    PageShows {
        path: String,
        part: PagePart,
        text: String,
    },
}

/// A command with what must be seen after it, or, without a command, files and pages that must be there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Example {
    pub command: Option<Invocation>,
    /// At least one.
    pub outcomes: Vec<Outcome>,
    /// Why loki cannot tell by itself whether it holds, as the line says more than commands and texts (a condition, an
    /// alternative, an earlier command).
    pub unclear: Option<&'static str>,
}

/// A requirement line as far as it is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub examples: Vec<Example>,
    /// What the line asks for beside its examples, each in the line's words; empty where it has no example at all.
    pub rest: Vec<String>,
}

impl Reading {
    /// Whether examples that loki can carry out say all that the line says.
    pub fn is_whole(&self) -> bool {
        !self.examples.is_empty() && self.rest.is_empty() && self.examples.iter().all(Example::is_checkable)
    }
}

/// A file that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedFile {
    /// Relative to the directory the command runs in (the worktree's root for files without a command).
    pub path: String,
    /// Where the text is looked for; `None` for any file that is not a page.
    pub page_part: Option<PagePart>,
    /// What it contains, and nothing at all for an empty text; `None` when it only has to be there.
    pub text: Option<String>,
}

/// An example with values in place of its placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundExample {
    /// Program and arguments; empty when nothing is run.
    pub argv: Vec<String>,
    /// Files that are written before the command, as (relative path, text): the input that the command reads.
    pub files: Vec<(String, String)>,
    pub stdin: Option<String>,
    /// What standard output must fit, all of it.
    pub expect_stdout: Vec<(Fit, String)>,
    /// What standard error must fit, all of it.
    pub expect_stderr: Vec<(Fit, String)>,
    /// What the exit code must fit, all of it.
    pub expect_code: Vec<ExitCode>,
    pub expect_files: Vec<ExpectedFile>,
}

/// What was there after a bound example was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub stdout: String,
    pub stderr: String,
    /// `None` when nothing was run, or a signal or the time limit ended it.
    pub code: Option<i32>,
    /// The text of each of `expect_files` that is there, by its path.
    pub files: BTreeMap<String, String>,
}

impl Example {
    /// Whether loki can carry it out and compute what must be seen.
    pub fn is_checkable(&self) -> bool {
        self.hindrance().is_none()
    }

    /// Why it cannot be checked, in words; `None` when it can be.
    pub fn hindrance(&self) -> Option<&'static str> {
        if let Some(reason) = self.unclear {
            return Some(reason);
        }
        if let Some(Program::NotRunnable { reason }) = self.program() {
            return Some(reason);
        }
        let known = self.placeholders();
        let reads_a_file = bind::content_of(self).is_some();
        for outcome in &self.outcomes {
            let (text, path) = match outcome {
                Outcome::Prints { text, .. } => (Some(text), None),
                Outcome::CreatesFile { path, content } => (content.as_ref(), Some(path)),
                Outcome::PageShows { path, .. } if !is_safe_path(path) => return Some(OUTSIDE),
                Outcome::ExitsWith(_) | Outcome::PageShows { .. } => (None, None),
            };
            if path.is_some_and(|path| !is_safe_path(&path.to_string())) {
                return Some(OUTSIDE);
            }
            if text.is_some_and(pattern::is_cut_short) {
                return Some("dots stand for a part of its text");
            }
            if text.is_some_and(|text| pattern::is_computed(text, &known)) {
                return Some("its text is computed from the values of the command");
            }
            let mut names = text.into_iter().chain(path).flat_map(Pattern::placeholders);
            if names.any(|name| !(known.contains(&name) || reads_a_file && pattern::is_content(name))) {
                return Some("the outcome names a value that the command does not");
            }
        }
        None
    }

    /// What its command runs; `None` without a command.
    pub fn program(&self) -> Option<Program> {
        let words: Vec<String> = self.command.as_ref()?.words.iter().map(ToString::to_string).collect();
        Some(program(&words))
    }

    /// The placeholders of its command and of what it is given on standard input, each once, in order.
    pub fn placeholders(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let Some(command) = &self.command else { return names };
        for name in command.words.iter().chain(&command.stdin).flat_map(Pattern::placeholders) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

const OUTSIDE: &str = "the path leads out of the work";

#[cfg(test)]
mod tests;
