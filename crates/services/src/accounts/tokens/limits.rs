//! What a token to be is held to: only what its maker knows of, and never less than what its maker is held to.

use domain::{access::Action, actor::Actor};
use store::{TokenRow, Tx};

use crate::{Error, projects, teams};

pub(super) async fn check(tx: &Tx, actor: &Actor, row: &TokenRow) -> Result<(), Error> {
    if actor.reach().is_limited() && row.held_to_projects.is_empty() && row.held_to_teams.is_empty() {
        return Err(Error::Invalid("your token is held to projects or teams: name some of them in projects or teams".to_owned()));
    }
    for project in &row.held_to_projects {
        projects::load(tx, actor, *project, Action::ReadProjects).await?;
    }
    for team in &row.held_to_teams {
        teams::load(tx, actor, *team, Action::ReadTeams).await?;
    }
    Ok(())
}
