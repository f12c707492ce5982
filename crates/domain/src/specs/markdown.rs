//! PRDs in Markdown or plain text, and briefs.

mod draft;
mod headings;
mod lines;
mod tables;
mod transcripts;

use std::collections::HashSet;

use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, deeds, dependencies, examples, prose, text};
use crate::text::joined;
pub(super) use draft::{Draft, in_lines};
use headings::Role;
use lines::Line;

/// Whether a line has an example, also one beside words that are not understood.
fn has_example(line: &str) -> bool {
    !examples::find(&joined(line)).is_empty()
}

/// Whether a text asks for something wherever it stands: it insists, has an example, or says what the program does or what is done.
fn asks_by_itself(text: &str) -> bool {
    prose::insists(text) || has_example(text) || deeds::tells_of_one(text) || deeds::tells_what_is_done(text)
}

/// Whether what is said of a group of requirements asks for something beside them.
pub(super) fn asks(text: &str) -> bool {
    prose::obliges(text) || asks_by_itself(text)
}

/// Whether what a document has under a name, such as `non_goals`, is never worked on.
pub(super) fn is_aside(name: &str) -> bool {
    headings::role(&name.replace(['_', '-'], " "), None).is_ignored()
}

/// Whether something that is never worked on reads like a requirement all the same.
fn reads_like_a_requirement(item: &str) -> bool {
    has_example(item) || prose::tells_what_code_does(item) || prose::commands(item)
}

/// Whether a description says that something is done once it is built: by the program, because it must be, or with all there is.
fn names_deed(text: &str) -> bool {
    deeds::tells_of_one(text) || deeds::obliges_to_one(text) || (headings::is_universal(text) && deeds::tells_what_is_done(text))
}

/// A code block in words, by the heading or the line that it stands under.
fn code_block(title: &str) -> String {
    if title.is_empty() {
        "the code block above the first heading".to_owned()
    } else {
        format!("the code block under \"{title}\"")
    }
}

pub(super) fn read(source: &str) -> Result<Spec, SpecError> {
    let mut reading = Reading::default();
    for line in lines::lines(source) {
        reading.line(line)?;
    }
    reading.end_section(None);
    reading.spec(source)
}

/// A heading with what stands under it, until the next heading.
#[derive(Default)]
struct Section {
    title: String,
    /// The title with its marks and code.
    heading: String,
    path: String,
    level: usize,
    role: Role,
    items: Vec<Draft>,
    /// Rows of tables that ask for something by themselves.
    rows: Vec<Draft>,
    /// Whether there are rows of tables in the prose.
    has_table: bool,
    prose: String,
    /// The prose without its code blocks.
    said: String,
    criteria: Vec<String>,
}

impl Section {
    fn draft(&self, text: String) -> Draft {
        Draft { section: self.path.clone(), text, ..Draft::default() }
    }

    /// The heading as part of a requirement: with its code where that says something.
    fn name(&self) -> &str {
        if has_example(&self.heading) || prose::tells_what_code_does(&self.heading) { &self.heading } else { &self.title }
    }

