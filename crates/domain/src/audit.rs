//! The audit trail's rules: what an entry holds, how each is bound to the one before it, and what proves the whole.

mod chain;
mod checkpoints;
mod page;
pub mod syslog;

pub use chain::{Chain, GENESIS, Link, Row};
pub use checkpoints::{AuditKey, Checkpoint, KeyError, PublicKey};
pub use page::Page;

use std::collections::BTreeMap;

use protocol::{ProjectId, TeamId};
use serde::{Deserialize, Serialize};

use crate::{actor::Actor, vault::SecretScope};

/// Longer values of a changed field are cut: the trail says that something was changed, it does not keep it.
const LONGEST_VALUE: usize = 200;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The actor may not, or is nobody that is known here.
    Denied,
    /// Nobody could have: what was sent is wrong, or something stands in the way.
    Invalid,
}

impl Outcome {
    /// Of a request that was refused with that status. What is not found may be hidden, and who guesses at it is looked for.
    pub fn of_refused(status: u16) -> Self {
        match status {
            401 | 403 | 404 | 421 | 429 => Self::Denied,
            _ => Self::Invalid,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
        }
    }
}

/// An entry to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub at: i64,
    /// `user:ID`, `token:ID`, `loki` or `nobody`.
    pub actor: String,
    /// What was done, as a verb: `create`, `start`, `sign_in`.
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which one; empty when there is no telling.
    pub resource_id: String,
    pub outcome: Outcome,
    pub details: Details,
    pub about: About,
}

/// Which project or team an entry is about: their auditors read it, besides the installation's. It is no part of the chain, which
/// proves what was done, not who may read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub project: Option<ProjectId>,
    pub team: Option<TeamId>,
}

impl From<ProjectId> for About {
    fn from(id: ProjectId) -> Self {
        Self { project: Some(id), team: None }
    }
}

impl From<TeamId> for About {
    fn from(id: TeamId) -> Self {
        Self { project: None, team: Some(id) }
    }
}

impl From<Option<TeamId>> for About {
    fn from(team: Option<TeamId>) -> Self {
        Self { project: None, team }
    }
}

impl From<SecretScope> for About {
    fn from(scope: SecretScope) -> Self {
        match scope {
            SecretScope::Installation => Self::default(),
            SecretScope::Team(id) => id.into(),
            SecretScope::Project(id) => id.into(),
        }
    }
}

/// Everything about an entry that nobody filters by. The fields stand in the order of their names, so that the same details
/// are the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
    /// How many requests this entry stands for, when it is more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The actor's name at that time.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// The ids of the other requests that this entry stands for, as far as they are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub from: String,
    pub to: String,
}

/// What was changed, field by field; what stayed the same is left out.
#[derive(Clone, Debug, Default)]
pub struct Changes(BTreeMap<String, Change>);

impl Changes {
    /// What is known of a thing that was made.
    pub fn came(facts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        facts.into_iter().fold(Self::default(), |changes, (name, value)| changes.field(name, "", value))
    }

    /// What was known of a thing that is gone.
    pub fn went(facts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        facts.into_iter().fold(Self::default(), |changes, (name, value)| changes.field(name, value, ""))
    }

    /// Notes a field. Secrets are masked by the field's name, long values are cut.
    #[must_use]
    pub fn field(mut self, name: &str, from: impl ToString, to: impl ToString) -> Self {
        let (from, to) = (from.to_string(), to.to_string());
        if from != to {
            let change = Change { from: shown(name, &from), to: shown(name, &to) };
            self.0.insert(name.to_owned(), change);
        }
        self
    }
}

fn shown(name: &str, value: &str) -> String {
    let secret = ["password", "secret", "token", "key"].iter().any(|word| name.contains(word));
    if secret && !value.is_empty() {
        return "[secret]".to_owned();
    }
    if value.chars().count() <= LONGEST_VALUE {
        return value.to_owned();
    }
    let cut: String = value.chars().take(LONGEST_VALUE).collect();
    format!("{cut}… ({} characters)", value.chars().count())
}

impl Entry {
    /// That `actor` did `what`, a verb and a kind of thing like `create project`, to the one of that id.
    pub fn done(at: i64, actor: &Actor, what: &str, id: &impl ToString) -> Self {
        let (action, kind) = what.split_once(' ').unwrap_or((what, ""));
        // The separators of a page are control characters; nothing that is named has any.
        let id: String = id.to_string().chars().filter(|character| !character.is_control()).collect();
        Self {
            at,
            actor: key(actor),
            action: action.to_owned(),
            resource_type: kind.to_owned(),
            resource_id: id,
            outcome: Outcome::Done,
            details: Details::of(actor),
            about: About::default(),
        }
    }

    /// The entry with what was changed.
    #[must_use]
    pub fn with(mut self, changes: Changes) -> Self {
        self.details.changes = changes.0;
        self
    }

    /// The entry as one that is about a project or a team.
    #[must_use]
    pub fn about(self, about: impl Into<About>) -> Self {
        Self { about: about.into(), ..self }
    }
}

impl Details {
    /// Who it was and from where.
    pub fn of(actor: &Actor) -> Self {
        let origin = actor.origin().map(|origin| (**origin).clone()).unwrap_or_default();
        Self {
            address: origin.address.map(|address| address.to_string()),
            agent: origin.agent,
            login: match actor {
                Actor::User { login, .. } => Some(login.to_string()),
                Actor::Token { .. } | Actor::Automation => None,
            },
            name: actor.display_name().to_owned(),
            request_id: origin.request_id,
            ..Self::default()
        }
    }
}

/// How the trail names an actor.
pub fn key(actor: &Actor) -> String {
    match actor {
        Actor::User { id, .. } => format!("user:{id}"),
        Actor::Token { id, .. } => format!("token:{id}"),
        Actor::Automation => "loki".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_may_not_is_denied_and_what_nobody_could_is_invalid() {
        let denied: Vec<u16> = (400..500).filter(|status| Outcome::of_refused(*status) == Outcome::Denied).collect();
        assert_eq!(denied, [401, 403, 404, 421, 429]);
        assert_eq!(Outcome::of_refused(422).as_str(), "invalid");
    }

    #[test]
    fn changes_name_what_differs_and_keep_no_secret() {
        let changes = Changes::default()
            .field("name", "A", "B")
            .field("description", "same", "same")
            .field("api_key", "hunter2", "")
            .field("spec", "", "x".repeat(500));
        let entry = Entry::done(1, &Actor::Automation, "update project", &7).with(changes);

        let text = serde_json::to_string(&entry.details.changes).unwrap();

        assert!(text.contains(r#""name":{"from":"A","to":"B"}"#) && text.contains("(500 characters)"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("description") && text.len() < 500, "{text}");
        assert_eq!((entry.action.as_str(), entry.resource_type.as_str(), entry.resource_id.as_str()), ("update", "project", "7"));
    }
}
