//! Keys of the run page; they are never taken from text fields.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{Address, TABS, head::STOP, log::LogPanel, state::RunState};
use crate::{
    browser::{
        Direction,
        keys::{self, Press, follow},
        scroll,
    },
    routes::to,
    ui,
};

/// Listens as long as the page is shown.
pub(super) fn listen(state: RunState, address: Address, panel: LogPanel, may_control: bool) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let open_tab = move |name: &str| {
            navigate(&to::run_tab(state.id, name), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        };
        keys::listen(Box::new(move |press: &Press| {
            if press.command {
                return false;
            }
            let place = press.key.parse::<usize>().ok().filter(|number| *number > 0);
            if let Some((name, _)) = place.and_then(|number| TABS.get(number - 1)) {
                open_tab(name);
                return true;
            }
            let tab = address.tab.get_untracked();
            match (press.key.as_str(), tab) {
                (" ", _) if may_control && !scroll::on_control() => follow("#run-hold button"),
                ("s", _) if may_control && !untrack(|| state.with_run(|run| run.status.is_over())) => ui::open_dialog(STOP),
                ("f", "") => panel.toggle_follow(),
                ("/", _) => {
                    if !tab.is_empty() {
                        open_tab("");
                    }
                    LogPanel::focus_search();
                }
                ("n", "") => panel.walk(Direction::Forward),
                ("N", "") => panel.walk(Direction::Back),
                ("n", "diff") => scroll::step(".hunk-head", Direction::Forward),
                ("p", "diff") => scroll::step(".hunk-head", Direction::Back),
                ("v", "diff") => follow_current_file(),
                _ => return false,
            }
            true
        }));
    });
}

/// Marks the file at the top of what is seen as viewed, or takes the mark back.
fn follow_current_file() {
    if let Some(index) = scroll::current(".file-diff") {
        follow(&format!("#file-{index} .viewed input"));
    }
}
