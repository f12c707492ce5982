//! A requirement before it is a task: its text, with what of it examples prove and what they do not.

use std::collections::HashSet;

use super::{
    super::{
        MAX_TITLE, TaskDraft,
        examples::{self, Example},
        prose, text,
    },
    lines,
    sections::code_block,
    transcripts,
};
use crate::text::joined;

/// The longest criterion, in characters; the requirement keeps the whole text.
const MAX_CRITERION: usize = 500;

/// The most examples of one requirement; what comes after is not looked at.
const MAX_EXAMPLES: usize = 100;

/// The text of a requirement before it is a task.
#[derive(Clone, Debug, Default)]
pub(in crate::specs) struct Draft {
    pub section: String,
    pub text: String,
    pub criteria: Vec<String>,
    /// Whether the first line of the text is only its name.
    pub is_titled: bool,
}

impl Draft {
    pub(in crate::specs) fn task(mut self, number: u32) -> TaskDraft {
        let shown = transcripts::sentences(&self.text, &self.section);
        let is_shown_in_part = shown.is_none() && lines::has_transcript(&self.text);
        self.criteria.extend(shown.unwrap_or_default());
        let mut found = Vec::new();
        let mut unproven = Vec::new();
        for source in self.sources() {
            let reading = examples::read(&source);
            let mut is_whole = !reading.examples.is_empty() && reading.examples.iter().all(Example::is_checkable);
            for example in reading.examples {
                if found.contains(&example) {
                    continue;
                }
                if found.len() < MAX_EXAMPLES {
                    found.push(example);
                } else {
                    is_whole = false;
                }
            }
            if is_whole {
                unproven.extend(reading.rest.into_iter().map(|rest| format!("{rest} (in: {source})")));
            } else {
                unproven.push(source);
            }
        }
        let mut criteria: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        // Half an example is none.
        let described = found.iter().map(Example::describe).filter(|words| words.chars().count() <= MAX_CRITERION);
        for words in self.criteria.iter().cloned().chain(described) {
            let words = text::cut(&joined(&words), MAX_CRITERION);
            if !words.is_empty() && known.insert(words.clone()) {
                criteria.push(words);
            }
        }
        let title = text::one_line(self.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("Requirement"), MAX_TITLE);
        let title = if title.is_empty() { format!("Requirement {number}") } else { title };
        if is_shown_in_part {
            unproven.push(code_block(&title));
        }
        TaskDraft {
            number,
            title,
            requirement: self.text.trim().to_owned(),
            section: self.section,
            criteria,
            examples: found,
            unproven: in_lines(unproven),
            depends_on: Vec::new(),
        }
    }

    /// What of the requirement can be read for examples, each part in one line: its paragraph, since an example may run over lines,
    /// then each of its sub-items and criteria. Code blocks are left out, and what only names or leads to the rest.
    fn sources(&self) -> Vec<String> {
        let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
        let mut fence: Option<(char, usize)> = None;
        for line in self.text.lines().map(str::trim) {
            if let Some(opened) = fence {
                if lines::closes_fence(line, opened) {
                    fence = None;
                }
                continue;
            }
            fence = lines::opening_fence(line);
            if fence.is_some() {
                continue;
            }
            if let Some(item) = line.strip_prefix("- ") {
                parts.push(vec![item]);
            } else if let Some(part) = parts.last_mut() {
                part.push(line);
            }
        }
        if let Some(first) = parts.first_mut()
            && self.is_titled
            && !first.is_empty()
        {
            let title = first.remove(0);
            if !prose::is_name(title) {
                parts.insert(0, vec![title]);
            }
        }
        let has_items = parts.len() > 1;
        if let Some(first) = parts.first_mut()
            && has_items
            && matches!(first.as_slice(), [name] if prose::is_label(name))
        {
            first.clear();
        }
        let parts = parts.into_iter().map(|part| part.join(" "));
        let all: Vec<String> = parts.chain(self.criteria.iter().map(|words| words.replace('\n', " "))).collect();
        let count = all.iter().filter(|part| !part.trim().is_empty()).count();
        let mut known = HashSet::new();
        let is_new = |part: &String| {
            let words = joined(part);
            !(words.is_empty() || count > 1 && prose::is_lead_in(&words)) && known.insert(words)
        };
        all.into_iter().filter(is_new).collect()
    }
}

/// What nothing proves, each once and in one line.
pub(in crate::specs) fn in_lines(unproven: Vec<String>) -> Vec<String> {
    let mut known = HashSet::new();
    let lines = unproven.iter().map(|words| text::cut(&joined(words), MAX_CRITERION)).filter(|words| !words.is_empty());
    lines.filter(|words| known.insert(words.clone())).collect()
}
