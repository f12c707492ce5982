//! Signing in: a plain form that the server's edge answers with a redirect.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::access::WayIn;

use super::setup::{entry, entry_error, entry_field, hidden};
use crate::{
    loading::{load, loaded_or_nothing},
    routes::to,
    server_fns::access::ask_ways_in,
    ui::{self, el, pieces},
};

pub fn page() -> AnyView {
    let query = use_query_map().get_untracked();
    let next = query.get("next");
    let form = el("form").class("form").attr("method", "post").attr("action", to::LOGIN).children([
        entry_error(query.get("error").as_deref()),
        entry_field("email", "Email", "email", "username", query.get("email").unwrap_or_default()),
        entry_field("password", "Password", "password", "current-password", String::new()),
        hidden("next", next.clone()),
        el("button").attr("type", "submit").class(ui::submit_class()).text("Sign in").view(),
    ]);
    let ways = loaded_or_nothing(load(ask_ways_in), move |ways: Vec<WayIn>| {
        pieces(ways.into_iter().map(|way| way_in(&way, next.as_deref())).collect())
    });
    let forgot = el("a").attr("href", to::FORGOT).attr("rel", "external").text("Forgot your password?").view();
    entry("Sign in", "Sign in to loki", pieces(vec![form.view(), el("p").child(forgot).view(), ways]))
}

/// Leads away from the interface, so it is a plain link.
fn way_in(way: &WayIn, next: Option<&str>) -> AnyView {
    let link = el("a").class("btn").attr("href", to::login_with(&way.id, next)).attr("rel", "external");
    el("p").child(link.text(format!("Sign in with {}", way.name)).view()).view()
}
