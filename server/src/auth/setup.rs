//! `POST /setup`: the first person becomes admin with the link that the server printed, once.

use app::routes::to::segment;
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use services::{Error, accounts::NewAdmin};
use tower_sessions::Session;

use super::{address, login::form, sessions};
use crate::{edge::Edge, error::HttpError};

/// The form of the first visit.
#[derive(Deserialize)]
struct SetupForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// Makes the first account and signs it in.
pub async fn setup(State(edge): State<Edge>, session: Session, request: Request) -> Result<Response, HttpError> {
    let (parts, form) = form::<SetupForm>(request).await?;
    let typed = format!("token={}&email={}&name={}", segment(&form.token), segment(&form.email), segment(&form.name));
    let admin = NewAdmin { token: form.token, email: form.email, name: form.name, password: form.password };
    match services::accounts::create_first_admin(&edge.cx, admin).await {
        Ok(user) => {
            sessions::sign_in(&edge.cx, &session, user, address::of(&parts)).await?;
            Ok(Redirect::to("/").into_response())
        }
        Err(error) => match code(&edge, &error).await {
            Some(code) => Ok(Redirect::to(&format!("/setup?error={code}&{typed}")).into_response()),
            None => Err(error.into()),
        },
    }
}

/// The page's name for what was wrong; nothing for faults of the server.
async fn code(edge: &Edge, error: &Error) -> Option<&'static str> {
    match error {
        Error::Conflict(_) => Some("taken"),
        Error::Unauthorized(_) => {
            let open = services::accounts::setup_needed(&edge.cx).await.unwrap_or(true);
            Some(if open { "token" } else { "taken" })
        }
        // The use case says it in words alone; each of its sentences names the field.
        Error::Invalid(text) => {
            let fields = [
                ("needs at least", "password"),
                ("too long", "password_long"),
                ("used most", "password_common"),
                ("which is tried first", "password_own"),
                ("data breach", "password_breached"),
                ("e-mail", "email"),
                ("password", "password"),
                ("name", "name"),
            ];
            fields.into_iter().find(|(word, _)| text.contains(word)).map(|(_, code)| code).or(Some("other"))
        }
        _ => None,
    }
}
