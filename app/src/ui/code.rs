//! Code, commands and keys.

use leptos::prelude::*;

use super::el;

/// A name, a path or a short command within a sentence.
pub fn code(text: impl Into<String>) -> AnyView {
    el("code").text(text).view()
}

/// Lines of text as they are; `label` says what they are, for those who cannot see it.
pub fn code_block(label: &'static str, text: impl Into<String>) -> AnyView {
    let block = el("pre").class("code").attr("tabindex", "0").attr("role", "region").attr("aria-label", label);
    block.child(code(text)).view()
}

/// A key to press.
pub fn kbd(key: &'static str) -> AnyView {
    el("kbd").text(key).view()
}
