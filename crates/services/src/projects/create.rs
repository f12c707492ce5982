//! Making a project. The repository itself is made by the engine, after the commit.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    reach::require_somewhere,
    teams::NewProjects,
};
use protocol::{
    Event, EventScope, ProjectId,
    projects::{CreateProject, Project, ProjectSource, ProjectStatus},
    teams::Owner,
};
use store::Tx;

use crate::{Cx, Error, audit::done, runs::check_spec, teams, templates};

/// Makes a project from a template, a spec, a git URL, a folder, or nothing yet.
pub async fn create(cx: &Cx, actor: &Actor, command: CreateProject) -> Result<Project, Error> {
    let clone_url = command.git_url.as_deref().map(|url| url.trim().to_owned());
    require_somewhere(actor, Action::WriteProject)?;
    let wanted = command.owner;
    let project = draft(cx, actor, command)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let project = Project { owner: owner(cx, &tx, actor, wanted).await?, ..project };
    if let Some(other) = tx.projects().by_path(&project.path).await? {
        // Whoever may not know that project learns no name.
        let seen = super::load(&tx, actor, other.id, Action::ReadProjects).await.is_ok();
        let which = if seen { format!("the project \"{}\"", other.name) } else { "another project".to_owned() };
        return Err(Error::Conflict(format!("that folder is {which} already")));
    }
    tx.projects().insert(&project).await?;
    if let Some(url) = clone_url {
        tx.projects().keep_clone_url(project.id, &url).await?;
    }
    let scope = EventScope::project(project.id);
    tx.events().tell(cx.clock.now(), scope, &Event::ProjectCreated { name: project.name.clone() });
    tx.record(done(cx, actor, "create project", project.id).about(project.id).with(Changes::came(super::facts(&project))));
    tx.commit().await?;
    cx.nudges.events();
    cx.nudges.engine();
    Ok(project)
}

/// Whom it is to belong to: a team in which the actor may write, or, by their role in the installation, it or themselves.
async fn owner(cx: &Cx, tx: &Tx, actor: &Actor, wanted: Option<Owner>) -> Result<Owner, Error> {
    let owner = match (wanted, cx.settings.new_projects, actor.person()) {
        (Some(owner), ..) => owner,
        (None, NewProjects::OfTheirMaker, Some(person)) => Owner::User(person),
        (None, ..) => Owner::Installation,
    };
    match owner {
        Owner::Team(team) => {
            teams::load(tx, actor, team, Action::WriteProject).await?;
        }
        Owner::User(user) if Some(user) != actor.person() => {
            let text = "a new project belongs to you, to a team or to the installation; it can be given to somebody else later";
            return Err(Error::Invalid(text.to_owned()));
        }
        Owner::User(_) | Owner::Installation => access::require(actor, Action::WriteProject)?,
    }
    Ok(owner)
}

fn draft(cx: &Cx, actor: &Actor, command: CreateProject) -> Result<Project, Error> {
    let name = super::check_name(&command.name)?;
    let description = super::check_description(&command.description.unwrap_or_default())?;
    let given = [command.template.is_some(), command.git_url.is_some(), command.path.is_some()];
    if given.into_iter().filter(|given| *given).count() > 1 {
        return Err(Error::Invalid("give at most one of template, git_url and path".to_owned()));
    }
    if command.template.is_some() && command.prd_text.is_some() {
        return Err(Error::Invalid("give either a `template` or `prd_text`, not both".to_owned()));
    }
    if command.template.is_none() && !command.variables.is_empty() {
        return Err(Error::Invalid("variables go with a template".to_owned()));
    }
    let git_url = command.git_url.map(|url| cx.vcs.check_url(url.trim())).transpose()?;
    let id = ProjectId(cx.ids.uuid());
    let now = cx.clock.now();
    let spec = match (&command.template, command.prd_text) {
        (Some(template), _) => Some(render(template, &name, command.variables)?),
        (None, Some(text)) => Some(text),
        (None, None) => None,
    };
    if let Some(spec) = &spec {
        check_spec(spec)?;
    }
    let (source, path) = match (&command.template, &git_url, &command.path) {
        (_, _, Some(path)) => (ProjectSource::Folder, allowed_folder(&cx.settings.allowed_roots, path)?),
        (_, Some(_), _) => (ProjectSource::GitUrl, cx.settings.repository(id)),
        (Some(_), ..) => (ProjectSource::Template, cx.settings.repository(id)),
        _ => (ProjectSource::New, cx.settings.repository(id)),
    };
    Ok(Project {
        id,
        name,
        description,
        source,
        status: ProjectStatus::Preparing,
        problem: None,
        path: path.to_string_lossy().into_owned(),
        branch: None,
        template: command.template,
        git_url,
        delivery: command.delivery.unwrap_or_default(),
        spec,
        created_by: actor.user_id(),
        owner: Owner::Installation,
        created_at: now,
        updated_at: now,
    })
}

fn render(template: &str, project_name: &str, variables: BTreeMap<String, String>) -> Result<String, Error> {
    let body = domain::templates::find(template).map_err(|error| Error::Invalid(error.to_string()))?;
    templates::render(body, project_name, variables)
}

/// The folder that `path` really is, if it lies below an allowed root.
fn allowed_folder(roots: &[PathBuf], path: &str) -> Result<PathBuf, Error> {
    let refused = |why: &str| Error::Invalid(format!("the folder {path} cannot be used: {why}"));
    if roots.is_empty() {
        return Err(refused("this server allows no folders; start it with --allow-root DIR"));
    }
    if !Path::new(path).is_absolute() {
        return Err(refused("give its absolute path"));
    }
    // Resolved before it is compared, so that neither `..` nor a link leads out.
    let real = Path::new(path).canonicalize().map_err(|_| refused("it is not below an allowed root, or does not exist"))?;
    let inside = roots.iter().filter_map(|root| root.canonicalize().ok()).any(|root| real.starts_with(root));
    if !inside {
        return Err(refused("it is not below an allowed root, or does not exist"));
    }
    if !real.is_dir() || real.to_str().is_none() {
        return Err(refused("it is not a folder with a plain name"));
    }
    Ok(real)
}
