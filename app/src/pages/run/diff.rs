//! What the run changed, file by file.

mod file;
mod words;

use leptos::prelude::*;
use protocol::runs::{Diff, FileDiff};

use self::file::{View, file};
use super::{
    parts::{not_yet, short, small},
    state::RunState,
};
use crate::{
    browser::storage,
    loading::{Loading, loaded},
    routes::to,
    ui::{self, Tab, div, el, live, nothing, pieces, text},
};

/// Lines that are drawn at once; files behind them are folded until somebody opens them.
const LINES: usize = 4_000;

pub(super) fn diff(state: RunState, loading: Loading<Option<Diff>>, split: Memo<bool>) -> AnyView {
    let viewed = Viewed::read(state);
    loaded(loading, move |diff| match diff {
        Some(diff) if diff.files.is_empty() && untrack(|| state.with_run(|run| run.status.is_over())) => {
            not_yet("Nothing was changed.")
        }
        Some(diff) if diff.files.is_empty() => {
            not_yet("Nothing is changed yet. Changes show here once an iteration was verified.")
        }
        Some(diff) => live(move || files(state, &diff, split.get(), viewed)),
        None => ui::skeleton_rows(),
    })
}

/// A diff as the page shows it first.
#[cfg(all(test, feature = "ssr"))]
pub(super) fn drawn(state: RunState, diff: &Diff, split: bool) -> AnyView {
    files(state, diff, split, Viewed::read(state))
}

/// Which files a person has viewed; kept in the browser, by what the file's change was.
#[derive(Clone, Copy)]
struct Viewed {
    key: StoredValue<String>,
    marks: RwSignal<Vec<String>>,
}

impl Viewed {
    fn read(state: RunState) -> Self {
        let key = format!("loki-viewed-{}", state.id);
        let viewed = Self { key: StoredValue::new(key), marks: RwSignal::new(Vec::new()) };
        Effect::new(move |_| {
            let kept = storage::read(&viewed.key.get_value()).unwrap_or_default();
            viewed.marks.set(kept.split_whitespace().map(str::to_owned).collect());
        });
        viewed
    }

    fn has(self, mark: &str) -> bool {
        self.marks.with(|marks| marks.iter().any(|other| other == mark))
    }

    fn toggle(self, mark: &str) {
        self.marks.update(|marks| {
            let before = marks.len();
            marks.retain(|other| other != mark);
            if marks.len() == before {
                marks.push(mark.to_owned());
            }
        });
        storage::keep(&self.key.get_value(), &self.marks.get_untracked().join(" "));
    }
}

/// Stays the same as long as the change of the file does (FNV-1a).
fn mark(file: &FileDiff) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    take(&file.path);
    for line in file.hunks.iter().flat_map(|hunk| &hunk.lines) {
        take(&line.text);
    }
    format!("{hash:016x}")
}

fn files(state: RunState, diff: &Diff, split: bool, viewed: Viewed) -> AnyView {
    let mut drawn = 0;
    let files = diff.files.iter().enumerate().map(|(index, one)| {
        drawn += one.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>();
        let view = View { index, split, drawn: drawn <= LINES || index == 0, viewed };
        file(one.clone(), view)
    });
    let files: Vec<AnyView> = files.collect();
    let truncated = if diff.truncated {
        small("Files that are too large to show are folded; the branch has them in full.")
    } else {
        nothing()
    };
    div("diff").child(top(state, diff, split)).child(truncated).child(index(diff, viewed)).children(files).view()
}

fn top(state: RunState, diff: &Diff, split: bool) -> AnyView {
    let (added, removed) = diff.files.iter().fold((0, 0), |(added, removed), file| (added + file.added, removed + file.removed));
    let files = if diff.files.len() == 1 { "1 file ".to_owned() } else { format!("{} files ", diff.files.len()) };
    let range = match (&diff.base, &diff.head) {
        (Some(base), Some(head)) => format!("{}..{}", short(base), short(head)),
        _ => String::new(),
    };
    let unified = to::run_tab(state.id, "diff");
    let tab = |label, href, current| Tab { label, href, current, note: String::new() };
    let beside = format!("{unified}&view=split");
    let counts = el("span").text(files).child(plus(added)).text(" ").child(minus(removed)).view();
    let range = el("code").class("wide").text(range).view();
    let views = vec![tab("Unified", unified, !split), tab("Split", beside, split)];
    div("diff-top").child(counts).child(range).child(ui::tabs("How the diff is shown", views)).view()
}

fn plus(lines: u32) -> AnyView {
    el("span").class(if lines == 0 { "muted num" } else { "plus num" }).text(format!("+{lines}")).view()
}

fn minus(lines: u32) -> AnyView {
    el("span").class(if lines == 0 { "muted num" } else { "minus num" }).text(format!("−{lines}")).view()
}

/// All files with what changed in them.
fn index(diff: &Diff, viewed: Viewed) -> AnyView {
    let rows = diff.files.iter().enumerate().map(|(index, file)| {
        let mark = mark(file);
        let seen = live(move || if viewed.has(&mark) { pieces(vec![ui::icon("check"), hidden("viewed")]) } else { nothing() });
        let path = el("span").class("path mono").text(file::title(file)).view();
        let link = el("a").attr("href", format!("#file-{index}")).child(path);
        let link = link.child(el("span").class("seen").child(seen).view()).child(plus(file.added)).child(minus(file.removed));
        el("li").child(link.view()).view()
    });
    el("ul").class("file-index").children(rows).view()
}

fn hidden(words: &'static str) -> AnyView {
    el("span").class("visually-hidden").child(text(words)).view()
}

#[cfg(test)]
mod tests {
    use protocol::runs::{DiffLine, DiffSide, FileChange, Hunk};

    use super::*;

    fn changed(text: &str) -> FileDiff {
        let line = DiffLine { side: DiffSide::Added, old: None, new: Some(1), text: text.to_owned() };
        FileDiff {
            path: "a.rs".to_owned(),
            old_path: None,
            change: FileChange::Modified,
            added: 1,
            removed: 0,
            folded: None,
            hunks: vec![Hunk { header: "@@ -0,0 +1 @@".to_owned(), lines: vec![line] }],
        }
    }

    #[test]
    fn a_mark_lasts_until_the_file_changes_again() {
        assert_eq!(mark(&changed("x")), mark(&changed("x")));
        assert_ne!(mark(&changed("x")), mark(&changed("y")));
    }
}
