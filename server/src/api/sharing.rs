//! Whom a project belongs to and with whom it is shared.

use axum::{Json, extract::State, http::StatusCode};
use protocol::{
    ProjectId, ShareId,
    projects::Project,
    teams::{Share, ShareList, ShareProject, TransferProject},
};

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Body, Id},
};

/// The owner and the shares of a project, for its admins
#[utoipa::path(get, path = "/api/v2/projects/{id}/shares", tag = "projects", params(("id" = ProjectId, Path)),
    responses((status = 200, body = ShareList), Refusals))]
pub async fn list(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<ProjectId>) -> Result<Json<ShareList>, HttpError> {
    Ok(Json(services::projects::shares(&edge.cx, &actor, id).await?))
}

/// Shares a project with a person or a team, or changes the role of the share that they have
#[utoipa::path(post, path = "/api/v2/projects/{id}/shares", tag = "projects", params(("id" = ProjectId, Path)), request_body = ShareProject,
    responses((status = 201, body = Share), Refusals))]
pub async fn share(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<ProjectId>,
    Body(command): Body<ShareProject>,
) -> Result<(StatusCode, Json<Share>), HttpError> {
    Ok((StatusCode::CREATED, Json(services::projects::share(&edge.cx, &actor, id, command).await?)))
}

/// Takes a share away; it counts at once, for open sockets too
#[utoipa::path(delete, path = "/api/v2/projects/{id}/shares/{share}", tag = "projects",
    params(("id" = ProjectId, Path), ("share" = ShareId, Path)), responses((status = 204, description = "It is taken away"), Refusals))]
pub async fn unshare(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, share)): Id<(ProjectId, ShareId)>,
) -> Result<StatusCode, HttpError> {
    services::projects::unshare(&edge.cx, &actor, id, share).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a project to a person, a team or the installation
#[utoipa::path(put, path = "/api/v2/projects/{id}/owner", tag = "projects", params(("id" = ProjectId, Path)), request_body = TransferProject,
    responses((status = 200, body = Project), Refusals))]
pub async fn transfer(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<ProjectId>,
    Body(command): Body<TransferProject>,
) -> Result<Json<Project>, HttpError> {
    Ok(Json(services::projects::transfer(&edge.cx, &actor, id, command).await?))
}
