//! Where people sign in besides with a password, and asking those providers whether they are there.

use axum::{Json, extract::State};
use protocol::server::{SignInProvider, SignInProviders};

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError, extract::Id};

/// The sign-in providers, their rules, and how it went when each was last asked about itself
#[utoipa::path(get, path = "/api/v2/sign-in-providers", tag = "accounts",
    responses((status = 200, body = SignInProviders), Refusals))]
pub async fn list(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<SignInProviders>, HttpError> {
    Ok(Json(services::server::providers(&edge.cx, &actor)?))
}

/// Asks a provider now whether it is there, knows this server and leads back to it
#[utoipa::path(post, path = "/api/v2/sign-in-providers/{id}/check", tag = "accounts",
    params(("id" = String, Path, description = "Its id in the set-up")),
    responses((status = 200, body = SignInProvider, description = "How it went stands in `asked`"), Refusals))]
pub async fn check(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<String>,
) -> Result<Json<SignInProvider>, HttpError> {
    Ok(Json(services::server::check_provider(&edge.cx, &actor, &id).await?))
}
