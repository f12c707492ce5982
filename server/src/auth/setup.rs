//! `POST /setup`: the first person becomes admin with the link that the server printed, once. A refused form comes back with the
//! reason in the words of the use case.

use app::{pages::refused::Refused, routes::to};
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use services::{Error, accounts::NewAdmin};
use tower_sessions::Session;

use super::{address, login::form, sessions};
use crate::{
    edge::Edge,
    error::{HttpError, Reason},
    pages::refused_form,
};

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
    let typed = vec![("token", form.token.clone()), ("email", form.email.clone()), ("name", form.name.clone())];
    let admin = NewAdmin { token: form.token, email: form.email, name: form.name, password: form.password };
    match services::accounts::create_first_admin(&edge.cx, admin).await {
        Ok(user) => {
            sessions::sign_in(&edge.cx, &session, user, address::of(&parts)).await?;
            Ok(Redirect::to("/").into_response())
        }
        Err(error @ (Error::Unauthorized(_) | Error::Invalid(_) | Error::Conflict(_))) => {
            let refusal = HttpError::from(error);
            let refused = Refused { problem: format!("{}.", refusal.detail()), typed };
            let mut response = refused_form(&edge, to::SETUP, refusal.status(), refused).await;
            response.extensions_mut().insert(Reason(refusal.detail().to_owned()));
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}
