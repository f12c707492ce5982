//! Small things that several parts of the page use.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::runs::{Diff, GateVerdict, RunStatus, StepRecord, StepStatus, TaskStatus};

use super::{Address, state::RunState};
use crate::{
    browser::scroll,
    loading::Loading,
    ui::{self, Tone, el, live},
};

/// Milliseconds as a clock shows them: `0:48`, `12:04`, `1:02:03`.
pub(super) fn clock(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long something took: as a clock shows it once that is a minute.
pub(super) fn took(millis: i64) -> String {
    if millis < 60_000 { ui::duration(millis) } else { clock(millis) }
}

/// The first digits of a commit's or file's hash.
pub(super) fn short(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A part of the page that folds; on a phone it is folded at first.
pub(super) fn fold(title: &'static str, body: AnyView) -> AnyView {
    let open = RwSignal::new(true);
    // The script in the head has folded it there before; this is for whoever comes without a load.
    Effect::new(move |_| {
        if scroll::is_narrow() {
            open.set(false);
        }
    });
    let summary = el("summary").child(el("h2").text(title).view()).child(ui::icon("chevron")).view();
    let is_open = move || open.get().then(String::new);
    el("details").class("panel fold").live_attr("open", is_open).child(summary).child(body).view()
}

/// Calls `one` for each key; what was made for a key stays as long as the key does.
pub(super) fn keyed(
    keys: impl Fn() -> Vec<i64> + Send + Sync + 'static,
    one: impl Fn(i64) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let keys: Arc<dyn Fn() -> Vec<i64> + Send + Sync> = Arc::new(keys);
    let one: Arc<dyn Fn(i64) -> AnyView + Send + Sync> = Arc::new(one);
    view! { <For each=move || keys() key=|key| *key children=move |key| one(key)/> }.into_any()
}

/// Draws anew only when the stamp of what is drawn changes. One kind of stamp for all parts keeps the browser's download small.
pub(super) fn drawn_on(
    stamp: impl Fn() -> String + Send + Sync + 'static,
    draw: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let stamp: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(stamp);
    let stamp = Memo::new(move |_| stamp());
    live(move || {
        // Reading it is what makes it compute; following it alone would not.
        stamp.with(|_| ());
        untrack(&draw)
    })
}

/// Where there is nothing yet, and when there will be.
pub(super) fn not_yet(words: &'static str) -> AnyView {
    el("p").class("panel-body soft").text(words).view()
}

/// Small words that say more.
pub(super) fn small(words: &str) -> AnyView {
    el("p").class("muted small").child(ui::prose(words)).view()
}

/// A task's note without the task's title, which agents like to repeat.
pub(super) fn note_alone<'a>(note: &'a str, title: &str) -> &'a str {
    let stem = title.trim_end_matches('…');
    let Some(rest) = note.strip_prefix(stem) else { return note };
    // Of a title that was cut, the note may have the rest.
    let rest = if stem == title { rest } else { rest.split_once(" — ").map_or(rest, |(_, why)| why) };
    let rest = rest.trim_start_matches([' ', '.', ':', ',', '-', '–', '—']);
    if rest.is_empty() { note } else { rest }
}

/// What people call a gate.
pub(super) fn gate_title(name: &str) -> String {
    let title = match name {
        "diff" => "Work done",
        "tests" => "Tests",
        "build" => "Build",
        "lint" => "Lint",
        "secrets" => "Secrets in diff",
        "test_integrity" => "Test integrity",
        "scope" => "Scope",
        "acceptance" => "Acceptance",
        other => other,
    };
    title.to_owned()
}

/// Words about a gate with its title in place of its name: `The gate "Work done" failed`.
pub(super) fn with_gate_title(words: &str) -> String {
    let around = words.split_once("gate \"").and_then(|(before, rest)| Some((before, rest.split_once('"')?)));
    around.map_or_else(|| words.to_owned(), |(before, (name, after))| format!("{before}gate \"{}\"{after}", gate_title(name)))
}

/// What a gate found, with its colour and icon.
pub(super) fn gate_state(verdict: GateVerdict) -> (Tone, &'static str, &'static str) {
    match verdict {
        GateVerdict::Passed => (Tone::Good, "check", "passed"),
        GateVerdict::Failed => (Tone::Bad, "cross", "failed"),
        GateVerdict::Inconclusive => (Tone::Warn, "warn", "inconclusive"),
        GateVerdict::NotApplicable => (Tone::Neutral, "dash", "not applicable"),
    }
}

/// How a task stands, with its colour and icon.
pub(super) fn task_state(status: TaskStatus) -> (Tone, &'static str, &'static str) {
    match status {
        TaskStatus::Pending => (Tone::Neutral, "clock", "pending"),
        TaskStatus::InProgress => (Tone::Working, "spin", "in progress"),
        TaskStatus::Completed => (Tone::Good, "check", "completed"),
        TaskStatus::Failed => (Tone::Bad, "cross", "failed"),
    }
}

