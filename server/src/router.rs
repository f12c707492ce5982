//! All routes with what every request goes through.

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::get,
};
use tower_http::compression::CompressionLayer;

use crate::{
    api,
    auth::{browsers::WithoutToken, sessions},
    edge::Edge,
    error::HttpError,
    guard, openapi, pages, too_large,
};

/// Bodies of the API: a spec of 1 MiB with its escapes has room.
pub(crate) const API_BODY: usize = 2 << 20;
/// Forms escape a spec with up to three bytes for one.
pub(crate) const FORM_BODY: usize = 4 << 20;

/// The whole server as one service. Its layers are few: a router clones each of them for every request, with all that is below it.
pub(crate) fn router(edge: Edge) -> Router {
    let logins = sessions::layer(&edge.cx, edge.settings.transport);
    let api = api::routes().router.layer(from_fn_with_state(edge.clone(), to_api)).layer(WithoutToken(logins.clone()));
    let pages = pages::routes(&edge)
        .route("/openapi.json", get(openapi::json))
        .layer(from_fn_with_state(FORM_BODY, to_page))
        // Embedded files bring their own encoding and are left as they are.
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest))
        .layer(logins);
    api.merge(pages).layer(from_fn_with_state(edge.clone(), guard::guard)).with_state(edge)
}

/// What a request to the API goes through before its handler.
async fn to_api(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    match too_large::held(request, API_BODY).await {
        Ok(request) => guard::limits::limit(edge, request, next).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn to_page(State(limit): State<usize>, request: Request, next: Next) -> Response {
    // As at the API, where the handlers refuse it: what is looked for does not depend on the database.
    if request.uri().query().is_some_and(|query| query.contains("%00")) {
        return HttpError::new(StatusCode::BAD_REQUEST, "A NUL character is not text").into_response();
    }
    match too_large::held(request, limit).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}
