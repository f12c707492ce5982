//! Dialogs: the browser's own, which keeps the focus inside and closes on Escape.

use leptos::prelude::*;

use super::{div, el};
pub use crate::browser::elements::{close_dialog, open_dialog};

/// A dialog with a title, closed until [`open_dialog`] is called with its `id`.
pub fn dialog(id: &'static str, title: &'static str, body: AnyView) -> AnyView {
    let heading = format!("{id}-title");
    let close = super::icon_button("cross", "Close", move || close_dialog(id));
    let dialog = el("dialog").attr("id", id).class("dialog").attr("aria-labelledby", heading.clone());
    let header = el("header").child(el("h2").attr("id", heading).text(title).view()).child(close).view();
    dialog.child(header).child(div("dialog-body").child(body).view()).view()
}
