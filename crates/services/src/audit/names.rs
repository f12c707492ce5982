//! What people call what entries of the trail name: looked up together, and only what whoever reads them may know.

use std::collections::{BTreeMap, HashMap};

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::About,
    reach,
};
use protocol::{ProjectId, RunId, TeamId, TokenId, UserId, audit::AuditEntry, teams::Owner};
use store::Tx;
use uuid::Uuid;

use crate::{Cx, Error, projects, teams};

/// Names by ids; no two things have the same id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// What the thing is called that an entry is about: by now, or where it is gone or not to be known, as the entry says that it
    /// was called.
    pub fn thing(&self, entry: &AuditEntry) -> Option<String> {
        let id = entry.resource_id.as_deref()?;
        match (entry.resource_type.as_str(), id.split_once('/')) {
            ("secret", None) => Some(id.to_owned()),
            ("secret", Some((owner, name))) => {
                Some(self.at(owner).map_or_else(|| name.to_owned(), |owner| format!("{name} of {owner}")))
            }
            _ => self.at(id).or_else(|| then(entry)),
        }
    }

    /// What of an entry's changes is an id, and what that is called: `user ID` becomes `Ada (ada@example.org)`.
    pub fn values(&self, entry: &AuditEntry) -> BTreeMap<String, String> {
        let values = entry.details.values().flat_map(|change| [&change.from, &change.to]);
        values.filter_map(|value| Some((value.clone(), self.value(value)?))).collect()
    }

    fn value(&self, value: &str) -> Option<String> {
        match value.split_once(' ') {
            Some(("user", id)) => self.at(id),
            Some(("team", id)) => Some(format!("team {}", self.at(id)?)),
            _ => self.at(value),
        }
    }

    fn at(&self, id: &str) -> Option<String> {
        self.0.get(&Uuid::try_parse(id).ok()?).cloned()
    }
}

/// The name that a thing had, as far as the entry tells.
fn then(entry: &AuditEntry) -> Option<String> {
    let fields: &[&str] = match entry.resource_type.as_str() {
        "project" | "team" | "token" | "factor" => &["name"],
        "user" => &["email", "name"],
        "identity" => &["email"],
        "mail" => &["to"],
        _ => return None,
    };
    let change = fields.iter().find_map(|field| entry.details.get(*field))?;
    let name = if change.to.is_empty() { &change.from } else { &change.to };
    Some(name.clone()).filter(|name| !name.is_empty())
}

/// The names of everything that these entries of the part `about` name by its id.
pub async fn names(cx: &Cx, actor: &Actor, about: About, entries: &[AuditEntry]) -> Result<Names, Error> {
    let mut ids: Vec<Uuid> = entries.iter().flat_map(named).collect();
    ids.sort_unstable();
    ids.dedup();
    let tx = cx.store.read().await?;
    let mut names = things(&tx, actor, &ids).await?;
    names.extend(people(&tx, actor, about, &ids).await?);
    // Whoever did something is called in its entry, also where nobody says any more who they are.
    for entry in entries.iter().filter(|entry| !entry.actor_name.is_empty()) {
        let id = entry.user_id.as_ref().or(entry.token_id.as_ref()).and_then(|id| Uuid::try_parse(id).ok());
        if let Some(id) = id {
            names.entry(id).or_insert_with(|| entry.actor_name.clone());
        }
    }
    Ok(Names(names))
}

/// The ids in an entry. Some stand behind the kind of thing (`user ID`), some before a name (`ID/NAME`).
fn named(entry: &AuditEntry) -> impl Iterator<Item = Uuid> {
    let values = entry.details.values().flat_map(|change| [change.from.as_str(), change.to.as_str()]);
    let words = values.chain(entry.resource_id.as_deref()).flat_map(|value| value.split([' ', '/']));
    words.filter_map(|word| Uuid::try_parse(word).ok())
}