/// How a task of a run that is over stands.
pub(super) fn task_ended(status: TaskStatus) -> (Tone, &'static str, &'static str) {
    match status {
        TaskStatus::Pending | TaskStatus::InProgress => (Tone::Neutral, "dash", "not done"),
        TaskStatus::Completed | TaskStatus::Failed => task_state(status),
    }
}

/// How a step stands, in its class and in words. Where the run stands still it does not go on, and what a person stopped did not
/// fail.
pub(super) fn step_word(step: &StepRecord, run: RunStatus) -> &'static str {
    let stands = run.is_over() || matches!(run, RunStatus::Paused | RunStatus::NeedsYou);
    match step.status {
        StepStatus::Running if stands => "held",
        StepStatus::Failed if run == RunStatus::Stopped && step.summary.starts_with("Stopped by ") => "held",
        StepStatus::Pending => "pending",
        StepStatus::Running => "running",
        StepStatus::Passed => "passed",
        StepStatus::Failed => "failed",
    }
}

/// What stands behind the names of the tabs, in their order.
pub(super) fn tab_notes(state: RunState) -> [String; 5] {
    for signal in [state.tasks, state.gates, state.receipt] {
        signal.track();
    }
    state.model.with_value(|model| {
        let done = model.tasks.iter().filter(|task| task.status == TaskStatus::Completed).count();
        let tasks = if model.tasks.is_empty() { String::new() } else { format!("{done}/{}", model.tasks.len()) };
        let changed = model.receipt.as_ref().map(|receipt| &receipt.facts);
        let changed = changed.filter(|facts| facts.lines_added + facts.lines_removed > 0);
        let diff = changed.map(|facts| format!("+{} −{}", facts.lines_added, facts.lines_removed)).unwrap_or_default();
        let last = model.gates.iter().map(|gate| gate.iteration).max();
        let whole = model.gates.iter().any(|gate| gate.iteration == 0);
        let newest = if whole { Some(0) } else { last };
        let failed = model.gates.iter().filter(|gate| Some(gate.iteration) == newest && gate.verdict == GateVerdict::Failed);
        let failed = failed.count();
        let gates = if failed == 0 { String::new() } else { format!("{failed} failed") };
        [String::new(), tasks, diff, gates, String::new()]
    })
}

/// Reads the diff anew after each iteration while somebody looks at it.
pub(super) fn refetch_diff(state: RunState, address: Address, diff: Loading<Option<Diff>>) {
    let ended = move || {
        let iterations = state.model.with_value(|model| model.iterations.iter().filter(|one| one.ended_at.is_some()).count());
        state.with_run(|run| (iterations, run.commit.clone(), run.status.is_over()))
    };
    let before = StoredValue::new(untrack(ended));
    Effect::new(move |_| {
        state.timeline.track();
        let now = ended();
        if before.get_value() != now {
            before.set_value(now);
            if address.tab.get_untracked() == "diff" {
                diff.refetch();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_numbers_read_as_people_write_them() {
        assert_eq!([-1, 48_900, 724_000, 3_723_000].map(clock), ["0:00", "0:48", "12:04", "1:02:03"]);
        assert_eq!([0, 999, 31_204, 1_234_567].map(grouped), ["0", "999", "31,204", "1,234,567"]);
        assert_eq!(short("0123456789abcdef"), "0123456789");
    }

    #[test]
    fn a_note_does_not_repeat_the_title() {
        let read = [
            ("Greet — no example", "Greet"),
            ("Greet people — no example", "Greet pe…"),
            ("Greet", "Greet"),
            ("no example", "Greet"),
        ]
        .map(|(note, title)| note_alone(note, title));

        assert_eq!(read, ["no example", "no example", "Greet", "no example"]);
    }

    #[test]
    fn a_step_that_stands_still_is_held_and_did_not_fail() {
        let word = |status, summary: &str, run| {
            let (started_at, ended_at, summary) = (None, None, summary.to_owned());
            step_word(&StepRecord { step: protocol::runs::Step::Act, status, summary, started_at, ended_at }, run)
        };

        assert_eq!(word(StepStatus::Running, "", RunStatus::Working), "running");
        assert_eq!(word(StepStatus::Running, "", RunStatus::Paused), "held");
        assert_eq!(word(StepStatus::Failed, "Stopped by Ada", RunStatus::Stopped), "held");
        assert_eq!(word(StepStatus::Failed, "It did not build", RunStatus::Stopped), "failed");
    }

    #[test]
    fn people_read_titles_of_gates() {
        let read = ["The gate \"diff\" failed: x.", "Nothing was committed.", "gate \"open"].map(with_gate_title);

        assert_eq!(read, ["The gate \"Work done\" failed: x.", "Nothing was committed.", "gate \"open"]);
    }
}
