//! Every atom in every state, light and dark; on servers that were started to show it, and without script.

use leptos::prelude::*;
use protocol::{
    Timestamp,
    runs::{RunStatus, Verdict},
};

use crate::{
    ui::{self, Choice, Column, Crumb, Field, FormState, Kind, Row, Tab, Tone, div, el, nothing, pieces},
    words,
};

/// Where it is; the shell leaves out the script there, because the browser's build never has this page.
pub const PATH: &str = "/gallery";

pub fn page() -> AnyView {
    let theme = |theme: &'static str, label| {
        el("section").attr("data-theme", theme).attr("aria-label", label).children(atoms(theme == "light")).view()
    };
    let themes = div("gallery").child(theme("light", "Light")).child(theme("dark", "Dark")).view();
    let body = pieces(vec![ui::page_head("Gallery", nothing(), nothing()), themes]);
    ui::page("Gallery".to_owned(), vec![Crumb::new("Gallery", PATH)], body)
}

fn atoms(light: bool) -> Vec<AnyView> {
    vec![
        line(states()),
        line(buttons()),
        line(inline()),
        tabs(),
        ui::panel("Table", table()),
        ui::padded_panel("Form", form(light)),
        ui::padded_panel("Facts", facts()),
        ui::banner(Tone::Warn, "Sandbox off: something that every page says."),
        ui::banner(Tone::Bad, "Something is broken."),
        ui::empty("Nothing here yet", "One sentence on what would be here.", ui::link_button(Kind::Normal, "Make one", "#")),
        ui::skeleton_rows(),
        ui::code_block("Code", "fn main() {\n    greet(\"world\");\n}\n"),
    ]
}

fn line(things: Vec<AnyView>) -> AnyView {
    div("line").children(things).view()
}

fn states() -> Vec<AnyView> {
    use RunStatus::{Failed, Finished, NeedsYou, Paused, Preparing, Queued, Stopped, Verifying, Working};
    let mut chips: Vec<AnyView> = [Queued, Preparing, Working, Verifying, Paused, NeedsYou, Stopped, Failed]
        .into_iter()
        .map(|status| words::run_chip(status, None))
        .collect();
    let verdicts = [Verdict::Verified, Verdict::VerifiedWithGaps, Verdict::NotVerified];
    chips.extend(verdicts.into_iter().map(|verdict| words::run_chip(Finished, Some(verdict))));
    chips
}

fn buttons() -> Vec<AnyView> {
    vec![
        ui::button(Kind::Normal, "Pause run", || ()),
        ui::button(Kind::Primary, "Start run", || ()),
        ui::button(Kind::Danger, "Stop run", || ()),
        ui::submit_button(Kind::Primary, "Sending", Signal::stored(true)),
        ui::icon_button("copy", "Copy", || ()),
        ui::link_button(Kind::Normal, "Open project", "#"),
        ui::choice_button("Dark", "dark"),
        ui::choice_button("Light", "light"),
        ui::kbd("⌘K"),
        ui::code("loki/run-14"),
    ]
}

fn inline() -> Vec<AnyView> {
    vec![
        ui::marks(Some("Two of four steps".to_owned()), ["passed", "running", "pending", "failed"]),
        el("span").child(ui::prose("Words with `code` in them")).view(),
        ui::path("/srv/loki/worktrees/run-14"),
    ]
}

fn tabs() -> AnyView {
    let tab = |label, current, note: &str| Tab { label, href: "#".to_owned(), current, note: note.to_owned() };
    ui::tabs("Example", vec![tab("Log", true, ""), tab("Tasks", false, "2/4"), tab("Gates", false, "")])
}

fn table() -> AnyView {
    const COLUMNS: &[Column] = &[
        Column { title: "State", class: "state" },
        Column { title: "Run", class: "main" },
        Column { title: "Cost", class: "price" },
    ];
    let row = |status, name: &'static str, cost| {
        let open = el("a").class("open").attr("href", "#").text(name).view();
        let row = Row::new(vec![words::run_chip(status, None), open, cost]);
        row.selected_by(ui::pick("Stop", "#", format!("?row={name}"), name))
    };
    let rows = vec![
        row(RunStatus::Working, "An example of a row", ui::cost_of(Some(0.42), Some(2.0))),
        row(RunStatus::NeedsYou, "Nearly at its ceiling", ui::cost_of(Some(1.61), Some(2.0))),
        row(RunStatus::Queued, "Nothing spent yet", ui::money(None)),
    ];
    ui::table("Example", COLUMNS, rows)
}

fn form(light: bool) -> AnyView {
    let state = FormState::new(Some(crate::server_fns::UiError {
        detail: "The name is empty. Enter at least one character.".to_owned(),
        request_id: "0193".to_owned(),
        status: 400,
    }));
    let (name, text, kind) = if light { ("g1", "g2", "g3") } else { ("g4", "g5", "g6") };
    let field = |id, label| Field {
        id,
        name: id,
        label,
        hint: "What belongs in here.",
        placeholder: "as it is when empty",
        ..Field::default()
    };
    let options = vec![("a".to_owned(), "First".to_owned()), ("b".to_owned(), "Second".to_owned())];
    let missing = Choice {
        disabled: true,
        mark: ui::chip(Tone::Warn, "warn", "missing"),
        ..Choice::new(kind, "c", "Not there", "What to do about it.")
    };
    let chosen = Choice::new(kind, "a", "Chosen", "Its words.").checked(true);
    let fields = vec![
        ui::text_input(field(name, "One line")),
        ui::text_area(field(text, "Many lines"), 3),
        ui::select(field(if light { "g7" } else { "g8" }, "One of several"), options),
        ui::choices("A choice", vec![chosen, Choice::new(kind, "b", "Free", "Its words."), missing]),
        ui::submit_button(Kind::Primary, "Save settings", state.is_busy()),
    ];
    ui::form("#", state, || (), pieces(fields))
}

fn facts() -> AnyView {
    ui::facts(vec![
        ("Branch", ui::code("loki/run-14")),
        ("Took", ui::text(ui::duration(754_000))),
        ("When", ui::ago(Timestamp::from_millis(1_795_240_925_123))),
        ("Cost", ui::money(Some(0.004))),
    ])
}
