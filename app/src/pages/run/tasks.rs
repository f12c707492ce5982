//! The queue of tasks.

use leptos::prelude::*;
use protocol::runs::Task;

use super::{
    parts::{not_yet, note_alone, short, small, task_ended, task_state},
    state::RunState,
};
use crate::ui::{self, Tone, div, el, live};

pub(super) fn tasks(state: RunState) -> AnyView {
    live(move || {
        state.tasks.track();
        // Told once the run is over.
        state.receipt.track();
        state.model.with_value(|model| {
            let over = model.run.status.is_over();
            if model.tasks.is_empty() {
                return not_yet(if over {
                    "The run ended before the spec was read."
                } else {
                    "The tasks show once the spec was read."
                });
            }
            let stands = if over { task_ended } else { task_state };
            el("ol").class("tasks").children(model.tasks.iter().map(|task| row(task, stands(task.status)))).view()
        })
    })
}

fn row(task: &Task, (tone, icon, word): (Tone, &'static str, &'static str)) -> AnyView {
    let title = el("b").child(ui::prose(&task.title)).view();
    let mut body = div("").child(div("words").child(title).child(ui::chip(tone, icon, word)).view());
    if !task.criteria.is_empty() {
        let criteria = task.criteria.iter().map(|criterion| el("li").child(ui::prose(criterion)).view());
        body = body.child(el("ul").class("criteria").children(criteria).view());
    }
    if let Some(note) = &task.note {
        body = body.child(el("p").class("task-note").child(ui::prose(note_alone(note, &task.title))).view());
    }
    let notes = notes(task);
    if !notes.is_empty() {
        body = body.child(small(&notes));
    }
    el("li").child(el("span").class("num muted").text(task.number.to_string()).view()).child(body.view()).view()
}

fn notes(task: &Task) -> String {
    let mut notes = Vec::new();
    if !task.depends_on.is_empty() {
        let numbers: Vec<String> = task.depends_on.iter().map(ToString::to_string).collect();
        notes.push(format!("after {}", numbers.join(", ")));
    }
    match task.attempts {
        0 => {}
        1 => notes.push("1 attempt".to_owned()),
        attempts => notes.push(format!("{attempts} attempts")),
    }
    notes.extend(task.commit.as_deref().map(|commit| format!("commit {}", short(commit))));
    notes.join(" · ")
}
