//! Keys that work on every page, and the sheet that shows them.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use protocol::access::Viewer;

use super::palette::Palette;
use crate::{
    browser::{
        Direction,
        keys::{self, Press},
    },
    loading::Loading,
    routes::to,
    ui::{self, div, el},
};

/// The dialog with the keys.
pub(super) const SHEET_ID: &str = "keys";

const SHEET: [(&str, &[(&str, &str)]); 5] = [
    (
        "Everywhere",
        &[
            ("⌘K", "search or run a command"),
            ("?", "show the keys"),
            ("c", "new project"),
            ("⌘Enter", "submit the form"),
            ("Esc", "close"),
        ],
    ),
    ("Go", &[("g h", "home"), ("g p", "projects"), ("g r", "runs"), ("g t", "templates"), ("g a", "admin, if it is yours")]),
    ("In lists", &[("j", "next row"), ("k", "previous row"), ("Enter", "open the row"), ("x", "select the row")]),
    (
        "On a run",
        &[
            ("space", "pause or resume"),
            ("s", "stop"),
            ("f", "follow the log"),
            ("/", "search the log"),
            ("n N", "walk what was found"),
            ("1…5", "switch tabs"),
        ],
    ),
    ("In a diff", &[("n p", "next or previous change"), ("v", "mark the file as viewed")]),
];

/// Listens until the tab is closed.
pub(super) fn listen(palette: Palette, viewer: Loading<Viewer>) {
    let navigate = use_navigate();
    let going = StoredValue::new(false);
    Effect::new(move |_| {
        let navigate = navigate.clone();
        keys::listen(Box::new(move |press: &Press| {
            if press.command {
                let opens = press.key.eq_ignore_ascii_case("k");
                if opens {
                    palette.open();
                }
                return opens;
            }
            let was_going = going.get_value();
            going.set_value(!was_going && press.key == "g");
            let place = if was_going { place(&press.key, viewer) } else { (press.key == "c").then_some(to::NEW_PROJECT) };
            if let Some(place) = place {
                navigate(place, NavigateOptions::default());
                return true;
            }
            match press.key.as_str() {
                "?" => ui::open_dialog(SHEET_ID),
                "j" => keys::move_in_list(Direction::Forward),
                "k" => keys::move_in_list(Direction::Back),
                _ => return false,
            }
            true
        }));
    });
}

fn place(key: &str, viewer: Loading<Viewer>) -> Option<&'static str> {
    let is_admin = || untrack(|| viewer.get()).is_some_and(|viewer| viewer.is_ok_and(|viewer| !viewer.admin.is_empty()));
    match key {
        "h" => Some(to::HOME),
        "p" => Some(to::PROJECTS),
        "r" => Some(to::RUNS),
        "t" => Some(to::TEMPLATES),
        "a" => is_admin().then_some(to::ADMIN),
        _ => None,
    }
}

/// All keys, in a dialog.
pub(super) fn sheet() -> AnyView {
    let groups = SHEET.into_iter().map(|(title, keys)| {
        let keys = keys
            .iter()
            .map(|(key, does)| el("div").child(el("dt").child(ui::kbd(key)).view()).child(el("dd").text(*does).view()).view());
        el("section").child(el("h3").text(title).view()).child(el("dl").class("facts").children(keys).view()).view()
    });
    ui::dialog(SHEET_ID, "Keys", div("key-sheet").children(groups).view())
}
