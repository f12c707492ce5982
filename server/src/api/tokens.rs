//! API tokens: `/api/enterprise/tokens`, and the same under the name that `/api/v2/api-keys` gives them.

use axum::{Json, extract::State, http::StatusCode};
use protocol::access::{CreateToken, RotateToken, Token, UpdateToken};
use serde::{Deserialize, Serialize};
use services::accounts::{TokenEnding, Which};
use utoipa::ToSchema;

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// The query of `GET /api/enterprise/tokens`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TokensQuery {
    /// The revoked ones too
    include_revoked: bool,
}

/// The query of `DELETE /api/enterprise/tokens/{id}`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct EndQuery {
    /// Deletes it; otherwise it is revoked and stays in the list of all
    permanent: bool,
}

/// What was done to a token.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    status: &'static str,
    /// `revoke` or `delete`
    action: &'static str,
    /// The id or name that it was asked by
    identifier: String,
}

/// `GET /api/v2/api-keys`.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    keys: Vec<Token>,
}

/// All tokens, newest first
#[utoipa::path(get, path = "/api/enterprise/tokens", tag = "tokens", params(TokensQuery), responses((status = 200, body = Vec<Token>), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<TokensQuery>,
) -> Result<Json<Vec<Token>>, HttpError> {
    let which = if query.include_revoked { Which::All } else { Which::NotRevoked };
    Ok(Json(services::accounts::list_tokens(&edge.cx, &actor, which).await?))
}

/// Makes a token with a role or scopes, never more than the caller has; its secret is in this answer alone
#[utoipa::path(post, path = "/api/enterprise/tokens", tag = "tokens", request_body = CreateToken, responses((status = 201, body = Token), Refusals))]
pub async fn create(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<CreateToken>,
) -> Result<(StatusCode, Json<Token>), HttpError> {
    let token = services::accounts::create_token(&edge.cx, &actor, command).await?;
    Ok((StatusCode::CREATED, Json(token)))
}

/// Ends a token, by its id or name, at once, with those that it replaces
#[utoipa::path(delete, path = "/api/enterprise/tokens/{id}", tag = "tokens", params(("id" = String, Path, description = "Its id or name"), EndQuery),
    responses((status = 200, body = Ended), (status = 409, body = protocol::ApiError, description = "Several tokens have that name"), Refusals))]
pub async fn end(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(identifier): Id<String>,
    Asked(query): Asked<EndQuery>,
) -> Result<Json<Ended>, HttpError> {
    let ending = if query.permanent { TokenEnding::Delete } else { TokenEnding::Revoke };
    services::accounts::end_token(&edge.cx, &actor, &identifier, ending).await?;
    Ok(Json(Ended { status: "ok", action: ending.as_str(), identifier }))
}

/// All tokens that are not revoked, newest first
#[utoipa::path(get, path = "/api/v2/api-keys", tag = "tokens", responses((status = 200, body = KeyList), Refusals))]
pub async fn list_keys(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<KeyList>, HttpError> {
    let keys = services::accounts::list_tokens(&edge.cx, &actor, Which::NotRevoked).await?;
    Ok(Json(KeyList { keys }))
}

/// Makes a token; the same as `POST /api/enterprise/tokens`
#[utoipa::path(post, path = "/api/v2/api-keys", tag = "tokens", request_body = CreateToken, responses((status = 201, body = Token), Refusals))]
pub async fn create_key(
    edge: State<Edge>,
    actor: Signed,
    command: Body<CreateToken>,
) -> Result<(StatusCode, Json<Token>), HttpError> {
    create(edge, actor, command).await
}

/// One token, by its id or name
#[utoipa::path(get, path = "/api/v2/api-keys/{id}", tag = "tokens", params(("id" = String, Path, description = "Its id or name")),
    responses((status = 200, body = Token), Refusals))]
pub async fn get_key(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<String>) -> Result<Json<Token>, HttpError> {
    Ok(Json(services::accounts::token(&edge.cx, &actor, &id).await?))
}

/// Changes description, allowed addresses or rate limit
#[utoipa::path(put, path = "/api/v2/api-keys/{id}", tag = "tokens", params(("id" = String, Path, description = "Its id or name")),
    request_body = UpdateToken, responses((status = 200, body = Token), Refusals))]
pub async fn update_key(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<String>,
    Body(command): Body<UpdateToken>,
) -> Result<Json<Token>, HttpError> {
    Ok(Json(services::accounts::update_token(&edge.cx, &actor, &id, command).await?))
}

/// Ends a token at once, with those that it replaces
#[utoipa::path(delete, path = "/api/v2/api-keys/{id}", tag = "tokens", params(("id" = String, Path, description = "Its id or name")),
    responses((status = 204, description = "It no longer counts"), Refusals))]
pub async fn end_key(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<String>) -> Result<StatusCode, HttpError> {
    services::accounts::end_token(&edge.cx, &actor, &id, TokenEnding::Revoke).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a token a new secret; the old one still counts for the grace period
#[utoipa::path(post, path = "/api/v2/api-keys/{id}/rotate", tag = "tokens", params(("id" = String, Path, description = "Its id or name")),
    request_body = RotateToken, responses((status = 200, body = Token), (status = 409, body = protocol::ApiError, description = "It does not count any more"), Refusals))]
pub async fn rotate_key(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<String>,
    Body(command): Body<RotateToken>,
) -> Result<Json<Token>, HttpError> {
    Ok(Json(services::accounts::rotate_token(&edge.cx, &actor, &id, command).await?))
}
