//! `/reset`: a person gives themselves a new password with a one-time link.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{actor::Origin, errors::capitalised};
use serde::Deserialize;
use services::Error;
use tower_sessions::Session;

use super::{address, factor, login::form};
use crate::{
    edge::Edge,
    error::{HttpError, Reason},
    pages::{entry, escape, form_error, query_value},
};

const TITLE: &str = "New password";

#[derive(Deserialize)]
struct ResetForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

/// The form; the link's secret goes along unseen. Of a link that does not count it is said at once.
pub async fn page(State(edge): State<Edge>, request: Request) -> Result<Response, HttpError> {
    let (parts, _) = request.into_parts();
    let token = query_value(&parts.uri, "token").unwrap_or_default();
    match services::accounts::check_reset_token(&edge.cx, &token).await {
        Ok(()) => Ok(show(StatusCode::OK, &token, "")),
        Err(Error::Unauthorized(problem)) => {
            slow_down(&edge, &address::of(&parts))?;
            Ok(not_valid(TITLE, &problem))
        }
        Err(other) => Err(other.into()),
    }
}

/// What a link leads to that does not count: why, and the way on.
pub(super) fn not_valid(title: &str, problem: &str) -> Response {
    let body = format!(
        "<h1>This link is not valid</h1><p>{}</p><a class=\"btn\" href=\"/login\">Go to sign in</a>",
        escape(&sentence(problem))
    );
    let mut response = (StatusCode::UNAUTHORIZED, entry(title, &body)).into_response();
    response.extensions_mut().insert(Reason(problem.to_owned()));
    response
}

/// A link is guessed no faster than a password.
pub(super) fn slow_down(edge: &Edge, from: &Origin) -> Result<(), HttpError> {
    let too_many = |seconds| HttpError::too_many("Too many attempts. Wait a minute, then try again", seconds);
    edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).map_err(too_many)
}

fn show(status: StatusCode, token: &str, problem: &str) -> Response {
    let alert = form_error(problem);
    let body = format!(
        "<h1>Choose a new password</h1>\
         <form class=\"form\" method=\"post\" action=\"/reset\">{alert}<input type=\"hidden\" name=\"token\" value=\"{}\">\
         <div class=\"field\"><label for=\"password\">Password, at least 12 characters</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" required></div>\
         <button class=\"btn primary\" type=\"submit\">Set the password</button></form>",
        escape(token),
    );
    (status, entry(TITLE, &body)).into_response()
}

/// Sets the password, ends every login of that person, and signs them in here, with their second factor if they have one.
pub async fn reset(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<ResetForm>(request).await?;
    let from = address::of(&parts);
    slow_down(&edge, &from)?;
    match services::accounts::reset_password(&edge.cx, &form.token, &form.password).await {
        Ok(user) => factor::enter(&edge, &session, user, factor::Arrival { next: "/", vouched: None }, from).await,
        Err(Error::Invalid(problem)) => Ok(show(StatusCode::UNPROCESSABLE_ENTITY, &form.token, &sentence(&problem))),
        Err(Error::Unauthorized(problem)) => Ok(not_valid(TITLE, &problem)),
        Err(other) => Err(other.into()),
    }
}

pub(super) fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { capitalised(text) + "." }
}
