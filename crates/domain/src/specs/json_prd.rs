//! PRDs as data: features, requirements, tasks, user stories and epics, in JSON or YAML.

mod names;
mod parts;

use serde_json::{Map, Value};

use self::{
    names::{CRITERIA, GROUPS, MAX_DEPTH, NAMES, NEEDS, OWN_GROUPS, QUALIFYING, STEPS, STORY, TEXTS, TITLES},
    parts::{Kind, Part},
};
use super::{MAX_TITLE, Spec, SpecError, SpecKind, TaskDraft, count, dependencies, markdown, text};

/// Sentences of an entry that are left out where they were said before.
const LOOKED_FOR: usize = 100;

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
                reading.beside(whole, inner);
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
    let title = field(&NAMES);
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
    if let Some(last) = spec.tasks.last_mut() {
        last.unproven.extend(markdown::in_lines(reading.gaps));
    }
    let named = reading.entries.iter().map(|entry| entry.needs.clone()).collect::<Vec<_>>();
    dependencies::connect(&mut spec.tasks, &named);
    Ok(spec)
}

#[derive(Default)]
struct Reading {
    entries: Vec<Entry>,
    /// What the whole says beside its entries and nothing proves.
    gaps: Vec<String>,
    features: usize,
    sections: usize,
}

struct Entry {
    id: Option<String>,
    title: String,
    requirement: String,
    section: String,
    criteria: Vec<String>,
    /// Criteria that no example can prove.
    gaps: Vec<String>,
    /// Task numbers, resolved at the end from ids as written.
    needs: Vec<u32>,
    needs_as_written: Vec<String>,
}

/// What an entry says, by what it is good for.
struct Fields<'a> {
    /// Sentences about it.
    told: Vec<String>,
    /// What has to hold, and what nothing is known of.
    parts: Vec<Part>,
    /// Lists and groups of further entries, by their keys.
    nested: Vec<(&'a str, &'a Value)>,
    /// Of those the ones whose keys say that they are groups.
    groups: Map<String, Value>,
}

impl<'a> Fields<'a> {
    fn of(object: &'a Map<String, Value>, story: Option<&str>, steps: Option<&str>) -> Self {
        let mut told: Vec<String> = story.into_iter().chain(steps).map(str::to_owned).collect();
        let mut parts = Vec::new();
        let mut nested = Vec::new();
        let texts = TITLES.into_iter().chain(TEXTS.into_iter().filter(|name| !TITLES.contains(name)));
        for (name, value) in texts.filter_map(|name| Some((name, object.get(name)?))) {
            if holds_groups(value) {
                nested.push((name, value));
            } else if holds_more(value) {
                Part::of(name, value, Kind::Asked, &mut parts);
            } else {
                told.extend(texts_of(value));
            }
        }
        for value in CRITERIA.iter().filter_map(|name| object.get(*name)) {
            Part::of_criterion(value, &mut parts);
        }
        let is_known = |name: &str| {
            [&TITLES[..], &TEXTS, &CRITERIA, &NEEDS].iter().any(|names| names.contains(&name))
                || steps.is_some() && STEPS.contains(&name)
                || story.is_some() && STORY.contains(&name)
        };
        let mut groups = object.clone();
        groups.retain(|name, _| is_group(name));
        for (name, value) in object.iter().filter(|(name, _)| !is_known(name)) {
            let kind = Kind::of(name);
            if is_group(name) {
                if !value.is_array() && !value.is_object() || QUALIFYING.contains(&name.as_str()) && !holds_more(value) {
                    groups.remove(name);
                    for text in texts_of(value) {
                        parts.push(Part { name: name.clone(), text });
                    }
                }
            } else if kind != Kind::Excluded && holds_groups(value) {
                nested.push((name.as_str(), value));
            } else {
                Part::of(name, value, kind, &mut parts);
            }
        }
        Self { told, parts, nested, groups }
    }
}

impl Reading {
    fn groups(&mut self, object: &Map<String, Value>, section: &str, depth: usize) {
        self.named_groups(&GROUPS, object, section, depth);
    }

