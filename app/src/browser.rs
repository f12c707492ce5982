//! The only code that touches the browser itself, each part with a twin for the server that does nothing.

pub mod clipboard;
pub mod elements;
pub mod files;
pub mod forms;
pub mod keys;
pub mod menus;
pub mod requests;
pub mod scroll;
pub mod sight;
pub mod socket;
pub mod storage;

/// Where one goes in what stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Back,
}

/// Whether this is the browser's half.
pub const IS_BROWSER: bool = cfg!(feature = "hydrate");

/// A number from 0 to 1 by chance; the server's half always has the middle.
#[cfg(feature = "hydrate")]
pub fn chance() -> f64 {
    js_sys::Math::random()
}

#[cfg(not(feature = "hydrate"))]
pub fn chance() -> f64 {
    0.5
}

/// Milliseconds since 1970 by the browser's clock.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "a date in milliseconds has no fraction and fits")]
pub fn now() -> Option<i64> {
    Some(js_sys::Date::now() as i64)
}

#[cfg(not(feature = "hydrate"))]
pub fn now() -> Option<i64> {
    None
}

/// Text for a comparison that does not mind capitals; the browser knows Unicode's letters already.
#[cfg(feature = "hydrate")]
pub fn lower_case(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(feature = "hydrate"))]
pub fn lower_case(text: &str) -> String {
    text.to_lowercase()
}

/// Milliseconds since 1970 by the server's clock when it rendered the page; both halves know it, so both show the same times.
#[cfg(feature = "hydrate")]
pub fn rendered_at() -> Option<i64> {
    let root = web_sys::window()?.document()?.document_element()?;
    root.get_attribute("data-now")?.parse().ok()
}

#[cfg(feature = "ssr")]
pub fn rendered_at() -> Option<i64> {
    leptos::prelude::use_context::<services::Cx>().map(|cx| cx.clock.now().millis())
}

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
pub fn rendered_at() -> Option<i64> {
    None
}
