//! The page about oneself: who one is here, how one signs in, and where one is signed in.

pub mod factors;
pub mod recovery_codes;

use leptos::prelude::*;
use protocol::{Envelope, access::Login, events::kinds, factors::FactorKind};

use super::asked::asked_here;
use crate::{
    loading::{Loading, load, loaded_page, refetch_at_rest},
    routes::to,
    server_fns::profile::{ProfilePage, ask_profile},
    ui::{self, Column, Crumb, FormState, Kind, Row, Tone, div, el, input, nothing, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "Device", class: "main" },
    Column { title: "Signed in", class: "when wide" },
    Column { title: "Last seen", class: "when wide" },
    Column { title: "Action", class: "act" },
];

pub fn page() -> AnyView {
    let query = asked_here();
    let password = FormState::new(None);
    let loading = load(move || query.with(|query| ask_profile(&query.get("after").unwrap_or_default())));
    refetch_at_rest(loading, changes_logins);
    let done = Memo::new(move |_| query.with(|query| query.get("done").unwrap_or_default()));
    loaded_page(loading, move |page| show(page, loading, password, &done.get_untracked()))
}

/// Whether pages about how oneself signs in, and where, look different after it.
fn changes_logins(envelope: &Envelope) -> bool {
    envelope.kind == kinds::LOGINS_CHANGED
}

fn show(page: ProfilePage, loading: Loading<ProfilePage>, password: FormState, done: &str) -> AnyView {
    if let Some(error) = page.flash.error.clone() {
        password.error.set(Some(error));
    }
    let body = div("account").children([
        ui::page_head("You", nothing(), nothing()),
        done_words(done).map_or_else(nothing, |words| ui::banner(Tone::Good, words)),
        ui::padded_panel("Account", account(&page)),
        ui::padded_panel("Password", change_password(&page, loading, password)),
        ui::padded_panel("Second factor", second_factor(&page.factors)),
        ui::padded_panel("Other ways to sign in", other_ways()),
        ui::panel_with(
            "Where you are signed in",
            if page.has_others { end_others(loading) } else { nothing() },
            logins(page.logins, loading),
        ),
        more(page.next),
    ]);
    let body = body.view();
    ui::page("You".to_owned(), vec![Crumb::new("You", to::PROFILE)], body)
}

/// What was done just now, for browsers without script too; the words never come from the address.
fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("Your password is changed. You are signed out everywhere else."),
        "login" => Some("You are signed out there."),
        "logins" => Some("You are signed out everywhere else."),
        _ => None,
    }
}

fn account(page: &ProfilePage) -> AnyView {
    let role = el("span").text(words::role_name(page.role)).child(el("span").class("muted").text(" · ").view());
    let role = role.child(el("span").class("muted").text(words::role_meaning(page.role)).view()).view();
    let themes = look("Theme", &[("Dark", "dark"), ("Light", "light"), ("System", "system")]);
    let densities = look("Density", &[("Comfortable", "comfortable"), ("Compact", "compact")]);
    let facts = ui::facts(vec![("Name", text(page.name.clone())), ("Email", text(page.email.clone())), ("Role", role)]);
    div("stack").child(facts).child(themes).child(densities).view()
}

/// How all pages look in this browser: `choices` are words and names of [`ui::choice_button`].
fn look(label: &'static str, choices: &[(&'static str, &'static str)]) -> AnyView {
    let group = div("look-choice needs-script").attr("role", "group").attr("aria-label", label);
    let buttons = choices.iter().map(|&(words, choice)| ui::choice_button(words, choice));
    group.child(el("span").class("muted").text(label).view()).children(buttons).view()
}

fn change_password(page: &ProfilePage, loading: Loading<ProfilePage>, state: FormState) -> AnyView {
    if !page.has_password {
        return el("p").class("soft").text("Your account has no password; you sign in with a provider.").view();
    }
    let username = input("email").attr("name", "username").attr("autocomplete", "username").attr("value", page.email.clone());
    let fields = vec![
        // For password managers, which keep passwords by name.
        username.flag("hidden", true).view(),
        secret("current", "form[current]", "Present password", "current-password"),
        secret("new", "form[new]", "New password, at least 12 characters", "new-password"),
        secret("again", "form[again]", "New password again", "new-password"),
        div("form-end").child(ui::submit_button(Kind::Primary, "Change password", state.is_busy())).view(),
    ];
    ui::form("/ui/change_password", state, move || loading.refetch(), pieces(fields))
}

