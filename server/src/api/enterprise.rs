//! `GET /api/enterprise/status`: what clients of the predecessor ask before they ask anything else.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// What is turned on. Here all of it always is, but for sign-in at another provider, which is not built.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the shape that clients know")]
pub struct EnterpriseStatus {
    auth_enabled: bool,
    oidc_enabled: bool,
    audit_enabled: bool,
    enterprise_mode: bool,
}

/// Which features are turned on
#[utoipa::path(get, path = "/api/enterprise/status", tag = "system", security(()), responses((status = 200, body = EnterpriseStatus)))]
pub async fn status() -> Json<EnterpriseStatus> {
    Json(EnterpriseStatus { auth_enabled: true, oidc_enabled: false, audit_enabled: true, enterprise_mode: true })
}
