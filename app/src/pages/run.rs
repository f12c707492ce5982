//! One run: how it stands, what it does, what it changed, what was checked, and its receipt.

mod diff;
mod facts;
mod feed;
mod gates;
mod head;
mod keys;
mod log;
mod parts;
mod receipt;
mod state;
mod tasks;
#[cfg(all(test, feature = "ssr"))]
mod tests;
mod timeline;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use protocol::runs::{Diff, RunStatus, Verdict};

use self::{
    feed::Feed,
    log::LogPanel,
    state::{RunState, Shown},
};
use super::project;
use crate::{
    browser::scroll,
    loading::{Loading, load, loaded_page},
    routes::to,
    server_fns::runs::{RunPage, ask_run, ask_run_diff},
    ui::{self, Crumb, div, el, live, pieces},
    words,
};

/// The tabs by their names in addresses; `1` to `5` switch them.
const TABS: [(&str, &str); 5] = [("", "Log"), ("tasks", "Tasks"), ("diff", "Diff"), ("gates", "Gates"), ("receipt", "Receipt")];

/// What the address asks for.
#[derive(Clone, Copy)]
struct Address {
    id: Memo<String>,
    tab: Memo<&'static str>,
    /// Whether both sides of the diff stand beside each other.
    split: Memo<bool>,
}

pub fn page() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let address = Address {
        id: Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default())),
        tab: Memo::new(move |_| query.with(|query| known_tab(query.get("tab").as_deref().unwrap_or_default()))),
        // It stays as it was while another tab is shown: by then what follows it is gone.
        split: Memo::new(move |before: Option<&bool>| {
            query.with(|query| match known_tab(query.get("tab").as_deref().unwrap_or_default()) {
                "diff" => query.get("view").as_deref() == Some("split"),
                _ => before.copied().unwrap_or_default(),
            })
        }),
    };
    let feed = Feed::listen(address.id);
    let loading = load(move || ask_run(&address.id.get()));
    let diff = load(move || ask_run_diff(&address.id.get(), address.tab.get() == "diff"));
    loaded_page(loading, move |page| show(page, feed, address, diff))
}

fn known_tab(name: &str) -> &'static str {
    TABS.into_iter().map(|(tab, _)| tab).find(|tab| *tab == name).unwrap_or_default()
}

fn show(page: RunPage, feed: Feed, address: Address, diff: Loading<Option<Diff>>) -> AnyView {
    let run = &page.view.run;
    let crumbs = vec![
        Crumb::new("Projects", to::PROJECTS),
        project::crumb(&run.project_name, run.project_id),
        Crumb::new(format!("Run {}", run.number), to::run(run.id)),
    ];
    let shown = Shown { may_control: page.may_control, refused: page.flash.error.clone() };
    let state = RunState::new(page);
    feed.show(state);
    parts::refetch_diff(state, address, diff);
    let panel = LogPanel::new(state);
    keys::listen(state, address, panel, shown.may_control);

    let center = el("section").class("panel run-center").attr("aria-label", "Details");
    let center = center.child(el("header").child(tabs(state, address.tab)).view());
    let center = center.child(live(move || panel_of(state, address, panel, diff)));
    let timeline = div("run-side").child(parts::fold("Timeline", timeline::timeline(state))).view();
    let facts = div("run-side").child(facts::facts(state)).view();
    // Code needs the width.
    let class = move || Some(if address.tab.get() == "diff" { "run-columns full" } else { "run-columns" }.to_owned());
    let columns = el("div").live_attr("class", class).child(center.view()).child(timeline).child(facts).view();
    ui::live_page(move || tab_title(state), crumbs, pieces(vec![head::head(state, &shown, address.tab), columns]))
}

/// The state first, so that a tab in the background tells it.
fn tab_title(state: RunState) -> String {
    state.with_run(|run| {
        let (_, _, word) = words::run_state(run.status, run.verdict);
        let mark = match (run.status, run.verdict) {
            (RunStatus::Queued, _) => "○",
            (RunStatus::Preparing | RunStatus::Working | RunStatus::Verifying, _) => "●",
            (RunStatus::Paused, _) => "‖",
            (RunStatus::NeedsYou, _) => "!",
            (RunStatus::Finished, Some(Verdict::Verified | Verdict::VerifiedWithGaps)) => "✓",
            (RunStatus::Stopped, _) => "■",
            (RunStatus::Finished | RunStatus::Failed, _) => "✗",
        };
        format!("{mark} {word} – {}", run.title)
    })
}

/// The links stay the same elements when another tab is shown, so that the focus stays where it is.
fn tabs(state: RunState, shown: Memo<&'static str>) -> AnyView {
    let links = TABS.into_iter().enumerate().map(|(index, (name, label))| {
        let current = move || (shown.get() == name).then(|| "page".to_owned());
        let note = live(move || {
            let note = parts::tab_notes(state).into_iter().nth(index).unwrap_or_default();
            if note.is_empty() { ui::nothing() } else { el("span").class("muted num").text(note).view() }
        });
        el("a").attr("href", to::run_tab(state.id, name)).live_attr("aria-current", current).text(label).child(note).view()
    });
    // On a phone the row is wider than the page, and a key or a link may have chosen what lies beyond its edge.
    Effect::new(move |_| {
        shown.track();
        state.gates.track();
        scroll::show_in_row(".run-center .tabs [aria-current]");
    });
    el("nav").class("tabs").attr("aria-label", "Parts of the run").children(links).view()
}

fn panel_of(state: RunState, address: Address, panel: LogPanel, diff: Loading<Option<Diff>>) -> AnyView {
    match address.tab.get() {
        "tasks" => tasks::tasks(state),
        "diff" => diff::diff(state, diff, address.split),
        "gates" => gates::gates(state),
        "receipt" => receipt::receipt(state),
        _ => log::log(state, panel),
    }
}
