//! Who is in a team, and who is added to it.

use leptos::prelude::*;
use protocol::teams::Member;

use super::{Surely, confirmed, role_field, role_in_row, says, search};
use crate::{
    browser::elements::set_value,
    loading::Loading,
    pages::owner_choice::typing,
    routes::to,
    server_fns::teams::TeamPage,
    ui::{self, Column, FormState, Kind, Row, div, el, nothing, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "Person", class: "main" },
    Column { title: "Role", class: "place" },
    Column { title: "Action", class: "act" },
];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 3] = ["name", "role", ""];

/// From this many people on there is something to look through.
const MANY: u32 = 10;

/// The table of members, with a search where they or the invitations are many.
pub(super) fn members(page: &TeamPage, (words, sort): (&str, &str), loading: Loading<TeamPage>) -> AnyView {
    let address = to::team(page.team.id);
    let mut parts = Vec::new();
    if page.team.members > MANY || page.next_invitation.is_some() || !words.is_empty() {
        parts.push(search(&address, "Search members", words, sort));
    }
    if page.team.members == 0 {
        let words = "Add somebody who has an account, or make a link.";
        let add = el("a").class("btn").attr("href", "#member-email").attr("rel", "external").text("Add member");
        parts.push(ui::empty("Nobody is in this team yet", words, if page.may_manage { add.view() } else { nothing() }));
    } else if !page.members.is_empty() {
        let rows = page.members.iter().map(|member| row(page, member, loading)).collect();
        let sorted = |sort: &str| to::asking(&address, &[("q", words), ("sort", sort)]);
        parts.push(ui::panel("Members", ui::table_sorted("Members", COLUMNS, rows, (&SORTS, sort), &sorted)));
    } else if page.invitations.is_empty() {
        let all = ui::link_button(Kind::Normal, "Show everybody", address.clone());
        parts.push(ui::empty("Nobody found", "No name and no email address in the team has these words.", all));
    }
    if let Some(after) = &page.next {
        let more = to::asking(&address, &[("q", words), ("sort", sort), ("after", after)]);
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show more people", more)).view());
    }
    pieces(parts)
}

fn row(page: &TeamPage, member: &Member, loading: Loading<TeamPage>) -> Row {
    let me = page.me == Some(member.user_id);
    let name = el("span").class("name").text(member.name.clone()).view();
    let who = pieces(vec![name, el("span").class("sub muted").text(member.email.clone()).view()]);
    let role = if page.may_manage {
        let done = says("Role changed.", move || loading.refetch());
        role_in_row("/ui/set_member_role", &member.name, member.role, named(page, member), done)
    } else {
        text(words::role_name(member.role))
    };
    let from = match member.by_rules {
        Some(_) => el("span").class("muted").text("by groups at a sign-in provider").view(),
        None => nothing(),
    };
    let act = if member.given.is_some() && (page.may_manage || me) { out(page, member, me, loading) } else { nothing() };
    Row::new(vec![who, pieces(vec![role, from]), act])
}

fn named(page: &TeamPage, member: &Member) -> Vec<AnyView> {
    vec![ui::hidden("id", page.team.id.to_string()), ui::hidden("user", member.user_id.to_string())]
}

fn out(page: &TeamPage, member: &Member, me: bool, loading: Loading<TeamPage>) -> AnyView {
    let (short, meaning) = if me {
        ("Leave", format!("You leave {} and what belongs to it.", page.team.name))
    } else {
        ("Remove", format!("{} has no role in the team any more.", member.name))
    };
    let whose = if me { page.team.name.as_str() } else { member.name.as_str() };
    let done = if me { "You left the team." } else { "Member removed." };
    // Whoever left may not ask for the team any more.
    let refetch = move || {
        if !me {
            loading.refetch();
        }
    };
    confirmed("/ui/remove_member", Surely { short, whose, meaning }, named(page, member), says(done, refetch))
}

/// Adds somebody who has an account.
pub(super) fn add(page: &TeamPage, loading: Loading<TeamPage>, state: FormState) -> AnyView {
    let was_refused = page.flash.value("form") == "add";
    let kept = |field: &str| if was_refused { page.flash.value(field) } else { String::new() };
    let fields = vec![
        ui::hidden("id", page.team.id.to_string()),
        typing("member-email", "email", "Email of their account", "email", kept("email")),
        role_field("member-role", &kept("role")),
        div("form-end").child(ui::submit_button(Kind::Primary, "Add member", state.is_busy())).view(),
    ];
    let done = says("Member added.", move || {
        set_value("member-email", "");
        loading.refetch();
    });
    ui::form("/ui/add_member", state, done, pieces(fields))
}
