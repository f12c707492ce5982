//! Entries of the audit trail as rows, the same wherever they are shown.

use leptos::prelude::*;
use protocol::audit::AuditEntry;

use crate::{
    server_fns::admin::audit::{Line, OLDEST_FIRST, Place},
    ui::{self, Column, Row, Tone, el, pieces, text},
};

const COLUMNS: &[Column] = &[
    Column { title: "Outcome", class: "state" },
    Column { title: "What", class: "main" },
    Column { title: "Who", class: "place wide" },
    Column { title: "From", class: "when wide" },
    Column { title: "When", class: "elapsed moment" },
];

/// A table of entries; `label` says which.
pub(super) fn table(label: &'static str, entries: Vec<Line>, place: &Place) -> AnyView {
    ui::table(label, COLUMNS, entries.into_iter().map(|line| row(line, place)).collect())
}

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 5] = ["", "", "", "", OLDEST_FIRST];

/// As [`table`], with a heading that turns it around.
pub(super) fn table_sorted(
    label: &'static str,
    entries: Vec<Line>,
    place: &Place,
    (sort, link): (&str, &dyn Fn(&str) -> String),
) -> AnyView {
    let rows = entries.into_iter().map(|line| row(line, place)).collect();
    ui::table_sorted(label, COLUMNS, rows, (&SORTS, sort), link)
}

fn row(Line { entry, name }: Line, place: &Place) -> Row {
    let what = what(&entry);
    let who = who(&entry);
    // What a request was for is its name already.
    let id = entry.resource_id.clone().filter(|id| *id != what);
    let small = name.or(id).or_else(|| entry.error.clone()).unwrap_or_default();
    // A phone has no columns for who it was.
    let phone = el("span").class("phone-only").text(format!("{who} · ")).view();
    let opener = ui::opener(place.entry(entry.seq), &what, pieces(vec![phone, text(small)]));
    let address = entry.ip_address.unwrap_or_else(|| "this machine".to_owned());
    Row::new(vec![
        outcome(&entry.outcome, entry.status),
        opener,
        ui::clipped(&who),
        el("span").class("soft mono").text(address).view(),
        el("span").class("soft").child(ui::ago(entry.timestamp)).view(),
    ])
}

/// How it ended, as a chip.
pub(super) fn outcome(outcome: &str, status: Option<u16>) -> AnyView {
    match (outcome, status) {
        ("done", _) => ui::chip(Tone::Good, "check", "done"),
        (other, None) => ui::chip(Tone::Bad, "cross", other),
        (other, Some(status)) => ui::chip(Tone::Bad, "cross", &format!("{other} {status}")),
    }
}

/// What was done, in words: `create token`, `sign in ×3`; of a request the route that was asked for.
pub(super) fn what(entry: &AuditEntry) -> String {
    let route = entry.resource_id.as_deref().filter(|_| entry.action == "request");
    // Where one signs in or out is said by that.
    let kind = if entry.action.starts_with("sign_") { "" } else { entry.resource_type.as_str() };
    let words = || format!("{} {kind}", entry.action).trim().replace('_', " ");
    let mut what = route.map_or_else(words, str::to_owned);
    if entry.count > 1 {
        what.push_str(&format!(" ×{}", entry.count));
    }
    what
}

/// Who it was, as they were called then.
pub(super) fn who(entry: &AuditEntry) -> String {
    let name = if entry.actor_name.is_empty() { entry.actor.as_str() } else { entry.actor_name.as_str() };
    if entry.token_id.is_some() { format!("token {name}") } else { name.to_owned() }
}
