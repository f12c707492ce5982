//! Signing in: a plain form that the server's edge answers with a redirect.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::setup::{entry, entry_error, entry_field, hidden};
use crate::{
    routes::to,
    ui::{self, el},
};

pub fn page() -> AnyView {
    let query = use_query_map().get_untracked();
    let form = el("form").class("form").attr("method", "post").attr("action", to::LOGIN).children([
        entry_error(query.get("error").as_deref()),
        entry_field("email", "Email", "email", "username", query.get("email").unwrap_or_default()),
        entry_field("password", "Password", "password", "current-password", String::new()),
        hidden("next", query.get("next")),
        el("button").attr("type", "submit").class(ui::submit_class()).text("Sign in").view(),
    ]);
    entry("Sign in", "Sign in to loki", form.view())
}
