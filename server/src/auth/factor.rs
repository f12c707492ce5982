//! Coming in: `/login/factor` asks for the second factor of whoever has one, after the password or the provider. A plain page
//! of the server, which works without script, but for passkeys. What the browser has until then is no login.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{actor::Origin, sign_in::Vouched};
use protocol::Timestamp;
use serde::Deserialize;
use services::{
    Error,
    accounts::{Answer, Entered, Offer, UserRecord},
};
use tower_sessions::Session;

use super::{address, halves::Half, login::form, sessions};
use crate::{
    edge::Edge,
    error::HttpError,
    pages::{entry, escape, form_error},
};

/// Where the page is.
const PAGE: &str = "/login/factor";
/// Where the browser learns what to ask for a passkey.
const ASK: &str = "/api/v2/second-step/passkey";

/// Where somebody who did the first step came from and wants to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    /// A local path.
    pub(super) next: &'a str,
    /// The sign-in at a provider, and when the person showed who they are there; absent after a password.
    pub(super) vouched: Option<(&'a Vouched, Timestamp)>,
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
    let rests_on = vouched.map(|(vouched, _)| vouched);
    match services::accounts::second_step(&edge.cx, &user, next, rests_on).await? {
        // The second step itself shows it.
        Some(browser) => Ok(([(header::SET_COOKIE, Half::SecondStep.given(edge, &browser))], Redirect::to(PAGE)).into_response()),
        None => {
            let entered = Entered { user, next: next.to_owned(), vouched: rests_on.cloned() };
            let response = let_in(edge, session, entered, from).await?;
            if let Some((_, shown_at)) = vouched {
                sessions::shown_at(session, shown_at).await?;
            }
            Ok(response)
        }
    }
}

async fn let_in(edge: &Edge, session: &Session, entered: Entered, from: Arc<Origin>) -> Result<Response, HttpError> {
    sessions::sign_in(&edge.cx, session, entered.user, from).await?;
    if let Some(vouched) = &entered.vouched {
        sessions::rests_on(session, vouched).await?;
    }
    Ok(Redirect::to(&entered.next).into_response())
}

/// The form, for a browser that did the first step.
pub async fn page(State(edge): State<Edge>, headers: HeaderMap) -> Result<Response, HttpError> {
    show(&edge, &headers, StatusCode::OK, "").await
}

async fn show(edge: &Edge, headers: &HeaderMap, status: StatusCode, problem: &str) -> Result<Response, HttpError> {
    let browser = waiting_browser(edge, headers);
    let Some(offer) = services::accounts::second_step_waits(&edge.cx, browser).await? else {
        return Ok(Redirect::to("/login").into_response());
    };
    let alert = form_error(problem);
    let hint = if offer.app {
        "The six digits that your authenticator app shows now, or one of your recovery codes."
    } else {
        "One of your recovery codes."
    };
    let body = format!(
        "<h1>One more step</h1>{}\
         <form class=\"form\" method=\"post\" action=\"{PAGE}\">{alert}\
         <div class=\"field\"><label for=\"code\">Code</label>\
         <input id=\"code\" name=\"code\" type=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"off\" spellcheck=\"false\" \
         maxlength=\"40\" aria-describedby=\"code-hint\" required autofocus>\
         <p class=\"hint\" id=\"code-hint\">{hint}</p></div>\
         <button class=\"btn{}\" type=\"submit\">Sign in</button></form>\
         <p class=\"soft\">Nothing of these at hand? An admin can reset your second factor. <a href=\"/login\">Begin again</a></p>",
        passkey_form(edge, headers, offer),
        if offer.app || !offer.passkey { " primary" } else { "" },
    );
    Ok((status, entry("One more step", &body)).into_response())
}

/// The button for a passkey, where the account has one and this is the address at which it counts.
fn passkey_form(edge: &Edge, headers: &HeaderMap, offer: Offer) -> String {
    if !offer.passkey {
        return String::new();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if let Err(why) = edge.cx.passkeys.at(host) {
        return format!("<p class=\"soft\">{}</p>", escape(&why));
    }
    format!(
        "<form class=\"form needs-script\" method=\"post\" action=\"{ASK}\" data-passkey=\"get\" data-finish=\"{PAGE}\">\
         <p class=\"form-error\" role=\"alert\" hidden></p>\
         <button class=\"btn{}\" type=\"submit\">Use a passkey</button></form><script src=\"/passkey.js\" defer></script>",
        if offer.app { "" } else { " primary" },
    )
}

/// The browser's half of a sign-in that waits for its second step; empty when it brings none.
pub fn waiting_browser<'a>(edge: &Edge, headers: &'a HeaderMap) -> &'a str {
    Half::SecondStep.of(edge, headers).unwrap_or_default()
}

#[derive(Deserialize)]
struct SecondStepForm {
    #[serde(default)]
    code: String,
    /// What the browser answered, in JSON; by script.
    passkey: Option<String>,
}

/// Signs in with the second step.
pub async fn finish(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<SecondStepForm>(request).await?;
    let (from, headers) = (address::of(&parts), &parts.headers);
    let too_many = || show(&edge, headers, StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait a minute, then try again.");
    if edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).is_err() {
        return too_many().await;
    }
    let browser = waiting_browser(&edge, headers);
    let answer = form.passkey.as_deref().map_or(Answer::Code(&form.code), Answer::Passkey);
    match services::accounts::finish_second_step(&edge.cx, browser, answer, &from).await {
        Ok(entered) => {
            let mut response = let_in(&edge, &session, entered, from).await?;
            response.headers_mut().append(header::SET_COOKIE, Half::SecondStep.over(&edge));
            Ok(response)
        }
        Err(Error::NotFound(_)) => Ok(Redirect::to("/login?error=late").into_response()),
        Err(Error::Invalid(_)) => {
            let words = match answer {
                Answer::Code(_) => {
                    "This code does not count: it is wrong, too late, or was used before. Type the one that is shown now."
                }
                Answer::Passkey(_) => {
                    "This passkey does not count: its answer is wrong, too late, or was used before. Try again."
                }
            };
            show(&edge, headers, StatusCode::UNPROCESSABLE_ENTITY, words).await
        }
        Err(Error::TooMany { .. }) => too_many().await,
        Err(other) => Err(other.into()),
    }
}
