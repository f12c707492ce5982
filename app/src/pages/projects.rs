//! All projects with their newest runs.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::projects::{ProjectRow, ProjectStatus};

use crate::{
    chrome::Session,
    loading::{changes_runs, load, loaded, loaded_or_nothing, refetch_on},
    routes::to,
    server_fns::projects::{ProjectsPage, ask_projects},
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

pub fn page() -> AnyView {
    let query = use_query_map();
    let loading = load(move || query.with(|query| ask_projects(&query.get("after").unwrap_or_default())));
    refetch_on(loading, changes_runs);
    let action = use_context::<Session>()
        .map_or_else(nothing, |Session(session)| loaded_or_nothing(session, |viewer| make_one(viewer.may_write)));
    let body = pieces(vec![ui::page_head("Projects", nothing(), action), loaded(loading, list)]);
    ui::page("Projects".to_owned(), vec![Crumb::new("Projects", to::PROJECTS)], body)
}

fn make_one(may: bool) -> AnyView {
    if may { ui::link_button(Kind::Primary, "New project", to::NEW_PROJECT) } else { nothing() }
}

fn list(page: ProjectsPage) -> AnyView {
    if page.rows.is_empty() {
        return ui::empty(
            "No projects yet",
            "A project is one git repository with its spec and its runs.",
            make_one(page.may_write),
        );
    }
    let mut parts = vec![ui::panel("", ui::table("Projects", COLUMNS, page.rows.into_iter().map(row).collect()))];
    if let Some(after) = page.next {
        let href = format!("{}?after={}", to::PROJECTS, to::segment(&after));
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, "Show older projects", href)).view());
    }
    pieces(parts)
}

fn row(row: ProjectRow) -> Row {
    let project = row.project;
    let state = match (&row.last_run, project.status) {
        (Some(run), ProjectStatus::Ready) => words::run_chip(run.status, run.verdict),
        _ => words::project_chip(project.status),
    };
    let about = match project.problem {
        Some(problem) => problem,
        None if project.description.is_empty() => words::source_title(project.source).to_owned(),
        None => project.description,
    };
    let newest = row.last_run.map_or_else(|| "No run yet".to_owned(), |run| run.title);
    // On a phone no heading says what the number counts.
    let unit = el("span").class("phone-only").text(if row.runs == 1 { " run" } else { " runs" }).view();
    Row {
        cells: vec![
            state,
            ui::opener(to::project(project.id), &project.name, ui::prose(&about)),
            ui::clipped(&newest),
            el("span").class("num").text(row.runs.to_string()).child(unit).view(),
            el("span").class("soft").child(ui::ago(project.updated_at)).view(),
        ],
    }
}
