//! Searching the log.

use std::time::Duration;

use leptos::{
    ev::{Event, KeyboardEvent},
    prelude::*,
};
use protocol::EventSeq;

use super::LogPanel;
use crate::{
    browser::{Direction, elements::set_value, scroll},
    live::log::Log,
    pages::run::state::RunState,
    ui::{self, div, el, live, text},
};

/// The field of the search.
const FIELD: &str = "log-words";
/// Lines that are counted at most.
const MOST: usize = 10_000;

/// A line by its section and its place in it.
type Hit = (EventSeq, usize);

/// What is searched for and where it was found.
#[derive(Clone, Copy)]
pub(super) struct Search {
    pub(super) text: RwSignal<String>,
    hits: RwSignal<Vec<Hit>>,
    /// Which of the hits a person is at.
    at: RwSignal<Option<usize>>,
}

impl Search {
    pub(super) fn new() -> Self {
        Self { text: RwSignal::new(String::new()), hits: RwSignal::new(Vec::new()), at: RwSignal::new(None) }
    }

    pub(super) fn chosen(self) -> Option<Hit> {
        let at = self.at.get()?;
        self.hits.with(|hits| hits.get(at).copied())
    }

    /// The hit after or before the one that a person is at, around the ends.
    pub(super) fn walk(self, direction: Direction) -> Option<Hit> {
        let count = self.hits.with_untracked(Vec::len);
        let at = next(self.at.get_untracked(), count, direction)?;
        self.at.set(Some(at));
        self.hits.with_untracked(|hits| hits.get(at).copied())
    }

    fn find(self, log: &Log, text: &str) {
        self.hits.set(found(log, text));
        self.at.set(None);
        self.text.set(text.to_owned());
    }

    fn count(self) -> String {
        let count = self.hits.with(Vec::len);
        if self.text.with(String::is_empty) {
            return String::new();
        }
        let all = if count == MOST { format!("{MOST}+") } else { count.to_string() };
        match self.at.get() {
            Some(at) => format!("{} of {all}", at + 1),
            None if count == 0 => "none".to_owned(),
            None => format!("{all} found"),
        }
    }
}

fn next(at: Option<usize>, count: usize, direction: Direction) -> Option<usize> {
    if count == 0 {
        return None;
    }
    Some(match (at, direction) {
        (None, Direction::Forward) => 0,
        (None, Direction::Back) => count - 1,
        (Some(at), Direction::Forward) => (at + 1) % count,
        (Some(at), Direction::Back) => (at + count - 1) % count,
    })
}

fn found(log: &Log, text: &str) -> Vec<Hit> {
    let text = text.to_ascii_lowercase();
    if text.is_empty() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for section in &log.sections {
        for (index, line) in section.lines.iter().enumerate() {
            let plain = if line.text.contains('\u{1b}') { line.plain() } else { line.text.clone() };
            if plain.to_ascii_lowercase().contains(&text) {
                hits.push((section.key, index));
            }
            if hits.len() == MOST {
                return hits;
            }
        }
    }
    hits
}

/// The field with its count. Enter goes to the next line, with Shift to the one before; Escape takes the search back.
pub(super) fn field(state: RunState, panel: LogPanel) -> AnyView {
    let search = panel.search;
    let typed = StoredValue::new(0_u32);
    let input = move |event: Event| {
        let words = event_target_value(&event);
        let turn = typed.get_value() + 1;
        typed.set_value(turn);
        // Typing goes on undisturbed; only the last of several words is looked for.
        let find = move || {
            if typed.try_get_value() == Some(turn) {
                state.model.with_value(|model| search.find(&model.log, &words));
            }
        };
        set_timeout(find, Duration::from_millis(150));
    };
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            panel.walk(if event.shift_key() { Direction::Back } else { Direction::Forward });
            // From here on `n` and `N` walk, which within the field are letters.
            scroll::leave();
        }
        "Escape" => {
            // What was typed a moment before is not looked for any more.
            typed.set_value(typed.get_value() + 1);
            state.model.with_value(|model| search.find(&model.log, ""));
            set_value(FIELD, "");
            scroll::leave();
        }
        _ => {}
    };
    let field = ui::input("search").attr("id", FIELD).attr("aria-label", "Search the log").attr("placeholder", "Search the log");
    let field = field.attr("autocomplete", "off").attr("value", search.text.get_untracked());
    let field = field.on_input(input).on_keydown(keydown).view();
    let count = el("span").class("muted num").attr("role", "status").child(live(move || text(search.count()))).view();
    div("log-search needs-script").attr("role", "search").child(field).child(count).view()
}

#[cfg(test)]
mod tests {
    use protocol::{
        Timestamp,
        runs::{LogChunk, LogKind},
    };

    use super::*;

    #[test]
    fn lines_are_found_as_people_read_them() {
        let mut log = Log::default();
        let text = "\u{1b}[31mFAI\u{1b}[1mLED\u{1b}[0m one\nok\nfailed two\n".to_owned();
        let chunk = LogChunk { iteration: 1, step: None, kind: LogKind::Output, text };
        log.push(7, Timestamp::from_millis(0), &chunk);

        assert_eq!(found(&log, "Failed"), [(7, 0), (7, 2)]);
        assert_eq!(found(&log, ""), []);
    }

    #[test]
    fn walking_goes_around_the_ends() {
        let cases = [
            (None, 3, Direction::Forward, Some(0)),
            (None, 3, Direction::Back, Some(2)),
            (Some(2), 3, Direction::Forward, Some(0)),
            (Some(0), 3, Direction::Back, Some(2)),
            (None, 0, Direction::Forward, None),
        ];
        for (at, count, direction, expected) in cases {
            assert_eq!(next(at, count, direction), expected);
        }
    }
}
