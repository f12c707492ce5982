//! Projects: lists, pages and what can be changed.

use std::collections::BTreeMap;

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{
    ProjectId, Timestamp,
    agents::AgentInfo,
    projects::{Project, ProjectStatus},
    runs::{Run, RunStatus, Verdict},
    templates::Template,
};
use serde::{Deserialize, Serialize};

use super::{UiError, ask::Ask, flash::Flash};

/// What is said when a project is to be made from a template and none was chosen.
pub const CHOOSE_TEMPLATE: &str = "Choose a template.";

/// A page of the list of projects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectsPage {
    pub rows: Vec<ProjectLine>,
    pub next: Option<String>,
    /// Whether whoever asks may make one.
    pub may_write: bool,
}

/// A project as the list shows it, and no more: its spec alone may be as long as a thousand rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectLine {
    pub id: ProjectId,
    pub name: String,
    /// Why it is not ready, else what it is, else what it was made from.
    pub about: String,
    pub status: ProjectStatus,
    /// The newest run.
    pub newest: Option<NewestRun>,
    pub runs: u32,
    pub updated_at: Timestamp,
}

/// A run in the line of its project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestRun {
    pub title: String,
    pub status: RunStatus,
    pub verdict: Option<Verdict>,
}

/// What the form for a new project offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProjectPage {
    pub templates: Vec<Template>,
    /// Whether whoever asks may make one.
    pub may_write: bool,
    /// Whether a project may be made from a folder of the server.
    pub may_open_folders: bool,
    pub flash: Flash,
}

/// What whoever asks may do with a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Start runs of it.
    pub control: bool,
    pub write: bool,
    /// Decide whom it belongs to and with whom it is shared.
    pub share: bool,
    /// Read what the audit trail says of it.
    pub audit: bool,
}

impl Rights {
    #[cfg(feature = "ssr")]
    fn of(actor: &domain::actor::Actor, project: &Project) -> Self {
        use domain::access::Action;

        let may = |action| services::projects::may(actor, project, action);
        Self {
            control: may(Action::StartRun),
            write: may(Action::WriteProject),
            share: may(Action::ShareProject),
            audit: may(Action::ReadAudit),
        }
    }
}

/// What head and tabs show on all pages of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectHead {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
    pub status: ProjectStatus,
    /// Why it is not ready, in words.
    pub problem: Option<String>,
    /// How many runs it has had.
    pub runs: u32,
    /// How the newest of them stands.
    pub newest: Option<(RunStatus, Option<Verdict>)>,
    pub rights: Rights,
}

impl ProjectHead {
    fn of(project: &Project, newest: Option<&Run>, rights: Rights) -> Self {
        Self {
            id: project.id,
            name: project.name.clone(),
            description: project.description.clone(),
            status: project.status,
            problem: project.problem.clone(),
            // Runs are numbered from 1 and never removed alone.
            runs: newest.map_or(0, |run| run.number),
            newest: newest.map(|run| (run.status, run.verdict)),
            rights,
        }
    }
}

/// Everything that the page of a project shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectPage {
    pub project: Project,
    /// The newest first, at most 50.
    pub runs: Vec<Run>,
    pub agents: Vec<AgentInfo>,
    pub templates: Vec<Template>,
    pub rights: Rights,
    pub flash: Flash,
}

impl ProjectPage {
    /// What its head and tabs show.
    pub fn head(&self) -> ProjectHead {
        ProjectHead::of(&self.project, self.runs.first(), self.rights)
    }
}

/// The form for a new project. `source` says which of the others counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewProject {
    pub name: String,
    /// `template`, `prd`, `brief`, `git` or `folder`.
    pub source: String,
    pub template: String,
    /// By `template.variable`, because a form without script holds the fields of all templates.
    pub variables: BTreeMap<String, String>,
    pub prd_text: String,
    pub brief: String,
    pub git_url: String,
    pub path: String,
    /// `merge` or `review`.
    pub delivery: String,
}

/// The settings form of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectSettings {
    pub name: String,
    pub description: String,
    pub delivery: String,
    pub prd_text: String,
}

