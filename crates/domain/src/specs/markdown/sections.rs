//! What stands under a heading, and what of it is a requirement.

use super::{
    super::{deeds, prose},
    Draft, has_example,
    headings::{self, Role},
    lines,
};

/// Whether a text asks for something wherever it stands: it insists, has an example, or says what the program does or what is done.
fn asks_by_itself(text: &str) -> bool {
    prose::insists(text) || has_example(text) || deeds::tells_of_one(text) || deeds::tells_what_is_done(text)
}

/// Whether what is said of a group of requirements asks for something beside them.
pub(in crate::specs) fn asks(text: &str) -> bool {
    prose::obliges(text) || asks_by_itself(text)
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
pub(super) fn code_block(title: &str) -> String {
    if title.is_empty() {
        "the code block above the first heading".to_owned()
    } else {
        format!("the code block under \"{title}\"")
    }
}

/// A heading with what stands under it, until the next heading.
#[derive(Default)]
pub(super) struct Section {
    pub(super) title: String,
    /// The title with its marks and code.
    pub(super) heading: String,
    pub(super) path: String,
    pub(super) level: usize,
    pub(super) role: Role,
    pub(super) items: Vec<Draft>,
    /// Rows of tables that ask for something by themselves.
    pub(super) rows: Vec<Draft>,
    /// Whether there are rows of tables in the prose.
    pub(super) has_table: bool,
    pub(super) prose: String,
    /// The prose without its code blocks.
    pub(super) said: String,
    pub(super) criteria: Vec<String>,
}

impl Section {
    pub(super) fn draft(&self, text: String) -> Draft {
        Draft { section: self.path.clone(), text, ..Draft::default() }
    }

    /// The heading as part of a requirement: with its code where that says something.
    fn name(&self) -> &str {
        if has_example(&self.heading) || prose::tells_what_code_does(&self.heading) { &self.heading } else { &self.title }
    }

    fn has_items(&self) -> bool {
        !(self.items.is_empty() && self.rows.is_empty())
    }

    /// Whether nothing stands under the heading.
    fn is_bare(&self) -> bool {
        self.prose.trim().is_empty() && self.criteria.is_empty() && !self.has_items()
    }

    /// Whether a sentence of the prose asks for something.
    fn asks(&self, sentence: &str) -> bool {
        match self.role {
            Role::Told | Role::Aside | Role::Excluded => false,
            Role::Requirements if self.level > 1 => {
                prose::obliges(sentence)
                    || headings::is_universal(sentence)
                    || headings::states_requirement(sentence)
                    || deeds::tells_what_is_done(sentence)
                    || deeds::orders_one(sentence)
                    || prose::tells_what_code_does(sentence)
                    || has_example(sentence)
            }
            Role::Requirements => {
                asks_by_itself(sentence) || deeds::orders_one(sentence) || prose::tells_what_code_does(sentence)
            }
            Role::Context => asks_by_itself(sentence),
        }
    }

    /// What the prose asks for, a sentence each; one text, so that it becomes one task. It tells and leads in otherwise.
    fn asked_for(&self) -> Option<String> {
        let leads_in = |sentence: &String| self.has_items() && prose::is_lead_in(sentence);
        let sentences = prose::sentences(&self.said).into_iter().filter(|sentence| !leads_in(sentence) && self.asks(sentence));
        let sentences: Vec<String> = sentences.collect();
        (!sentences.is_empty()).then(|| sentences.join("\n- "))
    }

    /// The sentences below a heading of requirements that may ask for something although no word of theirs does: `Works offline.`
    fn may_ask(&self) -> Vec<String> {
        if self.role != Role::Requirements || self.level < 2 || !headings::announces(&self.title) {
            return Vec::new();
        }
        let leads_in = |sentence: &str| sentence.trim_end_matches('*').ends_with(':') || headings::is_about_document(sentence);
        let is_row = |sentence: &str| self.has_table && sentence.contains(" | ");
        let sentences = prose::sentences(&self.said).into_iter();
        sentences.filter(|sentence| !(leads_in(sentence) || is_row(sentence) || self.asks(sentence))).collect()
    }
}

/// Whether something counts by itself, or is part of what is a requirement only where there are no others, and comes with it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Firm,
    Soft,
}

/// A heading with nothing below it.
struct BareHeading {
    draft: Draft,
    /// Whether it asks for something whatever else there is.
    asks: bool,
}

/// What the sections have that have ended.
#[derive(Default)]
pub(super) struct Gathered {
    /// Requirements by their place, and what would be one if there were no others.
    found: Vec<Draft>,
    soft: Vec<Draft>,
    /// Rows of tables.
    rows: Vec<Draft>,
    /// Requirements by their words.
    asked: Vec<(Draft, Weight)>,
    /// What no requirement has although somebody may have meant it as one.
    left_out: Vec<(String, Weight)>,
    bare_headings: Vec<BareHeading>,
    /// Whether there is something that is never worked on.
    pub(super) only_ignored: bool,
}

impl Gathered {
    /// How many requirements there are by their place.
    pub(super) fn count(&self) -> usize {
        self.found.len() + self.rows.len()
    }

