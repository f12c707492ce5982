//! What a value under a name says: what is asked for, told, or only kept.

use serde_json::Value;

use super::{
    first,
    names::{DENYING, EXPLAINING, MANY_WORDS, METADATA, NEEDS, RANKS, STEPS, TELLING, TEXTS, TITLES},
    plain, scenario, spaced,
};
use crate::specs::{markdown, prose};

/// What a name says about the value under it, from what asks for most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// All of it is asked for.
    Asked,
    /// It tells: only what asks for something by its words is asked for.
    Told,
    /// It administers or explains: only what commands is asked for.
    Aside,
    /// Not to be built, or a rank.
    Excluded,
}

impl Kind {
    pub(super) fn of(key: &str) -> Self {
        let spaced = spaced(key);
        let name = spaced.as_str();
        let is_metadata = METADATA.contains(&name) || EXPLAINING.contains(&name) || NEEDS.contains(&key) || name.ends_with(" id");
        // What a thing supports or how it is installed is data about it, and no page for people.
        let is_manual = matches!(name, "support" | "installation" | "install");
        if RANKS.contains(&name) || markdown::is_excluded(name) {
            Self::Excluded
        } else if is_metadata || !is_manual && markdown::is_aside(name) {
            Self::Aside
        } else if TELLING.contains(&name) || TITLES.contains(&key) || TEXTS.contains(&key) || markdown::tells(name) {
            Self::Told
        } else {
            Self::Asked
        }
    }

    fn keeps(self, text: &str) -> bool {
        match self {
            Self::Asked => true,
            Self::Told => markdown::asks(text),
            // `Must have` is a rank by another name.
            Self::Aside => text.split_whitespace().count() > 2 && (prose::commands(text) || markdown::has_example(text)),
            Self::Excluded => false,
        }
    }
}

/// A part of what a value says, with the name that it stands under.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) text: String,
}

impl Part {
    /// The parts of a value that ask for something.
    pub(super) fn of(name: &str, value: &Value, kind: Kind, found: &mut Vec<Self>) {
        let is_short = |value: &Value| !(value.is_array() || value.is_object() || stands_alone(&plain(value)));
        match value {
            Value::Array(values) if !values.iter().all(is_short) => {
                for value in values {
                    Self::of(name, value, kind, found);
                }
            }
            Value::Object(object) => {
                let steps = scenario(object);
                let is_step = |key: &str| steps.is_some() && STEPS.contains(&key);
                for (key, value) in object.iter().filter(|(key, _)| !is_step(key)) {
                    if TITLES.contains(&key.as_str()) || TEXTS.contains(&key.as_str()) {
                        Self::of(name, value, kind, found);
                    } else {
                        Self::of(key, value, kind.max(Kind::of(key)), found);
                    }
                }
                found.extend(steps.filter(|text| kind.keeps(text)).map(|text| Self { name: name.to_owned(), text }));
            }
            other => {
                let text = Some(plain(other)).filter(|text| !text.is_empty() && kind.keeps(text));
                found.extend(text.map(|text| Self { name: name.to_owned(), text }));
            }
        }
    }

    /// The parts of criteria: what one gives beside its sentence about how the program ends belongs to that.
    pub(super) fn of_criterion(value: &Value, found: &mut Vec<Self>) {
        let object = match value {
            Value::Array(values) => return values.iter().for_each(|value| Self::of_criterion(value, found)),
            Value::Object(object) => object,
            other => {
                let text = Some(plain(other)).filter(|text| !text.is_empty());
                return found.extend(text.map(|text| Self { name: String::new(), text }));
            }
        };
        let mut rest = object.clone();
        if let Some(key) = TEXTS.iter().chain(&TITLES).find(|key| first(object, &[**key]).is_some())
            && let Some(Value::String(text)) = rest.remove(*key)
        {
            // A name beside the sentence asks for nothing.
            rest.retain(|key, value| !(TITLES.contains(&key.as_str()) && value.as_str().is_some_and(prose::is_name)));
            let mut text = text.trim().trim_end_matches('.').to_owned();
            if markdown::has_example(&text) {
                if let Some(printed) = first(object, &["stderr"]).filter(|text| !text.contains(['`', '\n'])) {
                    text = format!("{text} and prints `{printed}` to stderr");
                    rest.remove("stderr");
                }
                let codes = ["exit_code", "exitCode", "exit_status", "exitStatus"];
                if let Some((name, code)) = codes.iter().find_map(|name| Some((*name, object.get(*name)?.as_u64()?))) {
                    text = format!("{text} and exits with {code}");
                    rest.remove(name);
                }
            }
            found.push(Self { name: String::new(), text });
        }
        Self::of("", &Value::Object(rest), Kind::Asked, found);
    }

    /// Whether it says what must not be.
    pub(super) fn denies(&self) -> bool {
        DENYING.contains(&spaced(&self.name).as_str())
    }

    /// In words: with its name, unless it stands without.
    pub(super) fn words(&self) -> String {
        if !self.denies() && stands_alone(&self.text) { self.text.clone() } else { self.in_full() }
    }

    pub(super) fn in_full(&self) -> String {
        if self.name.is_empty() { self.text.clone() } else { format!("{}: {}", self.name, self.text) }
    }
}

/// Whether a text says enough without the name that it stands under.
fn stands_alone(text: &str) -> bool {
    text.split_whitespace().count() >= MANY_WORDS || markdown::has_example(text)
}
