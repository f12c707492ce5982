//! `/teams` and `/teams/{id}`: who is in which team, and what belongs to it. Plain pages of the server, without script.

use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{
    access::{Action, may},
    actor::Actor,
};
use protocol::{
    TeamId,
    access::Role,
    page::PageQuery,
    teams::{AddMember, Invitation, Invite, Member, NameTeam, Owner, Team},
};
use serde::Deserialize;
use services::{Error, accounts, teams};

use super::{
    escape,
    parts::{count, field, form, head, hidden, page, panel, roles, select, sentence, table, table_panel, text},
};
use crate::{auth::login::form as read_form, edge::Edge, error::HttpError, extract::Id};

/// Every form of these pages; `what` says which one it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TeamForm {
    what: String,
    name: String,
    email: String,
    role: String,
    /// A member, an invitation or an heir.
    id: String,
}

/// The teams that one may know.
pub(super) async fn list(State(edge): State<Edge>, Extension(actor): Extension<Actor>) -> Result<Response, HttpError> {
    show_list(&edge, &actor, StatusCode::OK, "").await
}

async fn show_list(edge: &Edge, actor: &Actor, status: StatusCode, problem: &str) -> Result<Response, HttpError> {
    let all = known(edge, actor).await?;
    let row = |team: &Team| {
        let name = format!("<a class=\"open\" href=\"/teams/{}\">{}</a>", team.id, escape(&team.name));
        let role = team.your_role.map_or("not in it", Role::as_str).to_owned();
        let (people, projects) = (count(team.members, "person", "people"), count(team.projects, "project", "projects"));
        vec![name, people, projects, role]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let mut body = head("Teams", "People who have a role together, on the projects that belong to their team.", problem);
    if rows.is_empty() {
        body.push_str(&panel("Your teams", "<p class=\"soft\">You are in no team.</p>"));
    } else {
        body.push_str(&format!(
            "<section class=\"panel\">{}</section>",
            table("Teams", &["Team", "People", "Projects", "Your role"], &rows)
        ));
    }
    if may(actor, Action::ManageTeams) {
        let fields = text("name", "name", "Name", "", "text");
        body.push_str(&panel("New team", &form("/teams", "create", &fields, "Make the team")));
    }
    Ok(page(status, "Teams", &body))
}

async fn known(edge: &Edge, actor: &Actor) -> Result<Vec<Team>, Error> {
    Ok(teams::list(&edge.cx, actor, "", &PageQuery { after: None, limit: Some(200) }).await?.teams)
}

/// Makes a team.
pub(super) async fn create(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Result<Response, HttpError> {
    let (_, form) = read_form::<TeamForm>(request).await?;
    match teams::create(&edge.cx, &actor, NameTeam { name: form.name }).await {
        Ok(team) => Ok(Redirect::to(&format!("/teams/{}", team.id)).into_response()),
        Err(Error::Invalid(problem)) => show_list(&edge, &actor, StatusCode::UNPROCESSABLE_ENTITY, &sentence(&problem)).await,
        Err(Error::Conflict(problem)) => show_list(&edge, &actor, StatusCode::CONFLICT, &sentence(&problem)).await,
        Err(other) => Err(other.into()),
    }
}

/// One team.
pub(super) async fn team(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Id(id): Id<TeamId>,
) -> Result<Response, HttpError> {
    show(&edge, &actor, id, (StatusCode::OK, "", None)).await
}

/// Does what one of the page's forms asks for.
pub(super) async fn change(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Id(id): Id<TeamId>,
    request: Request,
) -> Result<Response, HttpError> {
    let (_, form) = read_form::<TeamForm>(request).await?;
    let done = carry_out(&edge, &actor, id, &form).await;
    let (status, problem) = match done {
        Ok(Done::Gone) => return Ok(Redirect::to("/teams").into_response()),
        Ok(Done::Changed) => return Ok(Redirect::to(&format!("/teams/{id}")).into_response()),
        // Shown in this answer alone, so the page does not go on.
        Ok(Done::Invited(invited)) => return show(&edge, &actor, id, (StatusCode::OK, "", Some(&invited))).await,
        Err(Error::Invalid(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem),
        Err(Error::Conflict(problem)) => (StatusCode::CONFLICT, problem),
        Err(other) => return Err(other.into()),
    };
    show(&edge, &actor, id, (status, &sentence(&problem), None)).await
}

enum Done {
    Changed,
    Gone,
    Invited(Link),
}

/// The link of a new invitation.
struct Link {
    url: String,
    /// Whom it also goes to by mail.
    mailed_to: Option<String>,
}

async fn carry_out(edge: &Edge, actor: &Actor, id: TeamId, form: &TeamForm) -> Result<Done, Error> {
    let (cx, email) = (&edge.cx, Some(form.email.clone()).filter(|email| !email.trim().is_empty()));
    let role = Role::parse(&form.role);
    let nobody = || Error::Invalid("the form could not be read; load the page again".to_owned());
    match form.what.as_str() {
        "rename" => drop(teams::rename(cx, actor, id, NameTeam { name: form.name.clone() }).await?),
        "add" => drop(teams::add_member(cx, actor, id, AddMember { user_id: None, email, role }).await?),
        "set_role" => {
            let user = form.id.parse().map_err(|_| nobody())?;
            drop(teams::set_role(cx, actor, id, user, role.ok_or_else(nobody)?).await?);
        }
        "remove" => {
            let user = form.id.parse().map_err(|_| nobody())?;
            teams::remove_member(cx, actor, id, user).await?;
            if actor.user_id() == Some(user) {
                return Ok(Done::Gone);
            }
        }
        "withdraw" => accounts::withdraw(cx, actor, &form.id).await?,
        "invite" => {
            let command = Invite { email, team_id: Some(id), team_role: role, ..Invite::default() };
            let (invitation, secret) = accounts::invite_by_link(cx, actor, command).await?;
            let url = format!("{}/invite?link={secret}", edge.settings.public_url);
            return Ok(Done::Invited(Link { url, mailed_to: invitation.email.filter(|_| invitation.mailed) }));
        }
        "delete" => {
            let heir = match form.id.as_str() {
                "" => None,
                "installation" => Some(Owner::Installation),
                team => Some(Owner::Team(team.parse().map_err(|_| nobody())?)),
            };
            teams::delete(cx, actor, id, heir).await?;
            return Ok(Done::Gone);
        }
        _ => return Err(nobody()),
    }
    Ok(Done::Changed)
}

async fn show(
    edge: &Edge,
    actor: &Actor,
    id: TeamId,
    (status, problem, link): (StatusCode, &str, Option<&Link>),
) -> Result<Response, HttpError> {
    let team = teams::get(&edge.cx, actor, id).await?;
    let members = teams::members(&edge.cx, actor, id).await?;
    let manages = actor.reach().in_team(id).has(Action::ManageTeam.scope());
    let people = count(team.members, "person", "people");
    let about = format!("{people}, {}", count(team.projects, "project", "projects"));
    let mut body = head(&team.name, &about, problem);
    body.push_str(&table_panel("Members", &members_table(actor, &team, &members, manages)));
    if manages {
        let add = format!("{}{}", email_field("member-email"), select("member-role", "role", "Role", &roles(), "viewer"));
        body.push_str(&panel("Take somebody in", &form(&path(id), "add", &add, "Take them in")));
        body.push_str(&panel("Invite", &invitations(edge, actor, id, link).await?));
        let name = text("team-name", "name", "Name", &team.name, "text");
        body.push_str(&panel("Name", &form(&path(id), "rename", &name, "Rename")));
        body.push_str(&panel("Remove the team", &removal(edge, actor, &team).await?));
    }
    Ok(page(status, &team.name, &body))
}

fn path(id: TeamId) -> String {
    format!("/teams/{id}")
}

fn email_field(id: &str) -> String {
    text(id, "email", "E-mail address", "", "email")
}

fn members_table(actor: &Actor, team: &Team, members: &[Member], manages: bool) -> String {
    let row = |(number, member): (usize, &Member)| {
        let who = format!("{}<span class=\"sub muted\">{}</span>", escape(&member.name), escape(&member.email));
        let from = if member.by_rules.is_some() { " <span class=\"muted\">by groups</span>" } else { "" };
        let mut actions = String::new();
        let id = hidden("id", &member.user_id.to_string());
        if manages {
            let chosen = select(&format!("role-{number}"), "role", "Role", &roles(), member.role.as_str());
            actions.push_str(&form(&path(team.id), "set_role", &format!("{id}{chosen}"), "Change"));
        }
        let me = actor.user_id() == Some(member.user_id);
        if member.given.is_some() && (manages || me) {
            actions.push_str(&form(&path(team.id), "remove", &id, if me { "Leave" } else { "Take out" }));
        }
        vec![who, format!("{}{from}", member.role.as_str()), actions]
    };
    let rows: Vec<Vec<String>> = members.iter().enumerate().map(row).collect();
    table("Members", &["Person", "Role", ""], &rows)
}

async fn invitations(edge: &Edge, actor: &Actor, id: TeamId, link: Option<&Link>) -> Result<String, Error> {
    let mut body = String::new();
    if let Some(link) = link {
        if let Some(email) = &link.mailed_to {
            body.push_str(&format!("<p role=\"status\">The link also goes to {} by mail.</p>", escape(email)));
        }
        let control = format!("<input id=\"link\" readonly value=\"{}\">", escape(&link.url));
        body.push_str(&field("link", "The link, shown once. It works once, for 14 days", &control));
    }
    let fields = format!(
        "<p class=\"soft\">Makes a link. With an e-mail address it is for that person alone.</p>{}{}",
        email_field("invite-email"),
        select("invite-role", "role", "Role", &roles(), "viewer")
    );
    body.push_str(&form(&path(id), "invite", &fields, "Make a link"));
    let open = accounts::invitations(&edge.cx, actor, Some(id)).await?;
    let row = |invitation: &Invitation| {
        let whom = escape(invitation.email.as_deref().unwrap_or("whoever has the link"));
        let role = invitation.team_role.map_or("", Role::as_str).to_owned();
        let take_back = form(&path(id), "withdraw", &hidden("id", &invitation.id), "Take back");
        vec![whom, role, invitation.expires_at.to_string(), take_back]
    };
    if !open.is_empty() {
        let rows: Vec<Vec<String>> = open.iter().map(row).collect();
        body.push_str(&table("Invitations", &["For", "Role", "Until", ""], &rows));
    }
    Ok(body)
}

async fn removal(edge: &Edge, actor: &Actor, team: &Team) -> Result<String, Error> {
    let mut heirs = vec![(String::new(), "nobody: there are none".to_owned())];
    if may(actor, Action::WriteProject) {
        heirs.push(("installation".to_owned(), "the installation".to_owned()));
    }
    let others = known(edge, actor).await?.into_iter().filter(|other| other.id != team.id);
    heirs.extend(others.map(|other| (other.id.to_string(), other.name)));
    let fields = select("heir", "id", "Who gets its projects", &heirs, "");
    Ok(form(&path(team.id), "delete", &fields, "Remove the team"))
}
