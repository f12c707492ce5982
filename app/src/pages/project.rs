//! One project: what it is, its runs, its settings, the panel that starts a run, and with whom it is shared.

mod overview;
mod settings;
pub mod sharing;
mod start;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use protocol::{ProjectId, projects::ProjectStatus, runs::RunStatus};

use super::run_rows::{run_table_of_project, run_table_to_stop};
use crate::{
    loading::{changes_runs, load, loaded_page, refetch_on},
    routes::to,
    server_fns::projects::{ProjectHead, ProjectPage, ask_project},
    ui::{self, Crumb, FormState, Kind, Tab, Tone, div, el, live, nothing, pieces},
    words,
};

/// The forms of the page; they outlive that the page is read anew.
#[derive(Clone, Copy)]
struct Forms {
    start: FormState,
    settings: FormState,
    delete: FormState,
}

pub fn page() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let tab = Memo::new(move |_| query.with(|query| query.get("tab").unwrap_or_default()));
    let forms = Forms { start: FormState::new(None), settings: FormState::new(None), delete: FormState::new(None) };
    let loading = load(move || params.with(|params| ask_project(&params.get("id").unwrap_or_default())));
    refetch_on(loading, changes_runs);
    loaded_page(loading, move |page| show(page, tab, forms))
}

fn show(page: ProjectPage, tab: Memo<String>, forms: Forms) -> AnyView {
    if let Some(error) = page.flash.error.clone() {
        let form = if tab.get_untracked() == "settings" { forms.settings } else { forms.start };
        form.error.set(Some(error));
    }
    let project = &page.project;
    let crumbs = vec![Crumb::new("Projects", to::PROJECTS), crumb(&project.name, project.id)];
    let title = title(&page);
    let shown = page.head();
    let head = head(&shown);
    let tabs = move |current| tabs(&shown, current);
    let part = live(move || match tab.get().as_str() {
        "runs" => pieces(vec![tabs("runs"), runs(&page)]),
        "settings" => pieces(vec![tabs("settings"), settings::settings(&page, forms.settings, forms.delete)]),
        _ => pieces(vec![tabs(""), overview::overview(&page, forms.start)]),
    });
    ui::page(title, crumbs, pieces(vec![head, part]))
}

/// The step of the breadcrumb that leads to a project, and to the others.
pub(super) fn crumb(name: &str, id: ProjectId) -> Crumb {
    Crumb::new(name, to::project(id)).among("Switch project")
}

fn title(page: &ProjectPage) -> String {
    let working = page.runs.iter().filter(|run| !run.status.is_over() && run.status != RunStatus::Paused).count();
    if working == 0 { page.project.name.clone() } else { format!("● {working} running – {}", page.project.name) }
}

/// The head of all pages of a project.
pub(super) fn head(project: &ProjectHead) -> AnyView {
    let state = match (project.newest, project.status) {
        (Some((status, verdict)), ProjectStatus::Ready) => words::run_chip(status, verdict),
        _ => words::project_chip(project.status),
    };
    let about = match project.description.as_str() {
        "" => nothing(),
        words => el("p").class("soft").text(words).view(),
    };
    let head = ui::page_head(project.name.clone(), pieces(vec![state, about]), to_start(project));
    let problem = project.problem.as_deref().map_or_else(nothing, |problem| {
        let words = format!("{}. Make the project again once that is mended.", problem.trim_end_matches('.'));
        let delete = || ui::link_button(Kind::Normal, "Delete project…", to::project_tab(project.id, "settings"));
        ui::banner_with(Tone::Bad, &words, if project.rights.write { delete() } else { nothing() })
    });
    pieces(vec![head, problem])
}

/// Where the panel that starts a run is out of sight, the way to it.
fn to_start(project: &ProjectHead) -> AnyView {
    if !project.rights.control || project.status != ProjectStatus::Ready {
        return nothing();
    }
    let link = el("a").class("btn primary narrow-only").attr("href", format!("{}#start", to::project(project.id)));
    link.attr("rel", "external").text("Start a run").view()
}

/// The tabs of a project, which its secrets, its sharing and its audit trail, pages of their own, show too.
pub(super) fn tabs(project: &ProjectHead, current: &'static str) -> AnyView {
    let id = project.id;
    let tab = |label, name: &str, href, note| Tab { label, href, current: current == name, note };
    let mut tabs = vec![
        tab("Overview", "", to::project(id), String::new()),
        tab("Runs", "runs", to::project_tab(id, "runs"), project.runs.to_string()),
        tab("Settings", "settings", to::project_tab(id, "settings"), String::new()),
    ];
    if project.rights.write {
        tabs.push(tab("Secrets", "secrets", to::project_secrets(id), String::new()));
    }
    if project.rights.share {
        tabs.push(tab("Sharing", "sharing", to::sharing(id), String::new()));
    }
    if project.rights.audit {
        tabs.push(tab("Audit", "audit", to::project_audit(id), String::new()));
    }
    div("page-tabs").child(ui::tabs("Project", tabs)).view()
}

fn runs(page: &ProjectPage) -> AnyView {
    let id = page.project.id;
    if page.runs.is_empty() {
        return ui::empty(
            "No runs yet",
            "A run works on the project's spec, in a worktree of its own.",
            if page.rights.control { ui::link_button(Kind::Normal, "Start a run", to::project(id)) } else { nothing() },
        );
    }
    let table = if page.rights.control { run_table_to_stop } else { run_table_of_project };
    let mut parts = vec![ui::panel("", table("Runs of the project", page.runs.clone()))];
    if page.runs.len() >= 50 {
        let all = ui::link_button(Kind::Normal, "Show all runs", to::runs("", &id.to_string(), "", ""));
        parts.push(el("p").class("more").child(all).view());
    }
    pieces(parts)
}
