//! `GET /api/enterprise/status`: what clients of the predecessor ask before they ask anything else.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::edge::Edge;

/// What is turned on. Here all of it always is, but for sign-in with other providers, which has to be set up.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnterpriseStatus {
    auth_enabled: bool,
    oidc_enabled: bool,
    audit_enabled: bool,
    enterprise_mode: bool,
}

/// Which features are turned on
#[utoipa::path(get, path = "/api/enterprise/status", tag = "system", security(()), responses((status = 200, body = EnterpriseStatus)))]
pub async fn status(State(edge): State<Edge>) -> Json<EnterpriseStatus> {
    let oidc_enabled = !edge.settings.providers.is_empty();
    Json(EnterpriseStatus { auth_enabled: true, oidc_enabled, audit_enabled: true, enterprise_mode: true })
}
