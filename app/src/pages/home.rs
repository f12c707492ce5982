//! What needs me, what runs, what was done last.

use leptos::prelude::*;
use protocol::runs::{Run, RunStatus};

use super::run_rows::run_table;
use crate::{
    loading::{changes_runs, load, loaded_page, refetch_on},
    routes::to,
    server_fns::run_lists::{HomePage, ask_home},
    ui::{self, Crumb, Kind, el, nothing, pieces},
};

/// The template that the demo agent makes something of in a minute.
const DEMO: &str = "cli-tool";

pub fn page() -> AnyView {
    let loading = load(ask_home);
    refetch_on(loading, changes_runs);
    loaded_page(loading, show)
}

fn show(home: HomePage) -> AnyView {
    let crumbs = vec![Crumb::new("Home", to::HOME)];
    let running = home.running.iter().filter(|run| run.status != RunStatus::Paused).count();
    let title = tab_title(home.waiting.len(), running);
    let action = if home.may_write { ui::link_button(Kind::Primary, "New project", to::NEW_PROJECT) } else { nothing() };
    let is_empty = home.waiting.is_empty() && home.running.is_empty() && home.recent.is_empty();
    let body = if is_empty { nothing_yet(&home) } else { lists(home) };
    ui::page(title, crumbs, pieces(vec![ui::page_head("What needs you", nothing(), action), body]))
}

/// The state first, so that a tab in the background tells it.
fn tab_title(waiting: usize, running: usize) -> String {
    match (waiting, running) {
        (0, 0) => "Home".to_owned(),
        (0, running) => format!("● {running} running"),
        (waiting, _) => format!("● {waiting} waiting for you"),
    }
}

fn lists(HomePage { waiting, running, recent, .. }: HomePage) -> AnyView {
    let waiting = if waiting.is_empty() {
        el("p").class("soft calm").text("Nothing waits for you.").view()
    } else {
        ui::panel("", run_table("Runs that need you", waiting))
    };
    pieces(vec![waiting, section("In progress", running), section("Recent", recent)])
}

fn section(title: &'static str, runs: Vec<Run>) -> AnyView {
    if runs.is_empty() {
        return nothing();
    }
    let heading = el("h2").class("section-title").text(title).view();
    pieces(vec![heading, ui::panel("", run_table(title, runs))])
}

fn nothing_yet(home: &HomePage) -> AnyView {
    match (home.any_project, home.may_write) {
        (true, _) => ui::empty(
            "No runs yet",
            "Open a project and start a run; the demo agent works offline and costs nothing.",
            ui::link_button(Kind::Normal, "Open projects", to::PROJECTS),
        ),
        (false, true) => ui::empty(
            "Nothing here yet",
            "Try the offline demo: it takes a minute and costs nothing.",
            ui::link_button(Kind::Primary, "Try the offline demo", to::new_project_from(DEMO)),
        ),
        (false, false) => ui::empty(
            "Nothing here yet",
            "Projects appear here once somebody makes one.",
            ui::link_button(Kind::Normal, "Look at templates", to::TEMPLATES),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::tab_title;

    #[test]
    fn the_tab_tells_what_waits_before_what_runs() {
        assert_eq!(tab_title(0, 0), "Home");
        assert_eq!(tab_title(0, 2), "● 2 running");
        assert_eq!(tab_title(1, 2), "● 1 waiting for you");
    }
}
