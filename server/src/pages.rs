//! Pages and their server functions: rendered by Leptos for whoever is signed in; others are led to sign in first.

mod frame;

pub(crate) use frame::{Around, entry, escape, form_error, icon_of, page, plain_error};

use std::sync::Arc;

use app::{
    SiteAssets,
    pages::{not_found::Gallery, refused::Refused},
    routes::to,
    server_fns::{PublicUrl, Refusals, RequestId},
};
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use domain::actor::Actor;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{
    LeptosRoutes as _, ResponseOptions, generate_route_list, handle_server_fns_with_context, render_app_async_with_context,
};
use openidconnect::url::form_urlencoded;
use services::Cx;

use crate::{
    auth::{
        Credentials, Signed, confirm, factor, forgot, invite,
        login::{login, logout},
        next,
        providers::{flow, linked},
        reset,
        setup::setup,
    },
    edge::Edge,
    error::{HttpError, is_api},
    guard::{headers::page_policy, limits},
    openapi,
};

/// All pages, their server functions, and the forms that sign in and out.
pub(crate) fn routes(edge: &Edge) -> Router<Edge> {
    let site = site_assets(edge);
    let for_pages = context(edge.cx.clone(), edge.settings.public_url.as_str().into(), edge.settings.gallery);
    let for_functions = for_pages.clone();
    let functions = move |request: Request| {
        let context = for_functions.clone();
        async move { handle_server_fns_with_context(context, request).await.into_response() }
    };
    Router::new()
        .route("/ui/{*name}", any(functions))
        .route("/docs", get(openapi::docs))
        .route("/login", post(login))
        .route("/login/factor", get(factor::page).post(factor::finish))
        .route("/logout", post(logout))
        .route("/setup", post(setup))
        .route("/forgot", get(forgot::page).post(forgot::ask))
        .route("/reset", get(reset::page).post(reset::reset))
        .route("/invite", get(invite::page).post(invite::accept))
        .route("/login/with/{provider}", get(flow::leave))
        .route("/login/callback/{provider}", get(flow::arrive))
        .route("/account/confirm", get(confirm::page).post(confirm::confirm))
        .route(linked::PAGE, get(linked::page))
        .route("/account/sign-in-methods/link/{provider}", post(linked::start))
        .route("/account/sign-in-methods/unlink", post(linked::unlink))
        .leptos_routes_with_context(edge, generate_route_list(app::App), for_pages, move || app::shell(site.clone()))
        .layer(from_fn_with_state(edge.clone(), gate))
}

/// What server functions and pages find in Leptos' context.
fn context(cx: Cx, public_url: Arc<str>, gallery: Option<Gallery>) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(cx.clone());
        provide_context(PublicUrl(Arc::clone(&public_url)));
        if let Some(gallery) = gallery {
            provide_context(gallery);
        }
        if let Some(parts) = use_context::<axum::http::request::Parts>() {
            if let Some(actor) = parts.extensions.get::<Actor>() {
                provide_context(actor.clone());
            }
            if let Some(id) = parts.extensions.get::<RequestId>() {
                provide_context(id.clone());
            }
            if let Some(refusals) = parts.extensions.get::<Refusals>() {
                provide_context(refusals.clone());
            }
        }
        if let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = page_policy(&nonce)
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// A page of the interface whose form was refused: the page itself, with why and with what had been typed.
pub(crate) async fn refused_form(edge: &Edge, page: &'static str, status: StatusCode, refused: Refused) -> Response {
    let site = site_assets(edge);
    let around = context(edge.cx.clone(), edge.settings.public_url.as_str().into(), edge.settings.gallery);
    let provide = move || {
        around();
        provide_context(refused.clone());
    };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(page);
    let rendered = render_app_async_with_context(provide, move || app::shell(site.clone()))(request);
    let mut response = rendered.await;
    *response.status_mut() = status;
    response
}

fn site_assets(edge: &Edge) -> SiteAssets {
    let none = || SiteAssets { js: "".into(), wasm: "".into(), css: "".into() };
    edge.site.names().cloned().unwrap_or_else(none)
}

