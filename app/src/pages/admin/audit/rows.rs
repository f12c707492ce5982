//! Entries of the audit trail as rows, the same wherever they are shown.

use leptos::prelude::*;

use super::words::{did, who};
use crate::{
    server_fns::admin::audit::{Line, OLDEST_FIRST, Part},
    ui::{self, Column, Row, Tone, el, pieces, text},
};

const COLUMNS: &[Column] = &[
    Column { title: "Outcome", class: "state" },
    Column { title: "Who", class: "place wide" },
    Column { title: "What", class: "main" },
    Column { title: "From", class: "when wide" },
    Column { title: "When", class: "elapsed moment" },
];

/// A table of entries; `label` says which.
pub(super) fn table(label: &'static str, entries: Vec<Line>, part: &Part) -> AnyView {
    ui::table(label, COLUMNS, entries.into_iter().map(|line| row(line, part)).collect())
}

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 5] = ["", "", "", "", OLDEST_FIRST];

/// As [`table`], with a heading that turns it around.
pub(super) fn table_sorted(
    label: &'static str,
    entries: Vec<Line>,
    part: &Part,
    (sort, link): (&str, &dyn Fn(&str) -> String),
) -> AnyView {
    let rows = entries.into_iter().map(|line| row(line, part)).collect();
    ui::table_sorted(label, COLUMNS, rows, (&SORTS, sort), link)
}

fn row(line: Line, part: &Part) -> Row {
    let (what, who) = (did(&line), who(&line.entry));
    let entry = line.entry;
    let small = entry.error.unwrap_or_default();
    // A phone has no columns for who it was.
    let words = if small.is_empty() { who.clone() } else { format!("{who} · ") };
    let phone = el("span").class("phone-only").text(words).view();
    let opener = ui::opener(part.entry(entry.seq), &what, pieces(vec![phone, text(small)]));
    let address = entry.ip_address.unwrap_or_else(|| "this machine".to_owned());
    Row::new(vec![
        outcome(&entry.outcome, entry.status),
        ui::clipped(&who),
        opener,
        el("span").class("soft mono").text(address).view(),
        el("span").class("soft").child(ui::ago(entry.timestamp)).view(),
    ])
}

/// How it ended, as a chip.
pub(super) fn outcome(outcome: &str, status: Option<u16>) -> AnyView {
    let (tone, icon) = match outcome {
        "done" => (Tone::Good, "check"),
        // A wrong input is no alarm.
        "invalid" => (Tone::Neutral, "warn"),
        _ => (Tone::Bad, "cross"),
    };
    let status = status.map_or_else(String::new, |status| format!(" {status}"));
    ui::chip(tone, icon, &format!("{outcome}{status}"))
}
