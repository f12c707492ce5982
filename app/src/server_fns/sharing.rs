//! Whom a project belongs to and with whom it is shared.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::teams::ShareList;
use serde::{Deserialize, Serialize};

use super::{
    UiError,
    ask::Ask,
    flash::Flash,
    owners::{Offer, OwnerForm},
    projects::ProjectHead,
};

/// What the page of owner and shares shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharingPage {
    /// Its head and tabs.
    pub project: ProjectHead,
    pub list: ShareList,
    /// Whom it can be given to, and with whom it can be shared.
    pub offer: Offer,
    pub flash: Flash,
}

/// Owner and shares of a project.
#[server(name = ReadSharing, prefix = "/ui", endpoint = "sharing", input = GetUrl)]
pub async fn sharing(id: String) -> Result<SharingPage, UiError> {
    use super::{asked, context, projects::known};

    let (cx, actor) = context()?;
    let project = super::projects::head(&cx, &actor, known(&id)?).await?;
    let list = asked(services::projects::shares(&cx, &actor, project.id).await)?;
    let offer = super::owners::offer(&cx, &actor, None).await?;
    Ok(SharingPage { project, list, offer, flash: super::flash::take() })
}

/// Shares a project with a person or a team, or gives the share that they have another role.
#[server(prefix = "/ui", endpoint = "share_project")]
pub async fn share_project(id: String, role: String, owner: OwnerForm) -> Result<(), UiError> {
    use protocol::teams::ShareProject;

    use super::{asked, context, flash::refused, owners::Named, projects::known};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let role_of_theirs = Some(super::teams::of(&role)?);
    let shared = match super::owners::named(&cx, &actor, &owner).await {
        Ok(Named::Team(team)) => {
            let command = ShareProject { team_id: Some(team), role: role_of_theirs, ..ShareProject::default() };
            asked(services::projects::share(&cx, &actor, id, command).await)
        }
        Ok(Named::Person(email)) => {
            let command = ShareProject { email: Some(email), role: role_of_theirs, ..ShareProject::default() };
            asked(services::projects::share(&cx, &actor, id, command).await)
        }
        Ok(Named::Installation) => {
            let words = "Share it with a person or a team. Give it to the installation to let everybody see it.";
            Err(super::fail(UiError::new(400, words)))
        }
        Err(error) => Err(error),
    };
    match shared {
        Ok(_) => {
            leptos_axum::redirect(&to::sharing(id));
            Ok(())
        }
        Err(error) => {
            let typed = [("form", "share"), ("role", role.as_str())].into_iter().chain(owner.typed()).collect();
            Err(refused(error, &to::sharing(id), typed))
        }
    }
}

/// Gives a share another role.
#[server(prefix = "/ui", endpoint = "set_share_role")]
pub async fn set_share_role(id: String, share: String, role: String) -> Result<(), UiError> {
    use protocol::teams::ShareProject;

    use super::{asked, context, projects::known};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let role = super::teams::of(&role)?;
    let found = asked(services::projects::shares(&cx, &actor, id).await)?.shares;
    let found = found.into_iter().find(|found| found.id.to_string() == share).ok_or_else(no_share)?;
    let command = ShareProject { user_id: found.user_id, team_id: found.team_id, email: None, role: Some(role) };
    back(id, asked(services::projects::share(&cx, &actor, id, command).await))
}

/// Takes a share away.
#[server(prefix = "/ui", endpoint = "unshare_project")]
pub async fn unshare_project(id: String, share: String) -> Result<(), UiError> {
    use super::{asked, context, projects::known};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let share = share.parse().map_err(|_| no_share())?;
    back(id, asked(services::projects::unshare(&cx, &actor, id, share).await))
}

/// Gives a project to somebody, and goes to where whoever gave it may still look.
#[server(prefix = "/ui", endpoint = "give_project")]
pub async fn give_project(id: String, owner: OwnerForm) -> Result<(), UiError> {
    use domain::access::Action;
    use protocol::teams::TransferProject;

    use super::{asked, context, flash::refused, owners::Named, projects::known};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let command = match super::owners::named(&cx, &actor, &owner).await {
        Ok(Named::Installation) => Ok(TransferProject { installation: true, ..TransferProject::default() }),
        Ok(Named::Team(team)) => Ok(TransferProject { team_id: Some(team), ..TransferProject::default() }),
        Ok(Named::Person(email)) => Ok(TransferProject { email: Some(email), ..TransferProject::default() }),
        Err(error) => Err(error),
    };
    let given = match command {
        Ok(command) => asked(services::projects::transfer(&cx, &actor, id, command).await),
        Err(error) => Err(error),
    };
    match given {
        Ok(project) => {
            let may = |action| services::projects::may(&actor, &project, action);
            let place = match (may(Action::ShareProject), may(Action::ReadProjects)) {
                (true, _) => to::sharing(id),
                (false, true) => to::project(id),
                (false, false) => to::PROJECTS.to_owned(),
            };
            leptos_axum::redirect(&place);
            Ok(())
        }
        Err(error) => {
            let typed = [("form", "give")].into_iter().chain(owner.typed()).collect();
            Err(refused(error, &to::sharing(id), typed))
        }
    }
}

/// Asks for [`sharing`].
pub fn ask_sharing(id: &str) -> Ask<SharingPage> {
    Ask::new("sharing", &[("id", id)], || sharing(id.to_owned()))
}

#[cfg(feature = "ssr")]
fn back<T>(id: protocol::ProjectId, done: Result<T, UiError>) -> Result<(), UiError> {
    let page = crate::routes::to::sharing(id);
    match done {
        Ok(_) => {
            leptos_axum::redirect(&page);
            Ok(())
        }
        Err(error) => Err(super::flash::refused(error, &page, Vec::new())),
    }
}

#[cfg(feature = "ssr")]
fn no_share() -> UiError {
    super::fail(UiError::new(404, "There is no such share of this project. Reload the page to see those that there are."))
}
