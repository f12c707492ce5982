//! `POST /login` and `POST /logout`: plain forms, answered with a redirect. Who is refused gets the page again by the answer
//! itself: a redirect would put the email address into histories and logs, and could not say how long to wait.

use app::{pages::refused::Refused, routes::to};
use axum::{
    Form,
    extract::{FromRequest as _, FromRequestParts as _, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use services::{Error, audit::SignedHow};
use tower_sessions::Session;

use super::{Signed, address, factor, next, providers::linked::onward, sessions};
use crate::{
    edge::Edge,
    error::{HttpError, OnRecord, Reason},
    extract::{has_nul_in_form, whole},
    pages::refused_form,
    router::FORM_BODY,
};

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
    if let Err(seconds) = edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()) {
        let mut response = too_soon(&edge, (&form.email, target), seconds).await;
        response.extensions_mut().insert(Reason("too many sign-ins from this address".to_owned()));
        return Ok(response);
    }
    match services::accounts::sign_in(&edge.cx, &form.email, &form.password, &from).await {
        Ok(user) => {
            let arrival = factor::Arrival { next: target, vouched: None };
            factor::enter(&edge, &session, user, arrival, from).await
        }
        Err(Error::Unauthorized(_) | Error::Invalid(_)) => {
            let problem = "Email or password is wrong. Check both and try again.".to_owned();
            let mut response = again(&edge, (&form.email, target), StatusCode::UNAUTHORIZED, problem).await;
            response.extensions_mut().insert(OnRecord);
            Ok(response)
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let mut response = too_soon(&edge, (&form.email, target), retry_after_seconds).await;
            response.extensions_mut().insert(OnRecord);
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

/// The page again, for after a wait.
async fn too_soon(edge: &Edge, typed: (&str, &str), seconds: u64) -> Response {
    let wait = match seconds {
        0..=60 => "a minute".to_owned(),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    };
    let problem = format!("Too many attempts. Wait {wait}, then try again.");
    let mut response = again(edge, typed, StatusCode::TOO_MANY_REQUESTS, problem).await;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The page with what was typed but the password.
async fn again(edge: &Edge, (email, target): (&str, &str), status: StatusCode, problem: String) -> Response {
    let typed = vec![("email", email.to_owned()), ("next", target.to_owned())];
    refused_form(edge, to::LOGIN, status, Refused { problem, typed }).await
}

/// Signs out, and at the provider that the person came from if it offers that.
pub async fn logout(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (mut parts, _) = request.into_parts();
    if let Ok(Signed(actor)) = Signed::from_request_parts(&mut parts, &edge).await {
        services::audit::signed(&edge.cx, &actor, SignedHow::Out).await?;
    }
    let vouched = sessions::vouched(&session).await;
    sessions::sign_out(&session).await?;
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
    let (parts, bytes) = whole(request, FORM_BODY).await?;
    let unreadable =
        || HttpError::new(StatusCode::UNPROCESSABLE_ENTITY, "The form could not be read. Reload the page and try again");
    if has_nul_in_form(&bytes) {
        return Err(unreadable());
    }
    let again = Request::from_parts(parts.clone(), bytes.into());
    let Form(form) = Form::<T>::from_request(again, &()).await.map_err(|_| unreadable())?;
    Ok((parts, form))
}
