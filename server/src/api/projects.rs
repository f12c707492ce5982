//! Projects.

use axum::{Json, extract::State, http::StatusCode};
use domain::sort::PROJECTS;
use protocol::{
    ProjectId,
    page::PageQuery,
    projects::{CreateProject, Project, ProjectList, UpdateProject},
};
use serde::Deserialize;

use crate::{
    api::{Refusals, order},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Body, Id},
};

/// The query of `GET /api/projects`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ProjectQuery {
    /// `name`, `runs` or `changed`, with `-` before it for the other way around; newest first when empty
    sort: String,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// All projects, newest first when no other order is asked for
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(ProjectQuery), responses((status = 200, body = ProjectList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<ProjectQuery>,
) -> Result<Json<ProjectList>, HttpError> {
    let of_page = PageQuery { after: query.after, limit: query.limit };
    let page = services::projects::list(&edge.cx, &actor, order(&query.sort, PROJECTS)?, &of_page).await?;
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