    fn named_groups(&mut self, names: &[(&str, &str)], object: &Map<String, Value>, section: &str, depth: usize) {
        for (key, name) in names {
            let section = if section.is_empty() { (*name).to_owned() } else { section.to_owned() };
            if let Some(value) = object.get(*key) {
                self.group(entries_of(key, value), &section, depth);
            }
        }
    }

    fn group(&mut self, entries: Vec<(Option<&str>, &Value)>, section: &str, depth: usize) {
        if entries.is_empty() {
            return;
        }
        if depth >= MAX_DEPTH {
            self.gaps.push(format!("what is nested too deeply under \"{section}\""));
            return;
        }
        self.sections += 1;
        if depth == 0 {
            self.features += entries.len();
        }
        let is_asked_for = |key: Option<&str>| !key.is_some_and(|key| markdown::is_excluded(&spaced(key)));
        for (key, entry) in entries.into_iter().filter(|(key, _)| is_asked_for(*key)) {
            match entry {
                Value::String(words) if !words.trim().is_empty() => {
                    let words = key.map_or_else(|| words.clone(), |key| format!("{key}: {words}"));
                    self.push(Entry::new(&words, words.clone(), section));
                }
                Value::Object(object) => self.entry(key, object, section, depth),
                Value::Array(entries) => {
                    self.group(entries.iter().map(|entry| (None, entry)).collect(), section, depth + 1);
                }
                other => {
                    let part = Part { name: key.unwrap_or(section).to_owned(), text: plain(other) };
                    self.gaps.extend(Some(part).filter(|part| !part.text.is_empty()).map(|part| part.words()));
                }
            }
        }
    }

    /// What the whole asks for outside of its groups; what else it says under names that are not known is a gap.
    fn beside(&mut self, whole: &Map<String, Value>, inner: Option<&Map<String, Value>>) {
        let is_inner = |value: &Value| value.as_object().zip(inner).is_some_and(|(value, inner)| std::ptr::eq(value, inner));
        let is_title = |key: &str, value: &Value| NAMES.contains(&key) && !holds_more(value);
        for (key, value) in whole {
            let kind = Kind::of(key);
            if is_group(key) || is_in(&OWN_GROUPS, key) || is_inner(value) || is_title(key, value) {
                continue;
            }
            if kind != Kind::Excluded && holds_groups(value) {
                self.group(entries_of_group(key, value), "", 0);
                continue;
            }
            let mut parts = Vec::new();
            Part::of(key, value, kind, &mut parts);
            for part in parts {
                if markdown::asks(&part.text) && !part.denies() {
                    self.push(Entry::new(&part.text, part.text.clone(), ""));
                } else {
                    self.gaps.push(part.in_full());
                }
            }
        }
    }

