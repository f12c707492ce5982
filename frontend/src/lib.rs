//! Brings the pages that the server rendered to life.

use app::routes::page_at;

/// Called by the page once the module is there. A page whose part of the site does not come stays as the server sent it.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    let path = leptos::prelude::window().location().pathname().unwrap_or_default();
    if page_at(&path).load().await.is_ok() {
        leptos::mount::hydrate_body(app::App);
    }
}
