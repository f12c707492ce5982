//! Signing in: a plain form that the server's edge answers with a redirect, or with this page again.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::access::WayIn;

use super::{
    refused::Refused,
    setup::{entry, entry_error, entry_field, hidden},
};
use crate::{
    loading::{load, loaded_or_nothing},
    routes::to,
    server_fns::access::ask_ways_in,
    ui::{self, div, el, nothing, pieces},
};

pub fn page() -> AnyView {
    let query = use_query_map().get_untracked();
    let refused = Refused::here();
    let next = refused.value("next").or_else(|| query.get("next"));
    let form = el("form").class("form").attr("method", "post").attr("action", to::LOGIN).children([
        entry_error(query.get("error").map_or(refused.problem.as_str(), |code| led_here(&code))),
        entry_field("email", "Email", "email", "username", refused.value("email").unwrap_or_default()),
        entry_field("password", "Password", "password", "current-password", String::new()),
        hidden("next", next.clone()),
        el("button").attr("type", "submit").class(ui::submit_class()).text("Sign in").view(),
    ]);
    let ways = loaded_or_nothing(load(ask_ways_in), move |ways: Vec<WayIn>| {
        if ways.is_empty() {
            return nothing();
        }
        let or = el("p").class("or").text("or").view();
        div("ways").child(or).children(ways.iter().map(|way| way_in(way, next.as_deref()))).view()
    });
    let forgot = el("a").attr("href", to::FORGOT).attr("rel", "external").text("Forgot your password?").view();
    entry("Sign in", "Sign in to loki", pieces(vec![form.view(), ways, el("p").child(forgot).view()]))
}

/// Why somebody was led here, by its code; the words never come from the address.
fn led_here(code: &str) -> &'static str {
    match code {
        "too_many" => "Too many attempts. Wait a minute, then try again.",
        "late" => "Signing in took more than ten minutes, or was begun in another browser. Sign in again.",
        "expired" => "You were signed out. Sign in again to go on.",
        _ => "That did not work. Try again.",
    }
}

/// Leads away from the interface, so it is a plain link.
fn way_in(way: &WayIn, next: Option<&str>) -> AnyView {
    let link = el("a").class("btn").attr("href", to::login_with(&way.id, next)).attr("rel", "external");
    el("p").child(link.text(format!("Sign in with {}", way.name)).view()).view()
}