    fn has_items(&self) -> bool {
        !(self.items.is_empty() && self.rows.is_empty())
    }
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
    /// The head of the present table, and whether the prose has it already.
    table_head: (String, bool),
    /// Requirements by their place, and what would be one if there were no others.
    found: Vec<Draft>,
    soft: Vec<Draft>,
    /// Rows of tables.
    rows: Vec<Draft>,
    /// Requirements by their words, each with whether it is one of `soft` or told in one.
    asked: Vec<(Draft, bool)>,
    /// What no requirement has although somebody may have meant it as one, each with whether it is part of one of `soft`.
    left_out: Vec<(String, bool)>,
    /// Headings with nothing below them, each with whether it asks for something whatever else there is.
    bare_headings: Vec<(Draft, bool)>,
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
            }
            Line::Text { indent, text } => self.text(indent, &text),
            Line::TableHead { indent, text } => {
                self.table_head = (text.clone(), false);
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
        let found = self.found.len() + self.rows.len() + self.section.items.len() + self.section.rows.len();
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
        let text = tables::sentence(&self.table_head.0, &text).unwrap_or(text);
        self.items += 1;
        if self.is_of_item(indent) {
            self.text(indent, &text);
            return;
        }
        if self.in_criteria {
            self.criteria().push(text);
            return;
        }
        self.item_indent = None;
        let (head, is_told) = &mut self.table_head;
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
        self.headings += u32::from(level >= 2);
        self.middle_headings += u32::from(level == 2 || level == 3);
        if headings::is_acceptance(text) && level > self.section.level && self.section.level > 1 {
            self.in_criteria = true;
            self.item_indent = None;
            return;
        }
        self.end_section(Some(level));
        while self.above.last().is_some_and(|(above, ..)| *above >= level) {
            self.above.pop();
        }
        let inherited = self.above.last().map_or(Role::Requirements, |(.., role)| *role);
        let above = self.above.last().filter(|(level, ..)| *level > 1).map(|(_, title, _)| title.as_str());
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
        self.above.push((level, title.clone(), role));
        let path: Vec<&str> = self.above.iter().filter(|(level, ..)| *level > 1).map(|(_, title, _)| title.as_str()).collect();
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
        let mut section = std::mem::take(&mut self.section);
        self.in_criteria = false;
        self.item_indent = None;
        let prose = section.prose.trim().to_owned();
        if self.summary.is_empty() && (section.level <= 1 || section.role.is_context()) && !prose.is_empty() {
            self.summary = text::one_line(&prose, 600);
        }
        if section.role != Role::Requirements {
            section.items.append(&mut section.rows);
        }
        self.leave_out(&section);
        if section.role.is_ignored() {
            self.only_ignored |= section.has_items() || !prose.is_empty();
            return;
        }
        let is_bare = prose.is_empty() && section.criteria.is_empty() && !section.has_items();
        if section.role != Role::Told && !is_bare && has_example(&section.heading) {
            let is_in_draft = section.level > 1 && !section.has_items();
            if !is_in_draft || section.role == Role::Context {
                self.asked.push((section.draft(section.heading.clone()), is_in_draft));
            }
        }
        if section.has_items() {
            self.end_list(section);
        } else if is_bare {
            let is_leaf = section.level > 1 && next.is_none_or(|next| next <= section.level);
            let heading = &section.heading;
            let states = prose::obliges(heading)
                || prose::tells_what_code_does(heading)
                || deeds::tells_of_one(heading)
                || deeds::tells_what_is_done(heading)
                || deeds::orders_one(heading);
            let asks = has_example(&section.heading) || is_leaf && section.role == Role::Requirements && states;
            if !section.title.is_empty() {
                let draft = Draft { is_titled: section.level > 1, ..section.draft(section.name().to_owned()) };
                self.bare_headings.push((draft, asks && section.role != Role::Told));
            }
        } else {
            self.end_prose(&section, &prose);
        }
    }

    fn end_list(&mut self, section: Section) {
        let asked = asked_for(&section);
        let beside = section.criteria.iter().cloned().chain(asked);
        self.asked.extend(beside.map(|text| (section.draft(text), false)));
        if section.role.is_context() {
            let asks = |item: &&Draft| section.role == Role::Context && asks_by_itself(&item.text);
            self.asked.extend(section.items.iter().filter(asks).map(|item| (item.clone(), true)));
            self.soft.extend(section.items);
        } else {
            self.found.extend(section.items);
            self.rows.extend(section.rows);
        }
    }

    fn end_prose(&mut self, section: &Section, prose: &str) {
        let asked = asked_for(section);
        let is_titled = section.level > 1;
        let text = match (is_titled, prose.is_empty()) {
            // What a heading says is no part of the first sentence below it.
            (true, false) if section.name() != section.title => format!("{}\n\n{prose}", section.heading),
            (true, false) => format!("{}\n{prose}", section.title),
            (_, true) => section.name().to_owned(),
            (false, false) => prose.to_owned(),
        };
        let draft = Draft { criteria: section.criteria.clone(), is_titled, ..section.draft(text) };
        let is_of_requirements = is_titled && section.role == Role::Requirements;
        let states = headings::states_requirement(prose) || has_example(&section.heading) || !draft.criteria.is_empty();
        if is_of_requirements && states {
            self.found.push(draft);
            return;
        }
        if is_of_requirements && section.said.trim().is_empty() {
            self.left_out.push((code_block(&section.title), true));
        }
        if is_of_requirements && (asked.is_some() || headings::is_demanding(&section.title)) {
            self.asked.push((draft.clone(), true));
        } else {
            if is_of_requirements && section.has_table {
                self.left_out.push((format!("the table under \"{}\"", section.title), true));
            }
            if lines::has_transcript(&section.prose) {
                self.left_out.push((code_block(&section.title), true));
            }
            let beside = asked.into_iter().chain(section.criteria.iter().cloned());
            self.asked.extend(beside.map(|text| (section.draft(text), true)));
        }
        self.soft.push(draft);
    }

    /// Names what reads like a requirement in a section and will be none: among what is told or aside, and in code and tables
    /// beside a list.
    fn leave_out(&mut self, section: &Section) {
        if section.role == Role::Excluded {
            return;
        }
        if section.has_items() || section.role == Role::Aside {
            if lines::has_transcript(&section.prose) {
                self.left_out.push((code_block(&section.title), false));
            }
            if section.role == Role::Requirements && section.level > 1 && section.has_table {
                self.left_out.push((format!("the table under \"{}\"", section.title), false));
            }
        }
        let is_told = section.role == Role::Told;
        if !is_told && section.role != Role::Aside {
            return;
        }
        let items = section.items.iter().map(|item| &item.text).chain(&section.criteria);
        let tells_of_deed = |text: &str| is_told && names_deed(text);
        let items = items.filter(|text| reads_like_a_requirement(text) || tells_of_deed(text)).cloned();
        let is_in_draft = is_told && !section.has_items();
        let said = prose::sentences(&section.said).into_iter().chain([section.heading.clone()]);
        let said = said
            .filter(|sentence| has_example(sentence) || prose::commands(sentence) || tells_of_deed(sentence))
            .map(|sentence| (sentence, is_in_draft));
        self.left_out.extend(items.map(|text| (text, is_told)).chain(said));
    }

    /// The requirements by their place; where there are none, the aims and descriptions. What is asked for elsewhere comes after
    /// them, so that what people number themselves by, the items of their lists, keeps its numbers.
    fn drafts(&mut self) -> Vec<Draft> {
        let mut found = std::mem::take(&mut self.found);
        found.append(&mut self.rows);
        let soft = std::mem::take(&mut self.soft);
        let are_soft = found.is_empty();
        let first = if are_soft { soft } else { found };
        let asked = std::mem::take(&mut self.asked).into_iter();
        first.into_iter().chain(asked.filter(|(_, is_soft)| !(are_soft && *is_soft)).map(|(draft, _)| draft)).collect()
    }

    /// Headings that are requirements: those that ask for something or, where nothing else does, all.
    fn bare_headings(&mut self, are_all: bool) -> Vec<Draft> {
        let mut bare = std::mem::take(&mut self.bare_headings);
        let is_below = |(draft, asks): &(Draft, bool)| *asks || !draft.section.is_empty();
        if self.only_ignored || bare.iter().any(is_below) {
            // The title of the whole is no requirement where headings below it are.
            bare.retain(is_below);
        }
        bare.into_iter().filter(|(_, asks)| are_all || *asks).map(|(draft, _)| draft).collect()
    }

    fn spec(mut self, source: &str) -> Result<Spec, SpecError> {
        let are_soft = self.found.is_empty() && self.rows.is_empty();
        let left_out = std::mem::take(&mut self.left_out);
        let mut drafts = self.drafts();
        let bare_headings = self.bare_headings(drafts.is_empty());
        drafts.extend(bare_headings);
        let drafts = Some(drafts).filter(|drafts| !drafts.is_empty());
        let Some(drafts) = drafts else {
            let advice = if self.only_ignored {
                "everything stands under headings like non-goals or background; add a section `## Requirements` with a list"
            } else {
                "add a list of what must hold, or one sentence that says what to build"
            };
            return Err(SpecError::NoRequirements { advice: advice.to_owned() });
        };
        let is_brief = self.headings == 0 && self.title.is_none() && self.items == 0 && self.paragraphs <= 1;
        let plain = |line: &str| text::one_line(&lines::unstruck(lines::unmarked(line)).unwrap_or_default(), MAX_TITLE);
        let first_line = source.lines().map(plain).find(|line| !line.is_empty()).unwrap_or_default();
        if drafts.len() > super::MAX_TASKS {
            return Err(SpecError::TooManyRequirements { found: drafts.len() });
        }
        let stated: HashSet<String> = drafts.iter().map(|draft| joined(&draft.text)).collect();
        let mut tasks: Vec<TaskDraft> = drafts.into_iter().enumerate().map(|(at, draft)| draft.task(count(at + 1))).collect();
        if let Some(last) = tasks.last_mut() {
            let left_out =
                left_out.into_iter().filter(|(words, is_soft)| !(are_soft && *is_soft || stated.contains(&joined(words))));
            last.unproven.extend(in_lines(left_out.map(|(words, _)| words).collect()));
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

/// What the prose of a section asks for, a sentence each; one text, so that it becomes one task. It tells and leads in otherwise.
fn asked_for(section: &Section) -> Option<String> {
    let asks = |sentence: &String| match section.role {
        Role::Told | Role::Aside | Role::Excluded => false,
        Role::Requirements if section.level > 1 => {
            prose::obliges(sentence)
                || headings::is_universal(sentence)
                || headings::states_requirement(sentence)
                || deeds::tells_what_is_done(sentence)
                || deeds::orders_one(sentence)
                || prose::tells_what_code_does(sentence)
                || has_example(sentence)
        }
        Role::Requirements => asks_by_itself(sentence) || deeds::orders_one(sentence) || prose::tells_what_code_does(sentence),
        Role::Context => asks_by_itself(sentence),
    };
    let leads_in = |sentence: &String| section.has_items() && prose::is_lead_in(sentence);
    let sentences = prose::sentences(&section.said).into_iter().filter(|sentence| !leads_in(sentence) && asks(sentence));
    let sentences: Vec<String> = sentences.collect();
    (!sentences.is_empty()).then(|| sentences.join("\n- "))
}
