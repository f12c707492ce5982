//! `GET /login/with/{provider}` leads to a provider, `GET /login/callback/{provider}` comes back from there. Whatever is wrong
//! on the way is answered with the same calm words; what it was stands in the audit trail under the request's id.

use std::{collections::BTreeMap, sync::Arc};

use app::routes::to::segment;
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{
    actor::{Actor, Origin},
    links,
    sign_in::Identity,
};
use openidconnect::url::form_urlencoded;
use services::{
    Error,
    accounts::{Departure, Returned},
    audit::DeniedRequest,
};
use tower_sessions::Session;

use super::{Answer, Asks, Failure, KnownProvider, linked};
use crate::{
    auth::{address, factor, halves::Half, next},
    edge::Edge,
    error::HttpError,
};

/// The field of the query that asks to show once more who one is.
const AGAIN: &str = "again";
/// Longer codes and issuers are none.
const LONGEST: usize = 4_096;

/// Leads to the provider; with `again` in the query to show once more who one is.
pub async fn leave(State(edge): State<Edge>, Path(provider): Path<String>, parts: Parts) -> Result<Response, HttpError> {
    let query = query(parts.uri.query()).unwrap_or_default();
    let target = next::local_path(query.get("next").map(String::as_str));
    if edge.buckets.sign_in(address::of(&parts).address, edge.cx.clock.now().millis()).is_err() {
        return Ok(Redirect::to(&format!("/login?error=too_many&next={}", segment(target))).into_response());
    }
    let known = edge.providers.get(&provider).ok_or_else(|| HttpError::not_found("way to sign in"))?;
    if let Some(elsewhere) = under_another_name(&edge, &parts, &query) {
        let again = if query.contains_key(AGAIN) { "&again=1" } else { "" };
        let path = format!("{elsewhere}/login/with/{provider}?here=1{again}&next={}", segment(target));
        return Ok(Redirect::to(&path).into_response());
    }
    let departure = services::accounts::begin_sign_in(&edge.cx, &known.rules().id, target, None).await?;
    let asks = if query.contains_key(AGAIN) { Asks::WhoTheyAre } else { Asks::SignIn };
    let (url, browser) = leads_to(&edge, known, departure, asks, &address::of(&parts)).await?;
    Ok((departing(&edge, &browser), Redirect::to(&url)).into_response())
}

/// The provider leads back to the public address, and the cookie is kept for one name alone.
fn under_another_name<'a>(edge: &'a Edge, parts: &Parts, query: &BTreeMap<String, String>) -> Option<&'a str> {
    let public = edge.settings.public_url.as_str();
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let expected = public.split_once("://")?.1;
    (!host.eq_ignore_ascii_case(expected) && !query.contains_key("here")).then_some(public)
}

/// Where a sign-in that was begun leads, and the cookie that the browser takes along.
pub(super) async fn leads(
    edge: &Edge,
    known: &KnownProvider,
    departure: Departure,
    from: &Arc<Origin>,
) -> Result<(String, String), HttpError> {
    leads_to(edge, known, departure, Asks::SignIn, from).await
}

async fn leads_to(
    edge: &Edge,
    known: &KnownProvider,
    departure: Departure,
    asks: Asks,
    from: &Arc<Origin>,
) -> Result<(String, String), HttpError> {
    match known.authorization_url(&departure, asks, &back(edge, known), edge.cx.clock.now()).await {
        Ok(url) => Ok((url.into(), departure.browser)),
        Err(failure) => Err(calm(edge, known, &failure, from)),
    }
}

/// Comes back from the provider.
pub async fn arrive(
    State(edge): State<Edge>,
    Path(provider): Path<String>,
    session: Session,
    parts: Parts,
) -> Result<Response, HttpError> {
    let from = address::of(&parts);
    let known = edge.providers.get(&provider).ok_or_else(|| HttpError::not_found("way to sign in"))?;
    if edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).is_err() {
        return Ok(Redirect::to("/login?error=too_many").into_response());
    }
    let mut response = match take_in(&edge, known, &session, &parts).await {
        Ok(response) => response,
        Err(Arrival::Failed(failure)) => calm(&edge, known, &failure, &from).into_response(),
        Err(Arrival::Fault(error)) => error.into_response(),
    };
    // Its use is over, whatever came of it.
    response.headers_mut().append(header::SET_COOKIE, Half::Provider.over(&edge));
    Ok(response)
}

