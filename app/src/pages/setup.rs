//! The first account, made with the one-time link that the server prints.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::refused::Refused;
pub(super) use crate::ui::hidden;
use crate::{
    loading::{load, loaded},
    routes::to,
    server_fns::access::{SetupLink, ask_setup_link},
    ui::{self, Kind, div, el, input, nothing, pieces},
};

pub fn page() -> AnyView {
    let refused = Refused::here();
    let token = refused.value("token").or_else(|| use_query_map().get_untracked().get("token")).unwrap_or_default();
    let asked = token.clone();
    loaded(load(move || ask_setup_link(&asked)), move |link| match link {
        SetupLink::Counts => form(&refused, &token),
        SetupLink::DoesNotCount => no_link(!token.is_empty() || !refused.problem.is_empty()),
        SetupLink::NotNeeded => done(),
    })
}

fn form(refused: &Refused, token: &str) -> AnyView {
    let form = el("form").class("form").attr("method", "post").attr("action", to::SETUP).children([
        entry_error(&refused.problem),
        hidden("token", token.to_owned()),
        entry_field("name", "Name", "text", "name", refused.value("name").unwrap_or_default()),
        entry_field("email", "Email", "email", "username", refused.value("email").unwrap_or_default()),
        entry_field("password", "Password, at least 12 characters", "password", "new-password", String::new()),
        el("button").attr("type", "submit").class(ui::submit_class()).text("Create admin account").view(),
    ]);
    let lead = el("p").class("soft").text("It is an administrator's: it may do everything here and lets others in.");
    entry("Set up", "Make the first account", pieces(vec![lead.view(), form.view()]))
}

/// Nobody fills in a form that is refused in any case. What was `tried` is said.
fn no_link(tried: bool) -> AnyView {
    let problem = if tried { "This setup link has been used or replaced." } else { "" };
    let words = "It makes the first account. Whoever runs this server gets a new one with `loki setup-link`.";
    let words = el("p").class("soft").child(ui::prose(words)).view();
    entry("Set up", "Open the link that the server printed", pieces(vec![entry_error(problem), words]))
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

/// Why the form was refused; nothing where there is no problem.
pub(super) fn entry_error(problem: &str) -> AnyView {
    if problem.is_empty() { nothing() } else { ui::form_error(problem) }
}
