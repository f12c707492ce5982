//! Menus that open without script.

use leptos::prelude::*;

use super::{div, el};

/// A button that opens a small panel of actions; `label` names it for those who cannot see `face`.
pub fn menu(label: &'static str, face: AnyView, items: AnyView) -> AnyView {
    let summary = el("summary").attr("aria-label", label).child(face).view();
    el("details").class("menu").child(summary).child(div("menu-items").child(items).view()).view()
}
