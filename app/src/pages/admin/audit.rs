//! `/admin/audit`: the audit trail, searched, followed and taken along. What is shown is in the address.

mod filters;
mod news;

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::{asked_here, audit_rows, crumbs, head};
use crate::{
    loading::{load, loaded_list},
    routes::to,
    server_fns::admin::audit::{AuditView, Filter, OLDEST_FIRST, Summary, ask_audit},
    ui::{self, Kind, div, el, nothing, pieces},
};

pub(super) fn page() -> AnyView {
    let asked = asked_here();
    let loading = load(move || asked.with(|asked| ask_audit(&filter(asked), &value(asked, "sort"), &value(asked, "after"))));
    let below =
        move |view| asked.with_untracked(|asked| entries(view, &filter(asked), (&value(asked, "sort"), &value(asked, "after"))));
    let first = move || asked.with_untracked(first);
    loaded_list(loading, first, move |view| show(view.map_or_else(|problem| problem, below)))
}

/// Where the same entries begin, or all of them where it is not the cursor that is wrong.
fn first(asked: &ParamsMap) -> String {
    if value(asked, "after").is_empty() {
        return to::ADMIN_AUDIT.to_owned();
    }
    asking(&filter(asked), &value(asked, "sort"), "")
}

fn value(asked: &ParamsMap, name: &str) -> String {
    asked.get(name).unwrap_or_default()
}

fn filter(asked: &ParamsMap) -> Filter {
    Filter {
        q: value(asked, "q"),
        actor: value(asked, "actor"),
        action: value(asked, "action"),
        resource_type: value(asked, "resource_type"),
        resource_id: value(asked, "resource_id"),
        outcome: value(asked, "outcome"),
        start_date: value(asked, "start_date"),
        end_date: value(asked, "end_date"),
    }
}

/// The page with its entries, or with what stands in their place.
fn show(below: AnyView) -> AnyView {
    let verify = ui::link_button(Kind::Primary, "Verify the chain", to::VERIFY_AUDIT);
    let about = "Who did what, when and from where, also what was denied.";
    let body = pieces(vec![head("Audit", about, verify), below]);
    ui::page("Audit".to_owned(), crumbs(&[("Audit", to::ADMIN_AUDIT)]), body)
}

fn entries(view: AuditView, filter: &Filter, (sort, after): (&str, &str)) -> AnyView {
    let mut parts = vec![summary(&view.summary), filters::form(&view, filter, sort)];
    let newest = view.entries.first().map_or(0, |line| line.entry.seq);
    // What is new stands on the first page, and nowhere when only the past is asked for, or first.
    let oldest_first = sort == OLDEST_FIRST;
    let news =
        if after.is_empty() && filter.end_date.is_empty() && !oldest_first { news::follow(newest, filter) } else { nothing() };
    parts.push(div("list-head").child(news).child(take_along(filter)).view());
    if view.entries.is_empty() {
        parts.push(nothing_found(filter));
    } else {
        let sorted = |sort: &str| asking(filter, sort, "");
        parts.push(ui::panel("", audit_rows::table_sorted("Entries", view.entries, sort, &sorted)));
    }
    if let Some(after) = view.next {
        let words = if oldest_first { "Show newer entries" } else { "Show older entries" };
        let more = ui::link_button(Kind::Normal, words, asking(filter, sort, &after));
        parts.push(el("p").class("more").child(more).view());
    }
    pieces(parts)
}

/// To what fits, in that order, from behind that cursor.
fn asking(filter: &Filter, sort: &str, after: &str) -> String {
    let asked: Vec<(&str, &str)> = filter.pairs().into_iter().chain([("sort", sort), ("after", after)]).collect();
    to::asking(to::ADMIN_AUDIT, &asked)
}

fn summary(summary: &Summary) -> AnyView {
    let denied = to::asking(to::ADMIN_AUDIT, &[("outcome", "denied")]);
    let denied = el("a").class("quiet").attr("href", denied).text(format!("{} denied", summary.denied)).view();
    let line = format!("In the last {} days: {} done, ", summary.days, summary.done);
    el("p").class("calm soft").text(line).child(denied).text(".").view()
}

/// All that fits, as files.
fn take_along(filter: &Filter) -> AnyView {
    let link = |format: &str, words: &'static str| {
        let href = to::audit_export(format, &filter.pairs());
        el("a").class("btn").attr("href", href).attr("rel", "external").attr("download", "").text(words).view()
    };
    div("exports").child(link("csv", "Export CSV")).child(link("json", "Export JSON")).view()
}

fn nothing_found(filter: &Filter) -> AnyView {
    if *filter == Filter::default() {
        return ui::empty(
            "No entries",
            "Entries that were older than this server keeps them were removed.",
            ui::link_button(Kind::Normal, "Show settings", to::ADMIN_SETTINGS),
        );
    }
    ui::empty(
        "No such entries",
        "Nothing fits what is asked for.",
        ui::link_button(Kind::Normal, "Show all entries", to::ADMIN_AUDIT),
    )
}