    fn entry(&mut self, key: Option<&str>, object: &Map<String, Value>, section: &str, depth: usize) {
        let story = user_story(object);
        let steps = scenario(object);
        let Fields { told, mut parts, nested, groups } = Fields::of(object, story.as_deref(), steps.as_deref());
        let title = first(object, &TITLES).or(key).or(story.as_deref()).or_else(|| first(object, &TEXTS)).or(steps.as_deref());
        let title = title.map(str::to_owned);
        let before = self.entries.len();
        let path = [section, title.as_deref().unwrap_or_default()];
        let path = path.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" / ");
        let path = text::one_line(&path, MAX_TITLE);
        self.groups(&groups, &path, depth + 1);
        for (name, value) in nested {
            self.group(entries_of_group(name, value), &path, depth + 1);
        }
        let is_group = self.entries.len() > before;
        let is_named = first(object, &TITLES).or(key).is_some();
        let title = title.or_else(|| {
            let (denied, said): (Vec<Part>, Vec<Part>) = parts.drain(..).partition(Part::denies);
            parts = denied;
            match said.as_slice() {
                [] => None,
                [only] => Some(only.text.clone()),
                more => Some(more.iter().map(Part::words).collect::<Vec<_>>().join(", ")),
            }
        });
        let Some(title) = title else {
            self.gaps.extend(parts.iter().map(Part::words));
            return;
        };
        let mut requirement = title.clone();
        for (at, more) in told.into_iter().filter(|more| !is_group || markdown::asks(more)).enumerate() {
            // Of a long list nobody looks for what is said twice: each look goes through all that was said.
            if at >= LOOKED_FOR || !requirement.contains(&more) {
                requirement.push('\n');
                requirement.push_str(&more);
            }
        }
        let mut entry = Entry::new(&title, requirement, section);
        entry.id = object.get("id").map(plain);
        for part in &parts {
            entry.take(part);
        }
        // What the parts of a group say of it is asked for by them.
        let is_only_named = is_named && !markdown::asks(&title) && !entry.requirement.contains('\n');
        if is_group && is_only_named && entry.criteria.is_empty() && entry.gaps.is_empty() {
            return;
        }
        entry.needs_as_written = NEEDS.iter().filter_map(|key| object.get(*key)).flat_map(texts_of).collect();
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
                task.criteria.extend(entry.gaps.iter().cloned());
                task.unproven.extend(markdown::in_lines(entry.gaps.clone()));
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
            gaps: Vec::new(),
            needs: Vec::new(),
            needs_as_written: Vec::new(),
        }
    }

    fn take(&mut self, part: &Part) {
        let kept = if part.denies() { &mut self.gaps } else { &mut self.criteria };
        kept.push(part.words());
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

fn is_in(groups: &[(&str, &str)], key: &str) -> bool {
    groups.iter().any(|(group, _)| *group == key)
}

fn is_group(key: &str) -> bool {
    is_in(&GROUPS, key)
}

/// Whether there are groups anywhere in a value.
fn holds_groups(value: &Value) -> bool {
    let has_entries = |value: &Value| value.is_array() || value.is_object();
    match value {
        Value::Array(values) => values.iter().any(holds_groups),
        Value::Object(object) => object.iter().any(|(key, value)| is_group(key) && has_entries(value) || holds_groups(value)),
        _ => false,
    }
}

/// Whether there is more to a value than a text or a list of texts.
fn holds_more(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(|value| value.is_array() || value.is_object()),
        other => other.is_object(),
    }
}

/// The entries under the name of a group.
fn entries_of<'a>(key: &'a str, value: &'a Value) -> Vec<(Option<&'a str>, &'a Value)> {
    match value {
        Value::Array(entries) => entries.iter().map(|entry| (None, entry)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, entry)| (Some(key.as_str()), entry)).collect(),
        Value::Null => Vec::new(),
        other => vec![(Some(key), other)],
    }
}

/// The entries under a name that is not known: an object there is one entry.
fn entries_of_group<'a>(key: &'a str, value: &'a Value) -> Vec<(Option<&'a str>, &'a Value)> {
    if value.is_object() { vec![(Some(key), value)] } else { entries_of(key, value) }
}

/// The texts in a list, or of one value.
fn texts_of(value: &Value) -> Vec<String> {
    let texts = match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        other => vec![plain(other)],
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

/// A value in one text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_so) => is_so.to_string(),
        Value::Array(values) => values.iter().map(plain).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" and "),
        Value::Object(_) => {
            let mut parts = Vec::new();
            Part::of("", value, Kind::Asked, &mut parts);
            parts.iter().map(Part::words).collect::<Vec<_>>().join(", ")
        }
        Value::Null => String::new(),
    }
}

/// `given`, `when` and `then` as a sentence.
fn scenario(object: &Map<String, Value>) -> Option<String> {
    object.get("then")?;
    let step = |name: &&str| object.get(*name).map(plain).filter(|text| !text.is_empty()).map(|text| format!("{name} {text}"));
    Some(STEPS.iter().filter_map(step).collect::<Vec<_>>().join(", "))
}

/// A name in small letters with spaces between its words.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for c in name.trim_start_matches('$').chars() {
        if c.is_uppercase() && after_small {
            words.push(' ');
        }
        after_small = c.is_lowercase();
        match c {
            '_' | '-' => words.push(' '),
            c => words.extend(c.to_lowercase()),
        }
    }
    words
}
