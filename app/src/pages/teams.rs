//! Teams: who is in which, what each may do, and with whom a project is shared. A part of the site of its own.

mod invitations;
pub mod list;
mod members;
pub mod sharing;
pub mod team;

use std::time::Duration;

use leptos::prelude::*;
use protocol::{Envelope, access::Role};
use serde::de::DeserializeOwned;

use super::asked::asked_here;
use crate::{
    browser::forms,
    live,
    loading::Loading,
    routes::to,
    ui::{self, Crumb, Field, FormState, Tone, div, el, input},
    words,
};

/// Whether a page about teams looks different after it: who is in them, or what belongs to them.
fn changes_teams(envelope: &Envelope) -> bool {
    ["team_", "project_"].iter().any(|kind| envelope.kind.starts_with(kind))
}

/// Reads a page with forms anew when something happens, once nobody is at one of them: what they type would be lost.
fn refetch_at_rest<T: DeserializeOwned + 'static>(loading: Loading<T>) {
    let waiting = StoredValue::new(false);
    live::on_event(move |envelope| {
        if changes_teams(envelope) && !waiting.get_value() {
            waiting.set_value(true);
            refetch_later(loading, waiting);
        }
    });
}

fn refetch_later<T: DeserializeOwned + 'static>(loading: Loading<T>, waiting: StoredValue<bool>) {
    let look = move || match waiting.try_get_value() {
        // The page was left meanwhile.
        None => {}
        Some(_) if forms::is_one_in_use() => refetch_later(loading, waiting),
        Some(_) => {
            waiting.set_value(false);
            loading.refetch();
        }
    };
    set_timeout(look, Duration::from_millis(500));
}

fn crumbs(steps: &[(&str, &str)]) -> Vec<Crumb> {
    let below = steps.iter().map(|(label, href)| Crumb::new(*label, *href));
    std::iter::once(Crumb::new("Teams", to::TEAMS)).chain(below).collect()
}

/// A plain form: what is looked for is in the address.
fn search(address: &str, label: &'static str, words: String) -> AnyView {
    let field = input("search").attr("name", "q").attr("value", words).attr("aria-label", label);
    let field = field.attr("placeholder", label).attr("autocomplete", "off").view();
    let button = el("button").attr("type", "submit").class("btn").text("Search").view();
    let form = el("form").class("search-form field").attr("role", "search").attr("method", "get").attr("action", address);
    form.child(field).child(button).view()
}

/// So many of something.
fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The least that there is comes first, so that nobody gives more than they chose.
const LEAST_FIRST: [Role; 4] = [Role::Viewer, Role::Auditor, Role::Operator, Role::Admin];

/// The field for a role.
fn role_field(id: &'static str, chosen: &str) -> AnyView {
    let chosen = if chosen.is_empty() { Role::Viewer.as_str() } else { chosen };
    let options = LEAST_FIRST.map(|role| (role.as_str().to_owned(), words::role_name(role).to_owned()));
    let hint = "An admin takes people in and out, an operator starts runs, a viewer and an auditor look.";
    ui::select(Field { id, name: "role", label: "Role", hint, value: chosen.to_owned(), ..Field::default() }, options.to_vec())
}

/// A form within a row that gives `whose` another role.
fn role_in_row(
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

/// Something that takes away, asked once more; without script too. `words` are the first button's, `surely` what it means.
fn confirmed(
    action: &'static str,
    (short, whose): (&'static str, &str),
    surely: String,
    fields: Vec<AnyView>,
    done: impl Fn() + Clone + Send + 'static,
) -> AnyView {
    let state = FormState::new(None);
    let mut fields = fields;
    let button = el("button").attr("type", "submit").class("btn danger").attr("aria-label", format!("{short} {whose}"));
    fields.insert(0, el("p").text(surely).view());
    fields.push(button.text(short).view());
    let summary = el("summary").class("btn danger").attr("aria-label", format!("{short} {whose}…")).text(format!("{short}…"));
    let form = ui::form(action, state, done, ui::pieces(fields));
    el("details").class("confirm").child(summary.view()).child(form).view()
}

/// What a form does when it was done: says so, and reads the page anew.
fn says(words: &'static str, refetch: impl Fn() + Clone + Send + 'static) -> impl Fn() + Clone + Send + 'static {
    let toasts = ui::toasts();
    move || {
        toasts.show(Tone::Good, words);
        refetch();
    }
}
