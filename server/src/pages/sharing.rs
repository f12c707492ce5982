//! `/projects/{id}/sharing`: whom a project belongs to and with whom it is shared. A plain page of the server, without script.

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{access::Action, actor::Actor};
use protocol::{
    ProjectId,
    access::Role,
    page::PageQuery,
    teams::{Owner, Share, ShareProject, TransferProject},
};
use serde::Deserialize;
use services::{Error, projects, teams};

use super::{
    escape,
    parts::{form, head, hidden, page, panel, roles, select, sentence, table, text},
};
use crate::{auth::login::form as read_form, edge::Edge, error::HttpError, extract::Id};

/// Every form of this page; `what` says which one it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SharingForm {
    what: String,
    email: String,
    /// A team; empty when a person is meant.
    team: String,
    role: String,
    /// A share.
    id: String,
}

/// Owner and shares.
pub(super) async fn sharing(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Id(id): Id<ProjectId>,
) -> Result<Response, HttpError> {
    show(&edge, &actor, id, (StatusCode::OK, "")).await
}

/// Does what one of the page's forms asks for.
pub(super) async fn change(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Id(id): Id<ProjectId>,
    request: Request,
) -> Result<Response, HttpError> {
    let (_, form) = read_form::<SharingForm>(request).await?;
    let (status, problem) = match carry_out(&edge, &actor, id, &form).await {
        Ok(still) if still => return Ok(Redirect::to(&format!("/projects/{id}/sharing")).into_response()),
        Ok(_) => return Ok(Redirect::to("/projects").into_response()),
        Err(Error::Invalid(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem),
        Err(Error::Conflict(problem)) => (StatusCode::CONFLICT, problem),
        Err(other) => return Err(other.into()),
    };
    show(&edge, &actor, id, (status, &sentence(&problem))).await
}

/// Whether the actor still may share the project afterwards.
async fn carry_out(edge: &Edge, actor: &Actor, id: ProjectId, form: &SharingForm) -> Result<bool, Error> {
    let cx = &edge.cx;
    let unreadable = || Error::Invalid("the form could not be read; load the page again".to_owned());
    let email = Some(form.email.clone()).filter(|email| !email.trim().is_empty());
    let team_id = match form.team.as_str() {
        "" | "installation" => None,
        team => Some(team.parse().map_err(|_| unreadable())?),
    };
    match form.what.as_str() {
        "share" => {
            let command = ShareProject { user_id: None, email, team_id, role: Role::parse(&form.role) };
            projects::share(cx, actor, id, command).await?;
        }
        "unshare" => projects::unshare(cx, actor, id, form.id.parse().map_err(|_| unreadable())?).await?,
        "transfer" => {
            let installation = form.team == "installation";
            let command = TransferProject { user_id: None, email, team_id, installation };
            let project = projects::transfer(cx, actor, id, command).await?;
            return Ok(projects::may(actor, &project, Action::ShareProject));
        }
        _ => return Err(unreadable()),
    }
    Ok(true)
}

async fn show(edge: &Edge, actor: &Actor, id: ProjectId, (status, problem): (StatusCode, &str)) -> Result<Response, HttpError> {
    let project = projects::get(&edge.cx, actor, id).await?;
    let shares = projects::shares(&edge.cx, actor, id).await?;
    let teams = teams::list(&edge.cx, actor, "", &PageQuery { after: None, limit: Some(200) }).await?.teams;
    let teams: Vec<(String, String)> = teams.into_iter().map(|team| (team.id.to_string(), team.name)).collect();
    let path = format!("/projects/{id}/sharing");
    let about = format!("<a href=\"/projects/{id}\">{}</a>", escape(&project.name));
    let mut body = head("Owner and sharing", &about, problem);

    let owner = match (shares.owner, &shares.owner_name) {
        (Owner::Installation, _) => {
            "It belongs to the installation: everybody has their role of the installation on it.".to_owned()
        }
        (Owner::User(_), name) => format!("It belongs to {}.", escape(name.as_deref().unwrap_or("somebody who is gone"))),
        (Owner::Team(_), name) => format!("It belongs to the team {}.", escape(name.as_deref().unwrap_or("that is gone"))),
    };
    let mut owners =
        vec![(String::new(), "the person below".to_owned()), ("installation".to_owned(), "the installation".to_owned())];
    owners.extend(teams.iter().cloned());
    let fields = format!(
        "<p>{owner}</p>{}{}",
        select("owner-team", "team", "Give it to", &owners, ""),
        text("owner-email", "email", "Person, by e-mail address", "", "email")
    );
    body.push_str(&panel("Owner", &form(&path, "transfer", &fields, "Give it away")));

    let row = |share: &Share| {
        let kind = if share.team_id.is_some() { "team" } else { "person" };
        let take = form(&path, "unshare", &hidden("id", &share.id.to_string()), "Take away");
        vec![escape(&share.name), kind.to_owned(), share.role.as_str().to_owned(), take]
    };
    let rows: Vec<Vec<String>> = shares.shares.iter().map(row).collect();
    let shared = if rows.is_empty() {
        "<p class=\"soft\">It is shared with nobody.</p>".to_owned()
    } else {
        table("Shares", &["With", "", "Role", ""], &rows)
    };
    let mut with = vec![(String::new(), "the person below".to_owned())];
    with.extend(teams);
    let fields = format!(
        "{}{}{}",
        select("share-team", "team", "With", &with, ""),
        text("share-email", "email", "Person, by e-mail address", "", "email"),
        select("share-role", "role", "Role", &roles(), "viewer")
    );
    body.push_str(&panel("Shared with", &format!("{shared}{}", form(&path, "share", &fields, "Share"))));
    Ok(page(status, "Owner and sharing", &body))
}
