//! Coming in: `/login/factor` asks for the second factor of whoever has one, after the password or the provider. A plain page
//! of the server, which works without script. What the browser has until then is no login.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{actor::Origin, sign_in::Vouched};
use serde::Deserialize;
use services::{
    Error,
    accounts::{Entered, UserRecord},
};
use tower_sessions::Session;

use super::{address, login::form, providers::flow::own_cookie, sessions};
use crate::{
    edge::Edge,
    error::HttpError,
    pages::{entry, escape},
};

/// Where the page is.
const PAGE: &str = "/login/factor";
/// How long the browser keeps its half, in seconds.
const KEPT: u32 = 600;

/// Where somebody who did the first step came from and wants to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    /// A local path.
    pub(super) next: &'a str,
    /// The sign-in at a provider; absent after a password.
    pub(super) vouched: Option<&'a Vouched>,
}

/// Lets somebody in who did the first step, or leads them to the second.
pub(super) async fn enter(
    edge: &Edge,
    session: &Session,
    user: UserRecord,
    arrival: Arrival<'_>,
    from: Arc<Origin>,
) -> Result<Response, HttpError> {
    let Arrival { next, vouched } = arrival;
    match services::accounts::second_step(&edge.cx, user.id, next, vouched).await? {
        Some(browser) => Ok(([(header::SET_COOKIE, cookie(edge, &browser, KEPT))], Redirect::to(PAGE)).into_response()),
        None => let_in(edge, session, Entered { user, next: next.to_owned(), vouched: vouched.cloned() }, from).await,
    }
}

async fn let_in(edge: &Edge, session: &Session, entered: Entered, from: Arc<Origin>) -> Result<Response, HttpError> {
    sessions::sign_in(&edge.cx, session, entered.user, from).await?;
    if let Some(vouched) = &entered.vouched {
        sessions::rests_on(session, vouched).await.map_err(|error| HttpError::internal(&error))?;
    }
    Ok(Redirect::to(&entered.next).into_response())
}

/// The form, for a browser that did the first step.
pub async fn page(State(edge): State<Edge>, headers: HeaderMap) -> Result<Response, HttpError> {
    match own_cookie(&headers, cookie_name(edge.settings.tls)) {
        Some(browser) if services::accounts::second_step_waits(&edge.cx, browser).await? => Ok(show(StatusCode::OK, "")),
        _ => Ok(Redirect::to("/login").into_response()),
    }
}

fn show(status: StatusCode, problem: &str) -> Response {
    let alert = match problem {
        "" => String::new(),
        problem => format!("<p class=\"form-error\" role=\"alert\"><span>{}</span></p>", escape(problem)),
    };
    let body = format!(
        "<h1>One more step</h1>\
         <form class=\"form\" method=\"post\" action=\"{PAGE}\">{alert}\
         <div class=\"field\"><label for=\"code\">Code</label>\
         <input id=\"code\" name=\"code\" type=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"off\" spellcheck=\"false\" \
         maxlength=\"40\" aria-describedby=\"code-hint\" required autofocus>\
         <p class=\"hint\" id=\"code-hint\">The six digits that your authenticator app shows now, or one of your recovery codes.</p></div>\
         <button class=\"btn primary\" type=\"submit\">Sign in</button></form>\
         <p class=\"soft\">Nothing of both at hand? An admin can reset your second factor. <a href=\"/login\">Begin again</a></p>"
    );
    (status, entry("One more step", &body)).into_response()
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

/// Signs in with the second step.
pub async fn finish(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<CodeForm>(request).await?;
    let from = address::of(&parts);
    if edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).is_err() {
        return Ok(too_many());
    }
    let browser = own_cookie(&parts.headers, cookie_name(edge.settings.tls)).unwrap_or_default();
    match services::accounts::finish_second_step(&edge.cx, browser, &form.code, &from).await {
        Ok(entered) => {
            let mut response = let_in(&edge, &session, entered, from).await?;
            response.headers_mut().append(header::SET_COOKIE, cookie(&edge, "", 0));
            Ok(response)
        }
        Err(Error::NotFound(_)) => Ok(Redirect::to("/login?error=late").into_response()),
        Err(Error::Invalid(_)) => {
            let words = "This code does not count: it is wrong, too late, or was used before. Type the one that is shown now.";
            Ok(show(StatusCode::UNPROCESSABLE_ENTITY, words))
        }
        Err(Error::TooMany { .. }) => Ok(too_many()),
        Err(other) => Err(other.into()),
    }
}

fn too_many() -> Response {
    show(StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait a minute, then try again.")
}

fn cookie_name(tls: bool) -> &'static str {
    if tls { "__Host-loki_half" } else { "loki_half" }
}

fn cookie(edge: &Edge, value: &str, seconds: u32) -> HeaderValue {
    let tls = edge.settings.tls;
    let secure = if tls { "; Secure" } else { "" };
    // Lax, since a provider's answer comes from another site.
    let text = format!("{}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}", cookie_name(tls));
    // The value is made of hexadecimal digits.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
