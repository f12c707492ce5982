//! Small things that the browser keeps for a person.

#[cfg(not(feature = "hydrate"))]
pub fn read(_key: &str) -> Option<String> {
    None
}

#[cfg(feature = "hydrate")]
pub fn read(key: &str) -> Option<String> {
    web_sys::window()?.local_storage().ok()??.get_item(key).ok()?
}

#[cfg(not(feature = "hydrate"))]
pub fn keep(_key: &str, _text: &str) {}

/// A browser may forbid storage; what is kept then lasts as long as the page.
#[cfg(feature = "hydrate")]
pub fn keep(key: &str, text: &str) {
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    let _kept = storage.map(|storage| storage.set_item(key, text));
}