/// In front of every page: embedded files go out at once, tokens are refused, and who is not signed in is led to where that can
/// be done.
async fn gate(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    if let Some(file) = edge.site.serve(request.method(), request.uri(), request.headers()) {
        return file;
    }
    let path = request.uri().path().to_owned();
    // The pages' catch-all takes every address; those of the API that are not there are not for people.
    if is_api(&path) && !path.starts_with("/ui/") {
        return HttpError::new(StatusCode::NOT_FOUND, "There is nothing at this address").into_response();
    }
    if brings_token(request.headers()) {
        let words = "API tokens count for the API alone: ask an address below /api. Pages and /ui are for people who sign in";
        return HttpError::new(StatusCode::FORBIDDEN, words).into_response();
    }
    let (mut parts, body) = request.into_parts();
    let changing = if parts.method.is_safe() { None } else { Credentials::of(&parts).ok() };
    let actor = match Signed::from_request_parts(&mut parts, &edge).await {
        Ok(Signed(_)) if path == "/login" && parts.method == axum::http::Method::GET => {
            return Redirect::to(next::local_path(query_value(&parts.uri, "next").as_deref())).into_response();
        }
        // Whoever is signed in changes their password there.
        Ok(Signed(_)) if path == to::FORGOT && parts.method == axum::http::Method::GET => {
            return Redirect::to(to::PROFILE).into_response();
        }
        Ok(Signed(actor)) => {
            if changing.is_some()
                && path.starts_with("/ui/")
                && let Some(refused) = limits::from_page(&edge, &actor, &path)
            {
                return frame::draw(refused, Around::of(&edge, Some(&actor)));
            }
            parts.extensions.insert(actor.clone());
            Some(actor)
        }
        // Nobody can tell who asks: that is not the same as nobody being signed in.
        Err(error) if path.starts_with("/ui/") && error.status().is_server_error() => return error.into_response(),
        Err(_) if is_public(&path) => None,
        Err(error) if error.status() != StatusCode::UNAUTHORIZED => return error.into_response(),
        Err(_) => return lead_to_sign_in(&edge, &parts).await,
    };
    let around = Around::of(&edge, actor.as_ref());
    let answer = next.run(Request::from_parts(parts, body)).await;
    let is_unframed = frame::is_unframed(&answer);
    let around = match actor.filter(|_| is_unframed) {
        Some(actor) => around.counted(&edge, &actor).await,
        None => around,
    };
    let mut response = frame::draw(answer, around);
    if let Some(credentials) = changing {
        credentials.renew_after(&edge).await;
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a token is sent along. It is not looked at: limits and uses are counted at the API, and nobody learns here whether it
/// is good.
fn brings_token(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scheme = sent.and_then(|sent| sent.split_whitespace().next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

/// Pages and functions that answer without a login. Functions that need an actor refuse in their own shape.
fn is_public(path: &str) -> bool {
    matches!(path, "/login" | "/login/factor" | "/logout" | "/setup" | "/forgot" | "/reset" | "/invite" | "/docs")
        || ["/ui/", "/login/with/", "/login/callback/"].iter().any(|below| path.starts_with(below))
}

async fn lead_to_sign_in(edge: &Edge, parts: &axum::http::request::Parts) -> Response {
    match services::accounts::setup_needed(&edge.cx).await {
        Ok(true) => Redirect::to("/setup").into_response(),
        Ok(false) => {
            let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            let wanted = if parts.method == axum::http::Method::GET { wanted } else { "/" };
            Redirect::to(&next::login_for(wanted)).into_response()
        }
        Err(error) => HttpError::from(error).into_response(),
    }
}

/// A value of a query with its percent signs resolved; the first, where the name stands there twice.
pub(crate) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_are_resolved() {
        let cases = [
            ("/login?next=%2Fruns%3Fa%3D1", Some("/runs?a=1")),
            ("/login?x=1&next=/a+b", Some("/a b")),
            ("/login?next=/a&next=/b", Some("/a")),
            ("/login?other=1", None),
            ("/login", None),
        ];
        for (address, expected) in cases {
            assert_eq!(query_value(&Uri::from_static(address), "next").as_deref(), expected, "{address}");
        }
    }
}