fn secret(id: &'static str, name: &'static str, label: &'static str, complete: &'static str) -> AnyView {
    let control = input("password").attr("id", id).attr("name", name).attr("autocomplete", complete);
    ui::field(id, label, "", control.flag("required", true).view())
}

/// What is asked for, of the kinds that there are.
fn second_factor(kinds: &[FactorKind]) -> AnyView {
    let (words, action) = match (kinds.contains(&FactorKind::Passkey), kinds.contains(&FactorKind::Totp)) {
        (false, false) => ("None yet: nothing is asked for after the password or the provider.", "Set up second factor"),
        (true, false) => ("A passkey is asked for after the password or the provider.", "Open second factors"),
        (false, true) => {
            ("A code of an authenticator app is asked for after the password or the provider.", "Open second factors")
        }
        (true, true) => (
            "A passkey or a code of an authenticator app is asked for after the password or the provider.",
            "Open second factors",
        ),
    };
    let link = ui::link_button(Kind::Normal, action, to::FACTORS);
    let about = el("p").class("soft").text(words);
    div("form").child(about.view()).child(div("form-end").child(link).view()).view()
}

fn other_ways() -> AnyView {
    let link = el("a").class("btn").attr("href", to::WAYS_IN).attr("rel", "external").text("Open ways to sign in").view();
    let about = el("p").class("soft").text("Providers that are linked to your account, to link another one or take one away.");
    div("form").child(about.view()).child(div("form-end").child(link).view()).view()
}

fn end_others(loading: Loading<ProfilePage>) -> AnyView {
    let state = FormState::new(None);
    let button = ui::submit_button(Kind::Normal, "Sign out everywhere else", state.is_busy());
    ui::form("/ui/end_other_logins", state, move || loading.refetch(), button)
}

fn logins(logins: Vec<Login>, loading: Loading<ProfilePage>) -> AnyView {
    ui::table("Where you are signed in", COLUMNS, logins.into_iter().map(|login| row(login, loading)).collect())
}

fn more(next: Option<String>) -> AnyView {
    let Some(after) = next else { return nothing() };
    let href = to::asking(to::PROFILE, &[("after", &after)]);
    el("p").class("more").child(ui::link_button(Kind::Normal, "Show more logins", href)).view()
}

fn row(login: Login, loading: Loading<ProfilePage>) -> Row {
    let current = if login.current { ui::chip(Tone::Good, "check", "this one") } else { nothing() };
    let name = el("span").class("device").child(el("b").text(login.device.clone()).view()).child(current).view();
    let address = login.address.clone().unwrap_or_else(|| "address not recorded".to_owned());
    let seen = el("span").class("phone-only").text(" · last seen ").child(ui::ago(login.last_seen)).view();
    let below = el("span").class("sub muted").child(el("span").class("mono").text(address).view()).child(seen).view();
    let row = Row::new(vec![
        pieces(vec![name, below]),
        el("span").class("soft").child(ui::ago(login.since)).view(),
        el("span").class("soft").child(ui::ago(login.last_seen)).view(),
        if login.current { nothing() } else { end(&login, loading) },
    ]);
    if login.current {
        return row;
    }
    let fields = to::asking("", &[("id", &login.id.to_string())]);
    row.selected_by(ui::pick("Sign out", "/ui/end_login", fields, &login.device))
}

fn end(login: &Login, loading: Loading<ProfilePage>) -> AnyView {
    let state = FormState::new(None);
    let id = ui::hidden("id", login.id.to_string());
    let label = format!("Sign out {}", login.device);
    let button = el("button").attr("type", "submit").class("btn").attr("aria-label", label);
    let button = button.live_attr("aria-disabled", move || state.busy.get().then(|| "true".to_owned())).text("Sign out");
    ui::form("/ui/end_login", state, move || loading.refetch(), pieces(vec![id, button.view()]))
}
