//! The menu of the signed-in person: their page, teams, theme, documentation, sign out.

use leptos::prelude::*;
use protocol::access::Viewer;

use crate::{
    routes::to,
    ui::{self, div, el, pieces},
    words,
};

/// Where the menu leads: address, words, and `external` where the page is none of the interface's.
const LINKS: [(&str, &str, Option<&str>); 3] = [
    (to::PROFILE, "Account and logins", None),
    (to::TEAMS, "Teams", None),
    (to::DOCS, "Open API documentation", Some("external")),
];

/// Whom the page is for.
pub(super) fn menu(viewer: Viewer) -> AnyView {
    // A capital by the style sheet: Unicode's letters, here and in two more places, would be two hundredths of the first load
    // (4.5 kB).
    let initial: String = viewer.name.chars().take(1).collect();
    let face = el("span").class("avatar").attr("aria-hidden", "true").text(initial).view();
    let small = |words: String| el("span").class("muted").text(words).view();
    let who = el("p").class("who").child(el("b").text(viewer.name).view()).child(small(viewer.email));
    let who = who.child(small(format!("{} · loki {}", words::role_name(viewer.role), viewer.version))).view();
    let themes = div("menu-group needs-script").attr("role", "group").attr("aria-label", "Theme").children([
        ui::choice_button("Dark", "dark"),
        ui::choice_button("Light", "light"),
        ui::choice_button("System", "system"),
    ]);
    let [profile, teams, docs] =
        LINKS.map(|(href, words, rel)| el("a").class("menu-item").attr("href", href).maybe("rel", rel).text(words).view());
    let sign_out = el("button").attr("type", "submit").class("menu-item").text("Sign out").view();
    let form = el("form").attr("id", "sign-out").attr("method", "post").attr("action", to::LOGOUT).child(sign_out).view();
    ui::menu("You", face, pieces(vec![who, themes.view(), profile, teams, docs, form]))
}
