//! `/admin/audit`: the audit trail, searched, followed and taken along. What is shown is in the address. `/projects/ID/audit` and
//! `/teams/ID/audit` show the part that is about them.

pub(super) mod entry;
mod filters;
mod news;
mod rows;
pub(super) mod verify;
mod words;

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_params_map},
    params::ParamsMap,
};

use super::{asked_here, head};
use crate::{
    browser::IS_BROWSER,
    loading::{load, loaded_list},
    pages::project,
    routes::to,
    server_fns::admin::audit::{AuditView, Filter, OLDEST_FIRST, Part, Summary, ask_audit},
    ui::{self, Crumb, Kind, div, el, live, nothing, pieces},
};

pub(super) fn page() -> AnyView {
    list(asked_here(), filter)
}

/// The part of a project or a team: its list, and where the address asks for an entry, that one.
pub(super) fn page_of() -> AnyView {
    let params = use_params_map();
    let is_teams = use_location().pathname.with_untracked(|path| path.starts_with(to::TEAMS));
    let asked = asked_here();
    let whose = move || {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        if is_teams { (String::new(), id) } else { (id, String::new()) }
    };
    let within = move |asked: &ParamsMap| {
        let (project_id, team_id) = whose();
        Filter { project_id, team_id, ..filter(asked) }
    };
    let at = move |seq: String| if seq.is_empty() { list(asked, within) } else { entry::page_of(seq, whose) };
    let entry = Memo::new(move |_| asked.with(|asked| value(asked, "entry")));
    if !IS_BROWSER {
        return at(entry.get_untracked());
    }
    live(move || at(entry.get()))
}

fn list(asked: Memo<ParamsMap>, filter: impl Fn(&ParamsMap) -> Filter + Copy + Send + Sync + 'static) -> AnyView {
    let shown = move || asked.with(|asked| (filter(asked), value(asked, "sort"), value(asked, "after")));
    let loading = load(move || {
        let (filter, sort, after) = shown();
        ask_audit(&filter, &sort, &after)
    });
    let path = use_location().pathname;
    let first = move || {
        let (filter, sort, after) = untrack(shown);
        let path = path.get_untracked();
        // All of them where it is not the cursor that is wrong.
        if after.is_empty() { path } else { asking(&path, &filter, &sort, "") }
    };
    loaded_list(loading, first, move |view| {
        let (filter, sort, after) = untrack(shown);
        view.map_or_else(unread, |view| show(view, filter, (&sort, &after)))
    })
}

/// Where its entries cannot be read; `problem` says why.
fn unread(problem: AnyView) -> AnyView {
    let head = head("Audit", "Who did what, when and from where.", nothing());
    ui::page("Audit".to_owned(), vec![Crumb::new("Audit", "")], pieces(vec![head, problem]))
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
        ..Filter::default()
    }
}

fn show(view: AuditView, filter: Filter, (sort, after): (&str, &str)) -> AnyView {
    let part = view.part.clone();
    let mut body = vec![head_of(&part), summary(&part, &view.summary), filters::form(&view, &filter, sort)];
    let newest = view.entries.first().map_or(0, |line| line.entry.seq);
    // What is new stands on the first page, and nowhere when only the past is asked for, or first.
    let oldest_first = sort == OLDEST_FIRST;
    let is_first = after.is_empty() && filter.end_date.is_empty() && !oldest_first;
    let news = if is_first { news::follow(newest, &filter, &part) } else { nothing() };
    body.push(div("list-head").child(news).child(take_along(&filter)).view());
    if view.entries.is_empty() {
        body.push(nothing_found(&part, &filter));
    } else {
        let sorted = |sort: &str| asking(&part.address(), &filter, sort, "");
        let table = rows::table_sorted("Entries", view.entries, &part, (sort, &sorted));
        body.push(ui::panel("", table));
    }
    if let Some(after) = view.next {
        let words = if oldest_first { "Show newer entries" } else { "Show older entries" };
        let more = ui::link_button(Kind::Normal, words, asking(&part.address(), &filter, sort, &after));
        body.push(el("p").class("more").child(more).view());
    }
    let title = match &part {
        Part::Installation => "Audit".to_owned(),
        Part::Project(head) => format!("Audit – {}", head.name),
        Part::Team { name, .. } => format!("Audit – {name}"),
    };
    ui::page(title, way_to(&part), pieces(body))
}

