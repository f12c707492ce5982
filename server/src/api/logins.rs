//! Where people are signed in, and their password.

use axum::{Json, extract::State, http::StatusCode};
use protocol::{
    LoginId,
    access::{ChangePassword, Login},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Body, Id},
};

/// `GET /api/v2/logins`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginList {
    logins: Vec<Login>,
    next: Option<String>,
}

/// `DELETE /api/v2/logins`.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedLogins {
    ended: usize,
}

/// Where the caller is signed in; a token is nowhere
#[utoipa::path(get, path = "/api/v2/logins", tag = "accounts", responses((status = 200, body = LoginList), Refusals))]
pub async fn list(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<LoginList>, HttpError> {
    Ok(Json(LoginList { logins: services::accounts::list_logins(&edge.cx, &actor).await?, next: None }))
}

/// Signs the caller out there
#[utoipa::path(delete, path = "/api/v2/logins/{id}", tag = "accounts", params(("id" = LoginId, Path)),
    responses((status = 204, description = "It is over"), Refusals))]
pub async fn end(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<LoginId>) -> Result<StatusCode, HttpError> {
    services::accounts::end_login(&edge.cx, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs the caller out everywhere else
#[utoipa::path(delete, path = "/api/v2/logins", tag = "accounts", responses((status = 200, body = EndedLogins), Refusals))]
pub async fn end_others(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<EndedLogins>, HttpError> {
    Ok(Json(EndedLogins { ended: services::accounts::end_other_logins(&edge.cx, &actor).await? }))
}

/// Sets another password for the caller, with the present one; the caller's other logins end
#[utoipa::path(put, path = "/api/v2/password", tag = "accounts", request_body = ChangePassword,
    responses((status = 200, body = EndedLogins),
        (status = 409, body = protocol::ApiError, description = "The account has no password"),
        (status = 429, body = protocol::ApiError, description = "Too many wrong ones"), Refusals))]
pub async fn change_password(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<ChangePassword>,
) -> Result<Json<EndedLogins>, HttpError> {
    Ok(Json(EndedLogins { ended: services::accounts::change_password(&edge.cx, &actor, command).await? }))
}
