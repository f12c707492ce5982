//! What narrows the audit trail down: a plain form, whose fields stand in the address.

use leptos::prelude::*;

use crate::{
    pages::asked::{kept, search_line},
    server_fns::admin::audit::{AuditView, Filter},
    ui::{self, Field, div, el, input},
};

pub(super) fn form(view: &AuditView, filter: &Filter, sort: &str) -> AnyView {
    let first = div("filter-line").children(search_line("Search entries", filter.q.clone())).view();
    let more = div("filter-fields").children([
        choice("actor", "Who", view.actors.clone(), &filter.actor),
        choice("action", "Action", plain(&view.actions), &filter.action),
        choice("resource_type", "Resource type", plain(&view.resource_types), &filter.resource_type),
        choice("outcome", "Outcome", plain(&["done", "denied", "invalid"].map(str::to_owned)), &filter.outcome),
        day("start_date", "From day", &filter.start_date),
        day("end_date", "To day", &filter.end_date),
        ui::text_input(Field {
            id: "resource_id",
            name: "resource_id",
            label: "Resource id",
            value: filter.resource_id.clone(),
            ..Field::default()
        }),
    ]);
    let narrowed = filter.within().iter().any(|(name, value)| *name != "q" && !value.is_empty());
    let address = view.part.address();
    let all = el("a").class("quiet").attr("href", address.clone()).text("Show all entries").view();
    let summary = el("summary").text("Filters").view();
    let details = el("details").class("filters").flag("open", narrowed).child(summary).child(more.view());
    let details = if narrowed { details.child(all) } else { details };
    let form = el("form").class("panel panel-body filter-form").attr("method", "get").attr("action", address);
    form.attr("role", "search").attr("aria-label", "Entries").child(kept("sort", sort)).child(first).child(details.view()).view()
}

/// Values with the words for them, and what is asked for now even when it is not among them.
fn choice(name: &'static str, label: &'static str, options: Vec<(String, String)>, now: &str) -> AnyView {
    let mut all = vec![(String::new(), "all".to_owned())];
    if !now.is_empty() && !options.iter().any(|(value, _)| value == now) {
        all.push((now.to_owned(), now.to_owned()));
    }
    all.extend(options);
    ui::select(Field { id: name, name, label, value: now.to_owned(), ..Field::default() }, all)
}

fn plain(values: &[String]) -> Vec<(String, String)> {
    values.iter().map(|value| (value.clone(), value.replace('_', " "))).collect()
}

fn day(name: &'static str, label: &'static str, value: &str) -> AnyView {
    ui::field(name, label, "", input("date").attr("id", name).attr("name", name).attr("value", value).view())
}
