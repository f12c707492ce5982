//! Projects.

use axum::{Json, extract::State, http::StatusCode};
use protocol::{
    ProjectId,
    projects::{CreateProject, Project, ProjectList, UpdateProject},
};

use crate::{
    api::{ListQuery, Refusals},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// All projects, newest first
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(ListQuery), responses((status = 200, body = ProjectList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<ProjectList>, HttpError> {
    let page = services::projects::list(&edge.cx, &actor, &query.into()).await?;
    let projects = page.items.into_iter().map(|row| row.project).collect();
    Ok(Json(ProjectList { projects, next: page.next }))
}

/// Creates a project: empty, from a template, a spec, a git URL or a folder of the server
#[utoipa::path(post, path = "/api/projects", tag = "projects", request_body = CreateProject, responses((status = 201, body = Project), Refusals))]
pub async fn create(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<CreateProject>,
) -> Result<(StatusCode, Json<Project>), HttpError> {
    let project = services::projects::create(&edge.cx, &actor, command).await?;
    Ok((StatusCode::CREATED, Json(project)))
}

/// One project
#[utoipa::path(get, path = "/api/projects/{id}", tag = "projects", params(("id" = ProjectId, Path)), responses((status = 200, body = Project), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<ProjectId>) -> Result<Json<Project>, HttpError> {
    Ok(Json(services::projects::get(&edge.cx, &actor, id).await?))
}

/// Changes what is given and leaves the rest
#[utoipa::path(put, path = "/api/projects/{id}", tag = "projects", params(("id" = ProjectId, Path)), request_body = UpdateProject,
    responses((status = 200, body = Project), Refusals))]
pub async fn update(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<ProjectId>,
    Body(command): Body<UpdateProject>,
) -> Result<Json<Project>, HttpError> {
    Ok(Json(services::projects::update(&edge.cx, &actor, id, command).await?))
}

/// Deletes a project with its runs; a folder that was not made by loki stays
#[utoipa::path(delete, path = "/api/projects/{id}", tag = "projects", params(("id" = ProjectId, Path)),
    responses((status = 204, description = "It is gone"), (status = 409, body = protocol::ApiError, description = "A run is active"), Refusals))]
pub async fn delete(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<ProjectId>) -> Result<StatusCode, HttpError> {
    services::projects::delete(&edge.cx, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
