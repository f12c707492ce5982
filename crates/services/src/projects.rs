//! Projects: each is one git repository with its settings and runs.

mod change;
mod create;
mod prepare;
mod read;

pub use change::{delete, update};
pub use create::create;
pub use prepare::{SPEC_PATH, prepare, preparing};
pub use read::{get, list};

use protocol::{ProjectId, projects::Project};
use store::Tx;

use crate::Error;

/// The project of that id.
pub(crate) async fn load(tx: &Tx, id: ProjectId) -> Result<Project, Error> {
    tx.projects().by_id(id).await?.ok_or_else(|| Error::NotFound("there is no project with that id".to_owned()))
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
    Ok(text.trim().to_owned())
}
