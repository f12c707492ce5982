//! Starting, pausing, resuming and stopping runs.

use axum::{Json, extract::State, http::StatusCode};
use protocol::runs::{Control, Run, StartRun, Started};

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError, extract::Body};

/// Starts a run; with a `request_id` the call can be repeated
#[utoipa::path(post, path = "/api/control/start", tag = "control", request_body = StartRun,
    responses((status = 202, body = Started), (status = 409, body = protocol::ApiError, description = "The request id was used with another body"),
        (status = 503, body = protocol::ApiError, description = "The agent or the sandbox cannot be used here"), Refusals))]
pub async fn start(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<StartRun>,
) -> Result<(StatusCode, Json<Started>), HttpError> {
    let run = services::runs::start(&edge.cx, &actor, command).await?;
    Ok((StatusCode::ACCEPTED, Json(started(&run))))
}

pub(super) fn started(run: &Run) -> Started {
    Started { run_id: run.id, session_id: run.id, status_url: format!("/api/v2/runs/{}", run.id) }
}

/// Pauses a run after the step it is in
#[utoipa::path(post, path = "/api/control/pause", tag = "control", request_body = Control, responses((status = 200, body = Run), Refusals))]
pub async fn pause(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<Control>,
) -> Result<Json<Run>, HttpError> {
    Ok(Json(services::runs::pause(&edge.cx, &actor, command.session_id).await?))
}

/// Lets a paused run, or one that needed a person, go on
#[utoipa::path(post, path = "/api/control/resume", tag = "control", request_body = Control, responses((status = 200, body = Run), Refusals))]
pub async fn resume(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Body(command): Body<Control>,
) -> Result<Json<Run>, HttpError> {
    Ok(Json(services::runs::resume(&edge.cx, &actor, command.session_id).await?))
}

/// Stops a run for good; what was committed stays
#[utoipa::path(post, path = "/api/control/stop", tag = "control", request_body = Control, responses((status = 200, body = Run), Refusals))]
pub async fn stop(State(edge): State<Edge>, Signed(actor): Signed, Body(command): Body<Control>) -> Result<Json<Run>, HttpError> {
    Ok(Json(services::runs::stop(&edge.cx, &actor, command.session_id).await?))
}
