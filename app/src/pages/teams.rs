//! Teams: who is in which, and what each may do. With the sharing of projects a part of the site of its own.

mod invitations;
pub mod list;
mod members;
pub mod team;

use leptos::prelude::*;
use protocol::{Envelope, access::Role};

use super::asked::{asked_here, search, search_here};
use crate::{
    routes::to,
    ui::{self, Crumb, Field, FormState, Tone, div, el},
    words,
};

/// Whether a page about teams looks different after it: who is in them, or what belongs to them.
pub(super) fn changes_teams(envelope: &Envelope) -> bool {
    ["team_", "project_"].iter().any(|kind| envelope.kind.starts_with(kind))
}

fn crumbs(steps: &[(&str, &str)]) -> Vec<Crumb> {
    let below = steps.iter().map(|(label, href)| Crumb::new(*label, *href));
    std::iter::once(Crumb::new("Teams", to::TEAMS)).chain(below).collect()
}

/// So many of something.
fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The least that there is comes first, so that nobody gives more than they chose.
const LEAST_FIRST: [Role; 4] = [Role::Viewer, Role::Auditor, Role::Operator, Role::Admin];

/// The field for a role.
pub(super) fn role_field(id: &'static str, chosen: &str) -> AnyView {
    let chosen = if chosen.is_empty() { Role::Viewer.as_str() } else { chosen };
    let options = LEAST_FIRST.map(|role| (role.as_str().to_owned(), words::role_name(role).to_owned()));
    let hint = "An admin adds and removes people, an operator starts runs, an auditor reads the audit trail, a viewer looks.";
    ui::select(Field { id, name: "role", label: "Role", hint, value: chosen.to_owned(), ..Field::default() }, options.to_vec())
}

/// A form within a row that gives `whose` another role.
pub(super) fn role_in_row(
    action: &'static str,
    whose: &str,
    role: Role,
    fields: Vec<AnyView>,
    done: impl Fn() + Clone + Send + 'static,
) -> AnyView {
    let state = FormState::new(None);
    let options = LEAST_FIRST
        .map(|one| el("option").attr("value", one.as_str()).flag("selected", one == role).text(words::role_name(one)).view());
    let select = el("select").attr("name", "role").attr("aria-label", format!("Role of {whose}")).children(options).view();
    let button = el("button").attr("type", "submit").class("btn").attr("aria-label", format!("Change the role of {whose}"));
    let mut fields = fields;
    fields.extend([div("field").child(select).view(), button.text("Change").view()]);
    ui::form(action, state, done, ui::pieces(fields))
}

/// What is asked before something is taken away.
pub(super) struct Surely<'a> {
    /// What both buttons say.
    pub(super) short: &'static str,
    /// Whom or what they are about, for who cannot see the row.
    pub(super) whose: &'a str,
    /// What it means.
    pub(super) meaning: String,
}

/// Something that takes away, asked once more; without script too. Of all that a page asks so, one is open at a time.
pub(super) fn confirmed(
    action: &'static str,
    surely: Surely<'_>,
    fields: Vec<AnyView>,
    done: impl Fn() + Clone + Send + 'static,
) -> AnyView {
    let Surely { short, whose, meaning } = surely;
    let state = FormState::new(None);
    let mut fields = fields;
    let button = el("button").attr("type", "submit").class("btn danger").attr("aria-label", format!("{short} {whose}"));
    fields.insert(0, el("p").text(meaning).view());
    fields.push(button.text(short).view());
    let summary = el("summary").class("btn danger").attr("aria-label", format!("{short} {whose}…")).text(format!("{short}…"));
    let form = ui::form(action, state, done, ui::pieces(fields));
    el("details").class("confirm").attr("name", "confirm").child(summary.view()).child(form).view()
}

/// What a form does when it was done: says so, and reads the page anew.
pub(super) fn says(words: &'static str, refetch: impl Fn() + Clone + Send + 'static) -> impl Fn() + Clone + Send + 'static {
    let toasts = ui::toasts();
    move || {
        toasts.show(Tone::Good, words);
        refetch();
    }
}
