//! The first tab of a project: what it is, its newest runs, and the start of the next one.

use leptos::prelude::*;
use protocol::projects::{Delivery, Project};

use super::super::run_rows::run_table;
use crate::{
    routes::to,
    server_fns::projects::ProjectPage,
    ui::{self, FormState, div, el, text},
    words,
};

pub(super) fn overview(page: &ProjectPage, start: FormState) -> AnyView {
    let newest: Vec<_> = page.runs.iter().take(5).cloned().collect();
    let runs = if newest.is_empty() {
        let empty = el("p").class("soft").text("No runs yet. The first one starts from the panel on this page.");
        ui::padded_panel("Newest runs", empty.view())
    } else {
        ui::panel("Newest runs", run_table("Newest runs", newest))
    };
    let work = div("work").child(div("runs").child(runs).view()).child(div("spec").child(spec(&page.project)).view()).view();
    let start = div("start").attr("id", "start").child(super::start::start(page, start)).view();
    let side = div("side").child(start).child(div("about").child(about(&page.project)).view()).view();
    div("project-columns").child(work).child(side).view()
}

fn spec(project: &Project) -> AnyView {
    let body = match &project.spec {
        Some(spec) => ui::code_block("The project's spec", spec.clone()),
        None => el("p").class("panel-body soft").text("No spec is kept with the project; a run brings its own.").view(),
    };
    let change = el("a").class("quiet").attr("href", to::project_tab(project.id, "settings")).text("Change spec").view();
    ui::panel_with("Spec", change, body)
}

fn about(project: &Project) -> AnyView {
    let delivery = match project.delivery {
        Delivery::Merge => "merged when verified",
        Delivery::Review => "kept for review",
    };
    let branch = project.branch.clone().unwrap_or_else(|| "not there yet".to_owned());
    let mut facts = vec![
        ("Branch", ui::code(branch)),
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
