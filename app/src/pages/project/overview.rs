//! The first tab of a project: what it is, its newest runs, and the start of the next one.

use leptos::prelude::*;
use protocol::projects::{Delivery, Project, ProjectStatus};

use super::super::run_rows::run_table_of_project;
use crate::{
    routes::to,
    server_fns::projects::ProjectPage,
    ui::{self, FormState, div, el, nothing, text},
    words,
};

pub(super) fn overview(page: &ProjectPage, start: FormState) -> AnyView {
    let newest: Vec<_> = page.runs.iter().take(5).cloned().collect();
    let runs = if newest.is_empty() {
        let words = match page.project.status {
            ProjectStatus::Failed => "No runs.",
            _ if !page.rights.control => "No runs yet.",
            ProjectStatus::Preparing | ProjectStatus::Ready => "No runs yet. The first one starts from the panel on this page.",
        };
        let empty = el("p").class("soft").text(words);
        ui::padded_panel("Newest runs", empty.view())
    } else {
        ui::panel("Newest runs", run_table_of_project("Newest runs", newest))
    };
    let work = div("work").child(div("runs").child(runs).view()).child(div("spec").child(spec(page)).view()).view();
    let about = div("about").child(about(&page.project)).view();
    let may_start = page.rights.control && page.project.status != ProjectStatus::Failed;
    // What cannot be is no panel: who may only look knows it, and a repository that is not there is told above.
    let start = may_start.then(|| div("start").attr("id", "start").child(super::start::start(page, start)).view());
    let side = div("side").children(start).child(about).view();
    div("project-columns").child(work).child(side).view()
}

fn spec(page: &ProjectPage) -> AnyView {
    let project = &page.project;
    let word = if project.spec.is_some() { "Change spec" } else { "Add a spec" };
    let change = el("a").class("quiet").attr("href", to::project_tab(project.id, "settings")).text(word);
    ui::panel_with("Spec", if page.rights.write { change.view() } else { nothing() }, spec_of(project))
}

/// The text that a run works on when it brings none of its own.
pub(super) fn spec_of(project: &Project) -> AnyView {
    match &project.spec {
        Some(spec) => ui::code_block("The project's spec", spec.clone()),
        None => el("p").class("panel-body soft").text("No spec is kept with the project; a run brings its own.").view(),
    }
}

/// What happens to verified commits.
pub(super) fn delivered(project: &Project) -> &'static str {
    match project.delivery {
        Delivery::Merge => "merged when verified",
        Delivery::Review => "kept for review",
    }
}

fn about(project: &Project) -> AnyView {
    let delivery = delivered(project);
    let no_branch = if project.status == ProjectStatus::Failed { "none" } else { "not there yet" };
    let no_branch = || el("span").class("muted").text(no_branch).view();
    let mut facts = vec![
        ("Branch", project.branch.clone().map_or_else(no_branch, ui::code)),
        ("Commits", text(delivery)),
        ("Made from", text(words::source_title(project.source))),
        ("Folder", ui::path(&project.path)),
        ("Made", ui::ago(project.created_at)),
    ];
    if let Some(template) = project.template.clone() {
        facts.insert(3, ("Template", ui::code(template)));
    }
    if let Some(url) = project.git_url.clone() {
        facts.insert(3, ("Cloned from", ui::code(url)));
    }
    ui::padded_panel("Facts", ui::facts(facts))
}