/// Signs in or links whoever came back, and leads them on.
async fn take_in(edge: &Edge, known: &KnownProvider, session: &Session, parts: &Parts) -> Result<Response, Arrival> {
    let (identity, returned) = believe(edge, known, parts).await?;
    match returned.link_login {
        Some(login) => {
            linked::link(edge, known, &identity, login, parts).await?;
            Ok(Redirect::to(&returned.next).into_response())
        }
        None => {
            let visitor = Visitor { session, from: address::of(parts) };
            enter(edge, known, &identity, &returned.next, visitor).await
        }
    }
}

/// Why nobody arrived.
pub(super) enum Arrival {
    Failed(Failure),
    /// A fault of this server.
    Fault(HttpError),
}

impl From<Failure> for Arrival {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Arrival {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthorized(why) => Self::Failed(Failure::Refused(why)),
            other => Self::Fault(other.into()),
        }
    }
}

/// Who came back, and what they had left with.
async fn believe(edge: &Edge, known: &KnownProvider, parts: &Parts) -> Result<(Identity, Returned), Arrival> {
    let query = query(parts.uri.query()).ok_or_else(|| super::refused("the answer has a field twice or one that is too long"))?;
    let state = query.get("state").map(String::as_str).unwrap_or_default();
    let browser = Half::Provider.of(edge, &parts.headers);
    let returned = services::accounts::take_sign_in(&edge.cx, &known.rules().id, state, browser).await?;
    if let Some(error) = query.get("error") {
        return Err(super::refused(format!("the provider says: {}", super::word(error))).into());
    }
    let code = query.get("code").filter(|code| !code.is_empty()).cloned();
    let code = code.ok_or_else(|| super::refused("the answer has no code"))?;
    let answer = Answer { code, issuer: query.get("iss").cloned() };
    let identity = known.identity(answer, &returned, &back(edge, known), edge.cx.clock.now()).await?;
    Ok((identity, returned))
}

/// The browser that came back.
struct Visitor<'a> {
    session: &'a Session,
    from: Arc<Origin>,
}

async fn enter(
    edge: &Edge,
    known: &KnownProvider,
    identity: &Identity,
    next: &str,
    Visitor { session, from }: Visitor<'_>,
) -> Result<Response, Arrival> {
    let user = services::accounts::sign_in_as(&edge.cx, known.rules(), identity).await?;
    // A role that was taken away acts on the person's other logins at once.
    edge.cx.nudges.access();
    let vouched = known.rules().vouches(identity);
    let shown_at = known.rules().shown_at(identity, edge.cx.clock.now());
    let arrival = factor::Arrival { next, vouched: Some((&vouched, shown_at)) };
    factor::enter(edge, session, user, arrival, from).await.map_err(Arrival::Fault)
}

/// The same words whatever it was; what it was goes on record.
fn calm(edge: &Edge, known: &KnownProvider, failure: &Failure, from: &Origin) -> HttpError {
    let name = &known.rules().name;
    tracing::warn!(provider = known.rules().id, %failure, "a sign-in was refused");
    edge.cx.denials.note(DeniedRequest {
        at: edge.cx.clock.now().millis(),
        actor: None::<Actor>,
        what: "sign_in".to_owned(),
        status: StatusCode::BAD_REQUEST.as_u16(),
        error: format!("{}: {failure}", known.rules().id),
        origin: from.clone(),
    });
    HttpError::new(
        StatusCode::BAD_REQUEST,
        format!(
            "Signing in with {name} did not work. Go to the sign-in page and start again. If you have an account here already, \
             sign in to it and link {name} under \"Ways to sign in\". If it stays, tell your admin the number below"
        ),
    )
    .on_record()
}

fn back(edge: &Edge, known: &KnownProvider) -> String {
    links::callback(&edge.settings.public_url, &known.rules().id)
}

/// The fields of a query; nothing when one stands there twice or is too long.
fn query(query: Option<&str>) -> Option<BTreeMap<String, String>> {
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if value.len() > LONGEST || fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    Some(fields)
}

/// The header that gives a browser its half of a sign-in.
pub(super) fn departing(edge: &Edge, browser: &str) -> [(header::HeaderName, HeaderValue); 1] {
    [(header::SET_COOKIE, Half::Provider.given(edge, browser))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_stands_there_twice_is_no_answer() {
        assert!(query(Some("code=a&state=b")).is_some());
        assert_eq!(query(Some("code=a&code=b")), None);
        assert_eq!(query(Some(&format!("code={}", "a".repeat(5_000)))), None);
        assert_eq!(query(None), Some(BTreeMap::new()));
    }
}
