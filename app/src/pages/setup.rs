//! The first account, made with the one-time link that the server prints.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub(super) use crate::ui::hidden;
use crate::{
    loading::{load, loaded},
    routes::to,
    server_fns::access::ask_setup_needed,
    ui::{self, Kind, div, el, input, nothing, pieces},
};

pub fn page() -> AnyView {
    let query = use_query_map().get_untracked();
    let error = query.get("error");
    loaded(load(ask_setup_needed), move |needed| {
        if !needed {
            return done();
        }
        let form = el("form").class("form").attr("method", "post").attr("action", to::SETUP).children([
            entry_error(error.as_deref()),
            hidden("token", query.get("token")),
            entry_field("name", "Name", "text", "name", query.get("name").unwrap_or_default()),
            entry_field("email", "Email", "email", "username", query.get("email").unwrap_or_default()),
            entry_field("password", "Password, at least 12 characters", "password", "new-password", String::new()),
            el("button").attr("type", "submit").class(ui::submit_class()).text("Create admin account").view(),
        ]);
        let lead = el("p").class("soft").text("It is an administrator's: it may do everything here and lets others in.");
        entry("Set up", "Make the first account", pieces(vec![lead.view(), form.view()]))
    })
}

/// The first account was made, by whoever had the link before.
fn done() -> AnyView {
    let words = el("p").class("soft").text("The first account was made already. Whoever has one lets others in.").view();
    entry("Set up", "loki is set up", pieces(vec![words, ui::link_button(Kind::Primary, "Sign in", to::LOGIN)]))
}

/// A page before there is a person to show a shell to.
pub(super) fn entry(title: &'static str, heading: &'static str, form: AnyView) -> AnyView {
    let brand = div("brand").child(ui::icon("knot")).child(el("span").text("loki").view()).view();
    let panel = el("section").class("panel panel-body").child(el("h1").text(heading).view()).child(form).view();
    let main = el("main").attr("id", "content").class("entry-page").child(brand).child(panel).view();
    pieces(vec![ui::tab_title(title), main])
}

/// A field that must be filled in; `kind` and `complete` are its `type` and `autocomplete`.
pub(super) fn entry_field(
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    complete: &'static str,
    value: String,
) -> AnyView {
    let control = input(kind).attr("id", name).attr("name", name).attr("autocomplete", complete).attr("value", value);
    ui::field(name, label, "", control.flag("required", true).view())
}

/// What an error code of the edge means; the words never come from the address.
pub(super) fn entry_error(code: Option<&str>) -> AnyView {
    code.map_or_else(nothing, |code| ui::form_error(error_words(code)))
}

fn error_words(code: &str) -> &'static str {
    match code {
        "credentials" => "Email or password is wrong. Check both and try again.",
        "too_many" => "Too many attempts. Wait a minute, then try again.",
        "token" => "This setup link does not count any more. Use the newest one that the server printed.",
        "email" => "This is no email address. Check it and try again.",
        "password" => "The password is too short. Use at least 12 characters.",
        "password_long" => "The password is too long. Use at most 128 characters.",
        "password_common" => "This password is one of those that are used most. Use a few words that nobody else puts together.",
        "password_breached" => "This password has turned up in a data breach. Use another one, here and where else you use it.",
        "password_own" => "The password contains your own name or that of this program. Use one without them.",
        "late" => "Signing in took more than ten minutes, or was begun in another browser. Sign in again.",
        "name" => "Enter a name, at most 100 characters.",
        "taken" => "The first account was made already. Sign in with it.",
        "expired" => "You were signed out. Sign in again to go on.",
        _ => "That did not work. Try again.",
    }
}
