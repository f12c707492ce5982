//! The rail on the left; a bar at the bottom on phones.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    routes::to,
    ui::{self, El, div, el},
};

const PLACES: [(&str, &str, &str); 4] = [
    ("Home", "home", to::HOME),
    ("Projects", "folder", to::PROJECTS),
    ("Runs", "run", to::RUNS),
    ("Templates", "template", to::TEMPLATES),
];

/// Where one can go.
pub(super) fn rail() -> AnyView {
    let path = use_location().pathname;
    let places = PLACES.into_iter().map(|(label, icon, href)| {
        let current = move || is_at(&path.get(), href).then(|| "page".to_owned());
        item(href, icon, label).live_attr("aria-current", current).view()
    });
    let brand = el("a").class("brand").attr("href", to::HOME).attr("aria-label", "loki, home").child(ui::icon("knot"));
    let docs = div("foot").child(item(to::DOCS, "book", "API").attr("rel", "external").view()).view();
    let rail = el("nav").class("rail").attr("aria-label", "Main").child(brand.child(el("span").text("loki").view()).view());
    rail.children(places).child(docs).view()
}

fn item(href: &'static str, icon: &'static str, label: &'static str) -> El {
    el("a").class("item").attr("href", href).child(ui::icon(icon)).child(el("span").text(label).view())
}

fn is_at(path: &str, place: &str) -> bool {
    if place == to::HOME { path == place } else { path.starts_with(place) }
}
