//! `GET /api/status`: asked often by scripts, so its body is kept for as long as nothing happened.

use axum::{
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    access::{Action, require},
    reach::Visible,
};
use protocol::health::Status;

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError};

/// What the server is doing
#[utoipa::path(get, path = "/api/status", tag = "system", responses((status = 200, body = Status), Refusals))]
pub async fn get(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Response, HttpError> {
    require(&actor, Action::ReadStatus).map_err(services::Error::from)?;
    let read = || async {
        let status = services::status::get(&edge.cx, &actor).await?;
        let json = serde_json::to_vec(&status).map_err(|error| HttpError::internal(&error))?;
        Ok::<_, HttpError>(Bytes::from(json))
    };
    // Many see the same runs, so one body serves them all; the right itself is checked each time.
    let body = match actor.reach() {
        reach if matches!(reach.visible(), Visible::All) => edge.status.get(edge.cx.store.commits(), read).await?,
        reach if reach.is_plain() => edge.plain_status.get(edge.cx.store.commits(), read).await?,
        _ => Box::pin(read()).await?,
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
