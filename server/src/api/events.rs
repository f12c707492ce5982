//! The event log by position, for those who cannot hold a socket.

use axum::{Json, extract::State};
use protocol::{Envelope, EventSeq};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError, extract::Asked};

/// The query of `GET /api/events`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// The position to go on from; 0, the beginning, when absent
    #[param(minimum = 0)]
    after: Option<EventSeq>,
    /// Events at most, 1 to 500; 100 when absent
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// `GET /api/events`.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventList {
    events: Vec<Envelope>,
    /// The position to go on from; absent when there are no newer events yet
    next: Option<EventSeq>,
}

/// What happened, in order
#[utoipa::path(get, path = "/api/events", tag = "events", params(EventsQuery), responses((status = 200, body = EventList), Refusals))]
pub async fn list(
    State(edge): State<Edge>,
    Signed(actor): Signed,
    Asked(query): Asked<EventsQuery>,
) -> Result<Json<EventList>, HttpError> {
    let limit = match query.limit.unwrap_or(100) {
        limit @ 1..=500 => limit,
        limit => {
            let words = format!("`limit` must be from 1 to 500, not {limit}");
            return Err(services::Error::Invalid(words).into());
        }
    };
    let after = query.after.unwrap_or(0);
    if after < 0 {
        return Err(services::Error::Invalid("`after` must not be below 0".to_owned()).into());
    }
    let events = services::events::read(&edge.cx, &actor, after, limit).await?;
    let full = events.len() >= limit as usize;
    let next = events.last().filter(|_| full).map(|event| event.seq);
    Ok(Json(EventList { events, next }))
}