    /// Takes in a section; `next` is the level of the heading that ends it, if one does.
    pub(super) fn take(&mut self, mut section: Section, next: Option<usize>) {
        if section.role != Role::Requirements {
            section.items.append(&mut section.rows);
        }
        self.leave_out(&section);
        let is_bare = section.is_bare();
        if section.role.is_ignored() {
            self.only_ignored |= section.has_items() || !section.prose.trim().is_empty();
            return;
        }
        if section.role != Role::Told && !is_bare && has_example(&section.heading) {
            let weight = if section.level > 1 && !section.has_items() { Weight::Soft } else { Weight::Firm };
            if weight == Weight::Firm || section.role == Role::Context {
                self.asked.push((section.draft(section.heading.clone()), weight));
            }
        }
        if section.has_items() {
            self.take_list(section);
        } else if is_bare {
            self.take_heading(&section, next);
        } else {
            self.take_prose(&section);
        }
    }

    fn take_heading(&mut self, section: &Section, next: Option<usize>) {
        if section.title.is_empty() {
            return;
        }
        let is_leaf = section.level > 1 && next.is_none_or(|next| next <= section.level);
        let heading = &section.heading;
        let states = prose::obliges(heading)
            || prose::tells_what_code_does(heading)
            || deeds::tells_of_one(heading)
            || deeds::tells_what_is_done(heading)
            || deeds::orders_one(heading);
        let asks = has_example(heading) || is_leaf && section.role == Role::Requirements && states;
        let draft = Draft { is_titled: section.level > 1, ..section.draft(section.name().to_owned()) };
        self.bare_headings.push(BareHeading { draft, asks: asks && section.role != Role::Told });
    }

    fn take_list(&mut self, section: Section) {
        let asked = section.asked_for();
        self.left_out.extend(section.may_ask().into_iter().map(|sentence| (sentence, Weight::Firm)));
        let beside = section.criteria.iter().cloned().chain(asked);
        self.asked.extend(beside.map(|text| (section.draft(text), Weight::Firm)));
        if section.role.is_context() {
            let asks = |item: &&Draft| section.role == Role::Context && asks_by_itself(&item.text);
            self.asked.extend(section.items.iter().filter(asks).map(|item| (item.clone(), Weight::Soft)));
            self.soft.extend(section.items);
        } else {
            self.found.extend(section.items);
            self.rows.extend(section.rows);
        }
    }

    fn take_prose(&mut self, section: &Section) {
        let prose = section.prose.trim();
        let asked = section.asked_for();
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
            self.left_out.push((code_block(&section.title), Weight::Soft));
        }
        if is_of_requirements && (asked.is_some() || headings::is_demanding(&section.title)) {
            self.asked.push((draft.clone(), Weight::Soft));
        } else {
            if is_of_requirements && section.has_table {
                self.left_out.push((format!("the table under \"{}\"", section.title), Weight::Soft));
            }
            if lines::has_transcript(&section.prose) {
                self.left_out.push((code_block(&section.title), Weight::Soft));
            }
            self.left_out.extend(section.may_ask().into_iter().map(|sentence| (sentence, Weight::Soft)));
            let beside = asked.into_iter().chain(section.criteria.iter().cloned());
            self.asked.extend(beside.map(|text| (section.draft(text), Weight::Soft)));
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
                self.left_out.push((code_block(&section.title), Weight::Firm));
            }
            if section.role == Role::Requirements && section.level > 1 && section.has_table {
                self.left_out.push((format!("the table under \"{}\"", section.title), Weight::Firm));
            }
        }
        let is_told = section.role == Role::Told;
        if !is_told && section.role != Role::Aside {
            return;
        }
        let of_items = if is_told { Weight::Soft } else { Weight::Firm };
        let of_prose = if is_told && !section.has_items() { Weight::Soft } else { Weight::Firm };
        let items = section.items.iter().map(|item| &item.text).chain(&section.criteria);
        let tells_of_deed = |text: &str| is_told && names_deed(text);
        let items = items.filter(|text| reads_like_a_requirement(text) || tells_of_deed(text)).cloned();
        let said = prose::sentences(&section.said).into_iter().chain([section.heading.clone()]);
        let said = said.filter(|sentence| has_example(sentence) || prose::commands(sentence) || tells_of_deed(sentence));
        self.left_out.extend(items.map(|text| (text, of_items)).chain(said.map(|sentence| (sentence, of_prose))));
    }

    /// The requirements, and in words what is none of them.
    ///
    /// First come the requirements by their place; where there are none, the aims and descriptions. What is asked for elsewhere comes
    /// after them, so that what people number themselves by, the items of their lists, keeps its numbers. Headings come last: those
    /// that ask for something or, where nothing else does, all.
    pub(super) fn settle(self) -> (Vec<Draft>, Vec<String>) {
        let Self { mut found, soft, rows, asked, left_out, bare_headings, only_ignored } = self;
        found.extend(rows);
        let are_soft = found.is_empty();
        let counts = |weight: Weight| !are_soft || weight == Weight::Firm;
        let mut drafts = if are_soft { soft } else { found };
        drafts.extend(asked.into_iter().filter(|(_, weight)| counts(*weight)).map(|(draft, _)| draft));
        let are_all = drafts.is_empty();
        let is_below = |bare: &BareHeading| bare.asks || !bare.draft.section.is_empty();
        // The title of the whole is no requirement where headings below it are.
        let only_below = only_ignored || bare_headings.iter().any(is_below);
        let bare = bare_headings.into_iter().filter(|bare| (are_all || bare.asks) && (!only_below || is_below(bare)));
        drafts.extend(bare.map(|bare| bare.draft));
        let left_out = left_out.into_iter().filter(|(_, weight)| counts(*weight)).map(|(words, _)| words);
        (drafts, left_out.collect())
    }
}
