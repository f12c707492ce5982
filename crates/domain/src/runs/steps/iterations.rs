//! From one iteration to the next: which task comes, which phase it belongs to, and how its steps are opened and closed.

use protocol::{
    Timestamp,
    runs::{Iteration, Phase, Step, StepStatus, TaskStatus},
};

use super::{cost_ceiling, end};
use crate::runs::{Ending, RunState, Stage, limits, machine::RunChange, state::pending_steps};

/// Ends the phase before and begins `phase`, if the tier has it.
pub(super) fn enter_phase(state: &mut RunState, phase: Phase, summary: &str, at: Timestamp, changes: &mut Vec<RunChange>) {
    if state.phase == Some(phase) || !state.phases.iter().any(|record| record.phase == phase) {
        return;
    }
    end_phase(state, at);
    state.phase = Some(phase);
    for record in state.phases.iter_mut().filter(|record| record.phase == phase) {
        record.started_at.get_or_insert(at);
        record.ended_at = None;
        record.summary = summary.to_owned();
    }
    changes.push(RunChange::Phase { phase, phases: state.phases.clone(), summary: summary.to_owned() });
}

/// The phase that a run is over in, unless it went through all of it: then it stays open, as the phase that the run ended in.
pub(in crate::runs) fn end_last_phase(state: &mut RunState, at: Timestamp) {
    if state.ending == Some(Ending::TasksDone) && anything_done(state) {
        end_phase(state, at);
    }
}

fn end_phase(state: &mut RunState, at: Timestamp) {
    let current = state.phase;
    for record in state.phases.iter_mut().filter(|record| Some(record.phase) == current) {
        record.ended_at.get_or_insert(at);
    }
}

/// Chooses what comes next: another attempt, the next task, or the check of the whole.
pub(super) fn begin_next(state: &mut RunState, at: Timestamp, changes: &mut Vec<RunChange>) {
    give_up_orphans(state, changes);
    let ready = state.tasks.iter().find(|task| {
        matches!(task.status, TaskStatus::Pending | TaskStatus::InProgress)
            && task.depends_on.iter().all(|number| is_completed(state, *number))
    });
    if let Some((number, title)) = ready.map(|task| (task.number, task.title.clone())) {
        begin_iteration(state, Some(number), &title, at, changes);
        return;
    }
    // Where nothing was done there is no whole, although the gates say so.
    if anything_done(state) {
        enter_phase(state, Phase::Qa, "Checking the whole", at, changes);
    }
    state.stage = Stage::Checking;
}

pub(super) fn anything_done(state: &RunState) -> bool {
    state.tip != state.base || state.tasks.iter().any(|task| task.status == TaskStatus::Completed)
}

fn is_completed(state: &RunState, number: u32) -> bool {
    state.tasks.iter().any(|task| task.number == number && task.status == TaskStatus::Completed)
}

/// Tasks whose way is barred by a failed one, or by each other, cannot be done any more.
fn give_up_orphans(state: &mut RunState, changes: &mut Vec<RunChange>) {
    loop {
        let failed: Vec<u32> =
            state.tasks.iter().filter(|task| task.status == TaskStatus::Failed).map(|task| task.number).collect();
        let known: Vec<u32> = state.tasks.iter().map(|task| task.number).collect();
        let barred = state.tasks.iter_mut().find(|task| {
            task.status == TaskStatus::Pending
                && task.depends_on.iter().any(|number| failed.contains(number) || !known.contains(number))
        });
        let Some(task) = barred else { return };
        task.status = TaskStatus::Failed;
        task.note = Some("It builds on a task that was not done".to_owned());
        changes.push(RunChange::Task(task.clone()));
    }
}

pub(super) fn begin_iteration(state: &mut RunState, task: Option<u32>, title: &str, at: Timestamp, changes: &mut Vec<RunChange>) {
    if state.iteration >= state.ceilings.iterations {
        let which = limits::counted(state.ceilings.iterations, "iteration");
        end(state, Ending::Limit { which }, at, changes);
        return;
    }
    if state.micros_left() == Some(0) {
        let which = cost_ceiling(state);
        end(state, Ending::Limit { which }, at, changes);
        return;
    }
    enter_phase(state, Phase::Development, "Working on the tasks", at, changes);
    state.iteration += 1;
    state.broken_calls = 0;
    state.stage = Stage::Reasoning;
    if let Some(task) = state.tasks.iter_mut().find(|candidate| Some(candidate.number) == task) {
        task.attempts += 1;
        task.status = TaskStatus::InProgress;
        changes.push(RunChange::Task(task.clone()));
    }
    let mut iteration = Iteration {
        number: state.iteration,
        phase: state.phase.unwrap_or(Phase::Development),
        task,
        title: title.to_owned(),
        steps: pending_steps(),
        started_at: at,
        ended_at: None,
        failed_gates: Vec::new(),
        cost_usd: None,
    };
    open(&mut iteration, Step::Reason, at);
    changes.push(RunChange::IterationStarted(iteration.clone()));
    state.current = Some(iteration);
}

fn open(iteration: &mut Iteration, step: Step, at: Timestamp) {
    for record in iteration.steps.iter_mut().filter(|record| record.step == step) {
        record.status = StepStatus::Running;
        record.started_at.get_or_insert(at);
    }
}

/// Ends the running step with `summary` and opens the one that the stage asks for.
pub(in crate::runs) fn close_and_open(state: &mut RunState, summary: Option<&str>, at: Timestamp, changes: &mut Vec<RunChange>) {
    close_as(state, (StepStatus::Passed, summary.unwrap_or_default()), at, changes);
}

/// Ends the running step as it went and opens the one that the stage asks for.
pub(super) fn close_as(state: &mut RunState, (status, summary): (StepStatus, &str), at: Timestamp, changes: &mut Vec<RunChange>) {
    let step = state.step();
    let Some(iteration) = state.current.as_mut() else { return };
    for record in iteration.steps.iter_mut().filter(|record| record.status == StepStatus::Running) {
        if Some(record.step) != step {
            record.status = status;
            record.ended_at = Some(at);
            record.summary = summary.to_owned();
        }
    }
    if let Some(step) = step {
        open(iteration, step, at);
    }
    changes.push(RunChange::IterationProgress(iteration.clone()));
}

pub(super) fn close_iteration(
    state: &mut RunState,
    status: StepStatus,
    summary: &str,
    at: Timestamp,
    changes: &mut Vec<RunChange>,
) {
    let Some(mut iteration) = state.current.take() else { return };
    for record in iteration.steps.iter_mut().filter(|record| record.status == StepStatus::Running) {
        record.status = status;
        record.ended_at = Some(at);
        record.summary = summary.to_owned();
    }
    iteration.ended_at = Some(at);
    changes.push(RunChange::IterationEnded(iteration));
}
