//! Phases and iterations, the oldest first.

use leptos::prelude::*;
use protocol::runs::{Iteration, PhaseRecord, RunStatus, Step, TaskStatus};

use super::{
    parts::{gate_title, not_yet, step_word, took},
    state::RunState,
};
use crate::{
    live::run::RunModel,
    ui::{self, el, live},
    words,
};

pub(super) fn timeline(state: RunState) -> AnyView {
    live(move || {
        state.timeline.track();
        state.run.track();
        state.model.with_value(draw)
    })
}

fn draw(model: &RunModel) -> AnyView {
    if model.phases.is_empty() {
        return not_yet(if model.run.status.is_over() {
            "The run ended before the spec was read."
        } else {
            "The phases show once the spec was read."
        });
    }
    let phases = model.phases.iter().map(|record| {
        let iterations: Vec<AnyView> = iterations_of(model, record).map(|iteration| one(model, iteration)).collect();
        let phase = el("li").class("phase").child(phase(model, record));
        if iterations.is_empty() { phase.view() } else { phase.child(el("ol").children(iterations).view()).view() }
    });
    el("ol").class("phases").children(phases).view()
}

fn iterations_of<'a>(model: &'a RunModel, record: &'a PhaseRecord) -> impl Iterator<Item = &'a Iteration> {
    model.iterations.iter().filter(move |iteration| iteration.phase == record.phase)
}

/// Whether the task it worked on was not done in the end.
fn gave_up(model: &RunModel, iteration: &Iteration) -> bool {
    model.tasks.iter().any(|task| iteration.task == Some(task.number) && task.status == TaskStatus::Failed)
}

fn phase(model: &RunModel, record: &PhaseRecord) -> AnyView {
    let status = model.run.status;
    let over = status.is_over();
    let held = matches!(status, RunStatus::Paused | RunStatus::NeedsYou);
    let failed = iterations_of(model, record).any(|iteration| gave_up(model, iteration));
    let (class, icon, word) = match (record.started_at, record.ended_at) {
        (Some(_), Some(_)) if failed => ("phase-name failed", "cross", "not all done"),
        (Some(_), Some(_)) => ("phase-name done", "check", "done"),
        (Some(_), None) if over => ("phase-name", "stop", "ended here"),
        (Some(_), None) if held => ("phase-name", "pause", "held"),
        (Some(_), None) => ("phase-name now", "spin", "now"),
        (None, _) if over => ("phase-name next", "dash", "not reached"),
        (None, _) => ("phase-name next", "dash", "later"),
    };
    let took = match (record.started_at, record.ended_at) {
        (Some(start), Some(end)) => took(end.millis_since(start)),
        _ => word.to_owned(),
    };
    let name = el("h3").class(class).attr("title", record.summary.clone()).child(ui::icon(icon));
    let name = name.child(el("span").text(words::phase_title(record.phase)).view());
    name.child(el("span").class("took num").text(took).view()).view()
}

fn one(model: &RunModel, iteration: &Iteration) -> AnyView {
    let here = iteration.ended_at.is_none() && !model.run.status.is_over();
    let gates: Vec<String> = iteration.failed_gates.iter().map(|name| gate_title(name)).collect();
    let line = el("li").class(if here { "iteration here" } else { "iteration" }).maybe("aria-current", here.then_some("step"));
    let line = line.child(el("span").class("num").text(iteration.number.to_string()).view());
    let line = line.child(el("span").class("name").child(ui::prose(&iteration.title)).view()).child(marks(model, iteration));
    if gates.is_empty() {
        return line.view();
    }
    line.child(el("span").class("failed-gates").text(format!("{} failed", gates.join(", "))).view()).view()
}

/// The four steps as marks that fill.
fn marks(model: &RunModel, iteration: &Iteration) -> AnyView {
    let word = |step: Step| {
        let record = iteration.steps.iter().find(|record| record.step == step);
        record.map_or("pending", |record| step_word(record, model.run.status))
    };
    let words: Vec<String> = Step::ALL.into_iter().map(|step| format!("{} {}", step.title(), word(step))).collect();
    ui::marks(Some(words.join(", ")), Step::ALL.into_iter().map(word))
}
