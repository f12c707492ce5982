//! `/admin/audit/SEQ`: everything that is known of one entry of the audit trail. In the part of a project or a team it is the page
//! of that with `entry=SEQ`.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::audit::AuditChange;

use super::{
    rows::outcome,
    way_to,
    words::{told, who},
};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::audit::{EntryView, Line, ask_audit_entry},
    ui::{self, Column, Crumb, Row, el, nothing, pieces, text},
};

const CHANGES: &[Column] = &[
    Column { title: "Field", class: "state" },
    Column { title: "Before", class: "main named" },
    Column { title: "After", class: "after named" },
];

pub(in super::super) fn page(seq: String) -> AnyView {
    loaded_page(load(move || ask_audit_entry(&seq, "", "")), show)
}

/// In the part of a project or of a team, by the ids of both; one of them is empty.
pub(super) fn page_of(seq: String, whose: impl Fn() -> (String, String) + Send + Sync + 'static) -> AnyView {
    let ask = move || {
        let (project, team) = whose();
        ask_audit_entry(&seq, &project, &team)
    };
    loaded_page(load(ask), show)
}

fn show(EntryView { part, line }: EntryView) -> AnyView {
    let told = told(&line);
    let Line { entry, name, names } = line;
    let (who, seq) = (who(&entry), entry.seq);
    let head = ui::page_head(ui::capital(&told), outcome(&entry.outcome, entry.status), nothing());
    let all_of = |words: &str, name: &'static str, value: &str| {
        el("a").class("quiet").attr("href", to::asking(&part.address(), &[(name, value)])).text(words).view()
    };
    let mut facts = vec![
        ("When", text(ui::exact(entry.timestamp))),
        ("Who", pieces(vec![text(format!("{who} ")), all_of("Show all of theirs", "actor", &entry.actor)])),
        ("Known as", ui::code(entry.actor.clone())),
    ];
    if let Some(id) = &entry.resource_id {
        // A run's name is its number alone.
        let kind = if entry.resource_type == "run" { "run " } else { "" };
        let name = name.map_or_else(nothing, |name| text(format!("{kind}{name} ")));
        let resource = pieces(vec![name, ui::code(id.clone()), text(" "), all_of("Show all about it", "resource_id", id)]);
        facts.push(("To", resource));
    }
    let optional = [
        ("Why it was refused", entry.error),
        ("Address", entry.ip_address),
        ("Program", entry.user_agent),
        ("Login", entry.login_id),
        ("Request", entry.request_id),
    ];
    facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name, ui::code(value?)))));
    if entry.count > 1 {
        facts.push(("Stands for", text(format!("{} requests that were alike", entry.count))));
    }
    facts.push(("Position in the chain", el("span").class("num").text(seq.to_string()).view()));
    facts.push(("Hash", ui::code(entry.integrity_hash)));
    let mut parts = vec![head, ui::padded_panel("Entry", ui::facts(facts))];
    if !entry.details.is_empty() {
        let rows = entry.details.into_iter().map(|changed| change(changed, &names)).collect();
        parts.push(ui::panel("What was changed", el("div").class("told").child(ui::table("Changes", CHANGES, rows)).view()));
    }
    let mut way = way_to(&part);
    way.push(Crumb::new(format!("Entry {seq}"), part.entry(seq)));
    ui::page(told, way, pieces(parts))
}

fn change((field, change): (String, AuditChange), names: &BTreeMap<String, String>) -> Row {
    let shown = |value: String| match names.get(&value) {
        _ if value.is_empty() => el("span").class("muted").text("empty").view(),
        Some(name) => pieces(vec![text(format!("{name} ")), ui::code(value)]),
        None => ui::code(value),
    };
    Row::new(vec![ui::code(field), shown(change.from), shown(change.to)])
}
