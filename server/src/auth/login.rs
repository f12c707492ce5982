//! `POST /login` and `POST /logout`: plain forms, answered with a redirect. A refused one comes back with a code that the
//! page has words for; no words come from the address. One that came too soon is answered with the form itself.

use app::routes::to::{self, segment};
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
    pages::{entry, escape, form_error},
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
        let mut response = too_soon(&edge, &form.email, target, seconds);
        response.extensions_mut().insert(Reason("too many sign-ins from this address".to_owned()));
        return Ok(response);
    }
    match services::accounts::sign_in(&edge.cx, &form.email, &form.password, &from).await {
        Ok(user) => {
            let arrival = factor::Arrival { next: target, vouched: None };
            factor::enter(&edge, &session, user, arrival, from).await
        }
        Err(Error::Unauthorized(_) | Error::Invalid(_)) => {
            let typed = format!("email={}&next={}", segment(&form.email), segment(target));
            Ok(Redirect::to(&format!("/login?error=credentials&{typed}")).into_response())
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let mut response = too_soon(&edge, &form.email, target, retry_after_seconds);
            response.extensions_mut().insert(OnRecord);
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

/// The form again, with what was typed but the password, for after a wait. A redirect could not say how long that is, and would
/// put the e-mail address into histories and logs.
fn too_soon(edge: &Edge, email: &str, target: &str, seconds: u64) -> Response {
    let ways: String = edge.providers.iter().map(|known| way_in(&known.rules().id, &known.rules().name, target)).collect();
    let wait = match seconds {
        0..=60 => "a minute".to_owned(),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    };
    let alert = form_error(&format!("Too many attempts. Wait {wait}, then try again."));
    let body = format!(
        "<h1>Sign in to loki</h1>\
         <form class=\"form\" method=\"post\" action=\"{login}\">{alert}\
         <div class=\"field\"><label for=\"email\">Email</label>\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required value=\"{email}\"></div>\
         <div class=\"field\"><label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required></div>\
         <input type=\"hidden\" name=\"next\" value=\"{next}\">\
         <button class=\"btn primary\" type=\"submit\">Sign in</button></form>\
         <p><a href=\"{forgot}\">Forgot your password?</a></p>{ways}",
        login = to::LOGIN,
        forgot = to::FORGOT,
        email = escape(email),
        next = escape(target),
    );
    let mut response = (StatusCode::TOO_MANY_REQUESTS, entry("Sign in", &body)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn way_in(id: &str, name: &str, target: &str) -> String {
    format!("<p><a class=\"btn\" href=\"{}\">Sign in with {}</a></p>", escape(&to::login_with(id, Some(target))), escape(name))
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
