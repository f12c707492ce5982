//! Links into a team: made, shown once, taken back.

use leptos::prelude::*;
use protocol::teams::Invitation;

use super::{Surely, confirmed, role_field, says};
use crate::{
    browser::elements::set_value,
    loading::Loading,
    pages::owner_choice::typing,
    routes::to,
    server_fns::teams::TeamPage,
    ui::{self, Column, FormState, Kind, Row, div, el, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "For", class: "main" },
    Column { title: "Role", class: "when named" },
    Column { title: "Until", class: "until named" },
    Column { title: "Action", class: "act" },
];

/// The link of the newest invitation. The server has forgotten it by now.
pub(super) fn shown_once(link: String) -> AnyView {
    let words = "This link is shown once. It works once, for 14 days; whoever opens it joins the team.";
    let line = div("secret-line").child(ui::code(link.clone())).child(ui::copy_button("Copy the link", link)).view();
    let panel = el("section").class("panel panel-body secret-once").attr("aria-label", "The invitation's link");
    panel.child(el("p").attr("role", "status").text(words).view()).child(line).view()
}

/// Invitations that still count, if there are any.
pub(super) fn open(page: &TeamPage, (words, sort): (&str, &str), loading: Loading<TeamPage>) -> Vec<AnyView> {
    if page.invitations.is_empty() {
        return Vec::new();
    }
    let rows = page.invitations.iter().map(|invitation| row(page, invitation, loading)).collect();
    let mut parts = vec![ui::panel("Invitations", ui::table("Invitations", COLUMNS, rows))];
    if let Some(after) = &page.next_invitation {
        let more = to::asking(&to::team(page.team.id), &[("q", words), ("sort", sort), ("invitations", after)]);
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show more invitations", more)).view());
    }
    parts
}

fn row(page: &TeamPage, invitation: &Invitation, loading: Loading<TeamPage>) -> Row {
    let whom = invitation.email.as_deref().unwrap_or("whoever has the link");
    let by = el("span").class("sub muted").text(format!("by {}", invitation.invited_by)).view();
    let fields = vec![ui::hidden("id", page.team.id.to_string()), ui::hidden("invitation", invitation.id.clone())];
    let what = format!("the invitation for {whom}");
    let surely = Surely { short: "Take back", whose: &what, meaning: "The link counts no more.".to_owned() };
    let done = says("Invitation taken back.", move || loading.refetch());
    Row::new(vec![
        pieces(vec![el("span").class("name").text(whom).view(), by]),
        text(invitation.team_role.map_or("", words::role_name)),
        el("span").class("soft").child(ui::ago(invitation.expires_at)).view(),
        confirmed("/ui/withdraw_invitation", surely, fields, done),
    ])
}

/// Makes a link.
pub(super) fn invite(page: &TeamPage, loading: Loading<TeamPage>, state: FormState) -> AnyView {
    let was_refused = page.flash.value("form") == "invite";
    let kept = |field: &str| if was_refused { page.flash.value(field) } else { String::new() };
    let about = "Makes a link for somebody with or without an account. With an email address it is for that person alone.";
    let fields = vec![
        el("p").class("soft").text(about).view(),
        ui::hidden("id", page.team.id.to_string()),
        typing("invite-email", "email", "Email, if it is for one person", "email", kept("email")),
        role_field("invite-role", &kept("role")),
        div("form-end").child(ui::submit_button(Kind::Normal, "Make a link", state.is_busy())).view(),
    ];
    let done = move || {
        set_value("invite-email", "");
        loading.refetch();
    };
    ui::form("/ui/invite_to_team", state, done, pieces(fields))
}
