//! All routes with what every request goes through.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer};

use crate::{
    api,
    auth::{browsers::WithoutToken, sessions},
    edge::Edge,
    guard, openapi, pages, too_large,
};

/// Bodies of the API: a spec of 1 MiB with its escapes has room.
pub(crate) const API_BODY: usize = 2 << 20;
/// Forms escape a spec with up to three bytes for one.
const FORM_BODY: usize = 4 << 20;

/// The whole server as one service.
pub fn router(edge: Edge) -> Router {
    let api = api::routes()
        .router
        .layer(from_fn(openapi::refuse_stray_query))
        .layer(from_fn_with_state(edge.clone(), guard::limits::limit))
        .route("/openapi.json", get(openapi::json))
        .layer(DefaultBodyLimit::max(API_BODY))
        .layer(RequestBodyLimitLayer::new(API_BODY))
        .layer(from_fn_with_state(API_BODY, too_large::refuse));
    let pages = pages::routes(&edge)
        .layer(DefaultBodyLimit::max(FORM_BODY))
        .layer(RequestBodyLimitLayer::new(FORM_BODY))
        .layer(from_fn_with_state(FORM_BODY, too_large::refuse))
        // Embedded files bring their own encoding and are left as they are.
        .layer(CompressionLayer::new().quality(tower_http::CompressionLevel::Fastest));
    let logins = sessions::layer(&edge.cx, edge.settings.tls);
    let api = api.layer(WithoutToken(logins.clone()));
    let all = api.merge(pages.layer(logins)).layer(from_fn(sessions::tell_busy));
    all.layer(from_fn_with_state(edge.clone(), guard::guard)).with_state(edge)
}
