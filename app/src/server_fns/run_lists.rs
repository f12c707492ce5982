//! Lists of runs: what needs a person, what works, what was done.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::runs::Run;
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask};

/// What the home page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HomePage {
    /// Runs that are not over.
    pub active: Vec<Run>,
    /// The newest runs that are over.
    pub recent: Vec<Run>,
    /// Whether there is any project.
    pub any_project: bool,
    pub may_write: bool,
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunsPage {
    pub runs: Vec<Run>,
    pub next: Option<String>,
}

/// What needs a person, what works and what was done last.
#[server(name = ReadHome, prefix = "/ui", endpoint = "home", input = GetUrl)]
pub async fn home() -> Result<HomePage, UiError> {
    use domain::access::{Action, may};
    use protocol::page::PageQuery;
    use services::runs::RunFilter;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let query = |limit| PageQuery { after: None, limit: Some(limit) };
    let active = asked(services::runs::list(&cx, &actor, RunFilter { project: None, active: true }, &query(100)).await)?;
    let newest = asked(services::runs::list(&cx, &actor, RunFilter { project: None, active: false }, &query(30)).await)?;
    let projects = asked(services::projects::list(&cx, &actor, &query(1)).await)?;
    let over = newest.items.into_iter().filter(|run| run.status.is_over());
    Ok(HomePage {
        active: active.items,
        recent: over.take(10).collect(),
        any_project: !projects.items.is_empty(),
        may_write: may(&actor, Action::WriteProject),
    })
}

/// Runs, the newest first: `state` is `active` or empty, `project` an id or empty.
#[server(name = ReadRunList, prefix = "/ui", endpoint = "run_list", input = GetUrl)]
pub async fn run_list(state: String, project: String, after: String) -> Result<RunsPage, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let project = if project.is_empty() { None } else { Some(super::projects::known(&project)?) };
    let filter = services::runs::RunFilter { project, active: state == "active" };
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page = asked(services::runs::list(&cx, &actor, filter, &query).await)?;
    Ok(RunsPage { runs: page.items, next: page.next })
}

/// Asks for [`home`].
pub fn ask_home() -> Ask<HomePage> {
    Ask::new("home", &[], home)
}

/// Asks for [`run_list`]; an empty `after` is the first page.
pub fn ask_run_list(state: &str, project: &str, after: &str) -> Ask<RunsPage> {
    let fields = [("state", state), ("project", project), ("after", after)];
    Ask::new("run_list", &fields, || run_list(state.to_owned(), project.to_owned(), after.to_owned()))
}
