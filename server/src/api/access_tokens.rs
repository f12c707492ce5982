//! Access tokens for calls between services, and the keys to check them with.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use protocol::access::{AccessToken, CreateAccessToken, KeySet};

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError, extract::Body};

/// Mints a signed token (JWT) of 15 minutes from the API token that asks
#[utoipa::path(post, path = "/api/v2/access-tokens", tag = "tokens", request_body = CreateAccessToken,
    responses((status = 201, body = AccessToken), Refusals))]
pub async fn create(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<CreateAccessToken>,
) -> Result<(StatusCode, Json<AccessToken>), HttpError> {
    let token = services::accounts::mint(&edge.cx, &actor, &edge.settings.public_url, command).await?;
    Ok((StatusCode::CREATED, Json(token)))
}

/// The public keys that access tokens are signed with
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", security(()), responses((status = 200, body = KeySet)))]
pub async fn keys(State(edge): State<Edge>) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(edge.cx.access_keys.public_set())).into_response()
}
