//! Scenarios in the words of Gherkin, in a code block of their own or as plain text.

use super::{Line, closes_fence, opening_fence};

/// Words before a colon that name what follows.
const NAMES: [&str; 7] = ["Feature:", "Rule:", "Scenario:", "Scenario Outline:", "Scenario Template:", "Background:", "Example:"];

/// Words that begin a step.
const STEPS: [&str; 6] = ["Given ", "When ", "Then ", "And ", "But ", "* "];

/// Words that lead to the rows of an outline.
const ROWS: [&str; 2] = ["Examples:", "Scenarios:"];

/// The longest background that each scenario repeats, in bytes.
const MAX_BACKGROUND: usize = 10_000;

/// The most columns of an outline that is filled.
const MAX_COLUMNS: usize = 100;

/// The most that backgrounds and the rows of outlines become in a whole text.
const MAX_REPEATED: Repeats = Repeats { lines: 2_000, bytes: 100_000 };

/// How much more may be repeated: a short text could ask for far more than fits into memory.
#[derive(Clone, Copy)]
struct Repeats {
    lines: usize,
    bytes: usize,
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Elsewhere,
    Background,
    Scenario,
    Rows,
}

/// A scenario with columns in its steps, and the rows that fill them.
#[derive(Default)]
struct Outline {
    lines: Vec<String>,
    /// How many of the lines are its name and its steps.
    steps: usize,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// Reads the scenarios of a text, if it has any.
pub(super) struct Gherkin {
    is_there: bool,
    /// Whether the text is nothing else.
    is_all: bool,
    /// The fence of the block of scenarios that is read.
    block: Option<(char, usize)>,
    place: Place,
    /// Whether a feature or a rule was begun, where `Example:` is a scenario.
    in_feature: bool,
    /// The steps before each scenario: of the feature, then of the rule.
    background: Vec<String>,
    /// How many of them are the feature's, in a rule.
    of_feature: Option<usize>,
    repeats: Repeats,
    outline: Option<Outline>,
}

impl Repeats {
    /// Takes all of it, or nothing where it is too much.
    fn take(&mut self, lines: usize, bytes: usize) -> Option<()> {
        *self = Self { lines: self.lines.checked_sub(lines)?, bytes: self.bytes.checked_sub(bytes)? };
        Some(())
    }
}

impl Gherkin {
    pub(super) fn of(source: &str) -> Self {
        let mut lines = source.lines().map(str::trim);
        let is_all = lines
            .find(|line| !(line.is_empty() || line.starts_with(['#', '@'])))
            .is_some_and(|line| line.starts_with("Feature:"));
        let is_there = is_all || source.lines().any(|line| line.trim_start().starts_with("Scenario") && line.contains(':'));
        Self {
            is_there,
            is_all,
            block: None,
            place: Place::Elsewhere,
            in_feature: false,
            background: Vec::new(),
            of_feature: None,
            repeats: MAX_REPEATED,
            outline: None,
        }
    }

    /// Takes a line in if it is part of scenarios, and gives what it says to `found`.
    pub(super) fn takes(&mut self, line: &str, found: &mut Vec<Line>) -> bool {
        if !self.is_there {
            return false;
        }
        if self.block.is_some_and(|opened| closes_fence(line, opened)) {
            self.end(found);
            (self.block, self.place, self.in_feature) = (None, Place::Elsewhere, false);
            found.push(Line::Blank);
            return true;
        }
        let info = line.trim_start_matches(['`', '~']).trim();
        if self.block.is_none() && matches!(info, "gherkin" | "feature" | "cucumber") {
            self.block = opening_fence(line);
            self.in_feature |= self.block.is_some();
            found.extend(self.block.map(|_| Line::Blank));
            return self.block.is_some();
        }
        if self.is_no_text(line) {
            return true;
        }
        if self.place == Place::Rows && self.takes_row(line) {
            return true;
        }
        if self.outline.is_some() && ROWS.iter().any(|name| line.starts_with(*name)) {
            self.place = Place::Rows;
            if let Some(outline) = &mut self.outline {
                // With a second table the columns may be others.
                if !outline.columns.is_empty() {
                    outline.rows.clear();
                    outline.steps = 0;
                }
                outline.lines.push(line.to_owned());
            }
            return true;
        }
        let is_name = |name: &&&str| line.starts_with(**name) && (**name != "Example:" || self.in_feature);
        if let Some(name) = NAMES.iter().find(is_name) {
            self.end(found);
            self.begin(name, line, found);
            return true;
        }
        if self.takes_step(line, found) {
            return true;
        }
        self.end(found);
        false
    }

    /// Takes a step in, where steps may stand.
    fn takes_step(&mut self, line: &str, found: &mut Vec<Line>) -> bool {
        let is_step = STEPS.iter().any(|step| line.starts_with(*step));
        match self.place {
            Place::Background if is_step => {
                if !says_nothing(line) {
                    self.background.push(line.to_owned());
                }
                true
            }
            Place::Scenario if is_step => {
                let text = Some(line.to_owned()).filter(|line| !says_nothing(line));
                match &mut self.outline {
                    Some(outline) => {
                        outline.lines.extend(text);
                        outline.steps = outline.lines.len();
                    }
                    None => found.extend(text.map(|text| Line::Text { indent: 2, text })),
                }
                true
            }
            _ => false,
        }
    }

