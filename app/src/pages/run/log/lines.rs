//! Lines of a section, drawn in parts: only those near what can be seen are in the document.

use leptos::prelude::*;
use protocol::{EventSeq, runs::LogKind};

use super::{LogPanel, section_of};
use crate::{
    browser::sight,
    live::{
        ansi::{self, Span, Style},
        log::{Line, Section},
    },
    pages::run::{
        parts::{drawn_on, keyed},
        state::RunState,
    },
    ui::{self, div, el, pieces, text},
};

/// Lines of a part.
pub(super) const PART: usize = 50;

/// The name of a part in the document.
pub(super) fn part_id(key: EventSeq, index: usize) -> String {
    format!("P{key}.{index}")
}

/// All lines of a section.
pub(super) fn lines(state: RunState, panel: LogPanel, key: EventSeq) -> AnyView {
    let parts = move || {
        state.log.track();
        let count = state.model.with_value(|model| section_of(model, key).map_or(0, |section| section.lines.len()));
        (0..count.div_ceil(PART)).filter_map(|index| i64::try_from(index).ok()).collect()
    };
    let one = move |index| part(state, panel, key, usize::try_from(index).unwrap_or(0));
    div("log-lines").child(keyed(parts, one)).view()
}

/// What tells whether a part has to be drawn anew: its first line, how many there are, and how long the last one is.
fn stamp(section: &Section, index: usize) -> Option<String> {
    let lines = of_part(section, index);
    let (first, last) = (lines.first()?, lines.last()?);
    Some(format!("{} {} {}", first.anchor(), lines.len(), last.text.len()))
}

fn of_part(section: &Section, index: usize) -> &[Line] {
    let start = index * PART;
    let end = (start + PART).min(section.lines.len());
    section.lines.get(start..end).unwrap_or_default()
}

fn part(state: RunState, panel: LogPanel, key: EventSeq, index: usize) -> AnyView {
    let near = RwSignal::new(key >= panel.drawn_from);
    sight::watch(part_id(key, index), near, PART);
    // Only the part that a person was brought to is drawn anew for that.
    let chosen = move || panel.search.chosen().filter(|(section, line)| *section == key && line / PART == index);
    let stamp = move || {
        if !near.get() {
            return String::new();
        }
        state.log.track();
        let lines = state.model.with_value(|model| section_of(model, key).and_then(|section| stamp(section, index)));
        let found = panel.search.text.get();
        format!("{} {:?} {found}", lines.unwrap_or_default(), chosen())
    };
    let drawn = move || {
        if !near.get() {
            return pieces(Vec::new());
        }
        let (found, chosen) = (panel.search.text.get(), chosen().map(|(_, line)| line));
        state.model.with_value(|model| {
            let lines = section_of(model, key).map(|section| of_part(section, index)).unwrap_or_default();
            let numbered = lines.iter().zip(index * PART..);
            pieces(numbered.map(|(one, number)| line(one, number, &found, chosen == Some(number))).collect())
        })
    };
    div("log-part").attr("id", part_id(key, index)).child(drawn_on(stamp, drawn)).view()
}

fn line(line: &Line, number: usize, found: &str, chosen: bool) -> AnyView {
    let anchor = line.anchor();
    let class = match line.kind {
        LogKind::Text => "ln say",
        LogKind::Thought => "ln thought",
        LogKind::Tool => "ln tool",
        LogKind::Output => "ln output",
        LogKind::Engine => "ln engine",
        LogKind::Error => "ln error",
    };
    let class = if chosen { format!("{class} chosen") } else { class.to_owned() };
    let link = el("a").attr("href", format!("#{anchor}")).attr("tabindex", "-1").attr("title", ui::exact(line.at));
    let words = ansi::spans(&line.text, line.style).0.into_iter().map(|span| styled(span, found));
    let words = el("span").children(words).view();
    el("div").class(class).attr("id", anchor).child(link.text((number + 1).to_string()).view()).child(words).view()
}

fn styled(span: Span, found: &str) -> AnyView {
    if found.is_empty() {
        return piece(span.style, span.text);
    }
    let split = split_at(&span.text, found).into_iter();
    pieces(split.map(|(words, hit)| if hit { el("mark").text(words).view() } else { piece(span.style, words) }).collect())
}

fn piece(style: Style, words: String) -> AnyView {
    if style == Style::default() { text(words) } else { el("span").class(style.class()).text(words).view() }
}

/// A text cut at what was found in it; letters of either case are the same.
fn split_at(text: &str, found: &str) -> Vec<(String, bool)> {
    let lower = text.to_ascii_lowercase();
    let found = found.to_ascii_lowercase();
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, hit) in lower.match_indices(&found) {
        let end = at + hit.len();
        let before = text.get(start..at).filter(|before| !before.is_empty());
        pieces.extend(before.map(|before| (before.to_owned(), false)));
        pieces.extend(text.get(at..end).map(|hit| (hit.to_owned(), true)));
        start = end;
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()).map(|rest| (rest.to_owned(), false)));
    pieces
}

#[cfg(test)]
mod tests {
    use super::split_at;

    #[test]
    fn what_was_found_is_marked_in_either_case() {
        let read = |text, found| {
            split_at(text, found).into_iter().map(|(text, hit)| if hit { format!("[{text}]") } else { text }).collect::<String>()
        };

        assert_eq!(read("Error: no error", "error"), "[Error]: no [error]");
        assert_eq!(read("äöü Ä", "öü"), "ä[öü] Ä");
        assert_eq!(read("nothing", "x"), "nothing");
    }
}