/// A page of all projects; an empty `after` is the first page, and without a column in `sort` the newest come first.
#[server(name = ReadProjects, prefix = "/ui", endpoint = "projects", input = GetUrl)]
pub async fn projects(#[server(default)] sort: String, after: String) -> Result<ProjectsPage, UiError> {
    use domain::access::{Action, may};

    use super::{asked, context};

    let (cx, actor) = context()?;
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page = asked(services::projects::list(&cx, &actor, super::order(&sort, domain::sort::PROJECTS), &query).await)?;
    Ok(ProjectsPage {
        rows: page.items.into_iter().map(line).collect(),
        next: page.next,
        may_write: may(&actor, Action::WriteProject),
    })
}

/// What a new project can be made from.
#[server(name = ReadNewProject, prefix = "/ui", endpoint = "new_project", input = GetUrl)]
pub async fn new_project() -> Result<NewProjectPage, UiError> {
    use domain::access::{Action, may};

    use super::context;

    let (cx, actor) = context()?;
    Ok(NewProjectPage {
        templates: super::templates::all(&cx, &actor).await?,
        may_write: may(&actor, Action::WriteProject),
        may_open_folders: !cx.settings.allowed_roots.is_empty(),
        flash: super::flash::take(),
    })
}

/// One project with its runs and what a run of it can use.
#[server(name = ReadProject, prefix = "/ui", endpoint = "project", input = GetUrl)]
pub async fn project(id: String) -> Result<ProjectPage, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let project = asked(services::projects::get(&cx, &actor, known(&id)?).await)?;
    let filter = services::runs::RunFilter { project: Some(project.id), ..Default::default() };
    let query = protocol::page::PageQuery { after: None, limit: Some(50) };
    let runs = asked(services::runs::list(&cx, &actor, filter, None, &query).await)?.items;
    Ok(ProjectPage {
        rights: Rights::of(&actor, &project),
        project,
        runs,
        agents: asked(services::agents::list(&cx, &actor).await)?,
        templates: super::templates::all(&cx, &actor).await?,
        flash: super::flash::take(),
    })
}

/// What head and tabs show on a page beside it.
#[cfg(feature = "ssr")]
pub(super) async fn head(cx: &services::Cx, actor: &domain::actor::Actor, id: ProjectId) -> Result<ProjectHead, UiError> {
    use super::asked;

    let project = asked(services::projects::get(cx, actor, id).await)?;
    let filter = services::runs::RunFilter { project: Some(id), ..Default::default() };
    let query = protocol::page::PageQuery { after: None, limit: Some(1) };
    let newest = asked(services::runs::list(cx, actor, filter, None, &query).await)?.items;
    Ok(ProjectHead::of(&project, newest.first(), Rights::of(actor, &project)))
}

