//! The subject line of a task's commit.

use super::{TaskDraft, text};
use crate::text::joined;

/// The longest subject line, in characters.
const LIMIT: usize = 72;

/// The subject line of the commit that carries a task: `<type>: <title>`, at most 72 characters, cut between words with `…`, without
/// emoji and control characters. The type is feat, fix, docs, test or chore. The title keeps its letters' case but for its
/// first letter, which is small unless the first word is code or in capitals.
pub fn commit_subject(task: &TaskDraft) -> String {
    let kind = kind(&task.title);
    let mut description = plain(&task.title);
    let was_cut = description.ends_with('…');
    trim_end(&mut description);
    if description.is_empty() {
        description = format!("complete task {}", task.number);
    }
    let room = LIMIT - kind.len() - 2;
    if was_cut || description.chars().count() > room {
        description = text::cut(&description, room - 1);
        trim_end(&mut description);
        description.push('…');
    }
    let first = description.split(' ').next().unwrap_or_default();
    let is_quoted = task.requirement.trim_start().strip_prefix('`').is_some_and(|code| code.starts_with(first));
    if !is_quoted && !is_code(first) {
        description = with_small_first_letter(&description);
    }
    format!("{kind}: {description}")
}

/// The title's words without emoji and quotation of code.
fn plain(title: &str) -> String {
    let shown: String = title
        .chars()
        .filter(|c| !is_pictogram(*c) && !text::is_invisible(*c) && *c != '`')
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    joined(&shown)
}

fn is_pictogram(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{2300}'..='\u{23ff}'
        | '\u{2190}'..='\u{21ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{200d}' | '\u{20e3}' | '\u{e0000}'..='\u{e007f}')
}

/// Takes the stop at the end away; marks that say something stay.
fn trim_end(description: &mut String) {
    while description.ends_with(['.', ',', ';', ':', '…', ' ']) {
        description.pop();
    }
}

/// Whether a word is a name that a small first letter would make another one: `README.md`, `GET`, `showPet`, `utf8_only`.
fn is_code(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.chars().skip(1).any(|c| c.is_uppercase() || !(c.is_alphabetic() || matches!(c, '-' | '\'' | '’')))
}

fn with_small_first_letter(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // A letter without a small form of one character stays, as the line must not grow.
        Some(first) if first.to_lowercase().len() == 1 => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

fn kind(title: &str) -> &'static str {
    let title = plain(title).to_lowercase();
    match title.split(' ').next().unwrap_or_default() {
        "fix" | "fixes" | "repair" | "repairs" | "correct" | "resolve" => return "fix",
        "document" | "documents" | "describe" | "describes" => return "docs",
        "test" | "tests" | "cover" | "covers" => return "test",
        "bump" | "bumps" | "upgrade" | "upgrades" | "rename" | "renames" | "clean" | "cleans" | "configure" | "configures" => {
            return "chore";
        }
        _ => {}
    }
    let has = |wanted: &[&str]| title.split(' ').any(|word| wanted.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())));
    if has(&["bug", "bugs", "regression", "crash"]) {
        "fix"
    } else if has(&["readme", "readme.md", "changelog", "changelog.md", "documentation", "docs"]) {
        "docs"
    } else if has(&["tests", "coverage"]) {
        "test"
    } else if has(&["dependencies", "ci", "linter", "lint", "license", "gitignore", "formatter"]) {
        "chore"
    } else {
        "feat"
    }
}
