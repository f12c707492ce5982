//! `/account/sign-in-methods`: which ways to sign in a person has, linked and unlinked by themselves. Plain pages of the
//! server, which work without script.

use app::routes::to;
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{actor::Actor, sign_in::Identity};
use protocol::LoginId;
use serde::Deserialize;
use services::accounts::Linked;
use uuid::Uuid;

use super::{
    KnownProvider,
    flow::{Arrival, departing, leads},
    refused,
};
use crate::{
    auth::{address, confirm, login::form},
    edge::Edge,
    error::HttpError,
    pages::{entry, escape, page as framed},
};

/// Where the page is.
pub const PAGE: &str = "/account/sign-in-methods";

/// Shows the ways to sign in of whoever asks.
pub async fn page(State(edge): State<Edge>, Extension(actor): Extension<Actor>) -> Result<Response, HttpError> {
    let linked = services::accounts::linked_identities(&edge.cx, &actor).await?;
    let rows: String = linked.iter().map(|row| linked_row(&edge, row)).collect();
    let rows = if rows.is_empty() { NONE.to_owned() } else { format!("<ul class=\"factors\">{rows}</ul>") };
    let free = edge.providers.iter().filter(|known| !linked.iter().any(|row| row.provider == known.rules().id));
    let buttons: String = free.map(link_form).collect();
    let more = match (buttons.is_empty(), linked.is_empty()) {
        (false, _) => format!("<div class=\"panel-body stack\">{buttons}</div>"),
        (true, true) => ALONE.to_owned(),
        (true, false) => String::new(),
    };
    let body = format!(
        "<div class=\"page-head\"><div class=\"words\"><h1>Ways to sign in</h1>\
         <p class=\"soft\">{} signs in with a password, if one is set, and with what is linked here.</p></div></div>\
         <section class=\"panel account\"><header><h2>Linked</h2></header>{rows}{more}</section>",
        escape(actor.display_name()),
    );
    Ok(framed("Ways to sign in", &[("You", to::PROFILE)], body.into()))
}

const NONE: &str = "<p class=\"panel-body soft\">No other way is linked.</p>";
const ALONE: &str = "<p class=\"panel-body soft\">This server has none to link: whoever runs it sets up the providers that people \
                     sign in with.</p>";

fn linked_row(edge: &Edge, row: &Linked) -> String {
    let name = edge.providers.get(&row.provider).map_or(row.provider.as_str(), |known| &known.rules().name);
    format!(
        "<li><p class=\"words\">{} as {}</p><form class=\"form\" method=\"post\" action=\"{PAGE}/unlink\">\
         <input type=\"hidden\" name=\"id\" value=\"{}\"><button class=\"btn\" type=\"submit\">Unlink {}</button></form></li>",
        escape(name),
        escape(&row.email),
        row.id,
        escape(name),
    )
}

fn link_form(known: &KnownProvider) -> String {
    let rules = known.rules();
    format!(
        "<form class=\"form\" method=\"post\" action=\"{PAGE}/link/{}\"><button class=\"btn\" type=\"submit\">Link {}</button></form>",
        escape(&rules.id),
        escape(&rules.name),
    )
}

/// Leads to the provider, to come back as the same person. A form asks for it, so no other site can; and since a form may
/// not lead to another site (the page's policy), the answer is a page that goes on by itself.
pub async fn start(
    State(edge): State<Edge>,
    Path(provider): Path<String>,
    Extension(actor): Extension<Actor>,
    parts: Parts,
) -> Result<Response, HttpError> {
    if actor.user_id().is_none() {
        return Err(HttpError::new(StatusCode::FORBIDDEN, "Only a person has ways to sign in"));
    }
    let known = edge.providers.get(&provider).ok_or_else(|| HttpError::not_found("way to sign in"))?;
    if !services::accounts::is_fresh(&edge.cx, &actor).await? {
        return Ok(confirm::first(PAGE));
    }
    let departure = services::accounts::begin_link(&edge.cx, &actor, &known.rules().id, PAGE).await?;
    let (url, browser) = leads(&edge, known, departure, &address::of(&parts)).await?;
    Ok((departing(&edge, &browser), onward(&url, &known.rules().name)).into_response())
}

/// A page that goes on to another site by itself, with a link for whoever does not want to wait.
pub(crate) fn onward(url: &str, name: &str) -> Response {
    let body = format!(
        "<h1>Going on to {0}</h1>\
         <p><a class=\"btn primary\" href=\"{1}\">Go on to {0}</a></p>",
        escape(name),
        escape(url),
    );
    let mut response = entry("Going on", &body);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={url}")) {
        response.headers_mut().insert(HeaderName::from_static("refresh"), refresh);
    }
    response
}

/// Links what the provider named to whoever left for it, if they are still here.
pub(super) async fn link(
    edge: &Edge,
    known: &KnownProvider,
    identity: &Identity,
    left: LoginId,
    parts: &Parts,
) -> Result<(), Arrival> {
    let actor = parts.extensions.get::<Actor>();
    let same = actor.filter(|actor| matches!(actor, Actor::User { login, .. } if *login == left));
    let actor = same.ok_or_else(|| refused("whoever asked for the link is not signed in any more"))?;
    Ok(services::accounts::link_identity(&edge.cx, actor, known.rules(), identity).await?)
}

#[derive(Deserialize)]
struct UnlinkForm {
    id: Uuid,
}

/// Takes a way to sign in away.
pub async fn unlink(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Result<Response, HttpError> {
    let (_, form) = form::<UnlinkForm>(request).await?;
    if !services::accounts::is_fresh(&edge.cx, &actor).await? {
        return Ok(confirm::first(PAGE));
    }
    services::accounts::unlink_identity(&edge.cx, &actor, form.id).await?;
    Ok(Redirect::to(PAGE).into_response())
}
