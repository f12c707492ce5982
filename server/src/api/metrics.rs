//! `GET /metrics`: Prometheus text. Needs a token or login that may read.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::access::{Action, require};

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError, metrics::figures};

/// Figures in Prometheus' text format
#[utoipa::path(get, path = "/metrics", tag = "system", responses((status = 200, body = String, content_type = "text/plain"), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Response, HttpError> {
    require(&actor, Action::ReadMetrics).map_err(services::Error::from)?;
    let text = figures::text(&edge).await.map_err(|error| HttpError::from(services::Error::from(error)))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
