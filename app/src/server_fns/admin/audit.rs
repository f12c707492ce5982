//! The audit trail: looked through, followed and verified. A project and a team have their part of it.

use std::collections::BTreeMap;

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{
    TeamId,
    audit::{AuditEntry, AuditVerdict},
};
use serde::{Deserialize, Serialize};

use crate::{
    routes::to,
    server_fns::{UiError, ask::Ask, projects::ProjectHead},
};

/// Entries on a page.
pub const PAGE: usize = 50;

/// What an address asks with for the oldest entries first.
pub const OLDEST_FIRST: &str = "when";

/// Which entries are asked for; what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
    pub actor: String,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    /// `done`, `denied` or `invalid`.
    pub outcome: String,
    pub start_date: String,
    pub end_date: String,
    /// Of the part of a project, its id.
    pub project_id: String,
    /// Of the part of a team, its id.
    pub team_id: String,
}

impl Filter {
    /// Names and values, as addresses have them.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("q", self.q.as_str()),
            ("actor", &self.actor),
            ("action", &self.action),
            ("resource_type", &self.resource_type),
            ("resource_id", &self.resource_id),
            ("outcome", &self.outcome),
            ("start_date", &self.start_date),
            ("end_date", &self.end_date),
            ("project_id", &self.project_id),
            ("team_id", &self.team_id),
        ]
    }

    /// The same without what says whose part it is, as the address of its page does.
    pub fn within(&self) -> Vec<(&'static str, &str)> {
        self.pairs().into_iter().filter(|(name, _)| !matches!(*name, "project_id" | "team_id")).collect()
    }
}

/// Whose part of the trail is shown; the installation's is all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Installation,
    Project(ProjectHead),
    Team { id: TeamId, name: String },
}

impl Part {
    /// Where its page is.
    pub fn address(&self) -> String {
        match self {
            Self::Installation => to::ADMIN_AUDIT.to_owned(),
            Self::Project(head) => to::project_audit(head.id),
            Self::Team { id, .. } => to::team_audit(*id),
        }
    }

    /// Where one of its entries is shown.
    pub fn entry(&self, seq: i64) -> String {
        match self {
            Self::Installation => to::audit_entry(seq),
            Self::Project(_) | Self::Team { .. } => to::asking(&self.address(), &[("entry", &seq.to_string())]),
        }
    }
}

/// An entry with what people call the things that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub entry: AuditEntry,
    /// What the thing is called that it is about; absent where nobody says.
    pub name: Option<String>,
    /// What is called by its id in what was changed, and its name.
    pub names: BTreeMap<String, String>,
}

/// An entry, and whose part of the trail it is shown in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryView {
    pub part: Part,
    pub line: Line,
}

/// A page of the trail, with what it can be narrowed down to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    pub part: Part,
    pub entries: Vec<Line>,
    pub next: Option<String>,
    pub summary: Summary,
    /// Actors of the last days and what people call them.
    pub actors: Vec<(String, String)>,
    pub actions: Vec<String>,
    pub resource_types: Vec<String>,
}

/// What happened in the last days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub days: u32,
    pub done: i64,
    pub denied: i64,
    pub invalid: i64,
}

/// Entries that fit, newest first unless `sort` is `when`; an empty `after` is the first page.
#[server(name = ReadAudit, prefix = "/ui", endpoint = "audit", input = GetUrl)]
pub async fn audit(filter: Filter, #[server(default)] sort: String, after: String) -> Result<AuditView, UiError> {
    use crate::server_fns::asked;

    const DAYS: u32 = 30;
    let (cx, actor, about) = opened(&filter.project_id, &filter.team_id)?;
    let sort = Some(sort).filter(|sort| sort == OLDEST_FIRST);
    let query = protocol::audit::AuditQuery { sort, ..filter.query(about, after) };
    let page = asked(services::audit::list(&cx, &actor, &query).await)?;
    let summary = asked(services::audit::summary(&cx, &actor, DAYS, about).await)?;
    let mut keys: Vec<String> = summary.by_user.keys().cloned().collect();
    if !filter.actor.is_empty() && !keys.contains(&filter.actor) {
        keys.push(filter.actor.clone());
    }
    let entries = page.entries;
    let mut actors = asked(services::audit::actor_names(&cx, &actor, &keys, (about, &entries)).await)?;
    actors.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(AuditView {
        part: part(&cx, &actor, about).await?,
        entries: named(&cx, &actor, about, entries).await?,
        next: page.next,
        summary: Summary {
            days: DAYS,
            done: summary.successful_events,
            denied: summary.denied_events,
            invalid: summary.failed_events - summary.denied_events,
        },
        actors,
        actions: summary.by_action.into_keys().collect(),
        resource_types: summary.by_resource_type.into_keys().filter(|kind| !kind.is_empty()).collect(),
    })
}

/// The newest entries that fit and lie behind `since`, newest first.
#[server(name = ReadAuditNews, prefix = "/ui", endpoint = "audit_news", input = GetUrl)]
pub async fn audit_news(filter: Filter, since: i64) -> Result<Vec<Line>, UiError> {
    let (cx, actor, about) = opened(&filter.project_id, &filter.team_id)?;
    let page = crate::server_fns::asked(services::audit::list(&cx, &actor, &filter.query(about, String::new())).await)?;
    named(&cx, &actor, about, page.entries.into_iter().take_while(|entry| entry.seq > since).collect()).await
}