fn head_of(part: &Part) -> AnyView {
    match part {
        Part::Installation => {
            let verify = ui::link_button(Kind::Primary, "Verify the chain", to::VERIFY_AUDIT);
            head("Audit", "Who did what, when and from where, also what was refused.", verify)
        }
        Part::Project(shown) => pieces(vec![project::head(shown), project::tabs(shown, "audit")]),
        Part::Team { name, .. } => {
            let about = "Who did what with the team and its projects, when and from where.";
            ui::page_head(format!("Audit of {name}"), el("p").class("soft").text(about).view(), nothing())
        }
    }
}

/// The steps to the list.
fn way_to(part: &Part) -> Vec<Crumb> {
    let here = Crumb::new("Audit", part.address());
    match part {
        Part::Installation => vec![Crumb::new("Admin", to::ADMIN), here],
        Part::Project(shown) => vec![Crumb::new("Projects", to::PROJECTS), project::crumb(&shown.name, shown.id), here],
        Part::Team { id, name } => vec![Crumb::new("Teams", to::TEAMS), Crumb::new(name.clone(), to::team(*id)), here],
    }
}

/// To what fits, in that order, from behind that cursor.
fn asking(address: &str, filter: &Filter, sort: &str, after: &str) -> String {
    let asked: Vec<(&str, &str)> = filter.within().into_iter().chain([("sort", sort), ("after", after)]).collect();
    to::asking(address, &asked)
}

fn summary(part: &Part, summary: &Summary) -> AnyView {
    if *part != Part::Installation {
        // What was refused is about addresses: it is in the installation's trail alone.
        let line = format!("In the last {} days: {} done.", summary.days, summary.done);
        return el("p").class("calm soft").text(line).view();
    }
    let link = |count: i64, outcome: &str| {
        let href = to::asking(to::ADMIN_AUDIT, &[("outcome", outcome)]);
        el("a").class("quiet").attr("href", href).text(format!("{count} {outcome}")).view()
    };
    let line = format!("In the last {} days: {} done, ", summary.days, summary.done);
    let line = el("p").class("calm soft").text(line).child(link(summary.denied, "denied")).text(", ");
    line.child(link(summary.invalid, "invalid")).text(".").view()
}

/// All that fits, as files.
fn take_along(filter: &Filter) -> AnyView {
    let link = |format: &str, words: &'static str| {
        let href = to::audit_export(format, &filter.pairs());
        el("a").class("btn").attr("href", href).attr("rel", "external").attr("download", "").text(words).view()
    };
    div("exports").child(link("csv", "Export CSV")).child(link("json", "Export JSON")).view()
}

fn nothing_found(part: &Part, filter: &Filter) -> AnyView {
    if filter.within().iter().all(|(_, value)| value.is_empty()) {
        let on = match part {
            Part::Installation => ui::link_button(Kind::Normal, "Show settings", to::ADMIN_SETTINGS),
            Part::Project(shown) => ui::link_button(Kind::Normal, "Show project", to::project(shown.id)),
            Part::Team { id, .. } => ui::link_button(Kind::Normal, "Show team", to::team(*id)),
        };
        return ui::empty("No entries", "Entries that were older than this server keeps them were removed.", on);
    }
    ui::empty(
        "No such entries",
        "Nothing fits what is asked for.",
        ui::link_button(Kind::Normal, "Show all entries", part.address()),
    )
}
