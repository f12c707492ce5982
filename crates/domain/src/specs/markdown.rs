//! PRDs in Markdown or plain text, and briefs.

mod draft;
mod headings;
mod lines;
mod sections;
mod tables;
mod transcripts;

use std::collections::HashSet;

use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, dependencies, examples, prose, text};
use crate::text::joined;
pub(super) use draft::{Draft, in_lines};
use headings::Role;
use lines::Line;
pub(super) use sections::asks;
use sections::{Gathered, Section};

/// Whether a line has an example, also one beside words that are not understood.
pub(super) fn has_example(line: &str) -> bool {
    !examples::find(&joined(line)).is_empty()
}

/// Whether what a document has under a name in words only explains.
pub(super) fn is_aside(name: &str) -> bool {
    headings::role(name, None) == Role::Aside
}

/// Whether what stands under it, as under `non goals`, is not to be built.
pub(super) fn is_excluded(name: &str) -> bool {
    headings::role(name, None) == Role::Excluded
}

/// Whether what stands under it tells of aims or of what there is.
pub(super) fn tells(name: &str) -> bool {
    headings::role(name, None).is_context()
}

pub(super) fn read(source: &str) -> Result<Spec, SpecError> {
    let mut reading = Reading::default();
    for line in lines::lines(source) {
        reading.line(line)?;
    }
    reading.end_section(None);
    reading.spec(source)
}

/// A heading above the present line.
struct Above {
    level: usize,
    title: String,
    role: Role,
}

/// The head of a table.
#[derive(Default)]
struct TableHead {
    text: String,
    /// Whether the prose has it already.
    is_told: bool,
}

/// How much there is of what; what a document is taken for depends on it.
#[derive(Default)]
struct Counts {
    headings: u32,
    middle_headings: u32,
    checkboxes: u32,
    items: u32,
    paragraphs: u32,
}