    /// Whether a line is a comment or only has tags.
    fn is_no_text(&self, line: &str) -> bool {
        let is_comment = (self.is_all || self.block.is_some()) && line.starts_with('#');
        is_comment || line.split_whitespace().all(|word| word.len() > 1 && word.starts_with('@'))
    }

    fn takes_row(&mut self, line: &str) -> bool {
        let Some(outline) = self.outline.as_mut() else { return false };
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else { return false };
        let cells = cells.split('|').map(|cell| cell.trim().to_owned()).collect();
        outline.lines.push(line.to_owned());
        if outline.columns.is_empty() {
            outline.columns = cells;
        } else {
            outline.rows.push(cells);
        }
        true
    }

    /// Begins what a name announces.
    fn begin(&mut self, name: &str, line: &str, found: &mut Vec<Line>) {
        let text = line.to_owned();
        let named = line.get(name.len()..).unwrap_or_default().trim();
        self.place = Place::Elsewhere;
        match name {
            "Feature:" | "Rule:" => {
                self.in_feature = true;
                let is_rule = name == "Rule:";
                let kept = if is_rule { self.of_feature.unwrap_or(self.background.len()) } else { 0 };
                self.background.truncate(kept);
                self.of_feature = is_rule.then_some(kept);
                if named.is_empty() {
                    found.push(Line::Text { indent: 0, text });
                    return;
                }
                found.push(Line::Heading { level: 2, text: named.to_owned() });
                if is_rule {
                    found.push(Line::Item { indent: 0, text, is_checkbox: false });
                }
            }
            "Background:" => {
                self.place = Place::Background;
                found.extend((!named.is_empty()).then_some(Line::Text { indent: 0, text }));
            }
            _ => {
                let repeated = self.repeated_background(found);
                self.place = Place::Scenario;
                let text = text.strip_prefix("Example:").map(|rest| format!("Scenario:{rest}")).unwrap_or(text);
                if name.contains(' ') {
                    let lines: Vec<String> = std::iter::once(text).chain(repeated).collect();
                    self.outline = Some(Outline { steps: lines.len(), lines, ..Outline::default() });
                } else {
                    found.push(Line::Item { indent: 0, text, is_checkbox: false });
                    found.extend(repeated.into_iter().map(|text| Line::Text { indent: 2, text }));
                }
            }
        }
    }

    /// The background for one more scenario: one that is too long to be repeated stands by itself.
    fn repeated_background(&mut self, found: &mut Vec<Line>) -> Vec<String> {
        let length: usize = self.background.iter().map(String::len).sum();
        if length <= MAX_BACKGROUND && self.repeats.take(self.background.len(), length).is_some() {
            return self.background.clone();
        }
        let steps = self.background.drain(..);
        found.extend(steps.map(|text| Line::Item { indent: 0, text, is_checkbox: false }));
        self.of_feature = self.of_feature.map(|_| 0);
        Vec::new()
    }

    /// Ends an outline: each of its rows is a scenario where all its steps are filled, and it stands as it is otherwise.
    pub(super) fn end(&mut self, found: &mut Vec<Line>) {
        let Some(outline) = self.outline.take() else { return };
        if self.place == Place::Rows {
            self.place = Place::Elsewhere;
        }
        let scenarios = outline.scenarios(&mut self.repeats).unwrap_or_else(|| vec![outline.lines]);
        for lines in scenarios {
            for (at, text) in lines.into_iter().enumerate() {
                found.push(match at {
                    0 => Line::Item { indent: 0, text, is_checkbox: false },
                    _ => Line::Text { indent: 2, text },
                });
            }
        }
    }
}

impl Outline {
    /// A scenario for each row.
    fn scenarios(&self, repeats: &mut Repeats) -> Option<Vec<Vec<String>>> {
        let steps = self.lines.get(..self.steps).filter(|steps| steps.len() > 1)?;
        let length: usize = steps.iter().map(String::len).sum();
        let is_whole = self.rows.iter().all(|row| row.len() == self.columns.len());
        let is_long = self.columns.len() > MAX_COLUMNS || self.rows.len().saturating_mul(length) > repeats.bytes;
        // A column that has no use may say something all the same.
        let is_used = |column: &String| {
            let name = format!("<{column}>");
            !column.contains(['<', '>']) && steps.iter().any(|line| line.contains(&name))
        };
        if self.rows.is_empty() || !is_whole || is_long || !self.columns.iter().all(is_used) {
            return None;
        }
        let mut left = *repeats;
        let mut scenarios = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let mut lines = Vec::new();
            for step in steps {
                let line = self.filled(step, row, left.bytes)?;
                left.take(1, line.len())?;
                lines.push(line);
            }
            if let Some(title) = lines.first_mut() {
                let name = title.split_once(':').map_or("", |(_, name)| name.trim());
                *title = format!("Scenario: {name} ({})", at + 1);
            }
            scenarios.push(lines);
        }
        *repeats = left;
        Some(scenarios)
    }

