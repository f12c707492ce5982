//! The command palette: type a few letters, Enter.

use std::sync::Arc;

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
    task::spawn_local,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use protocol::access::Viewer;

use super::{
    commands::{Command, Does, admin, fixed, found, matching},
    keys::SHEET_ID,
};
use crate::{
    browser::{
        Direction,
        elements::{close_dialog, open_dialog, set_value},
        keys::follow,
    },
    loading::Loading,
    server_fns::{projects::ask_projects, run_lists::ask_run_list},
    ui::{el, input, live, nothing, pieces},
};

const ID: &str = "palette";
const INPUT_ID: &str = "palette-text";

/// What the palette shows at the moment.
#[derive(Clone, Copy)]
pub(super) struct Palette {
    all: RwSignal<Vec<Command>>,
    text: RwSignal<String>,
    chosen: RwSignal<usize>,
    viewer: Loading<Viewer>,
}

type Run = Arc<dyn Fn(Does) + Send + Sync>;

impl Palette {
    pub(super) fn new(viewer: Loading<Viewer>) -> Self {
        Self { all: RwSignal::new(fixed()), text: RwSignal::new(String::new()), chosen: RwSignal::new(0), viewer }
    }

    /// Opens it, empty, and asks for projects and runs.
    pub(super) fn open(self) {
        self.text.set(String::new());
        self.chosen.set(0);
        set_value(INPUT_ID, "");
        open_dialog(ID);
        spawn_local(async move {
            let projects = ask_projects("", "").send().await.map(|page| page.rows).unwrap_or_default();
            let runs = ask_run_list("", "", "", "").send().await.map(|page| page.runs).unwrap_or_default();
            let mut all = fixed();
            let viewer = untrack(|| self.viewer.get()).and_then(Result::ok);
            all.extend(viewer.iter().flat_map(|viewer| admin(&viewer.admin)));
            all.extend(found(&projects, &runs));
            self.all.set(all);
        });
    }

    fn shown(self) -> Vec<Command> {
        self.all.with(|all| self.text.with(|text| matching(all, text)))
    }

    /// Moves the choice around, from the last line to the first.
    fn step(self, direction: Direction) {
        let count = untrack(|| self.shown()).len().max(1);
        let step = match direction {
            Direction::Forward => 1,
            Direction::Back => count - 1,
        };
        self.chosen.update(|chosen| *chosen = (*chosen + step) % count);
    }
}

/// The palette as a dialog.
pub(super) fn palette(state: Palette) -> AnyView {
    let run = runner();
    let enter = run.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(command) = untrack(|| state.shown()).into_iter().nth(state.chosen.get_untracked()) {
            enter(command.does);
        }
    };
    let lines = live(move || {
        let chosen = state.chosen.get();
        let lines = state.shown().into_iter().enumerate();
        pieces(lines.map(|(index, command)| line(index, command, index == chosen, &run)).collect())
    });
    let list = el("ul").attr("id", "palette-lines").attr("role", "listbox").attr("aria-label", "Commands").child(lines).view();
    let none = live(move || {
        if state.shown().is_empty() {
            el("p").class("none muted").text("Nothing found. Try fewer letters.").view()
        } else {
            nothing()
        }
    });
    let none = el("div").attr("role", "status").child(none).view();
    let form = el("form").on_submit(submit).child(field(state)).child(list).child(none).view();
    let dialog = el("dialog").attr("id", ID).class("dialog palette").attr("aria-label", "Search or run a command");
    dialog.child(form).view()
}

fn runner() -> Run {
    let navigate = use_navigate();
    Arc::new(move |does| {
        close_dialog(ID);
        match does {
            Does::Go(place) => navigate(&place, NavigateOptions::default()),
            Does::Press(button) => follow(button),
            Does::ShowKeys => open_dialog(SHEET_ID),
        }
    })
}

fn field(state: Palette) -> AnyView {
    let keydown = move |event: KeyboardEvent| {
        let direction = match event.key().as_str() {
            "ArrowDown" => Direction::Forward,
            "ArrowUp" => Direction::Back,
            _ => return,
        };
        event.prevent_default();
        state.step(direction);
    };
    let typed = move |event| {
        state.text.set(event_target_value(&event));
        state.chosen.set(0);
    };
    let field = input("text").attr("id", INPUT_ID).attr("role", "combobox").attr("aria-label", "Search or run a command");
    let field = field.attr("aria-expanded", "true").attr("aria-controls", "palette-lines").attr("autocomplete", "off");
    let field = field.attr("placeholder", "Type a page, project, run or command").flag("autofocus", true);
    let field = field.live_attr("aria-activedescendant", move || Some(format!("palette-{}", state.chosen.get())));
    field.on_input(typed).on_keydown(keydown).view()
}

fn line(index: usize, command: Command, is_chosen: bool, run: &Run) -> AnyView {
    let does = command.does;
    let run = run.clone();
    let line = el("li").attr("id", format!("palette-{index}")).attr("role", "option");
    let line = line.attr("aria-selected", if is_chosen { "true" } else { "false" }).on_click(move || run(does.clone()));
    line.child(el("span").text(command.label).view()).child(el("span").class("muted").text(command.kind).view()).view()
}