#[derive(Default)]
struct Reading {
    title: Option<String>,
    summary: String,
    above: Vec<Above>,
    section: Section,
    /// List items follow that say when the requirement before them is met.
    in_criteria: bool,
    /// Indentation of the present top-level item, and of the present sub-item.
    item_indent: Option<usize>,
    after_blank: bool,
    table_head: TableHead,
    gathered: Gathered,
    counts: Counts,
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
                self.counts.items += 1;
                self.counts.checkboxes += u32::from(is_checkbox && indent == 0);
                self.item(indent, text);
            }
            Line::Text { indent, text } => self.text(indent, &text),
            Line::TableHead { indent, text } => {
                self.table_head = TableHead { text: text.clone(), is_told: false };
                if self.is_of_item(indent) {
                    self.text(indent, &text);
                } else if has_example(&text) {
                    self.row(indent, text);
                }
            }
            Line::Row { indent, text } => self.row(indent, text),
            Line::Verbatim(text) => self.verbatim(&text),
        }
        self.after_blank = false;
        let found = self.gathered.count() + self.section.items.len() + self.section.rows.len();
        // Far beyond the limit there is nothing left to learn but the number.
        if found > 20 * super::MAX_TASKS {
            return Err(SpecError::TooManyRequirements { found });
        }
        Ok(())
    }

    /// Whether a table is part of the present item.
    fn is_of_item(&self, indent: usize) -> bool {
        self.item_indent.is_some_and(|parent| indent > parent)
    }

    /// A row with code, or one that says what must hold, is a requirement by itself. Others are part of what their section tells.
    fn row(&mut self, indent: usize, text: String) {
        if text.is_empty() {
            return;
        }
        let text = tables::sentence(&self.table_head.text, &text).unwrap_or(text);
        self.counts.items += 1;
        if self.is_of_item(indent) {
            self.text(indent, &text);
            return;
        }
        if self.in_criteria {
            self.criteria().push(text);
            return;
        }
        self.item_indent = None;
        let TableHead { text: head, is_told } = &mut self.table_head;
        if text.contains('`') || prose::obliges(&text) || prose::states(&text) {
            // The names of the columns would come between a command and its outcome.
            let is_clear = head.is_empty() || *head == text || has_example(&text);
            let text = if is_clear { text } else { format!("{head}: {text}") };
            let draft = self.section.draft(text);
            self.section.rows.push(draft);
            return;
        }
        let head = if *is_told { String::new() } else { head.clone() };
        *is_told = true;
        self.section.has_table = true;
        if !head.is_empty() {
            self.text(indent, &head);
            self.after_blank = false;
        }
        self.text(indent, &text);
    }

    fn heading(&mut self, level: usize, text: &str) {
        self.counts.headings += u32::from(level >= 2);
        self.counts.middle_headings += u32::from(level == 2 || level == 3);
        if headings::is_acceptance(text) && level > self.section.level && self.section.level > 1 {
            self.in_criteria = true;
            self.item_indent = None;
            return;
        }
        self.end_section(Some(level));
        while self.above.last().is_some_and(|above| above.level >= level) {
            self.above.pop();
        }
        let inherited = self.above.last().map_or(Role::Requirements, |above| above.role);
        let above = self.above.last().filter(|above| above.level > 1).map(|above| above.title.as_str());
        let title = text::one_line(text, MAX_TITLE);
        // The title names the whole: it may be a planner for teams.
        let own = if self.title.is_none() && level == 1 {
            self.title = Some(title.clone());
            Role::Requirements
        } else if lines::unstruck(text).is_none() {
            Role::Excluded
        } else {
            headings::role(text, above)
        };
        let role = inherited.under(own);
        self.above.push(Above { level, title: title.clone(), role });
        let path: Vec<&str> = self.above.iter().filter(|above| above.level > 1).map(|above| above.title.as_str()).collect();
        let (path, heading) = (path.join(" / "), text.to_owned());
        self.section = Section { title, heading, path, level, role, ..Section::default() };
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
        let is_titled = text.starts_with("Scenario") && text.contains(':');
        self.section.items.push(Draft { section: self.section.path.clone(), text, is_titled, ..Draft::default() });
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
            self.counts.paragraphs += 1;
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
                if !item.text.ends_with('\n') {
                    item.text.push('\n');
                }
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

    /// `next` is the level of the heading that ends the section, if one does.
    fn end_section(&mut self, next: Option<usize>) {
        let section = std::mem::take(&mut self.section);
        self.in_criteria = false;
        self.item_indent = None;
        let prose = section.prose.trim();
        if self.summary.is_empty() && (section.level <= 1 || section.role.is_context()) && !prose.is_empty() {
            self.summary = text::one_line(prose, 600);
        }
        self.gathered.take(section, next);
    }

    fn spec(self, source: &str) -> Result<Spec, SpecError> {
        let only_ignored = self.gathered.only_ignored;
        let (drafts, left_out) = self.gathered.settle();
        if drafts.is_empty() {
            let advice = if only_ignored {
                "everything stands under headings like non-goals or background; add a section `## Requirements` with a list"
            } else {
                "add a list of what must hold, or one sentence that says what to build"
            };
            return Err(SpecError::NoRequirements { advice: advice.to_owned() });
        }
        let Counts { headings, middle_headings, checkboxes, items, paragraphs } = self.counts;
        let is_brief = headings == 0 && self.title.is_none() && items == 0 && paragraphs <= 1;
        let plain = |line: &str| text::one_line(&lines::unstruck(lines::unmarked(line)).unwrap_or_default(), MAX_TITLE);
        let first_line = source.lines().map(plain).find(|line| !line.is_empty()).unwrap_or_default();
        if drafts.len() > super::MAX_TASKS {
            return Err(SpecError::TooManyRequirements { found: drafts.len() });
        }
        let stated: HashSet<String> = drafts.iter().map(|draft| joined(&draft.text)).collect();
        let mut tasks: Vec<TaskDraft> = drafts.into_iter().enumerate().map(|(at, draft)| draft.task(count(at + 1))).collect();
        if let Some(last) = tasks.last_mut() {
            let left_out = left_out.into_iter().filter(|words| !stated.contains(&joined(words)));
            last.unproven.extend(in_lines(left_out.collect()));
        }
        dependencies::connect(&mut tasks, &[]);
        Ok(Spec {
            kind: if is_brief { SpecKind::Brief } else { SpecKind::Prd },
            title: self.title.filter(|title| !title.is_empty()).unwrap_or(first_line),
            summary: if is_brief { String::new() } else { self.summary },
            tasks,
            text: String::new(),
            features: headings + checkboxes,
            sections: middle_headings,
            words: 0,
        })
    }
}
