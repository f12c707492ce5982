//! Templates.

use axum::{Json, extract::State};
use protocol::templates::{TemplateBody, TemplateList};

use crate::{
    api::{ListQuery, Refusals},
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Id},
};

/// All templates
#[utoipa::path(get, path = "/api/templates", tag = "templates", params(ListQuery), responses((status = 200, body = TemplateList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<TemplateList>, HttpError> {
    Ok(Json(services::templates::list(&edge.cx, &actor, &query.into()).await?))
}

/// One template with its text
#[utoipa::path(get, path = "/api/templates/{name}", tag = "templates", params(("name" = String, Path)), responses((status = 200, body = TemplateBody), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed, Id(name): Id<String>) -> Result<Json<TemplateBody>, HttpError> {
    Ok(Json(services::templates::get(&edge.cx, &actor, &name).await?))
}
