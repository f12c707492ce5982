//! Pages and their server functions: rendered by Leptos for whoever is signed in; others are led to sign in first.

use std::sync::Arc;

use app::{SiteAssets, routes::to, server_fns::PublicUrl};
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts as _, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{any, get, post},
};
use domain::actor::Actor;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list, handle_server_fns_with_context};
use protocol::ApiError;
use services::Cx;

use crate::{
    assets,
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
    guard::{
        RequestId,
        headers::{file_script_policy, page_policy},
    },
};

/// All pages, their server functions, and the forms that sign in and out.
pub fn routes(edge: &Edge) -> Router<Edge> {
    let site = site_assets();
    let for_pages = context(edge.cx.clone(), edge.settings.public_url.as_str().into());
    let for_functions = for_pages.clone();
    let functions = move |request: Request| {
        let context = for_functions.clone();
        async move { handle_server_fns_with_context(context, request).await.into_response() }
    };
    Router::new()
        .route("/ui/{*name}", any(functions))
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
fn context(cx: Cx, public_url: Arc<str>) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(cx.clone());
        provide_context(PublicUrl(Arc::clone(&public_url)));
        if let Some(parts) = use_context::<axum::http::request::Parts>() {
            if let Some(actor) = parts.extensions.get::<Actor>() {
                provide_context(actor.clone());
            }
            if let Some(RequestId(id)) = parts.extensions.get::<RequestId>() {
                provide_context(app::server_fns::RequestId(id.clone()));
            }
        }
        if let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = page_policy(&nonce)
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

fn site_assets() -> SiteAssets {
    let manifest = assets::manifest().unwrap_or_default();
    SiteAssets { js: manifest.js.into(), wasm: manifest.wasm.into(), css: manifest.css.into() }
}

/// In front of every page: embedded files go out at once, and who is not signed in is led to where that can be done.
async fn gate(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    if let Some(file) = assets::serve(request.method(), request.uri(), request.headers()) {
        return file;
    }
    let path = request.uri().path().to_owned();
    // The pages' catch-all takes every address; those of the API that are not there are not for people.
    if is_api(&path) && !path.starts_with("/ui/") {
        return HttpError::new(StatusCode::NOT_FOUND, "There is nothing at this address").into_response();
    }
    let (mut parts, body) = request.into_parts();
    let changing = if parts.method.is_safe() { None } else { Credentials::of(&parts).ok() };
    match Signed::from_request_parts(&mut parts, &edge).await {
        Ok(Signed(_)) if path == "/login" && parts.method == axum::http::Method::GET => {
            return Redirect::to(next::local_path(query_value(parts.uri.query(), "next").as_deref())).into_response();
        }
        Ok(Signed(actor)) => {
            parts.extensions.insert(actor);
        }
        Err(_) if is_public(&path) => {}
        Err(error) if error.status() != StatusCode::UNAUTHORIZED => return error.into_response(),
        Err(_) => return lead_to_sign_in(&edge, &parts).await,
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(credentials) = changing {
        credentials.renew_after(&edge).await;
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Pages and functions that answer without a login. Functions that need an actor refuse in their own shape.
fn is_public(path: &str) -> bool {
    matches!(path, "/login" | "/login/factor" | "/logout" | "/setup" | "/forgot" | "/reset" | "/invite")
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

/// A value of a query with its percent signs resolved.
fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&');
    let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// An error for people where no page of the interface can be shown.
pub(crate) fn plain_error(status: StatusCode, error: &ApiError) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = format!(
        "<main class=\"entry-page\"><div class=\"brand\">{}<span>loki</span></div><section class=\"panel empty\"><h1>{title}</h1>\
         <p>{}.</p><p class=\"muted mono\">Request {}</p><a class=\"btn\" href=\"/\">Go to home</a></section></main>",
        icon_of("knot"),
        escape(error.detail.trim_end_matches('.')),
        escape(&error.request_id),
    );
    let mut response = Html(Body::from(document(title, &body))).into_response();
    response.headers_mut().extend(file_script_policy().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response
}

/// A page of the server itself for whoever comes in or goes out, with `panel` in its middle.
pub(crate) fn entry(title: &str, panel: &str) -> Response {
    let brand = icon_of("knot");
    let body = format!(
        "<main class=\"entry-page\"><div class=\"brand\">{brand}<span>loki</span></div>\
         <section class=\"panel panel-body\">{panel}</section></main>"
    );
    let mut response = Html(Body::from(document(title, &body))).into_response();
    response.headers_mut().extend(file_script_policy().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A page of the server itself within the interface's shell, as far as that goes without script.
pub(crate) fn framed(title: &str, body: &str) -> String {
    let item = |(label, icon, href): (&str, &str, &str)| {
        let current = if label == title { " aria-current=\"page\"" } else { "" };
        format!("<a class=\"item\" href=\"{href}\"{current}>{}<span>{label}</span></a>", icon_of(icon))
    };
    let places = [
        ("Home", "home", to::HOME),
        ("Projects", "folder", to::PROJECTS),
        ("Runs", "run", to::RUNS),
        ("Templates", "template", to::TEMPLATES),
    ];
    let places: String = places.into_iter().map(item).collect();
    let docs = item(("API", "book", to::DOCS));
    let title_text = escape(title);
    document(
        title,
        &format!(
            "<a class=\"skip\" href=\"#content\">Skip to the content</a><div class=\"app\"><nav class=\"rail\" aria-label=\"Main\">\
             <a class=\"brand\" href=\"/\" aria-label=\"loki, home\">{}<span>loki</span></a>{places}<div class=\"foot\">{docs}</div></nav>\
             <nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><span aria-current=\"page\">{title_text}</span></li></ol></nav>\
             <header class=\"top\"></header><main id=\"content\" tabindex=\"-1\">{body}</main></div>",
            icon_of("knot"),
        ),
    )
}

/// An icon of the interface.
pub(crate) fn icon_of(name: &str) -> String {
    format!("<svg class=\"ico\" aria-hidden=\"true\"><use href=\"/icons.svg#{name}\"></use></svg>")
}

/// A page outside of the interface, with its style and its theme.
pub(crate) fn document(title: &str, body: &str) -> String {
    let style =
        assets::manifest().map(|manifest| format!("<link rel=\"stylesheet\" href=\"{}\">", manifest.css)).unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{} – loki</title><script src=\"/theme.js\"></script>{style}\
         <link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\"></head><body>{body}</body></html>",
        escape(title),
    )
}

/// Text as it stands in HTML, also within attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_are_resolved() {
        let cases = [
            (Some("next=%2Fruns%3Fa%3D1"), Some("/runs?a=1")),
            (Some("x=1&next=/a+b"), Some("/a b")),
            (Some("next=%2"), None),
            (Some("other=1"), None),
            (None, None),
        ];
        for (query, expected) in cases {
            assert_eq!(query_value(query, "next").as_deref(), expected, "{query:?}");
        }
    }
}
