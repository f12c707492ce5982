//! Scenarios in the words of Gherkin, in a code block of their own or as plain text.

use super::{Line, closes_fence, opening_fence};

/// Words before a colon that name what follows.
const NAMES: [&str; 6] = ["Feature:", "Rule:", "Scenario:", "Scenario Outline:", "Scenario Template:", "Background:"];

/// Words that begin a step.
const STEPS: [&str; 6] = ["Given ", "When ", "Then ", "And ", "But ", "* "];

/// Reads the scenarios of a text, if it has any.
pub(super) struct Gherkin {
    is_there: bool,
    /// The fence of the block of scenarios that is read.
    block: Option<(char, usize)>,
    /// Whether a scenario was begun and its steps may follow.
    in_scenario: bool,
}

impl Gherkin {
    pub(super) fn of(source: &str) -> Self {
        let is_there = source.lines().any(|line| line.trim_start().starts_with("Scenario") && line.contains(':'));
        Self { is_there, block: None, in_scenario: false }
    }

    /// What a line says as part of scenarios; `None` where it is none.
    pub(super) fn line(&mut self, line: &str) -> Option<Line> {
        if !self.is_there {
            return None;
        }
        if self.block.is_some_and(|opened| closes_fence(line, opened)) {
            (self.block, self.in_scenario) = (None, false);
            return Some(Line::Blank);
        }
        let info = line.trim_start_matches(['`', '~']).trim();
        if self.block.is_none() && matches!(info, "gherkin" | "feature" | "cucumber") {
            self.block = opening_fence(line);
            return self.block.map(|_| Line::Blank);
        }
        let text = line.to_owned();
        if let Some(name) = NAMES.iter().find(|name| line.starts_with(**name)) {
            self.in_scenario = name.starts_with("Scenario");
            let named = line.get(name.len()..).unwrap_or_default().trim();
            return Some(match *name {
                "Feature:" | "Rule:" if !named.is_empty() => Line::Heading { level: 2, text: named.to_owned() },
                _ if self.in_scenario => Line::Item { indent: 0, text, is_checkbox: false },
                _ => Line::Text { indent: 0, text },
            });
        }
        let is_step = self.in_scenario && STEPS.iter().any(|step| line.starts_with(*step));
        is_step.then_some(Line::Text { indent: 2, text })
    }
}
