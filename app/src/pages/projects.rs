//! All projects with their newest runs.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::projects::ProjectStatus;

use crate::{
    chrome::CurrentViewer,
    loading::{changes_runs, load, loaded, loaded_or_nothing, refetch_on},
    routes::to,
    server_fns::projects::{ProjectLine, ProjectsPage, ask_projects},
    ui::{self, Column, Crumb, Kind, Row, el, nothing, pieces},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "State", class: "state" },
    Column { title: "Project", class: "main" },
    Column { title: "Newest run", class: "place wide" },
    Column { title: "Runs", class: "count" },
    Column { title: "Changed", class: "when wide" },
];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 5] = ["", "name", "", "runs", "changed"];

pub fn page() -> AnyView {
    let query = use_query_map();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let loading = load(move || ask_projects(&get("sort"), &get("after")));
    refetch_on(loading, changes_runs);
    let action = use_context::<CurrentViewer>()
        .map_or_else(nothing, |CurrentViewer(viewer)| loaded_or_nothing(viewer, |viewer| make_one(viewer.may_write)));
    let body = pieces(vec![
        ui::page_head("Projects", nothing(), action),
        loaded(loading, move |page| list(page, &untrack(|| get("sort")))),
    ]);
    ui::page("Projects".to_owned(), vec![Crumb::new("Projects", to::PROJECTS)], body)
}

fn make_one(may: bool) -> AnyView {
    if may { ui::link_button(Kind::Primary, "New project", to::NEW_PROJECT) } else { nothing() }
}

fn list(page: ProjectsPage, sort: &str) -> AnyView {
    if page.rows.is_empty() {
        return ui::empty(
            "No projects yet",
            "A project is one git repository with its spec and its runs.",
            make_one(page.may_write),
        );
    }
    let rows = page.rows.into_iter().map(row).collect();
    let sorted = |sort: &str| to::asking(to::PROJECTS, &[("sort", sort)]);
    let mut parts = vec![ui::panel("", ui::table_sorted("Projects", COLUMNS, rows, (&SORTS, sort), &sorted))];
    if let Some(after) = page.next {
        let href = to::asking(to::PROJECTS, &[("sort", sort), ("after", &after)]);
        let words = if sort.is_empty() { "Show older projects" } else { "Show more projects" };
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, words, href)).view());
    }
    pieces(parts)
}

fn row(project: ProjectLine) -> Row {
    let state = match (&project.newest, project.status) {
        (Some(run), ProjectStatus::Ready) => words::run_chip(run.status, run.verdict),
        _ => words::project_chip(project.status),
    };
    let newest = project.newest.map_or_else(|| "No run yet".to_owned(), |run| run.title);
    // On a phone no heading says what the number counts.
    let unit = el("span").class("phone-only").text(if project.runs == 1 { " run" } else { " runs" }).view();
    Row::new(vec![
        state,
        ui::opener(to::project(project.id), &project.name, ui::prose(&project.about)),
        ui::clipped(&newest),
        el("span").class("num").text(project.runs.to_string()).child(unit).view(),
        el("span").class("soft").child(ui::ago(project.updated_at)).view(),
    ])
}
