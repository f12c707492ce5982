//! PRDs in Markdown or plain text, and briefs.

mod headings;
mod lines;

use std::collections::HashSet;

use super::{
    MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, dependencies,
    examples::{self, Example},
    prose, text,
};
use headings::Role;
use lines::Line;

/// The longest criterion, in characters; the requirement keeps the whole text.
const MAX_CRITERION: usize = 500;

/// The most examples of one requirement; what comes after is not looked at.
const MAX_EXAMPLES: usize = 100;

/// The text of a requirement before it is a task.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub section: String,
    pub text: String,
    pub criteria: Vec<String>,
    /// Whether the first line of the text is only its name.
    pub is_titled: bool,
}

impl Draft {
    pub(super) fn task(self, number: u32) -> TaskDraft {
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
        TaskDraft {
            number,
            title: if title.is_empty() { format!("Requirement {number}") } else { title },
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
            && first.first().is_some_and(|title| prose::is_name(title))
        {
            first.remove(0);
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

/// The words of a text with one space between each.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What nothing proves, each once and in one line.
pub(super) fn in_lines(unproven: Vec<String>) -> Vec<String> {
    let mut known = HashSet::new();
    let lines = unproven.iter().map(|words| text::cut(&joined(words), MAX_CRITERION)).filter(|words| !words.is_empty());
    lines.filter(|words| known.insert(words.clone())).collect()
}

pub(super) fn read(source: &str) -> Result<Spec, SpecError> {
    let mut reading = Reading::default();
    for line in lines::lines(source) {
        reading.line(line)?;
    }
    reading.end_section();
    reading.spec(source)
}

/// A heading with what stands under it, until the next heading.
#[derive(Default)]
struct Section {
    title: String,
    path: String,
    level: usize,
    role: Role,
    items: Vec<Draft>,
    prose: String,
    /// The prose without its code blocks.
    said: String,
    criteria: Vec<String>,
}

#[derive(Default)]
struct Reading {
    title: Option<String>,
    summary: String,
    /// Level, text and role of the headings above the present line.
    above: Vec<(usize, String, Role)>,
    section: Section,
    /// List items follow that say when the requirement before them is met.
    in_criteria: bool,
    /// Indentation of the present top-level item, and of the present sub-item.
    item_indent: Option<usize>,
    after_blank: bool,
    /// Requirements by their place, and what would be one if there were no others.
    found: Vec<Draft>,
    soft: Vec<Draft>,
    /// Requirements by their words, each with whether it is one of `soft` or told in one.
    asked: Vec<(Draft, bool)>,
    /// Headings of `soft` with nothing but a code block below them.
    code_only: Vec<String>,
    bare_headings: Vec<Draft>,
    only_ignored: bool,
    headings: u32,
    middle_headings: u32,
    checkboxes: u32,
    items: u32,
    paragraphs: u32,
}

impl Reading {
    fn line(&mut self, line: Line) -> Result<(), SpecError> {
        match line {
            Line::Blank => {
                self.after_blank = true;
                return Ok(());
            }
            Line::Title(title) => self.title = Some(title),
            Line::Heading { level, text } => self.heading(level, &text),
            Line::Item { indent, text, is_checkbox } => {
                self.items += 1;
                self.checkboxes += u32::from(is_checkbox && indent == 0);
                self.item(indent, text);
                let found = self.found.len() + self.section.items.len();
                // Far beyond the limit there is nothing left to learn but the number.
                if found > 20 * super::MAX_TASKS {
                    return Err(SpecError::TooManyRequirements { found });
                }
            }
            Line::Text { indent, text } => self.text(indent, &text),
            Line::Verbatim(text) => self.verbatim(&text),
        }
        self.after_blank = false;
        Ok(())
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.headings += u32::from(level >= 2);
        self.middle_headings += u32::from(level == 2 || level == 3);
        if headings::is_acceptance(text) && level > self.section.level && self.section.level > 1 {
            self.in_criteria = true;
            self.item_indent = None;
            return;
        }
        self.end_section();
        while self.above.last().is_some_and(|(above, ..)| *above >= level) {
            self.above.pop();
        }
        let inherited = self.above.last().map_or(Role::Requirements, |(.., role)| *role);
        let role = inherited.under(headings::role(text));
        let title = text::one_line(text, MAX_TITLE);
        if self.title.is_none() && level == 1 {
            self.title = Some(title.clone());
        }
        self.above.push((level, title.clone(), role));
        let path: Vec<&str> = self.above.iter().filter(|(level, ..)| *level > 1).map(|(_, title, _)| title.as_str()).collect();
        self.section = Section { title, path: path.join(" / "), level, role, ..Section::default() };
    }

    fn item(&mut self, indent: usize, text: String) {
        if headings::is_anchor(&text) {
            return;
        }
        let is_sub = self.item_indent.is_some_and(|parent| indent > parent + 1);
        if self.in_criteria && (!is_sub || self.section.items.is_empty()) {
            self.item_indent = Some(indent);
            self.criteria().push(text);
            return;
        }
        if is_sub && let Some(item) = self.section.items.last_mut() {
            item.text.push_str("\n  - ");
            item.text.push_str(&text);
            item.criteria.push(text);
            return;
        }
        self.item_indent = Some(indent);
        self.section.items.push(Draft { section: self.section.path.clone(), text, ..Draft::default() });
    }

    fn text(&mut self, indent: usize, text: &str) {
        if let Some(rest) = headings::acceptance_label(text) {
            if rest.is_empty() {
                self.in_criteria = true;
                if indent == 0 {
                    self.item_indent = None;
                }
            } else {
                self.criteria().push(rest.to_owned());
            }
            return;
        }
        let belongs = self.item_indent.is_some_and(|parent| indent > parent || !self.after_blank);
        if belongs && self.in_criteria {
            if let Some(last) = self.criteria().last_mut() {
                last.push(' ');
                last.push_str(text);
            }
            return;
        }
        if belongs && let Some(item) = self.section.items.last_mut() {
            let target = item.criteria.last_mut().unwrap_or(&mut item.text);
            target.push('\n');
            target.push_str(text);
            if !item.criteria.is_empty() {
                item.text.push('\n');
                item.text.push_str(text);
            }
            return;
        }
        self.in_criteria = false;
        self.item_indent = None;
        if self.after_blank || self.section.prose.is_empty() {
            self.paragraphs += 1;
            if !self.section.prose.is_empty() {
                self.section.prose.push('\n');
                self.section.said.push('\n');
            }
        }
        for told in [&mut self.section.prose, &mut self.section.said] {
            told.push_str(text);
            told.push('\n');
        }
    }

    /// Lines of a code block: part of what they stand under, never read for requirements.
    fn verbatim(&mut self, text: &str) {
        let target = match (self.item_indent, self.section.items.last_mut()) {
            (Some(_), Some(item)) => {
                item.text.push('\n');
                &mut item.text
            }
            _ => &mut self.section.prose,
        };
        target.push_str(text);
        target.push('\n');
    }

    /// Where a criterion goes: to the last item, or to the section as a whole.
    fn criteria(&mut self) -> &mut Vec<String> {
        match self.section.items.last_mut() {
            Some(item) => &mut item.criteria,
            None => &mut self.section.criteria,
        }
    }

    fn end_section(&mut self) {
        let section = std::mem::take(&mut self.section);
        self.in_criteria = false;
        self.item_indent = None;
        let prose = section.prose.trim().to_owned();
        if self.summary.is_empty() && (section.level <= 1 || section.role.is_context()) && !prose.is_empty() {
            self.summary = text::one_line(&prose, 600);
        }
        if section.role == Role::Ignored {
            self.only_ignored |= !section.items.is_empty() || !prose.is_empty();
            return;
        }
        let asked = asked_for(&section);
        if !section.items.is_empty() {
            let beside = section.criteria.into_iter().chain(asked);
            let beside: Vec<Draft> =
                beside.map(|text| Draft { section: section.path.clone(), text, ..Draft::default() }).collect();
            if section.role.is_context() {
                let must = section.items.iter().filter(|item| section.role == Role::Context && prose::insists(&item.text));
                self.asked.extend(must.map(|item| (item.clone(), true)));
                self.soft.extend(section.items);
            } else {
                self.found.extend(section.items);
            }
            self.asked.extend(beside.into_iter().map(|draft| (draft, false)));
            return;
        }
        let is_titled = section.level > 1;
        let text = match (is_titled, prose.is_empty()) {
            (true, false) => format!("{}\n{prose}", section.title),
            (_, true) => section.title.clone(),
            (false, false) => prose.clone(),
        };
        let draft = Draft { section: section.path.clone(), text, criteria: section.criteria, is_titled };
        let is_of_requirements = is_titled && section.role == Role::Requirements;
        if prose.is_empty() && draft.criteria.is_empty() {
            if !section.title.is_empty() {
                self.bare_headings.push(draft);
            }
        } else if is_of_requirements && (headings::states_requirement(&prose) || !draft.criteria.is_empty()) {
            self.found.push(draft);
        } else {
            if is_of_requirements && (asked.is_some() || headings::is_demanding(&section.title)) {
                self.asked.push((draft.clone(), true));
            } else {
                let asked = asked.map(|text| Draft { section: section.path, text, ..Draft::default() });
                self.asked.extend(asked.map(|draft| (draft, true)));
            }
            if is_of_requirements && section.said.trim().is_empty() {
                self.code_only.push(section.title);
            }
            self.soft.push(draft);
        }
    }

    /// The requirements by their place; where there are none, the aims and descriptions. What is asked for elsewhere comes after
    /// them, so that what people number themselves by, the items of their lists, keeps its numbers.
    fn drafts(&mut self) -> Vec<Draft> {
        let found = std::mem::take(&mut self.found);
        let soft = std::mem::take(&mut self.soft);
        let are_soft = found.is_empty();
        let first = if are_soft { soft } else { found };
        let asked = std::mem::take(&mut self.asked).into_iter();
        first.into_iter().chain(asked.filter(|(_, is_soft)| !(are_soft && *is_soft)).map(|(draft, _)| draft)).collect()
    }

    fn spec(mut self, source: &str) -> Result<Spec, SpecError> {
        let mut bare_headings = std::mem::take(&mut self.bare_headings);
        if bare_headings.iter().any(|draft| !draft.section.is_empty()) {
            // The title of the whole is no requirement where headings below it are.
            bare_headings.retain(|draft| !draft.section.is_empty());
        }
        if self.only_ignored && bare_headings.iter().all(|draft| draft.section.is_empty()) {
            bare_headings.clear();
        }
        let has_requirements = !self.found.is_empty();
        let drafts = [self.drafts(), bare_headings].into_iter().find(|drafts| !drafts.is_empty());
        let Some(drafts) = drafts else {
            let advice = if self.only_ignored {
                "everything stands under headings like non-goals or background; add a section `## Requirements` with a list"
            } else {
                "add a list of what must hold, or one sentence that says what to build"
            };
            return Err(SpecError::NoRequirements { advice: advice.to_owned() });
        };
        let is_brief = self.headings == 0 && self.title.is_none() && self.items == 0 && self.paragraphs <= 1;
        let plain = |line: &str| text::one_line(lines::unmarked(line), MAX_TITLE);
        let first_line = source.lines().map(plain).find(|line| !line.is_empty()).unwrap_or_default();
        if drafts.len() > super::MAX_TASKS {
            return Err(SpecError::TooManyRequirements { found: drafts.len() });
        }
        let mut tasks: Vec<TaskDraft> = drafts.into_iter().enumerate().map(|(at, draft)| draft.task(count(at + 1))).collect();
        if let Some(last) = tasks.last_mut().filter(|_| has_requirements) {
            // No task has them, and somebody may have meant them as more than an illustration.
            last.unproven.extend(self.code_only.iter().map(|heading| format!("the code block under \"{heading}\"")));
        }
        dependencies::connect(&mut tasks, &[]);
        Ok(Spec {
            kind: if is_brief { SpecKind::Brief } else { SpecKind::Prd },
            title: self.title.filter(|title| !title.is_empty()).unwrap_or(first_line),
            summary: if is_brief { String::new() } else { self.summary },
            tasks,
            text: String::new(),
            features: self.headings + self.checkboxes,
            sections: self.middle_headings,
            words: 0,
        })
    }
}

/// What the prose of a section asks for; one text, so that it becomes one task. It tells and leads in otherwise.
fn asked_for(section: &Section) -> Option<String> {
    let asks = |sentence: &String| match section.role {
        Role::Told | Role::Ignored => false,
        Role::Requirements if section.level > 1 => {
            prose::obliges(sentence)
                || headings::is_universal(sentence)
                || headings::states_requirement(sentence)
                || examples::read(sentence).is_whole()
        }
        Role::Requirements | Role::Context => prose::insists(sentence) || examples::read(sentence).is_whole(),
    };
    let leads_in = |sentence: &String| !section.items.is_empty() && prose::is_lead_in(sentence);
    let sentences = prose::sentences(&section.said).into_iter().filter(|sentence| !leads_in(sentence) && asks(sentence));
    let sentences: Vec<String> = sentences.collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
