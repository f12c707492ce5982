//! `/invite`: whoever was invited makes an account, or joins the team with the one that they are signed in to. Without script.

use app::routes::to::segment;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::actor::Actor;
use serde::Deserialize;
use services::{
    Error,
    accounts::{Invited, NewAccount},
};
use tower_sessions::Session;

use super::{
    address,
    login::form,
    reset::{not_valid, sentence, slow_down},
    sessions,
};
use crate::{
    edge::Edge,
    error::HttpError,
    pages::{entry, escape, form_error, query_value},
};

const TITLE: &str = "Invitation";
const HAS_ACCOUNT: &str = " If you have an account, sign in first and open the link again.";

#[derive(Default, Deserialize)]
#[serde(default)]
struct InviteForm {
    /// The secret of the link.
    link: String,
    email: String,
    name: String,
    password: String,
}

/// Who is invited where, and what they can do about it.
pub async fn page(State(edge): State<Edge>, request: Request) -> Result<Response, HttpError> {
    let (parts, _) = request.into_parts();
    let link = query_value(&parts.uri, "link").unwrap_or_default();
    let given = InviteForm { link, ..InviteForm::default() };
    slow_down(&edge, &address::of(&parts))?;
    let invited = match services::accounts::invited(&edge.cx, &given.link).await {
        Ok(invited) => invited,
        Err(error) => return refused(error),
    };
    let guest = Guest { invited: &invited, actor: parts.extensions.get::<Actor>(), given: &given };
    Ok(show(StatusCode::OK, &edge, guest, ""))
}

/// Takes the invitation up.
pub async fn accept(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let actor = request.extensions().get::<Actor>().cloned();
    let (parts, form) = form::<InviteForm>(request).await?;
    let from = address::of(&parts);
    slow_down(&edge, &from)?;
    let invited = match services::accounts::invited(&edge.cx, &form.link).await {
        Ok(invited) => invited,
        Err(error) => return refused(error),
    };
    let guest = Guest { invited: &invited, actor: actor.as_ref(), given: &form };
    let done = match &actor {
        Some(actor) => services::accounts::accept_with_account(&edge.cx, actor, &form.link).await.map(|()| None),
        None => {
            let InviteForm { email, name, password, .. } = &form;
            let new = NewAccount { email: email.clone(), name: name.clone(), password: password.clone() };
            services::accounts::accept(&edge.cx, &form.link, new, &from).await.map(Some)
        }
    };
    match done {
        Ok(Some(user)) => {
            sessions::sign_in(&edge.cx, &session, user, from).await?;
            Ok(Redirect::to("/").into_response())
        }
        Ok(None) => Ok(Redirect::to("/").into_response()),
        Err(Error::Invalid(problem)) => {
            // Said whatever was wrong: said only to who has an account, it would tell who has one.
            let hint = if actor.is_none() { HAS_ACCOUNT } else { "" };
            let problem = sentence(&problem) + hint;
            Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &edge, guest, &problem))
        }
        Err(Error::Conflict(problem)) => Ok(show(StatusCode::CONFLICT, &edge, guest, &sentence(&problem))),
        Err(other) => refused(other),
    }
}

/// Of a link that does not count it is said that it does not; everything else is no matter of the link.
fn refused(error: Error) -> Result<Response, HttpError> {
    match error {
        Error::Unauthorized(problem) => Ok(not_valid(TITLE, &problem)),
        other => Err(other.into()),
    }
}

/// Whoever opened the link, and what they filled in.
struct Guest<'a> {
    invited: &'a Invited,
    actor: Option<&'a Actor>,
    given: &'a InviteForm,
}

fn show(status: StatusCode, edge: &Edge, guest: Guest<'_>, problem: &str) -> Response {
    let Guest { invited, actor, given } = guest;
    let alert = form_error(problem);
    let place = invited.team.as_ref().map_or_else(|| "loki".to_owned(), |team| format!("the team “{team}”"));
    let by = if invited.invited_by.is_empty() { "You are".to_owned() } else { format!("{} has", invited.invited_by) };
    let invites = if invited.invited_by.is_empty() { "invited" } else { "invited you" };
    let said = escape(&format!("{by} {invites} to {place}."));
    let link = escape(&given.link);
    let form = match actor {
        Some(actor) => format!(
            "<p>{said} You are signed in as {}.</p><form class=\"form\" method=\"post\" action=\"/invite\">{alert}\
             <input type=\"hidden\" name=\"link\" value=\"{link}\">\
             <button class=\"btn primary\" type=\"submit\">Join</button></form>",
            escape(actor.display_name()),
        ),
        None => format!("<p>{said}</p>{}", new_account(edge, invited, given, &alert)),
    };
    (status, entry(TITLE, &format!("<h1>{TITLE}</h1>{form}"))).into_response()
}

fn new_account(edge: &Edge, invited: &Invited, given: &InviteForm, alert: &str) -> String {
    let link = escape(&given.link);
    let email = invited.email.as_ref().map_or_else(
        || {
            format!(
                "<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required value=\"{}\">",
                escape(&given.email)
            )
        },
        |email| format!("<input id=\"email\" type=\"email\" autocomplete=\"username\" readonly value=\"{}\">", escape(email)),
    );
    let back = segment(&format!("/invite?link={}", given.link));
    let providers: String = edge
        .settings
        .providers
        .iter()
        .filter(|_| invited.email.is_some())
        .map(|provider| {
            let (id, name) = (segment(&provider.rules.id), escape(&provider.rules.name));
            format!("<a class=\"btn\" href=\"/login/with/{id}?next=%2F\">Sign in with {name}</a>")
        })
        .collect();
    format!(
        "<form class=\"form\" method=\"post\" action=\"/invite\">{alert}<input type=\"hidden\" name=\"link\" value=\"{link}\">\
         <div class=\"field\"><label for=\"email\">Email</label>{email}</div>\
         <div class=\"field\"><label for=\"name\">Name</label>\
         <input id=\"name\" name=\"name\" autocomplete=\"name\" value=\"{}\"></div>\
         <div class=\"field\"><label for=\"password\">Password, at least 12 characters</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" required></div>\
         <button class=\"btn primary\" type=\"submit\">Make an account</button></form>{providers}\
         <p class=\"muted\"><a href=\"/login?next={back}\">I have an account</a></p>",
        escape(&given.name),
    )
}
