//! One file of a diff, unified or with both sides beside each other.

use leptos::prelude::*;
use protocol::runs::{DiffLine, DiffSide, FileChange, FileDiff, Hunk};

use super::{
    Viewed, mark, minus, plus,
    words::{Pieces, compare},
};
use crate::{
    browser::scroll,
    pages::run::parts::not_yet,
    ui::{self, div, el, live, nothing, pieces, text},
};

/// How a file is shown.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) index: usize,
    pub(super) split: bool,
    /// Whether its lines are drawn at once.
    pub(super) drawn: bool,
    pub(super) viewed: Viewed,
}

/// A line with its words compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    side: DiffSide,
    old: Option<u32>,
    new: Option<u32>,
    pieces: Pieces,
}

/// The file's name, and the one before where it was renamed.
pub(super) fn title(file: &FileDiff) -> String {
    match &file.old_path {
        Some(old) if *old != file.path => format!("{} → {}", clean(old), clean(&file.path)),
        _ => clean(&file.path),
    }
}

pub(super) fn file(file: FileDiff, view: View) -> AnyView {
    let open = RwSignal::new(view.drawn && file.folded.is_none());
    let mark = mark(&file);
    let known = mark.clone();
    let checked = move || view.viewed.has(&known).then(String::new);
    let change = move |_| {
        view.viewed.toggle(&mark);
        // What was viewed makes room for what was not.
        open.set(untrack(|| !view.viewed.has(&mark)));
    };
    let toggled = move |event| {
        let now = scroll::is_open(&event);
        if now != open.get_untracked() {
            open.set(now);
        }
    };
    let word = match file.change {
        FileChange::Added => "added",
        FileChange::Modified => "",
        FileChange::Deleted => "deleted",
        FileChange::Renamed => "renamed",
    };
    let summary = el("summary").child(ui::icon("chevron"));
    let summary = summary.child(el("span").class("path mono").text(title(&file)).view());
    let summary = summary.child(el("span").class("muted small").text(word).view());
    let summary = summary.child(plus(file.added)).child(minus(file.removed)).view();
    let tick = ui::input("checkbox").live_attr("checked", checked).on_change(change).view();
    let viewed = el("label").class("viewed needs-script").child(tick).text("Viewed").view();
    let body = live(move || if open.get() { body(&file, view.split) } else { nothing() });
    let is_open = move || open.get().then(String::new);
    let details = el("details").live_attr("open", is_open).on_toggle(toggled).child(summary).child(body).view();
    div("file-diff").attr("id", format!("file-{}", view.index)).child(details).child(viewed).view()
}

fn body(file: &FileDiff, split: bool) -> AnyView {
    // What has one side only has nothing to stand beside.
    let split = split && matches!(file.change, FileChange::Modified | FileChange::Renamed);
    if let Some(reason) = &file.folded {
        return el("p").class("panel-body soft").text(format!("Not shown: {reason}.")).view();
    }
    if file.hunks.is_empty() {
        return not_yet("No lines changed.");
    }
    let hunks = file.hunks.iter().map(|hunk| if split { beside(hunk) } else { unified(hunk) });
    let table = el("table").children(hunks).view();
    let body = div(if split { "hunks split-view" } else { "hunks" }).attr("tabindex", "0").attr("role", "region");
    body.attr("aria-label", title(file)).child(table).view()
}

fn unified(hunk: &Hunk) -> AnyView {
    let rows = cells(hunk).into_iter().map(|cell| {
        let (class, sign) = match cell.side {
            DiffSide::Context => ("", " "),
            DiffSide::Added => ("added", "+"),
            DiffSide::Removed => ("removed", "−"),
        };
        let sign = el("td").class("sign").text(sign).view();
        el("tr").class(class).child(at(cell.old)).child(at(cell.new)).child(sign).child(words("text", cell.pieces)).view()
    });
    el("tbody").child(head(hunk)).children(rows).view()
}

fn beside(hunk: &Hunk) -> AnyView {
    let rows = pairs(cells(hunk)).into_iter().map(|(old, new)| {
        let row = el("tr").children(half(old, DiffSide::Removed));
        row.children(half(new, DiffSide::Added)).view()
    });
    el("tbody").child(head(hunk)).children(rows).view()
}

fn head(hunk: &Hunk) -> AnyView {
    let cell = el("td").attr("colspan", "4").text(clean(&hunk.header)).view();
    el("tr").class("hunk-head").child(cell).view()
}

fn half(cell: Option<Cell>, side: DiffSide) -> [AnyView; 2] {
    let Some(cell) = cell else { return [at(None), words("text none", Vec::new())] };
    let class = match cell.side {
        DiffSide::Context => "text",
        DiffSide::Added => "text added",
        DiffSide::Removed => "text removed",
    };
    [at(if side == DiffSide::Removed { cell.old } else { cell.new }), words(class, cell.pieces)]
}

/// A line's number; drawn by the style sheet, so that nobody copies it along.
fn at(line: Option<u32>) -> AnyView {
    el("td").class("at").maybe("data-line", line.map(|line| line.to_string())).view()
}

