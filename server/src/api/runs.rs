//! Runs and what they left.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::sort::RUNS;
use protocol::{
    ProjectId, RunId,
    page::PageQuery,
    receipts::Receipt,
    runs::{Diff, LogPage, Run, RunList, Started, Timeline},
};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;

use crate::{
    api::{ListQuery, Refusals, control::started, order},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Id, NoBody},
};

/// The query of `GET /api/v2/runs`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Only runs of this project
    project_id: Option<ProjectId>,
    /// Only runs that are not over
    status: Option<StatusFilter>,
    /// `state`, `run`, `elapsed` or `cost`, with `-` before it for the other way around; newest first when empty
    sort: String,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Which runs are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusFilter {
    Active,
    All,
}

/// All runs, newest first when no other order is asked for
#[utoipa::path(get, path = "/api/v2/runs", tag = "runs", params(RunsQuery), responses((status = 200, body = RunList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<RunsQuery>,
) -> Result<Json<RunList>, HttpError> {
    let active = query.status == Some(StatusFilter::Active);
    let filter = services::runs::RunFilter { project: query.project_id, active, ended_since: None };
    let page = PageQuery { after: query.after, limit: query.limit };
    let page = services::runs::list(&edge.cx, &actor, filter, order(&query.sort, RUNS)?, &page).await?;
    Ok(Json(RunList { runs: page.items, next: page.next }))
}

/// One run
#[utoipa::path(get, path = "/api/v2/runs/{id}", tag = "runs", params(("id" = RunId, Path)), responses((status = 200, body = Run), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<RunId>) -> Result<Json<Run>, HttpError> {
    Ok(Json(services::runs::get(&edge.cx, &actor, id).await?))
}

/// Phases, iterations, tasks and gates of a run
#[utoipa::path(get, path = "/api/v2/runs/{id}/timeline", tag = "runs", params(("id" = RunId, Path)), responses((status = 200, body = Timeline), Refusals))]
pub async fn timeline(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<RunId>) -> Result<Json<Timeline>, HttpError> {
    Ok(Json(services::runs::timeline(&edge.cx, &actor, id).await?))
}

/// The receipt of a run that is over
#[utoipa::path(get, path = "/api/v2/runs/{id}/receipt", tag = "runs", params(("id" = RunId, Path)), responses((status = 200, body = Receipt), Refusals))]
pub async fn receipt(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<RunId>) -> Result<Json<Receipt>, HttpError> {
    let receipt = services::runs::receipt(&edge.cx, &actor, id).await?;
    receipt
        .map(Json)
        .ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "This run has no receipt yet: it is written when the run ends"))
}

/// What a run changed
#[utoipa::path(get, path = "/api/v2/runs/{id}/diff", tag = "runs", params(("id" = RunId, Path)), responses((status = 200, body = Diff), Refusals))]
pub async fn diff(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<RunId>) -> Result<Json<Diff>, HttpError> {
    Ok(Json(services::runs::diff(&edge.cx, &actor, id).await?))
}

/// What agent, checks and engine said, oldest first
#[utoipa::path(get, path = "/api/v2/runs/{id}/log", tag = "runs", params(("id" = RunId, Path), ListQuery), responses((status = 200, body = LogPage), Refusals))]
pub async fn log(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<RunId>,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<LogPage>, HttpError> {
    Ok(Json(services::runs::log(&edge.cx, &actor, id, &query.into()).await?))
}

/// The raw transcript of a run's agent, as a file
#[utoipa::path(get, path = "/api/v2/runs/{id}/transcript", tag = "runs", params(("id" = RunId, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), Refusals))]
pub async fn transcript(State(edge): State<Edge>, Signed(actor): Signed, Id(id): Id<RunId>) -> Result<Response, HttpError> {
    let path = services::runs::transcript(&edge.cx, &actor, id).await?;
    let path = path
        .ok_or_else(|| HttpError::new(StatusCode::NOT_FOUND, "This run has no transcript yet: its agent was not asked so far"))?;
    let file = tokio::fs::File::open(&path).await.map_err(|error| HttpError::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"loki-{id}.txt\"")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// Stops a run for good; the same as `POST /api/control/stop`. It takes no fields
#[utoipa::path(post, path = "/api/v2/runs/{id}/cancel", tag = "runs", params(("id" = RunId, Path)), responses((status = 200, body = Run), Refusals))]
pub async fn cancel(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<RunId>,
    _body: NoBody,
) -> Result<Json<Run>, HttpError> {
    Ok(Json(services::runs::stop(&edge.cx, &actor, id).await?))
}

/// A new run with the same spec, agent and limits. It takes no fields
#[utoipa::path(post, path = "/api/v2/runs/{id}/replay", tag = "runs", params(("id" = RunId, Path)), 
    responses((status = 202, body = Started), (status = 503, body = protocol::ApiError, description = "The agent or the sandbox cannot be used here"), Refusals))]
pub async fn replay(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(id): Id<RunId>,
    _body: NoBody,
) -> Result<(StatusCode, Json<Started>), HttpError> {
    let run = services::runs::replay(&edge.cx, &actor, id).await?;
    Ok((StatusCode::ACCEPTED, Json(started(&run))))
}
