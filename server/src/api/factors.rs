//! Second factors of whoever asks, who is a person in a browser; and their end by an admin.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use protocol::{
    FactorId,
    factors::{
        BeginFactor, BeginPasskey, ConfirmFactor, ConfirmPasskey, ConfirmedFactor, FactorList, FactorSetUp, PasskeyQuestion,
        PasskeySetUp, ProveFactor, RecoveryCodes, ResetFactors,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::Refusals,
    auth::{Signed, address, factor},
    edge::Edge,
    error::HttpError,
    extract::{Body, Id},
};

/// What was taken away.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorsReset {
    /// Factors that counted
    removed: u64,
}

/// The caller's factors, oldest first
#[utoipa::path(get, path = "/api/v2/factors", tag = "factors", responses((status = 200, body = FactorList), Refusals))]
pub async fn list(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<FactorList>, HttpError> {
    Ok(Json(services::accounts::list_factors(&edge.cx, &actor).await?))
}

/// Begins to set up an authenticator app; its secret is in this answer alone, and counts once it was confirmed
#[utoipa::path(post, path = "/api/v2/factors", tag = "factors", request_body = BeginFactor, responses((status = 201, body = FactorSetUp),
    (status = 409, body = protocol::ApiError, description = "There are five already"), Refusals))]
pub async fn begin(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<BeginFactor>,
) -> Result<(StatusCode, Json<FactorSetUp>), HttpError> {
    let begun = services::accounts::begin_factor(&edge.cx, &actor, command).await?;
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Makes a factor count by a code of it; with the first one come recovery codes
#[utoipa::path(post, path = "/api/v2/factors/{id}/confirm", tag = "factors", params(("id" = FactorId, Path)), request_body = ConfirmFactor,
    responses((status = 200, body = ConfirmedFactor), Refusals))]
pub async fn confirm(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<FactorId>,
    Body(command): Body<ConfirmFactor>,
) -> Result<Json<ConfirmedFactor>, HttpError> {
    Ok(Json(services::accounts::confirm_factor(&edge.cx, &actor, id, &command.code).await?))
}

/// Begins to add a passkey, to be asked for in the caller's browser; it counts once its answer was sent
#[utoipa::path(post, path = "/api/v2/factors/passkeys", tag = "factors", request_body = BeginPasskey,
    responses((status = 201, body = PasskeySetUp),
    (status = 409, body = protocol::ApiError, description = "There are five factors already, or no passkeys at this server's address"),
    Refusals))]
pub async fn begin_passkey(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<BeginPasskey>,
) -> Result<(StatusCode, Json<PasskeySetUp>), HttpError> {
    let begun = services::accounts::begin_passkey(&edge.cx, &actor, command).await?;
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Makes a passkey count by what the browser answered; with the first factor come recovery codes
#[utoipa::path(post, path = "/api/v2/factors/passkeys/{id}/confirm", tag = "factors", params(("id" = FactorId, Path)),
    request_body = ConfirmPasskey, responses((status = 200, body = ConfirmedFactor),
    (status = 409, body = protocol::ApiError, description = "There are five factors already"), Refusals))]
pub async fn confirm_passkey(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<FactorId>,
    Body(command): Body<ConfirmPasskey>,
) -> Result<Json<ConfirmedFactor>, HttpError> {
    Ok(Json(services::accounts::confirm_passkey(&edge.cx, &actor, id, &command.credential).await?))
}

/// Asks the browser whose sign-in waits for its second step for a passkey; its answer goes to the form of that page
#[utoipa::path(post, path = "/api/v2/second-step/passkey", tag = "factors", security(()),
    responses((status = 200, body = PasskeyQuestion),
    (status = 404, body = protocol::ApiError, description = "No sign-in of this browser waits"),
    (status = 409, body = protocol::ApiError, description = "The account has no passkey, or there are none at this server's address")))]
pub async fn second_step(State(edge): State<Edge>, request: Request) -> Result<Json<PasskeyQuestion>, HttpError> {
    let (parts, _) = request.into_parts();
    let from = address::of(&parts);
    if let Err(wait) = edge.buckets.sign_in(from.address, edge.cx.clock.now().millis()) {
        return Err(HttpError::too_many("Too many attempts. Wait a minute, then try again", wait));
    }
    let browser = factor::waiting_browser(&edge, &parts.headers);
    Ok(Json(PasskeyQuestion { options: services::accounts::ask_for_passkey(&edge.cx, browser).await? }))
}

/// Takes a factor away, with the password or a code
#[utoipa::path(post, path = "/api/v2/factors/{id}/remove", tag = "factors", params(("id" = FactorId, Path)), request_body = ProveFactor,
    responses((status = 204, description = "It no longer counts"), Refusals))]
pub async fn remove(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<FactorId>,
    Body(command): Body<ProveFactor>,
) -> Result<StatusCode, HttpError> {
    services::accounts::remove_factor(&edge.cx, &actor, id, &command.proof).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ten new recovery codes, in this answer alone; those before count no longer
#[utoipa::path(post, path = "/api/v2/factors/recovery-codes", tag = "factors", request_body = ProveFactor,
    responses((status = 201, body = RecoveryCodes), (status = 409, body = protocol::ApiError, description = "There is no factor"), Refusals))]
pub async fn recovery_codes(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<ProveFactor>,
) -> Result<(StatusCode, Json<RecoveryCodes>), HttpError> {
    let codes = services::accounts::replace_recovery_codes(&edge.cx, &actor, &command.proof).await?;
    Ok((StatusCode::CREATED, Json(codes)))
}

/// Takes all factors and recovery codes of somebody away who has lost them
#[utoipa::path(post, path = "/api/v2/factors/reset", tag = "factors", request_body = ResetFactors,
    responses((status = 200, body = FactorsReset), Refusals))]
pub async fn reset(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<ResetFactors>,
) -> Result<Json<FactorsReset>, HttpError> {
    let removed = services::accounts::reset_factors(&edge.cx, &actor, &command.email).await?;
    Ok(Json(FactorsReset { removed }))
}