fn words(class: &'static str, parts: Pieces) -> AnyView {
    let parts = parts.into_iter().map(|(words, differs)| if differs { el("b").text(words).view() } else { text(words) });
    el("td").class(class).child(pieces(parts.collect())).view()
}

/// The lines of a hunk; in each run of removed lines that added ones follow, the first is compared with the first.
fn cells(hunk: &Hunk) -> Vec<Cell> {
    let mut cells: Vec<Cell> = hunk.lines.iter().map(whole).collect();
    let mut start = 0;
    while start < cells.len() {
        let removed = run(&cells, start, DiffSide::Removed);
        let added = run(&cells, start + removed, DiffSide::Added);
        for offset in 0..removed.min(added) {
            compare_at(&mut cells, start + offset, start + removed + offset);
        }
        start += (removed + added).max(1);
    }
    cells
}

fn whole(line: &DiffLine) -> Cell {
    Cell { side: line.side, old: line.old, new: line.new, pieces: vec![(clean(&line.text), false)] }
}

/// Lines of a side in a row.
fn run(cells: &[Cell], start: usize, side: DiffSide) -> usize {
    cells.iter().skip(start).take_while(|cell| cell.side == side).count()
}

fn compare_at(cells: &mut [Cell], old: usize, new: usize) {
    let text = |cell: Option<&Cell>| cell.and_then(|cell| cell.pieces.first()).map(|(text, _)| text.clone());
    let (Some(left), Some(right)) = (text(cells.get(old)), text(cells.get(new))) else { return };
    if let Some((left, right)) = compare(&left, &right) {
        for (at, pieces) in [(old, left), (new, right)] {
            if let Some(cell) = cells.get_mut(at) {
                cell.pieces = pieces;
            }
        }
    }
}

/// Both sides beside each other: what was removed on the left of what was added in its place.
fn pairs(cells: Vec<Cell>) -> Vec<(Option<Cell>, Option<Cell>)> {
    let mut pairs: Vec<(Option<Cell>, Option<Cell>)> = Vec::new();
    // Where the next added line finds a removed one without a partner.
    let mut free = 0;
    for cell in cells {
        match cell.side {
            DiffSide::Context => {
                pairs.push((Some(cell.clone()), Some(cell)));
                free = pairs.len();
            }
            DiffSide::Removed => {
                // After added lines a new run begins.
                if pairs
                    .get(free.wrapping_sub(1))
                    .is_some_and(|(_, new)| new.as_ref().is_some_and(|new| new.side == DiffSide::Added))
                {
                    free = free.max(pairs.len());
                }
                pairs.push((Some(cell), None));
            }
            DiffSide::Added => {
                match pairs.get_mut(free) {
                    Some(pair) => pair.1 = Some(cell),
                    None => pairs.push((None, Some(cell))),
                }
                free += 1;
            }
        }
    }
    pairs
}

/// Text with what could hide or turn it made visible.
fn clean(text: &str) -> String {
    let hidden = |letter: char| {
        (letter.is_control() && letter != '\t')
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    for letter in text.trim_end_matches('\r').chars() {
        if hidden(letter) {
            clean.push_str(&format!("⟨{:04X}⟩", u32::from(letter)));
        } else {
            clean.push(letter);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(lines: &[&str]) -> Hunk {
        let line = |text: &&str| {
            let side = match text.chars().next() {
                Some('+') => DiffSide::Added,
                Some('-') => DiffSide::Removed,
                _ => DiffSide::Context,
            };
            DiffLine { side, old: None, new: None, text: text[1..].to_owned() }
        };
        Hunk { header: String::new(), lines: lines.iter().map(line).collect() }
    }

    fn read(cell: &Cell) -> String {
        cell.pieces.iter().map(|(text, differs)| if *differs { format!("[{text}]") } else { text.clone() }).collect()
    }

    #[test]
    fn changed_lines_are_compared_in_their_order() {
        let cells = cells(&hunk(&[" a", "-let x = 1;", "-gone", "+let x = 2;", " b", "+alone"]));

        let read: Vec<String> = cells.iter().map(read).collect();

        assert_eq!(read, ["a", "let x = [1];", "gone", "let x = [2];", "b", "alone"]);
    }

    #[test]
    fn both_sides_stand_beside_each_other() {
        let hunk = hunk(&[" a", "-b", "-c", "+d", " e", "+f", "-g", "+h"]);

        let read: Vec<(String, String)> = pairs(cells(&hunk))
            .iter()
            .map(|(old, new)| (old.as_ref().map(read).unwrap_or_default(), new.as_ref().map(read).unwrap_or_default()))
            .collect();

        let expected = [("a", "a"), ("b", "d"), ("c", ""), ("e", "e"), ("", "f"), ("g", "h")];
        assert_eq!(read, expected.map(|(old, new)| (old.to_owned(), new.to_owned())));
    }

    #[test]
    fn what_hides_in_code_is_seen() {
        assert_eq!(clean("if x\u{202e} {\r"), "if x⟨202E⟩ {");
        assert_eq!(clean("\ttabs stay"), "\ttabs stay");
    }
}
