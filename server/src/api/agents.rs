//! Agents: what was found on this machine.

use axum::{Json, extract::State};
use protocol::agents::AgentInfo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError};

/// `GET /api/agents`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentList {
    agents: Vec<AgentInfo>,
    next: Option<String>,
}

/// The agents that can be driven, where they are and in which version
#[utoipa::path(get, path = "/api/agents", tag = "agents", responses((status = 200, body = AgentList), Refusals))]
pub async fn list(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<AgentList>, HttpError> {
    let agents = services::agents::list(&edge.cx, &actor).await?;
    Ok(Json(AgentList { agents, next: None }))
}