    /// A line of at most so many bytes with the cells of a row for the columns. What a cell says is not filled again.
    fn filled(&self, line: &str, row: &[String], most: usize) -> Option<String> {
        let cell_of = |name: &str| self.columns.iter().zip(row).find(|(column, _)| column.as_str() == name).map(|(_, cell)| cell);
        let mut pieces = line.split('<');
        let mut filled = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            match piece.split_once('>').and_then(|(name, rest)| Some((cell_of(name)?, rest))) {
                Some((cell, rest)) => filled.extend([cell.as_str(), rest]),
                None => filled.extend(["<", piece]),
            }
            if filled.len() > most {
                return None;
            }
        }
        Some(filled)
    }
}

/// Whether a step only says that the program is there: `Given the CLI is installed`.
fn says_nothing(step: &str) -> bool {
    let plain = step.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
    let words: Vec<&str> =
        plain.split_whitespace().filter(|word| *word != "the").map(|word| word.trim_end_matches('.')).collect();
    let is_program = |word: &&str| {
        matches!(*word, "cli" | "program" | "tool" | "app" | "application" | "command" | "binary" | "executable" | "given")
    };
    let is_there = [&["is", "installed"][..], &["is", "available"], &["is", "built"], &["has", "been", "installed"]];
    words.first() == Some(&"given")
        && is_there.iter().any(|end| words.strip_suffix(*end).is_some_and(|rest| rest.len() <= 2 && rest.iter().all(is_program)))
}

#[cfg(test)]
mod tests {
    use super::super::{Line, lines};

    fn said(source: &str) -> Vec<String> {
        let text = |line: Line| match line {
            Line::Heading { text, .. } | Line::Item { text, .. } | Line::Text { text, .. } => Some(text),
            _ => None,
        };
        lines(source).into_iter().filter_map(text).collect()
    }

    #[test]
    fn outlines_are_filled_once_or_stand_as_they_are() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let nested: Vec<String> = names.iter().skip(1).chain(&["a"]).map(|next| format!("<{next}>").repeat(10)).collect();
        let outline = |step: &str, columns: &str, cells: &str| {
            format!("Scenario Outline: x\nGiven {step}\nExamples:\n|{columns}|\n|{cells}|\n")
        };
        let many: Vec<String> = (0..101).map(|at| format!("c{at}")).collect();
        let all_of = |names: &[String]| format!("<{}>", names.join("> <"));
        let filled = ["Scenario: x (1)".to_owned(), format!("Given {}", nested.join(" "))];
        let plain = ["Scenario: x (1)".to_owned(), "Given 1 < 2 <x <a>".to_owned()];
        let table: &[(String, Option<&[String]>)] = &[
            (outline(&all_of(&names.map(str::to_owned)), &names.join("|"), &nested.join("|")), Some(&filled)),
            (outline("<a>", &names.join("|"), &nested.join("|")), None),
            (outline(&"<a>".repeat(6_600), "a", &"x".repeat(900_000)), None),
            (outline(&"<a>".repeat(6_600), "a", &"x".repeat(100)), None),
            (outline(&all_of(&many), &many.join("|"), &many.join("|")), None),
            (outline("<a<b>", "a<b", "1"), None),
            (outline("1 < 2 <x <a>", "a", "<a>"), Some(&plain)),
        ];
        for (text, expected) in table {
            let as_it_stands: Vec<String> = text.lines().map(str::to_owned).collect();
            let is_expected = said(text) == expected.unwrap_or(&as_it_stands);
            assert!(is_expected, "{}", text.chars().take(200).collect::<String>());
        }
    }

    #[test]
    fn what_is_repeated_is_bounded_in_the_whole_text() {
        let long = format!("Given {}\n", "x".repeat(9_000));
        let filled = format!("Scenario Outline: x\nGiven {}\nExamples:\n|a|\n|{}|\n", "<a>".repeat(90), "x".repeat(1_000));
        let table = [
            (long, "Scenario: a\nWhen b\n".repeat(1_500), "Scenario: a"),
            ("* a\n".repeat(1_000), "Scenario: a\nWhen b\n".repeat(1_500), "Scenario: a"),
            (String::new(), filled.repeat(500), "Scenario Outline: x"),
        ];
        for (background, scenarios, name) in table {
            let text = format!("Feature: F\nBackground:\n{background}{scenarios}");
            let found = said(&text);
            let bytes: usize = found.iter().map(String::len).sum();
            assert!(bytes <= text.len() + 101_000 && found.len() <= text.lines().count() + 2_000, "{bytes} in {}", found.len());
            let names = |line: &&String| line.starts_with(name) || line.as_str() == "Scenario: x (1)";
            assert_eq!(found.iter().filter(names).count(), scenarios.matches(name).count(), "{name}");
            assert!(background.lines().all(|step| found.iter().any(|line| line == step)), "{name}");
        }
    }
}
