//! The user interface: rendered by the server, brought to life in the browser.

pub mod browser;
pub mod chrome;
pub mod live;
pub mod loading;
pub mod pages;
#[cfg(all(test, feature = "ssr"))]
mod rendering_tests;
pub mod routes;
pub mod server_fns;
pub mod ui;
pub mod words;

use std::sync::Arc;

use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{components::Router, location::RequestUrl};

/// Where the browser gets the built files; the names hold their hash, the server provides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteAssets {
    pub js: Arc<str>,
    pub wasm: Arc<str>,
    pub css: Arc<str>,
}

/// Runs before the first paint, so that a page never flashes in the wrong theme; what needs script shows only with it, and what
/// folds on a phone is folded before the page is alive.
const THEME_SCRIPT: &str = include_str!("../../public/theme.js");

/// Pages that need nothing of the browser's half: plain forms that the server answers, and the gallery. They come without it, so
/// that the first thing which a stranger loads is a few kilobytes.
const STILL: [&str; 3] = [routes::to::LOGIN, routes::to::SETUP, pages::gallery::PATH];

/// The document around [`App`].
pub fn shell(assets: SiteAssets) -> impl IntoView {
    let nonce = use_nonce();
    let still = use_context::<RequestUrl>().is_some_and(|url| STILL.contains(&path_of(url.as_ref())));
    let rendered_at = browser::rendered_at().map(|at| at.to_string());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-now=rendered_at>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <script nonce=nonce.clone() inner_html=THEME_SCRIPT></script>
                <link rel="stylesheet" href=assets.css.to_string()/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <script type="module" src="/page.js" nonce=nonce.clone()></script>
                {(!still).then(|| hydration(&assets, nonce))}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The path of an address, which may name a host and ask for something.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default();
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Loads the browser's half, at once but behind the styles.
fn hydration(assets: &SiteAssets, nonce: Option<Nonce>) -> AnyView {
    // A script asks for the module early, so that a browser without script does not load what it cannot use.
    let early = format!(
        "document.head.append(Object.assign(document.createElement('link'),\
         {{rel:'preload',as:'fetch',type:'application/wasm',crossOrigin:'anonymous',href:{:?}}}))",
        &*assets.wasm
    );
    let boot =
        format!("import({:?}).then(m=>m.default({{module_or_path:{:?}}}).then(()=>m.hydrate()))", &*assets.js, &*assets.wasm);
    view! {
        <script nonce=nonce.clone() inner_html=early></script>
        <link rel="modulepreload" href=assets.js.to_string() nonce=nonce.clone()/>
        <script type="module" nonce=nonce inner_html=boot></script>
    }
    .into_any()
}

/// Everything inside `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    ui::provide();
    view! {
        <Router>{chrome::chrome()}</Router>
    }
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_path_is_found_in_any_address() {
        let paths = ["http://host/gallery", "/gallery?x=/y", "https://host", "http://host/a/b#c"].map(path_of);

        assert_eq!(paths, ["/gallery", "/gallery", "", "/a/b"]);
    }
}
