//! PRDs in Markdown or plain text, and briefs.

mod headings;
mod lines;

use std::collections::HashSet;

use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, dependencies, examples, text};
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
}

impl Draft {
    pub(super) fn task(self, number: u32) -> TaskDraft {
        let mut found = Vec::new();
        let lines = self.text.lines().map(str::to_owned).collect::<Vec<_>>();
        // An example may run over the lines of one paragraph, so the text is searched as one.
        let paragraph =
            lines.iter().take_while(|line| !line.trim_start().starts_with("- ") && !line.trim_start().starts_with("```"));
        let paragraph = paragraph.map(String::as_str).collect::<Vec<_>>().join(" ");
        for source in std::iter::once(&paragraph).chain(&self.criteria) {
            for example in examples::find(source) {
                if found.len() < MAX_EXAMPLES && !found.contains(&example) {
                    found.push(example);
                }
            }
        }
        let mut criteria: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for words in self.criteria.iter().cloned().chain(found.iter().map(examples::Example::describe)) {
            let words = text::cut(&words.split_whitespace().collect::<Vec<_>>().join(" "), MAX_CRITERION);
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
            depends_on: Vec::new(),
        }
    }
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
    /// Requirements, and what would be one if there were no others.
    found: Vec<Draft>,
    soft: Vec<Draft>,
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
        self.section.items.push(Draft { section: self.section.path.clone(), text, criteria: Vec::new() });
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
            }
        }
        self.section.prose.push_str(text);
        self.section.prose.push('\n');
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
        if self.summary.is_empty() && (section.level <= 1 || section.role == Role::Context) && !prose.is_empty() {
            self.summary = text::one_line(&prose, 600);
        }
        if section.role == Role::Ignored {
            self.only_ignored |= !section.items.is_empty() || !prose.is_empty();
            return;
        }
        if !section.items.is_empty() {
            let target = if section.role == Role::Context { &mut self.soft } else { &mut self.found };
            target.extend(section.items);
            return;
        }
        let text = match (section.level > 1, prose.is_empty()) {
            (true, false) => format!("{}\n{prose}", section.title),
            (_, true) => section.title.clone(),
            (false, false) => prose.clone(),
        };
        let draft = Draft { section: section.path, text, criteria: section.criteria };
        if prose.is_empty() && draft.criteria.is_empty() {
            if !section.title.is_empty() {
                self.bare_headings.push(draft);
            }
        } else if section.level > 1
            && section.role == Role::Requirements
            && (headings::states_requirement(&prose) || !draft.criteria.is_empty())
        {
            self.found.push(draft);
        } else {
            self.soft.push(draft);
        }
    }

    fn spec(self, source: &str) -> Result<Spec, SpecError> {
        let mut bare_headings = self.bare_headings;
        if bare_headings.iter().any(|draft| !draft.section.is_empty()) {
            // The title of the whole is no requirement where headings below it are.
            bare_headings.retain(|draft| !draft.section.is_empty());
        }
        if self.only_ignored && bare_headings.iter().all(|draft| draft.section.is_empty()) {
            bare_headings.clear();
        }
        let drafts = [self.found, self.soft, bare_headings].into_iter().find(|drafts| !drafts.is_empty());
        let Some(drafts) = drafts else {
            let advice = if self.only_ignored {
                "everything stands under headings like non-goals or background; add a section `## Requirements` with a list"
            } else {
                "add a list of what must hold, or one sentence that says what to build"
            };
            return Err(SpecError::NoRequirements { advice: advice.to_owned() });
        };
        let is_brief = self.headings == 0 && self.title.is_none() && self.items == 0 && self.paragraphs <= 1;
        let first_line =
            source.lines().map(|line| text::one_line(line, MAX_TITLE)).find(|line| !line.is_empty()).unwrap_or_default();
        let mut tasks: Vec<TaskDraft> = drafts.into_iter().enumerate().map(|(at, draft)| draft.task(count(at + 1))).collect();
        if tasks.len() > super::MAX_TASKS {
            return Err(SpecError::TooManyRequirements { found: tasks.len() });
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
