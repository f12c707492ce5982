//! Where there is nothing yet: one sentence, one action.

use leptos::prelude::*;

use super::el;

/// An empty state inside a panel.
pub fn empty(title: &'static str, sentence: &'static str, action: AnyView) -> AnyView {
    let panel = el("section").class("panel empty").child(el("h2").text(title).view());
    panel.child(el("p").class("soft").text(sentence).view()).child(action).view()
}