/// Makes a project and goes to it.
#[server(prefix = "/ui", endpoint = "create_project")]
pub async fn create_project(form: NewProject) -> Result<(), UiError> {
    use super::{asked, context, fail, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    if form.source == "template" && form.template.is_empty() {
        return Err(refused(fail(UiError::new(400, CHOOSE_TEMPLATE)), to::NEW_PROJECT, form.typed()));
    }
    match asked(services::projects::create(&cx, &actor, form.command()).await) {
        Ok(project) => {
            leptos_axum::redirect(&to::project(project.id));
            Ok(())
        }
        Err(error) => Err(refused(error, to::NEW_PROJECT, form.typed())),
    }
}

/// Changes a project's settings.
#[server(prefix = "/ui", endpoint = "update_project")]
pub async fn update_project(id: String, form: ProjectSettings) -> Result<(), UiError> {
    use protocol::projects::UpdateProject;

    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let command = UpdateProject {
        name: Some(form.name.clone()),
        description: Some(form.description.clone()),
        delivery: Some(delivery(&form.delivery)),
        prd_text: Some(form.prd_text.clone()),
    };
    let page = to::project_tab(id, "settings");
    match asked(services::projects::update(&cx, &actor, id, command).await) {
        Ok(_) => {
            leptos_axum::redirect(&page);
            Ok(())
        }
        Err(error) => {
            let typed = vec![("name", form.name.as_str()), ("description", &form.description), ("delivery", &form.delivery)];
            Err(refused(error, &page, typed))
        }
    }
}

/// Deletes a project, once its name was typed.
#[server(prefix = "/ui", endpoint = "delete_project")]
pub async fn delete_project(id: String, confirm: String) -> Result<(), UiError> {
    use super::{asked, context, fail, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let page = to::project_tab(id, "settings");
    let project = asked(services::projects::get(&cx, &actor, id).await)?;
    if confirm.trim() != project.name {
        let error = fail(UiError::new(400, "The name does not match. Type the project's name to delete it."));
        return Err(refused(error, &page, Vec::new()));
    }
    match asked(services::projects::delete(&cx, &actor, id).await) {
        Ok(()) => {
            leptos_axum::redirect(to::PROJECTS);
            Ok(())
        }
        Err(error) => Err(refused(error, &page, Vec::new())),
    }
}

/// Asks for [`projects`]; an empty `after` is the first page.
pub fn ask_projects(sort: &str, after: &str) -> Ask<ProjectsPage> {
    Ask::new("projects", &[("sort", sort), ("after", after)], || projects(sort.to_owned(), after.to_owned()))
}

/// Asks for [`new_project`].
pub fn ask_new_project() -> Ask<NewProjectPage> {
    Ask::new("new_project", &[], new_project)
}

/// Asks for [`project`].
pub fn ask_project(id: &str) -> Ask<ProjectPage> {
    Ask::new("project", &[("id", id)], || project(id.to_owned()))
}

#[cfg(feature = "ssr")]
fn line(row: protocol::projects::ProjectRow) -> ProjectLine {
    let project = row.project;
    let about = match project.problem {
        Some(problem) => problem,
        None if project.description.is_empty() => crate::words::source_title(project.source).to_owned(),
        None => project.description,
    };
    let newest = row.last_run.map(|run| NewestRun { title: run.title, status: run.status, verdict: run.verdict });
    let (id, name, status) = (project.id, project.name, project.status);
    ProjectLine { id, name, about, status, newest, runs: row.runs, updated_at: project.updated_at }
}

/// The id in an address; anything that is none names no project.
#[cfg(feature = "ssr")]
pub(super) fn known(id: &str) -> Result<ProjectId, UiError> {
    super::id_of(id, "There is no such project.")
}

#[cfg(feature = "ssr")]
fn delivery(name: &str) -> protocol::projects::Delivery {
    if name == "review" { protocol::projects::Delivery::Review } else { protocol::projects::Delivery::Merge }
}

#[cfg(feature = "ssr")]
impl NewProject {
    fn command(&self) -> protocol::projects::CreateProject {
        let given = |source: &str, text: &str| (self.source == source).then(|| text.trim().to_owned());
        let prefix = format!("{}.", self.template);
        let of_template = self.variables.iter().filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?, value)));
        let variables = of_template.filter(|(_, value)| !value.trim().is_empty());
        protocol::projects::CreateProject {
            name: self.name.trim().to_owned(),
            description: None,
            template: given("template", &self.template),
            variables: variables.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            git_url: given("git", &self.git_url),
            path: given("folder", &self.path),
            prd_text: given("prd", &self.prd_text).or_else(|| given("brief", &self.brief)),
            delivery: Some(delivery(&self.delivery)),
            owner: None,
        }
    }

    fn typed(&self) -> Vec<(&str, &str)> {
        vec![
            ("name", &self.name),
            ("source", &self.source),
            ("template", &self.template),
            ("git_url", &self.git_url),
            ("path", &self.path),
            ("delivery", &self.delivery),
            ("brief", &self.brief),
            ("prd_text", &self.prd_text),
        ]
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_source_and_its_variables_are_sent() {
        let form = NewProject {
            name: " Greeter ".to_owned(),
            source: "template".to_owned(),
            template: "cli-tool".to_owned(),
            variables: [("cli-tool.language", "Rust"), ("cli-tool.license", " "), ("api.language", "Go")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            brief: "left over".to_owned(),
            ..NewProject::default()
        };

        let command = form.command();

        assert_eq!(command.name, "Greeter");
        assert_eq!(command.template.as_deref(), Some("cli-tool"));
        assert_eq!(command.prd_text, None);
        assert_eq!(command.variables.into_iter().collect::<Vec<_>>(), [("language".to_owned(), "Rust".to_owned())]);
    }
}
