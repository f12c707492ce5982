//! `/forgot`: somebody who forgot their password gives their email address, and is answered the same whoever it belongs to.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use services::Error;

use super::{address, login::form};
use crate::{
    edge::Edge,
    error::HttpError,
    pages::{entry, escape, form_error},
};

const TITLE: &str = "Forgotten password";

#[derive(Deserialize)]
struct ForgotForm {
    #[serde(default)]
    email: String,
}

/// The form, or whom to ask where no mail is sent.
pub async fn page(State(edge): State<Edge>) -> Response {
    show(&edge, StatusCode::OK, "", "")
}

/// Has a link sent.
pub async fn ask(State(edge): State<Edge>, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<ForgotForm>(request).await?;
    let from = address::of(&parts);
    if edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).is_err() {
        return Ok(too_many(&edge, &form.email));
    }
    match services::accounts::forgot_password(&edge.cx, &form.email, &from).await {
        Ok(()) => Ok(entry(TITLE, ASKED).into_response()),
        Err(Error::Invalid(_)) => {
            let words = "This is no email address. Check it and try again.";
            Ok(show(&edge, StatusCode::UNPROCESSABLE_ENTITY, &form.email, words))
        }
        Err(Error::Conflict(_)) => Ok(show(&edge, StatusCode::CONFLICT, "", "")),
        Err(Error::TooMany { .. }) => Ok(too_many(&edge, &form.email)),
        Err(other) => Err(other.into()),
    }
}

/// The same words whether somebody has an account with the address or not.
const ASKED: &str = "<h1>Look at your mail</h1><p>If somebody has an account with this email address, a mail with a link is on its \
                     way to it. The link works once, for an hour.</p><p class=\"soft\">Nothing came? Look where unwanted mail goes, \
                     and at the address. <a href=\"/forgot\">Ask again</a></p><p><a href=\"/login\">Sign in</a></p>";

fn too_many(edge: &Edge, email: &str) -> Response {
    show(edge, StatusCode::TOO_MANY_REQUESTS, email, "Too many attempts. Wait a minute, then try again.")
}

fn show(edge: &Edge, status: StatusCode, email: &str, problem: &str) -> Response {
    if !services::mail::is_set_up(&edge.cx) {
        let words = "<h1>Forgotten password</h1><p>This installation sends no mail. Ask an admin for a link with which you choose a \
                     new password.</p><p><a href=\"/login\">Sign in</a></p>";
        return (status, entry(TITLE, words)).into_response();
    }
    let alert = form_error(problem);
    let body = format!(
        "<h1>Forgotten password</h1>\
         <form class=\"form\" method=\"post\" action=\"/forgot\">{alert}\
         <div class=\"field\"><label for=\"email\">Email</label>\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" maxlength=\"254\" aria-describedby=\"email-hint\" \
         required autofocus value=\"{}\">\
         <p class=\"hint\" id=\"email-hint\">The one of your account. A link to choose a new password goes there.</p></div>\
         <button class=\"btn primary\" type=\"submit\">Send the link</button></form>\
         <p><a href=\"/login\">Sign in</a></p>",
        escape(email),
    );
    (status, entry(TITLE, &body)).into_response()
}
