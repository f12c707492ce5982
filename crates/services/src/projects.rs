//! Projects: each is one git repository with its settings and runs.

mod change;
mod create;
mod prepare;
mod read;
mod sharing;

pub use change::{delete, update};
pub use create::create;
pub use prepare::{SPEC_PATH, prepare, preparing};
pub use read::{get, list};
pub(crate) use sharing::hand_over;
use sharing::named;
pub use sharing::{share, shares, transfer, unshare};

use domain::{
    access::Action,
    actor::Actor,
    reach::{self, Refusal},
};
use protocol::{
    ProjectId,
    projects::{Project, ProjectSource},
    teams::Owner,
};
use store::Tx;

use crate::Error;

/// The project of that id, if the actor may do `action` with it.
pub(crate) async fn load(tx: &Tx, actor: &Actor, id: ProjectId, action: Action) -> Result<Project, Error> {
    let project = by_id(tx, id).await?;
    check(actor, id, project.owner, action).map_err(|refusal| hidden_or(refusal, NO_PROJECT))?;
    Ok(project)
}

/// The project of that id, for loki itself.
pub(crate) async fn by_id(tx: &Tx, id: ProjectId) -> Result<Project, Error> {
    tx.projects().by_id(id).await?.ok_or_else(|| Error::NotFound(NO_PROJECT.to_owned()))
}

pub(crate) const NO_PROJECT: &str = "there is no project with that id";

/// Whether the actor may do `action` with the project of that owner.
pub(crate) fn check(actor: &Actor, id: ProjectId, owner: Owner, action: Action) -> Result<(), Refusal> {
    reach::enough(actor.reach().on(id, owner), action)
}

/// What may not be known is answered like what is not there.
pub(crate) fn hidden_or(refusal: Refusal, text: &str) -> Error {
    match refusal {
        Refusal::Hidden => Error::Hidden(text.to_owned()),
        Refusal::Denied(denied) => Error::Forbidden(denied),
    }
}

/// Whether the actor may do `action` with a project that they know, for pages that show only what can be done.
pub fn may(actor: &Actor, project: &Project, action: Action) -> bool {
    check(actor, project.id, project.owner, action).is_ok()
}

/// What the audit trail keeps of a project that comes or goes.
fn facts(project: &Project) -> [(&'static str, String); 3] {
    let source = match project.source {
        ProjectSource::New => "new",
        ProjectSource::Template => "template",
        ProjectSource::GitUrl => "git_url",
        ProjectSource::Folder => "folder",
    };
    [("name", project.name.clone()), ("owner", named(project.owner)), ("source", source.to_owned())]
}

fn check_name(name: &str) -> Result<String, Error> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::Invalid("the project needs a name of 1 to 100 characters, without control characters".to_owned()));
    }
    if let Some(problem) = domain::names::problem(&name) {
        return Err(Error::Invalid(format!("the project's name {problem}")));
    }
    Ok(name)
}

fn check_description(text: &str) -> Result<String, Error> {
    if text.chars().count() > 2_000 {
        return Err(Error::Invalid("the description must have at most 2000 characters".to_owned()));
    }
    if text.contains('\0') {
        return Err(Error::Invalid("a NUL character is not text: leave it out of the description".to_owned()));
    }
    Ok(text.trim().to_owned())
}