/// The names of the projects, runs and teams of those ids that the actor may know.
async fn things(tx: &Tx, actor: &Actor, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Error> {
    let runs: Vec<RunId> = ids.iter().copied().map(RunId).collect();
    let runs = tx.runs().numbered(&runs).await?;
    let of_runs = runs.iter().map(|(_, project, _)| *project);
    let wanted: Vec<ProjectId> = ids.iter().copied().map(ProjectId).chain(of_runs).collect();
    let found = tx.projects().named(&wanted).await?;
    let may_know = |id: ProjectId, owner: Owner, action| projects::check(actor, id, owner, action).is_ok();
    let mut names = HashMap::new();
    for (run, project, number) in runs {
        let of = found.iter().find(|(id, ..)| *id == project);
        if let Some((_, name, _)) = of.filter(|(id, _, owner)| may_know(*id, *owner, Action::ReadRuns)) {
            names.insert(run.0, format!("{number} of {name}"));
        }
    }
    let known = found.into_iter().filter(|(id, _, owner)| may_know(*id, *owner, Action::ReadProjects));
    names.extend(known.map(|(id, name, _)| (id.0, name)));

    let wanted: Vec<TeamId> = ids.iter().copied().map(TeamId).collect();
    let known = tx.teams().by_ids(&wanted).await?.into_iter().filter(|team| may_know_team(actor, team.id));
    names.extend(known.map(|team| (team.id.0, team.name)));
    Ok(names)
}

fn may_know_team(actor: &Actor, id: TeamId) -> bool {
    reach::enough(actor.reach().in_team(id), Action::ReadTeams).is_ok()
}

/// The names of the people and tokens of those ids. Who reads the whole trail may know them all, others the members of the team
/// whose part they read, or whose project's.
async fn people(tx: &Tx, actor: &Actor, about: About, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, Error> {
    if access::may(actor, Action::ReadAudit) {
        let users: Vec<UserId> = ids.iter().copied().map(UserId).collect();
        let tokens: Vec<TokenId> = ids.iter().copied().map(TokenId).collect();
        let users = tx.accounts().by_ids(&users).await?.into_iter().map(|user| (user.id.0, person(&user.name, &user.email)));
        let tokens = tx.tokens().by_ids(&tokens).await?.into_iter().map(|token| (token.id.0, token.name));
        return Ok(users.chain(tokens).collect());
    }
    let owner = match about.project {
        Some(id) => tx.sharing().owners(&[id]).await?.remove(&id),
        None => about.team.map(Owner::Team),
    };
    let Some(Owner::Team(team)) = owner.filter(|owner| matches!(owner, Owner::Team(team) if may_know_team(actor, *team))) else {
        return Ok(HashMap::new());
    };
    let members = teams::everybody(tx, team).await?.into_iter();
    Ok(members.map(|member| (member.user_id.0, person(&member.name, &member.email))).collect())
}

fn person(name: &str, email: &str) -> String {
    format!("{name} ({email})")
}

/// What people call actors of the trail (`user:ID`, `token:ID`, `loki`, `nobody`) by now; those that are gone are called by their
/// id. In a part of the trail they are called as its entries say that they were called: how they are called now is for who reads
/// the whole trail.
pub async fn actor_names(
    cx: &Cx,
    actor: &Actor,
    keys: &[String],
    (about, entries): (About, &[AuditEntry]),
) -> Result<Vec<(String, String)>, Error> {
    let now = if access::may(actor, Action::ReadAudit) { current(cx, keys).await? } else { BTreeMap::new() };
    let is_part = about != About::default();
    let then = |key: &String| {
        let said = entries.iter().filter(|_| is_part).find(|entry| entry.actor == *key && !entry.actor_name.is_empty());
        said.map(|entry| entry.actor_name.clone())
    };
    let name = |key: &String| now.get(key).cloned().or_else(|| then(key)).unwrap_or_else(|| key.clone());
    Ok(keys.iter().map(|key| (key.clone(), name(key))).collect())
}

async fn current(cx: &Cx, keys: &[String]) -> Result<BTreeMap<String, String>, Error> {
    let (mut users, mut tokens) = (Vec::<UserId>::new(), Vec::<TokenId>::new());
    for key in keys {
        match key.split_once(':') {
            Some(("user", id)) => users.extend(id.parse::<UserId>()),
            Some(("token", id)) => tokens.extend(id.parse::<TokenId>()),
            _ => {}
        }
    }
    let tx = cx.store.read().await?;
    let users = tx.accounts().by_ids(&users).await?.into_iter();
    let users = users.map(|user| (format!("user:{}", user.id), person(&user.name, &user.email)));
    let tokens = tx.tokens().by_ids(&tokens).await?.into_iter();
    let tokens = tokens.map(|token| (format!("token:{}", token.id), format!("token {}", token.name)));
    Ok(users.chain(tokens).collect())
}

#[cfg(test)]
mod tests {
    use protocol::{Timestamp, audit::AuditChange};

    use super::*;

    const ID: &str = "0198c000-0000-7000-8000-000000000001";

    fn entry(kind: &str, id: &str, changes: &[(&str, &str, &str)]) -> AuditEntry {
        let change = |(name, from, to): &(&str, &str, &str)| {
            ((*name).to_owned(), AuditChange { from: (*from).to_owned(), to: (*to).to_owned() })
        };
        AuditEntry {
            seq: 1,
            timestamp: Timestamp::from_millis(0),
            action: "update".to_owned(),
            resource_type: kind.to_owned(),
            resource_id: Some(id.to_owned()),
            actor: "loki".to_owned(),
            actor_name: String::new(),
            user_id: None,
            token_id: None,
            login_id: None,
            ip_address: None,
            user_agent: None,
            request_id: None,
            outcome: "done".to_owned(),
            success: true,
            error: None,
            status: None,
            count: 1,
            details: changes.iter().map(change).collect(),
            integrity_hash: String::new(),
        }
    }

    #[test]
    fn a_thing_is_called_as_now_and_what_is_gone_as_its_entry_says() {
        let known = Names(HashMap::from([(ID.parse().unwrap(), "Backend".to_owned())]));
        let check = |entry: AuditEntry, now: Option<&str>, gone: Option<&str>| {
            assert_eq!(known.thing(&entry).as_deref(), now, "{entry:?}");
            assert_eq!(Names::default().thing(&entry).as_deref(), gone, "{entry:?}");
        };
        check(entry("team", ID, &[]), Some("Backend"), None);
        check(entry("team", ID, &[("name", "Old", "Older")]), Some("Backend"), Some("Older"));
        check(entry("project", ID, &[("name", "Old", "")]), Some("Backend"), Some("Old"));
        check(entry("user", ID, &[("email", "a@example.org", ""), ("name", "Ada", "")]), Some("Backend"), Some("a@example.org"));
        check(entry("run", ID, &[("name", "", "x")]), Some("Backend"), None);
        check(entry("secret", &format!("{ID}/KEY"), &[]), Some("KEY of Backend"), Some("KEY"));
        check(entry("secret", "KEY", &[]), Some("KEY"), Some("KEY"));
        check(entry("audit", "", &[]), None, None);
    }

    #[test]
    fn ids_in_changes_are_called_by_name() {
        let known = Names(HashMap::from([(ID.parse().unwrap(), "Backend".to_owned())]));
        let (team, user) = (format!("team {ID}"), format!("user {ID}"));
        let values = known.values(&entry("project", "x", &[("with", &team, &user), ("owner", ID, "installation")]));
        let expected = [(team, "team Backend"), (user, "Backend"), (ID.to_owned(), "Backend")];
        assert_eq!(values, BTreeMap::from(expected.map(|(id, name)| (id, name.to_owned()))));
    }
}
