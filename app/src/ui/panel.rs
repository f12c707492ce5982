//! Panels: a bordered part of a page with a heading.

use leptos::prelude::*;

use super::{div, el, nothing};

/// A part of a page; an empty `title` leaves the header out.
pub fn panel(title: &'static str, body: AnyView) -> AnyView {
    panel_with(title, nothing(), body)
}

/// As [`panel`], with something at the end of the header.
pub fn panel_with(title: &'static str, aside: AnyView, body: AnyView) -> AnyView {
    let header = (!title.is_empty()).then(|| el("header").child(el("h2").text(title).view()).child(aside).view());
    el("section").class("panel").children(header).child(body).view()
}

/// As [`panel`], with room around the body.
pub fn padded_panel(title: &'static str, body: AnyView) -> AnyView {
    panel(title, div("panel-body").child(body).view())
}

/// Facts by name.
pub fn facts(facts: Vec<(&'static str, AnyView)>) -> AnyView {
    let facts = facts
        .into_iter()
        .map(|(name, value)| el("div").child(el("dt").text(name).view()).child(el("dd").child(value).view()).view());
    el("dl").class("facts").children(facts).view()
}
