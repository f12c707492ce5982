//! `POST /login` and `POST /logout`: plain forms, answered with a redirect. A refused one comes back with a code that the
//! page has words for; no words come from the address.

use app::routes::to::segment;
use axum::{
    Form,
    extract::{FromRequest as _, FromRequestParts as _, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use services::{Error, audit::SignedHow};
use tower_sessions::Session;

use super::{Signed, address, factor, next, providers::linked::onward, sessions};
use crate::{edge::Edge, error::HttpError};

/// The sign-in form.
#[derive(Deserialize)]
struct LoginForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: Option<String>,
}

/// Signs in.
pub async fn login(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<LoginForm>(request).await?;
    let from = address::of(&parts);
    let target = next::local_path(form.next.as_deref());
    if edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()).is_err() {
        return Ok(back("too_many", &form.email, target));
    }
    let code = match services::accounts::sign_in(&edge.cx, &form.email, &form.password, &from).await {
        Ok(user) => {
            let arrival = factor::Arrival { next: target, vouched: None };
            return factor::enter(&edge, &session, user, arrival, from).await;
        }
        Err(Error::Unauthorized(_) | Error::Invalid(_)) => "credentials",
        Err(Error::TooMany { .. }) => "too_many",
        Err(other) => return Err(other.into()),
    };
    Ok(back(code, &form.email, target))
}

fn back(code: &str, email: &str, target: &str) -> Response {
    Redirect::to(&format!("/login?error={code}&email={}&next={}", segment(email), segment(target))).into_response()
}

/// Signs out, and at the provider that the person came from if it offers that.
pub async fn logout(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (mut parts, _) = request.into_parts();
    if let Ok(Signed(actor)) = Signed::from_request_parts(&mut parts, &edge).await {
        services::audit::signed(&edge.cx, &actor, SignedHow::Out).await?;
    }
    let vouched = sessions::vouched(&session).await;
    sessions::sign_out(&session).await.map_err(|error| HttpError::internal(&error))?;
    edge.cx.nudges.access();
    if let Some(vouched) = vouched
        && let Some(known) = edge.providers.get(&vouched.provider)
    {
        let back = format!("{}/login", edge.settings.public_url);
        if let Some(url) = known.logout_url(&vouched, &back, edge.cx.clock.now()).await {
            return Ok(onward(url.as_str(), &known.rules().name));
        }
    }
    Ok(Redirect::to("/login").into_response())
}

/// The fields of a form with the head of its request.
pub(crate) async fn form<T: DeserializeOwned>(request: Request) -> Result<(Parts, T), HttpError> {
    let (parts, body) = request.into_parts();
    let again = Request::from_parts(parts.clone(), body);
    let Form(form) = Form::<T>::from_request(again, &()).await.map_err(|_| {
        HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "The form could not be read. Reload the page and try again")
    })?;
    Ok((parts, form))
}
