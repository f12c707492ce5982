//! Secrets of the vault: names are read, values only written.

use axum::{Json, extract::State, http::StatusCode};
use domain::vault::SecretScope;
use protocol::{
    ProjectId, TeamId,
    secrets::{PutSecret, Secret, SecretList},
};
use services::vault;

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Body, Id},
};

/// A project's secrets by name; no value is ever shown
#[utoipa::path(get, path = "/api/v2/projects/{id}/secrets", tag = "secrets", params(("id" = ProjectId, Path)),
    responses((status = 200, body = SecretList), Refusals))]
pub async fn list_of_project(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<ProjectId>,
) -> Result<Json<SecretList>, HttpError> {
    let secrets = vault::list(&edge.cx, &actor, SecretScope::Project(id)).await?;
    Ok(Json(SecretList { secrets }))
}

/// Makes a project's secret, or changes its value or uses
#[utoipa::path(put, path = "/api/v2/projects/{id}/secrets/{name}", tag = "secrets",
    params(("id" = ProjectId, Path), ("name" = String, Path, description = "The variable that it becomes")), request_body = PutSecret,
    responses((status = 200, body = Secret), (status = 409, body = protocol::ApiError, description = "There are 100 already"),
        (status = 503, body = protocol::ApiError, description = "The vault's master key is not at hand"), Refusals))]
pub async fn put_of_project(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, name)): Id<(ProjectId, String)>,
    Body(command): Body<PutSecret>,
) -> Result<Json<Secret>, HttpError> {
    Ok(Json(vault::put(&edge.cx, &actor, SecretScope::Project(id), &name, command).await?))
}

/// Removes a project's secret
#[utoipa::path(delete, path = "/api/v2/projects/{id}/secrets/{name}", tag = "secrets",
    params(("id" = ProjectId, Path), ("name" = String, Path)), responses((status = 204, description = "It is gone"), Refusals))]
pub async fn remove_of_project(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, name)): Id<(ProjectId, String)>,
) -> Result<StatusCode, HttpError> {
    vault::remove(&edge.cx, &actor, SecretScope::Project(id), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A team's secrets by name, which the processes of all its projects can be given; no value is ever shown
#[utoipa::path(get, path = "/api/v2/teams/{id}/secrets", tag = "secrets", params(("id" = TeamId, Path)),
    responses((status = 200, body = SecretList), Refusals))]
pub async fn list_of_team(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<TeamId>,
) -> Result<Json<SecretList>, HttpError> {
    let secrets = vault::list(&edge.cx, &actor, SecretScope::Team(id)).await?;
    Ok(Json(SecretList { secrets }))
}

/// Makes a team's secret, or changes its value or uses; a project's own of the same name takes its place there
#[utoipa::path(put, path = "/api/v2/teams/{id}/secrets/{name}", tag = "secrets",
    params(("id" = TeamId, Path), ("name" = String, Path, description = "The variable that it becomes")), request_body = PutSecret,
    responses((status = 200, body = Secret), (status = 409, body = protocol::ApiError, description = "There are 100 already"),
        (status = 503, body = protocol::ApiError, description = "The vault's master key is not at hand"), Refusals))]
pub async fn put_of_team(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, name)): Id<(TeamId, String)>,
    Body(command): Body<PutSecret>,
) -> Result<Json<Secret>, HttpError> {
    Ok(Json(vault::put(&edge.cx, &actor, SecretScope::Team(id), &name, command).await?))
}

/// Removes a team's secret
#[utoipa::path(delete, path = "/api/v2/teams/{id}/secrets/{name}", tag = "secrets",
    params(("id" = TeamId, Path), ("name" = String, Path)), responses((status = 204, description = "It is gone"), Refusals))]
pub async fn remove_of_team(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id((id, name)): Id<(TeamId, String)>,
) -> Result<StatusCode, HttpError> {
    vault::remove(&edge.cx, &actor, SecretScope::Team(id), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The installation's secrets by name, which all projects' processes can be given; no value is ever shown
#[utoipa::path(get, path = "/api/v2/secrets", tag = "secrets", responses((status = 200, body = SecretList), Refusals))]
pub async fn list_of_installation(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<SecretList>, HttpError> {
    let secrets = vault::list(&edge.cx, &actor, SecretScope::Installation).await?;
    Ok(Json(SecretList { secrets }))
}

/// Makes a secret of the installation, or changes its value or uses; a project's of the same name takes its place there
#[utoipa::path(put, path = "/api/v2/secrets/{name}", tag = "secrets",
    params(("name" = String, Path, description = "The variable that it becomes")), request_body = PutSecret,
    responses((status = 200, body = Secret), (status = 409, body = protocol::ApiError, description = "There are 100 already"),
        (status = 503, body = protocol::ApiError, description = "The vault's master key is not at hand"), Refusals))]
pub async fn put_of_installation(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(name): Id<String>,
    Body(command): Body<PutSecret>,
) -> Result<Json<Secret>, HttpError> {
    Ok(Json(vault::put(&edge.cx, &actor, SecretScope::Installation, &name, command).await?))
}

/// Removes a secret of the installation
#[utoipa::path(delete, path = "/api/v2/secrets/{name}", tag = "secrets", params(("name" = String, Path)),
    responses((status = 204, description = "It is gone"), Refusals))]
pub async fn remove_of_installation(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(name): Id<String>,
) -> Result<StatusCode, HttpError> {
    vault::remove(&edge.cx, &actor, SecretScope::Installation, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
