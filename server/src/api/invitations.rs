//! Invitations: made, listed and withdrawn here, taken up in a browser.

use axum::{Json, extract::State, http::StatusCode};
use domain::links;
use protocol::{
    TeamId,
    page::PageQuery,
    teams::{Invitation, InvitationList, Invite},
};
use serde::Deserialize;

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// The query of `GET /api/v2/invitations`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct InvitationQuery {
    /// Only those into this team; its admins may ask for them too
    team: Option<TeamId>,
    /// Words in the email address or the name of who made it
    q: String,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    limit: Option<u32>,
}

/// Invitations that still count, newest first
#[utoipa::path(get, path = "/api/v2/invitations", tag = "teams", params(InvitationQuery),
    responses((status = 200, body = InvitationList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<InvitationQuery>,
) -> Result<Json<InvitationList>, HttpError> {
    let InvitationQuery { team, q, after, limit } = query;
    let page = services::accounts::invitations(&edge.cx, &actor, team, &q, &PageQuery { after, limit }).await?;
    Ok(Json(InvitationList { invitations: page.items, next: page.next }))
}

/// Makes an invitation; its link, which works once, is in this answer alone
#[utoipa::path(post, path = "/api/v2/invitations", tag = "teams", request_body = Invite,
    responses((status = 201, body = Invitation), (status = 409, body = protocol::ApiError, description = "They have an account already"), Refusals))]
pub async fn create(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<Invite>,
) -> Result<(StatusCode, Json<Invitation>), HttpError> {
    let (invitation, secret) = services::accounts::invite_by_link(&edge.cx, &actor, command).await?;
    let link = links::invite(&edge.settings.public_url, &secret);
    Ok((StatusCode::CREATED, Json(Invitation { link: Some(link), ..invitation })))
}

/// Takes an invitation back
#[utoipa::path(delete, path = "/api/v2/invitations/{id}", tag = "teams", params(("id" = String, Path)),
    responses((status = 204, description = "It counts no more"), Refusals))]
pub async fn withdraw(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<String>) -> Result<StatusCode, HttpError> {
    services::accounts::withdraw(&edge.cx, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
