//! Templates.

use axum::{Json, extract::State};
use protocol::{
    ProjectId,
    page::PageQuery,
    templates::{TemplateBody, TemplateList},
};
use serde::Deserialize;

use crate::{
    api::Refusals,
    auth::Signed,
    edge::Edge,
    error::HttpError,
    extract::{Asked, Id},
};

/// `?project_id=ID` with the parameters of every list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TemplatesQuery {
    /// With the templates in `.loki/templates/` of this project's repository, which come before ours of the same name
    project_id: Option<ProjectId>,
    /// The `next` of the page before; absent for the first page
    after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// `?project_id=ID`
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// Looks among the templates of this project's repository first
    project_id: Option<ProjectId>,
}

/// All templates
#[utoipa::path(get, path = "/api/templates", tag = "templates", params(TemplatesQuery), responses((status = 200, body = TemplateList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<TemplatesQuery>,
) -> Result<Json<TemplateList>, HttpError> {
    let page = PageQuery { after: query.after, limit: query.limit };
    Ok(Json(services::templates::list_of(&edge.cx, &actor, query.project_id, &page).await?))
}

/// One template with its text
#[utoipa::path(get, path = "/api/templates/{name}", tag = "templates", params(("name" = String, Path), TemplateQuery), responses((status = 200, body = TemplateBody), Refusals))]
pub async fn get(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Id(name): Id<String>,
    Asked(query): Asked<TemplateQuery>,
) -> Result<Json<TemplateBody>, HttpError> {
    Ok(Json(services::templates::get_of(&edge.cx, &actor, query.project_id, &name).await?))
}
