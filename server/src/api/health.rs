//! `GET /health`: for probes, without a login.

use axum::{Json, extract::State};
use protocol::health::Health;

use crate::edge::Edge;

/// Whether the server answers, and whether its database does and has room
#[utoipa::path(get, path = "/health", tag = "system", security(()), responses((status = 200, body = Health)))]
pub async fn get(State(edge): State<Edge>) -> Json<Health> {
    let waits = &edge.cx.waits;
    let status = match (waits.for_answer(), waits.for_room()) {
        (true, _) => "database away",
        (false, true) => "disk full",
        (false, false) => "healthy",
    };
    Json(Health { status: status.to_owned(), service: "loki".to_owned(), version: edge.cx.settings.version.to_owned() })
}