/// One entry, by its position, in the part of a project or a team where one is named.
#[server(name = ReadAuditEntry, prefix = "/ui", endpoint = "audit_entry", input = GetUrl)]
pub async fn audit_entry(
    seq: String,
    #[server(default)] project_id: String,
    #[server(default)] team_id: String,
) -> Result<EntryView, UiError> {
    use crate::server_fns::asked;

    let (cx, actor, about) = opened(&project_id, &team_id)?;
    // What is no number is the position of nothing.
    let seq = seq.parse().unwrap_or(0);
    let entry = asked(services::audit::entry(&cx, &actor, seq, about).await)?;
    let part = part(&cx, &actor, about).await?;
    let names = asked(services::audit::names(&cx, &actor, about, std::slice::from_ref(&entry)).await)?;
    Ok(EntryView { part, line: line(&names, entry) })
}

/// Whether the trail is as it was written.
#[server(name = VerifyAudit, prefix = "/ui", endpoint = "audit_verdict", input = GetUrl)]
pub async fn audit_verdict() -> Result<AuditVerdict, UiError> {
    use domain::access::Action;

    let (cx, actor) = super::open(&[Action::ReadAudit])?;
    crate::server_fns::asked(services::audit::verify(&cx, &actor, &[]).await)
}

/// Asks for [`audit`].
pub fn ask_audit(filter: &Filter, sort: &str, after: &str) -> Ask<AuditView> {
    let names = fields(filter);
    let mut fields: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    fields.extend([("sort", sort), ("after", after)]);
    Ask::new("audit", &fields, || audit(filter.clone(), sort.to_owned(), after.to_owned()))
}

/// Asks for [`audit_news`].
pub fn ask_audit_news(filter: &Filter, since: i64) -> Ask<Vec<Line>> {
    let (names, seq) = (fields(filter), since.to_string());
    let mut fields: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    fields.push(("since", &seq));
    Ask::new("audit_news", &fields, || audit_news(filter.clone(), since))
}

/// Asks for [`audit_entry`].
pub fn ask_audit_entry(seq: &str, project_id: &str, team_id: &str) -> Ask<EntryView> {
    let fields = [("seq", seq), ("project_id", project_id), ("team_id", team_id)];
    Ask::new("audit_entry", &fields, || audit_entry(seq.to_owned(), project_id.to_owned(), team_id.to_owned()))
}

/// Asks for [`audit_verdict`].
pub fn ask_audit_verdict() -> Ask<AuditVerdict> {
    Ask::new("audit_verdict", &[], audit_verdict)
}

/// The filter as the server functions take it.
fn fields(filter: &Filter) -> Vec<(String, &str)> {
    filter.pairs().into_iter().map(|(name, value)| (format!("filter[{name}]"), value)).collect()
}

/// The context for whoever looks at the part of a project, of a team, or at all of it; that is a page of the admin section, which is
/// not there for others.
#[cfg(feature = "ssr")]
fn opened(project: &str, team: &str) -> Result<(services::Cx, domain::actor::Actor, domain::audit::About), UiError> {
    use domain::{access::Action, audit::About};

    use crate::server_fns::{context, projects, teams};

    if project.is_empty() && team.is_empty() {
        let (cx, actor) = super::open(&[Action::ReadAudit])?;
        return Ok((cx, actor, About::default()));
    }
    let (cx, actor) = context()?;
    let about = if team.is_empty() { projects::known(project)?.into() } else { teams::known(team)?.into() };
    Ok((cx, actor, about))
}

#[cfg(feature = "ssr")]
async fn part(cx: &services::Cx, actor: &domain::actor::Actor, about: domain::audit::About) -> Result<Part, UiError> {
    use crate::server_fns::{asked, projects};

    Ok(match (about.project, about.team) {
        (Some(id), _) => Part::Project(projects::head(cx, actor, id).await?),
        (None, Some(id)) => Part::Team { id, name: asked(services::teams::get(cx, actor, id).await)?.name },
        (None, None) => Part::Installation,
    })
}

#[cfg(feature = "ssr")]
async fn named(
    cx: &services::Cx,
    actor: &domain::actor::Actor,
    about: domain::audit::About,
    entries: Vec<AuditEntry>,
) -> Result<Vec<Line>, UiError> {
    let names = crate::server_fns::asked(services::audit::names(cx, actor, about, &entries).await)?;
    Ok(entries.into_iter().map(|entry| line(&names, entry)).collect())
}

#[cfg(feature = "ssr")]
fn line(names: &services::audit::Names, entry: AuditEntry) -> Line {
    Line { name: names.thing(&entry), names: names.values(&entry), entry }
}

#[cfg(feature = "ssr")]
impl Filter {
    fn query(&self, about: domain::audit::About, after: String) -> protocol::audit::AuditQuery {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        protocol::audit::AuditQuery {
            start_date: given(&self.start_date),
            end_date: given(&self.end_date),
            actor: given(&self.actor),
            action: given(&self.action),
            resource_type: given(&self.resource_type),
            resource_id: given(&self.resource_id),
            project_id: about.project,
            team_id: about.team,
            outcome: given(&self.outcome),
            q: given(&self.q),
            sort: None,
            after: given(&after),
            offset: None,
            limit: u32::try_from(PAGE).ok(),
        }
    }
}
