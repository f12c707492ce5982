//! `/admin/users`: people, as admins see them, a list to look somebody up in.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use protocol::{
    access::{Role, User},
    teams::Invitation,
};

use super::{asked_here, changes_users, crumbs};
use crate::{
    loading::{Loading, load, loaded_list, refetch_at_rest},
    pages::{
        asked::search_here,
        teams::{Surely, confirmed},
    },
    routes::to,
    server_fns::users::{UsersPage, ask_users},
    ui::{self, Column, Field, FormState, Kind, Row, Tone, div, el, nothing, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "Person", class: "main" },
    Column { title: "Role", class: "when" },
    Column { title: "State", class: "state" },
    Column { title: "Since", class: "when wide" },
];

/// What the columns are called in addresses.
const SORTS: [&str; 4] = ["name", "role", "state", "since"];

const INVITATIONS: &[Column] = &[
    Column { title: "For", class: "main" },
    Column { title: "Role", class: "when named" },
    Column { title: "Until", class: "until named" },
    Column { title: "Action", class: "act" },
];

pub(super) fn page() -> AnyView {
    let query = asked_here();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let loading = load(move || ask_users(&get("q"), &get("sort"), &get("after"), &get("invitations")));
    refetch_at_rest(loading, changes_users);
    let invite = FormState::new(None);
    let first = move || untrack(|| to::users(&get("q"), &get("sort"), ""));
    loaded_list(loading, first, move |page| {
        let asked = query.get_untracked();
        let search = search_here(to::USERS, "Search users", query);
        let list = page.map_or_else(|problem| problem, |page| list(page, &asked, Refreshed { loading, invite }));
        let body = pieces(vec![ui::page_head("Users", nothing(), nothing()), search, list]);
        ui::page("Users".to_owned(), crumbs(&[("Users", to::USERS)]), body)
    })
}

/// What outlives that the list is read anew.
#[derive(Clone, Copy)]
struct Refreshed {
    loading: Loading<UsersPage>,
    invite: FormState,
}

fn list(page: UsersPage, query: &ParamsMap, refreshed: Refreshed) -> AnyView {
    let (words, sort) = (query.get("q").unwrap_or_default(), query.get("sort").unwrap_or_default());
    let mut parts = Vec::new();
    if !page.users.is_empty() {
        let sorted = |sort: &str| to::users(&words, sort, "");
        let rows = page.users.iter().map(row).collect();
        parts.push(ui::panel("", ui::table_sorted("Users", COLUMNS, rows, (&SORTS, &sort), &sorted)));
    } else if page.invitations.is_empty() {
        parts.push(ui::empty(
            "Nobody found",
            "No name and no email address has these words.",
            ui::link_button(Kind::Normal, "Show all people", to::USERS),
        ));
    }
    let done = match query.get("done").as_deref() {
        Some("invited") => Some("They can sign in with the provider now, for 14 days."),
        Some("withdrawn") => Some("The invitation counts no more."),
        Some("mailed") => Some("A link is on its way to them by mail. It works once, for 14 days."),
        _ => None,
    };
    if let Some(words) = done {
        parts.insert(0, ui::banner(Tone::Good, words));
    }
    match page.flash.error.clone() {
        Some(error) if page.may_invite && page.flash.value("form") == "invite" => refreshed.invite.error.set(Some(error)),
        // A form in a row has no room for what was wrong when the page came anew.
        Some(error) => parts.insert(0, ui::form_error(error.detail)),
        None => {}
    }
    if let Some(after) = &page.next {
        let link = ui::link_button(Kind::Normal, "Show more people", to::users(&words, &sort, after));
        parts.push(el("p").class("more").child(link).view());
    }
    if !page.invitations.is_empty() {
        let rows = page.invitations.iter().map(|invitation| invited(invitation, refreshed.loading)).collect();
        parts.push(ui::panel("Invitations", ui::table("Invitations", INVITATIONS, rows)));
    }
    if let Some(after) = &page.next_invitation {
        let more = to::asking(to::USERS, &[("q", &words), ("sort", &sort), ("invitations", after)]);
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show more invitations", more)).view());
    }
    if page.may_invite {
        parts.push(ui::padded_panel("Invite somebody", invitation(&page, refreshed)));
    }
    pieces(parts)
}

fn row(user: &User) -> Row {
    Row::new(vec![
        ui::opener(to::user(user.id), &user.name, text(user.email.clone())),
        text(words::role_name(user.role)),
        state(user),
        el("span").class("soft").child(ui::ago(user.created_at)).view(),
    ])
}

pub(super) fn state(user: &User) -> AnyView {
    if user.switched_off { ui::chip(Tone::Held, "pause", "switched off") } else { ui::chip(Tone::Good, "check", "active") }
}

/// Somebody who may come, and how that is taken back.
fn invited(invitation: &Invitation, loading: Loading<UsersPage>) -> Row {
    let whom = invitation.email.as_deref().unwrap_or("whoever has the link");
    let place = if invitation.team_id.is_some() { ", into a team" } else { "" };
    let by = el("span").class("sub muted").text(format!("by {}{place}", invitation.invited_by)).view();
    let fields = vec![ui::hidden("invitation", invitation.id.clone())];
    let what = format!("the invitation for {whom}");
    let surely = Surely { short: "Take back", whose: &what, meaning: "The invitation counts no more.".to_owned() };
    let done = move || loading.refetch();
    Row::new(vec![
        pieces(vec![el("span").class("name").text(whom).view(), by]),
        text(words::role_name(invitation.role)),
        el("span").class("soft").child(ui::ago(invitation.expires_at)).view(),
        confirmed("/ui/withdraw_user_invitation", surely, fields, done),
    ])
}

fn invitation(page: &UsersPage, refreshed: Refreshed) -> AnyView {
    let Refreshed { loading, invite: state } = refreshed;
    let email = Field {
        id: "invite-email",
        name: "email",
        label: "Email",
        hint: if page.mails {
            "They get a link by mail. With a provider they can also sign in by this address."
        } else {
            "As the provider knows it. Nothing is sent: tell them to sign in."
        },
        value: page.flash.value("email"),
        required: true,
        ..Field::default()
    };
    let role =
        Field { id: "invite-role", name: "role", label: "Role", value: Role::Viewer.as_str().to_owned(), ..Field::default() };
    let fields = vec![
        ui::text_input(email),
        ui::select(role, Role::ALL.map(|role| (role.as_str().to_owned(), words::role_name(role).to_owned())).to_vec()),
        div("form-end").child(ui::submit_button(Kind::Normal, "Invite", state.is_busy())).view(),
    ];
    ui::form("/ui/invite_user", state, move || loading.refetch(), pieces(fields))
}
