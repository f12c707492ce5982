//! PRDs as data: features, requirements, tasks, user stories and epics, in JSON or YAML.

use serde_json::{Map, Value};

use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, dependencies, markdown, text};

const GROUPS: [(&str, &str); 19] = [
    ("requirements", "Requirements"),
    ("functional_requirements", "Functional requirements"),
    ("functionalRequirements", "Functional requirements"),
    ("non_functional_requirements", "Non-functional requirements"),
    ("nonFunctionalRequirements", "Non-functional requirements"),
    ("constraints", "Constraints"),
    ("features", "Features"),
    ("user_stories", "User stories"),
    ("userStories", "User stories"),
    ("stories", "Stories"),
    ("epics", "Epics"),
    ("tasks", "Tasks"),
    ("issues", "Issues"),
    ("todos", "Tasks"),
    ("use_cases", "Use cases"),
    ("useCases", "Use cases"),
    ("scenarios", "Scenarios"),
    ("commands", "Commands"),
    ("rules", "Rules"),
];

/// Groups of the whole; in an entry they are its criteria.
const OWN_GROUPS: [(&str, &str); 4] = [
    ("acceptance_criteria", "Acceptance criteria"),
    ("acceptanceCriteria", "Acceptance criteria"),
    ("acceptance", "Acceptance criteria"),
    ("criteria", "Acceptance criteria"),
];

const TITLES: [&str; 6] = ["title", "name", "summary", "story", "feature", "requirement"];

const TEXTS: [&str; 6] = ["description", "details", "text", "requirement", "story", "body"];

const CRITERIA: [&str; 6] = ["acceptance_criteria", "acceptanceCriteria", "acceptance", "criteria", "subtasks", "steps"];

/// The steps of a scenario, in order.
const STEPS: [&str; 3] = ["given", "when", "then"];

/// What only explains an entry, or says where it stands.
const ASIDE: [&str; 27] = [
    "id",
    "key",
    "priority",
    "status",
    "type",
    "why",
    "rationale",
    "motivation",
    "background",
    "note",
    "notes",
    "comment",
    "comments",
    "as_a",
    "asA",
    "role",
    "i_want",
    "iWant",
    "want",
    "so_that",
    "soThat",
    "benefit",
    "value",
    "risks",
    "out_of_scope",
    "outOfScope",
    "non_goals",
];

/// Words from which on what stands under a name that is not known counts as asked for.
const MANY_WORDS: usize = 4;

const NEEDS: [&str; 5] = ["depends_on", "dependsOn", "dependencies", "needs", "blocked_by"];

/// Nested no deeper than epic, story, task and one to spare.
const MAX_DEPTH: usize = 4;

/// Whether a text is a PRD in YAML: nothing but names and what belongs to them, and under the name of a group a list of entries
/// with names of their own.
pub(super) fn looks_like_yaml(text: &str) -> bool {
    let name = |line: &str| line.split_once(':').map(|(name, rest)| (name.trim().to_owned(), rest.trim().to_owned()));
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let lines = || text.lines().filter(|line| !(line.trim().is_empty() || line.starts_with('#') || line.starts_with("---")));
    let is_group =
        |line: &str| name(line).is_some_and(|(name, rest)| rest.is_empty() && GROUPS.iter().any(|(key, _)| *key == name));
    let has_names = |line: &str| line.trim_start().strip_prefix("- ").and_then(name).is_some_and(|(name, _)| is_name(&name));
    lines().all(|line| line.starts_with([' ', '-']) || name(line).is_some_and(|(name, _)| is_name(&name)))
        && lines().any(is_group)
        && lines().any(has_names)
}

