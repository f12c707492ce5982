//! All runs; what is shown is in the address.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::run_rows::{can_be_sorted_by, run_table_sorted};
use crate::{
    loading::{changes_runs, load, loaded, refetch_on},
    routes::to,
    server_fns::run_lists::{RunsPage, ask_run_list},
    ui::{self, Crumb, Kind, Tab, el, live, nothing, pieces},
};

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Filter {
    state: String,
    project: String,
    sort: String,
    after: String,
}

pub fn page() -> AnyView {
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        query.with(|query| Filter {
            state: query.get("state").unwrap_or_default(),
            project: query.get("project").unwrap_or_default(),
            sort: query.get("sort").filter(|sort| can_be_sorted_by(sort)).unwrap_or_default(),
            after: query.get("after").unwrap_or_default(),
        })
    });
    let loading = load(move || filter.with(|filter| ask_run_list(&filter.state, &filter.project, &filter.sort, &filter.after)));
    refetch_on(loading, changes_runs);
    let head = ui::page_head("Runs", nothing(), live(move || filter.with(states)));
    let list = loaded(loading, move |page| list(page, &filter.get_untracked()));
    ui::page("Runs".to_owned(), vec![Crumb::new("Runs", to::RUNS)], pieces(vec![head, list]))
}

fn states(filter: &Filter) -> AnyView {
    let tab = |label, state: &str| Tab {
        label,
        href: to::runs(state, &filter.project, &filter.sort, ""),
        current: filter.state == state,
        note: String::new(),
    };
    ui::tabs("State", vec![tab("All", ""), tab("Active", "active")])
}

fn list(page: RunsPage, filter: &Filter) -> AnyView {
    if page.runs.is_empty() {
        return nothing_found(filter);
    }
    let sorted = |sort: &str| to::runs(&filter.state, &filter.project, sort, "");
    let mut parts = vec![ui::panel("", run_table_sorted("Runs", page.runs, &filter.sort, &sorted))];
    if let Some(after) = page.next {
        let href = to::runs(&filter.state, &filter.project, &filter.sort, &after);
        let words = if filter.sort.is_empty() { "Show older runs" } else { "Show more runs" };
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, words, href)).view());
    }
    pieces(parts)
}

fn nothing_found(filter: &Filter) -> AnyView {
    if *filter == Filter::default() {
        return ui::empty(
            "No runs yet",
            "A run is one execution of an agent on a spec; it is started from a project.",
            ui::link_button(Kind::Normal, "Open projects", to::PROJECTS),
        );
    }
    ui::empty("No such runs", "No run fits what was asked for.", ui::link_button(Kind::Normal, "Show all runs", to::RUNS))
}
