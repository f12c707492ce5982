//! `/account/confirm`: somebody who is signed in shows once more that it is them, with their password or a code, before they
//! change how they sign in or where. A plain page of the server, which works without script.

use app::routes::to::segment;
use axum::{
    Extension,
    extract::{Query, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::actor::Actor;
use serde::Deserialize;
use services::{Error, accounts};
use tower_sessions::Session;

use super::{address, login::form, next, sessions};
use crate::{
    edge::Edge,
    error::HttpError,
    pages::{entry, escape, form_error},
};

/// The query of the page: where to go on to.
#[derive(Debug, Deserialize)]
pub struct Going {
    next: Option<String>,
}

#[derive(Deserialize)]
struct ProofForm {
    #[serde(default)]
    proof: String,
    next: Option<String>,
}

/// The form, or the way to sign in again for whoever has nothing to type.
pub async fn page(
    State(edge): State<Edge>,
    Extension(actor): Extension<Actor>,
    Query(going): Query<Going>,
) -> Result<Response, HttpError> {
    show(&edge, &actor, (StatusCode::OK, ""), next::local_path(going.next.as_deref())).await
}

async fn show(edge: &Edge, actor: &Actor, (status, problem): (StatusCode, &str), target: &str) -> Result<Response, HttpError> {
    let panel = if accounts::can_prove(&edge.cx, actor).await? {
        proof_form(problem, target)
    } else {
        let linked = accounts::linked_identities(&edge.cx, actor).await?;
        let known = edge.providers.iter().filter(|known| linked.iter().any(|row| row.provider == known.rules().id));
        let link = |id: &str, name: &str| {
            let (id, name) = (segment(id), escape(name));
            format!(
                "<p><a class=\"btn primary\" href=\"/login/with/{id}?next={}&amp;again=1\">Sign in again with {name}</a></p>",
                segment(target)
            )
        };
        let links: String = known.map(|known| link(&known.rules().id, &known.rules().name)).collect();
        format!(
            "{links}<p class=\"hint\">If this page comes back, the provider did not say when you signed in there. Ask an admin for a \
             link to set a password, and show that.</p>"
        )
    };
    let body = format!(
        "<h1>Confirm it is you</h1><p>This asks for a fresh proof: show once more who you are.</p>{panel}\
         <p><a href=\"{}\">Go back</a></p>",
        escape(target)
    );
    Ok((status, entry("Confirm it is you", &body)).into_response())
}

fn proof_form(problem: &str, target: &str) -> String {
    let alert = form_error(problem);
    format!(
        "<form class=\"form\" method=\"post\" action=\"{}\">{alert}<input type=\"hidden\" name=\"next\" value=\"{}\">\
         <div class=\"field\"><label for=\"proof\">Password or code</label>\
         <input id=\"proof\" name=\"proof\" type=\"password\" autocomplete=\"current-password\" maxlength=\"128\" \
         aria-describedby=\"proof-hint\" required autofocus>\
         <p class=\"hint\" id=\"proof-hint\">Your password, or a code of your second factor.</p></div>\
         <button class=\"btn primary\" type=\"submit\">Confirm</button></form>",
        accounts::CONFIRM,
        escape(target),
    )
}

/// Takes the proof and leads on, under another cookie value.
pub async fn confirm(
    State(edge): State<Edge>,
    session: Session,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Result<Response, HttpError> {
    let (parts, form) = form::<ProofForm>(request).await?;
    let target = next::local_path(form.next.as_deref());
    if edge.buckets.sign_in(address::of(&parts).address, edge.cx.clock.now().millis()).is_err() {
        return show(&edge, &actor, (StatusCode::TOO_MANY_REQUESTS, TOO_MANY), target).await;
    }
    match accounts::prove_oneself(&edge.cx, &actor, &form.proof).await {
        Ok(()) => {
            sessions::proved(&edge.cx, &session).await?;
            Ok(Redirect::to(target).into_response())
        }
        Err(Error::Invalid(_)) if actor.user_id().is_some() => {
            let words = "That is neither your password nor a code that counts. A code counts once, while it is shown.";
            show(&edge, &actor, (StatusCode::UNPROCESSABLE_ENTITY, words), target).await
        }
        Err(Error::TooMany { .. }) => show(&edge, &actor, (StatusCode::TOO_MANY_REQUESTS, TOO_MANY), target).await,
        Err(other) => Err(other.into()),
    }
}

const TOO_MANY: &str = "Too many attempts. Wait a minute, then try again.";

/// Where somebody shows that it is them, to go on to `target` afterwards.
pub(super) fn first(target: &str) -> Response {
    Redirect::to(&format!("{}?next={}", accounts::CONFIRM, segment(target))).into_response()
}