pub(super) fn read(value: &Value, source: &str) -> Result<Spec, SpecError> {
    let mut reading = Reading::default();
    // `{"prd": {…}}` and the like carry the PRD one level down.
    let object = value.as_object();
    let inner =
        object.and_then(|object| ["prd", "project", "product", "spec"].iter().find_map(|key| object.get(*key)?.as_object()));
    match value {
        Value::Array(entries) => reading.group(entries.iter().map(|entry| (None, entry)).collect(), "", 0),
        Value::Object(object) => {
            reading.groups(object, "", 0);
            if let Some(inner) = inner {
                reading.groups(inner, "", 0);
            }
            for whole in [Some(object), inner].into_iter().flatten() {
                reading.named_groups(&OWN_GROUPS, whole, "", 0);
                reading.beside(whole);
            }
        }
        _ => {}
    }
    if reading.entries.is_empty() {
        let known = "features, requirements, tasks, user_stories or epics";
        return Err(SpecError::NoRequirements { advice: format!("give an array under one of the keys {known}") });
    }
    if reading.entries.len() > super::MAX_TASKS {
        return Err(SpecError::TooManyRequirements { found: reading.entries.len() });
    }
    let field =
        |keys: &[&str]| object.and_then(|object| first(object, keys)).or_else(|| inner.and_then(|inner| first(inner, keys)));
    let title = field(&["title", "name", "project", "projectName", "project_name", "product"]);
    let title = title
        .unwrap_or_else(|| source.lines().next().filter(|line| line.len() > 2 && !line.starts_with(['{', '['])).unwrap_or("PRD"));
    let (features, sections) = (count(reading.features), count(reading.sections));
    let summary = field(&["summary", "description", "overview"]).unwrap_or_default();
    let mut spec = Spec {
        kind: SpecKind::Json,
        title: text::one_line(title, MAX_TITLE),
        summary: text::one_line(summary, 600),
        tasks: reading.tasks(),
        text: String::new(),
        features,
        sections,
        words: 0,
    };
    let named = reading.entries.iter().map(|entry| entry.needs.clone()).collect::<Vec<_>>();
    dependencies::connect(&mut spec.tasks, &named);
    Ok(spec)
}

#[derive(Default)]
struct Reading {
    entries: Vec<Entry>,
    features: usize,
    sections: usize,
}

struct Entry {
    id: Option<String>,
    title: String,
    requirement: String,
    section: String,
    criteria: Vec<String>,
    /// Task numbers, resolved at the end from ids as written.
    needs: Vec<u32>,
    needs_as_written: Vec<String>,
}

impl Reading {
    fn groups(&mut self, object: &Map<String, Value>, section: &str, depth: usize) {
        self.named_groups(&GROUPS, object, section, depth);
    }

    fn named_groups(&mut self, names: &[(&str, &str)], object: &Map<String, Value>, section: &str, depth: usize) {
        for (key, name) in names {
            let section = if section.is_empty() { (*name).to_owned() } else { section.to_owned() };
            match object.get(*key) {
                Some(Value::Array(entries)) => self.group(entries.iter().map(|entry| (None, entry)).collect(), &section, depth),
                Some(Value::Object(entries)) => {
                    self.group(entries.iter().map(|(key, entry)| (Some(key.as_str()), entry)).collect(), &section, depth);
                }
                _ => {}
            }
        }
    }

    fn group(&mut self, entries: Vec<(Option<&str>, &Value)>, section: &str, depth: usize) {
        if entries.is_empty() || depth >= MAX_DEPTH {
            return;
        }
        self.sections += 1;
        if depth == 0 {
            self.features += entries.len();
        }
        for (key, entry) in entries {
            match entry {
                Value::String(words) if !words.trim().is_empty() => {
                    let words = key.map_or_else(|| words.clone(), |key| format!("{key}: {words}"));
                    self.push(Entry::new(&words, words.clone(), section));
                }
                Value::Object(object) => self.entry(key, object, section, depth),
                _ => {}
            }
        }
    }

    /// What the whole asks for outside of its groups.
    fn beside(&mut self, whole: &Map<String, Value>) {
        let is_group = |key: &str| GROUPS.iter().chain(&OWN_GROUPS).any(|(group, _)| *group == key);
        let is_told = |key: &str| !matches!(key, "title" | "name") && !ASIDE.contains(&key) && !markdown::is_aside(key);
        for (_, value) in whole.iter().filter(|(key, _)| is_told(key) && !is_group(key)) {
            for words in texts(value).into_iter().filter(|words| markdown::asks(words)) {
                self.push(Entry::new(&words, words.clone(), ""));
            }
        }
    }

