//! What a process prints as errors: a bounded number of short lines, the last of which explain a crash.

use std::collections::VecDeque;

use crate::text::head;

/// How many lines become events.
const EVENTS: usize = 200;
/// The longest line, in characters.
const LENGTH: usize = 500;
/// How many lines explain a crash.
const KEPT: usize = 8;

/// Counts the error lines of a call and keeps the last ones.
#[derive(Debug, Default)]
pub(crate) struct ErrorLines {
    told: usize,
    last: VecDeque<String>,
}

impl ErrorLines {
    /// Takes a line of standard error; answers what is worth an event.
    pub(crate) fn take(&mut self, line: &str) -> Option<String> {
        let line = head(line, LENGTH);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        self.tell(&line)
    }

    /// Takes a complaint of our own or a stray line of standard output.
    pub(crate) fn tell(&mut self, line: &str) -> Option<String> {
        self.told += 1;
        match self.told {
            0..=EVENTS => Some(head(line, LENGTH)),
            told if told == EVENTS + 1 => Some("further lines are left out".to_owned()),
            _ => None,
        }
    }

    /// The last lines of standard error.
    pub(crate) fn last_words(&self) -> String {
        self.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_in_number_and_length() {
        let mut errors = ErrorLines::default();
        let told: Vec<String> = (0..1_000).filter_map(|n| errors.take(&format!("{n} {}", "x".repeat(9_000)))).collect();
        assert_eq!(told.len(), EVENTS + 1);
        assert!(told.iter().all(|line| line.chars().count() <= LENGTH));
        assert_eq!(told.last().unwrap(), "further lines are left out");
        assert!(errors.last_words().starts_with("992 x"));
    }
}
