//! Bodies above the limit: read to their end and forgotten, so that the answer reaches a client that first sends everything. A
//! connection that is closed with unread bytes is reset, and what was answered is lost.

use std::time::Duration;

use axum::{
    RequestExt as _,
    body::{Body, HttpBody as _},
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, header},
};
use futures::StreamExt as _;

use crate::error::HttpError;

/// What is read of a body that is refused, in bytes. Whoever sends more finds the connection closed.
const MOST_READ: usize = 64 << 20;
/// How long its next piece may take, and all of it.
const PIECE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);

/// The request, of whose body no more than `limit` bytes are read. One that says that it is longer is refused.
pub(crate) async fn held(mut request: Request, limit: usize) -> Result<Request, HttpError> {
    if length(request.headers()).is_some_and(|length| length > limit) {
        // A client that asks first is told at once.
        if !request.headers().contains_key(header::EXPECT) {
            drop(tokio::time::timeout(PATIENCE, Box::pin(forget(request.into_body()))).await);
        }
        return Err(HttpError::too_large(limit));
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    Ok(if request.body().is_end_stream() { request } else { request.with_limited_body() })
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn forget(body: Body) {
    let mut read = 0;
    let mut pieces = body.into_data_stream();
    while let Ok(Some(Ok(piece))) = tokio::time::timeout(PIECE, pieces.next()).await {
        read += piece.len();
        if read > MOST_READ {
            return;
        }
    }
}