    fn entry(&mut self, key: Option<&str>, object: &Map<String, Value>, section: &str, depth: usize) {
        let story = user_story(object);
        let all = scenario(object).or_else(|| Some(values(object)).filter(|all| !all.is_empty()));
        let title = first(object, &TITLES).or(key).or(story.as_deref()).or_else(|| first(object, &TEXTS)).or(all.as_deref());
        let Some(title) = title else { return };
        let before = self.entries.len();
        let nested = if section.is_empty() { title.to_owned() } else { format!("{section} / {title}") };
        self.groups(object, &text::one_line(&nested, MAX_TITLE), depth + 1);
        let is_group = self.entries.len() > before;
        let texts_of = |keys: &[&str]| keys.iter().filter_map(|key| object.get(*key)).flat_map(texts).collect::<Vec<_>>();
        let mut requirement = title.to_owned();
        let told = story.iter().cloned().chain(scenario(object)).chain(texts_of(&TITLES)).chain(texts_of(&TEXTS));
        for more in told.filter(|more| !is_group || markdown::asks(more)) {
            if !requirement.contains(&more) {
                requirement.push('\n');
                requirement.push_str(&more);
            }
        }
        let mut entry = Entry::new(title, requirement, section);
        entry.id = object.get("id").map(plain);
        entry.criteria = texts_of(&CRITERIA);
        if all.as_deref() != Some(title) {
            entry.criteria.extend(others(object));
        }
        // What the parts of a group say of it is asked for by them.
        if is_group && entry.criteria.is_empty() && !entry.requirement.contains('\n') {
            return;
        }
        entry.needs_as_written = NEEDS.iter().filter_map(|key| object.get(*key)).flat_map(texts).collect();
        self.push(entry);
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    fn tasks(&mut self) -> Vec<TaskDraft> {
        let ids: Vec<Option<String>> = self.entries.iter().map(|entry| entry.id.clone()).collect();
        let has_ids = ids.iter().any(Option::is_some);
        let number_of = |written: &str| {
            let by_id = ids.iter().position(|id| id.as_deref() == Some(written)).map(|at| count(at + 1));
            let number = written.trim_start_matches('#').parse().ok().filter(|_| !has_ids);
            by_id.or(number)
        };
        for entry in &mut self.entries {
            entry.needs = entry.needs_as_written.iter().filter_map(|written| number_of(written)).collect();
        }
        let drafts = self.entries.iter().enumerate();
        drafts
            .map(|(at, entry)| {
                let draft = markdown::Draft {
                    section: entry.section.clone(),
                    text: entry.requirement.clone(),
                    criteria: entry.criteria.clone(),
                    is_titled: entry.requirement.starts_with(&entry.title)
                        && (entry.requirement.contains('\n') || !entry.criteria.is_empty()),
                };
                let mut task = draft.task(count(at + 1));
                task.title = text::one_line(&entry.title, MAX_TITLE);
                task
            })
            .collect()
    }
}

impl Entry {
    fn new(title: &str, requirement: String, section: &str) -> Self {
        Self {
            id: None,
            title: title.to_owned(),
            requirement,
            section: section.to_owned(),
            criteria: Vec::new(),
            needs: Vec::new(),
            needs_as_written: Vec::new(),
        }
    }
}

/// `as_a`, `i_want` and `so_that` as a sentence.
fn user_story(object: &Map<String, Value>) -> Option<String> {
    let want = first(object, &["i_want", "iWant", "want"])?;
    let who = first(object, &["as_a", "asA", "role"]).unwrap_or("user");
    let benefit = first(object, &["so_that", "soThat", "benefit"]).map(|why| format!(", so that {why}")).unwrap_or_default();
    Some(format!("As a {who}, I want {want}{benefit}"))
}

fn first<'a>(object: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| object.get(*key)?.as_str()).map(str::trim).filter(|text| !text.is_empty())
}

/// The texts in a value that is a text, a list of texts or of objects with one, or an object of them.
fn texts(value: &Value) -> Vec<String> {
    let texts: Vec<String> = match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(object) if scenario(object).is_none() && first(object, &TEXTS).is_none() => {
            object.values().map(plain).collect()
        }
        Value::Null => Vec::new(),
        other => vec![plain(other)],
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// A value in one text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => values.iter().map(plain).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" and "),
        Value::Object(object) => scenario(object)
            .or_else(|| first(object, &TEXTS).or_else(|| first(object, &TITLES)).map(str::to_owned))
            .unwrap_or_else(|| values(object)),
        Value::Bool(_) | Value::Null => String::new(),
    }
}

/// `given`, `when` and `then` as a sentence.
fn scenario(object: &Map<String, Value>) -> Option<String> {
    object.get("then")?;
    let step = |name: &&str| object.get(*name).map(plain).filter(|text| !text.is_empty()).map(|text| format!("{name} {text}"));
    Some(STEPS.iter().filter_map(step).collect::<Vec<_>>().join(", "))
}

/// All that an object says, without what only explains it.
fn values(object: &Map<String, Value>) -> String {
    let said = object.iter().filter(|(key, _)| !ASIDE.contains(&key.as_str())).map(|(_, value)| plain(value));
    said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What an entry says under names that are not known, where it is long enough to ask for something.
fn others(object: &Map<String, Value>) -> Vec<String> {
    let is_known = |key: &str| {
        [&TITLES[..], &TEXTS, &CRITERIA, &NEEDS, &STEPS, &ASIDE].iter().any(|keys| keys.contains(&key))
            || GROUPS.iter().any(|(group, _)| *group == key)
    };
    let unknown = object.iter().filter(|(key, _)| !is_known(key)).flat_map(|(_, value)| texts(value));
    unknown.filter(|text| text.split_whitespace().count() >= MANY_WORDS || text.contains('`')).collect()
}
