//! The clipboard.

/// Called with whether the text was taken.
pub type Copied = Box<dyn FnOnce(bool)>;

#[cfg(not(feature = "hydrate"))]
pub fn copy(_text: &str, _copied: Copied) {}

/// Puts a text into the clipboard.
#[cfg(feature = "hydrate")]
pub fn copy(text: &str, copied: Copied) {
    let Some(window) = web_sys::window() else { return copied(false) };
    let clipboard = window.navigator().clipboard();
    // Pages without TLS that are not on this machine have no clipboard.
    if !window.is_secure_context() {
        return copied(false);
    }
    let promise = clipboard.write_text(text);
    leptos::task::spawn_local(async move {
        copied(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}
