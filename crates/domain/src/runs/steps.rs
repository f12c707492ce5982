//! The transitions of the run machine, one function for each kind of result.

use protocol::{
    Timestamp,
    runs::{Gate, GateVerdict, Iteration, Phase, PhaseRecord, Step, StepStatus, TaskStatus, Tier, Verdict},
};

use super::{
    Ending, RunState, Stage, TaskState, Wait,
    backoff::{self, Refusal},
    machine::{Change, Verification},
    state::pending_steps,
};
use crate::{
    gates::GateName,
    ports::agent::{AgentOutcome, AgentResult},
};

/// Attempts after which a task is given up.
pub const MAX_ATTEMPTS: u32 = 5;
/// Attempts after which the agent is asked for a simpler way.
pub const SIMPLER_AFTER: u32 = 3;
/// Attempts for which "could not be told" counts as not done, where the agent can do something about it.
const WANTING_ATTEMPTS: u32 = 2;
/// Calls of one iteration that may break before the iteration counts as failed.
const BROKEN_CALLS: u32 = 3;
/// Times that the check of the whole may send a run back to work.
const CHECK_ROUNDS: u32 = 2;
/// Lines of one task that an agent may name as what it cannot do.
const BLOCKED_SHOWN: usize = 10;
/// Titles of iterations that have no task.
const MENDING: &str = "Mend what the check of the whole found";
const BY_HAND: &str = "Take over what was edited by hand";

pub(super) fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

pub(super) fn plan(
    state: &mut RunState,
    (tier, phases, tasks): (Tier, Vec<Phase>, Vec<TaskState>),
    summaries: &[(Phase, String)],
    at: Timestamp,
    changes: &mut Vec<Change>,
) {
    state.tier = Some(tier);
    state.tasks = tasks;
    state.phases =
        phases.into_iter().map(|phase| PhaseRecord { phase, started_at: None, ended_at: None, summary: String::new() }).collect();
    changes.push(Change::TasksPlanned);
    for (phase, summary) in summaries {
        enter_phase(state, *phase, summary, at, changes);
    }
    begin_next(state, at, changes);
}

/// Ends the phase before and begins `phase`, if the tier has it.
fn enter_phase(state: &mut RunState, phase: Phase, summary: &str, at: Timestamp, changes: &mut Vec<Change>) {
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
    changes.push(Change::Phase { phase, phases: state.phases.clone(), summary: summary.to_owned() });
}

/// The phase that a run is over in, unless it went through all of it: then it stays open, as the phase that the run ended in.
pub(super) fn end_last_phase(state: &mut RunState, at: Timestamp) {
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
fn begin_next(state: &mut RunState, at: Timestamp, changes: &mut Vec<Change>) {
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

fn anything_done(state: &RunState) -> bool {
    state.tip != state.base || state.tasks.iter().any(|task| task.status == TaskStatus::Completed)
}

fn is_completed(state: &RunState, number: u32) -> bool {
    state.tasks.iter().any(|task| task.number == number && task.status == TaskStatus::Completed)
}

/// Tasks whose way is barred by a failed one, or by each other, cannot be done any more.
fn give_up_orphans(state: &mut RunState, changes: &mut Vec<Change>) {
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
        changes.push(Change::Task(task.clone()));
    }
}

fn begin_iteration(state: &mut RunState, task: Option<u32>, title: &str, at: Timestamp, changes: &mut Vec<Change>) {
    if state.iteration >= state.ceilings.iterations {
        let which = super::limits::counted(state.ceilings.iterations, "iteration");
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
        changes.push(Change::Task(task.clone()));
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
    changes.push(Change::IterationStarted(iteration.clone()));
    state.current = Some(iteration);
}

fn open(iteration: &mut Iteration, step: Step, at: Timestamp) {
    for record in iteration.steps.iter_mut().filter(|record| record.step == step) {
        record.status = StepStatus::Running;
        record.started_at.get_or_insert(at);
    }
}

/// Ends the running step with `summary` and opens the one that the stage asks for.
pub(super) fn close_and_open(state: &mut RunState, summary: Option<&str>, at: Timestamp, changes: &mut Vec<Change>) {
    close_as(state, (StepStatus::Passed, summary.unwrap_or_default()), at, changes);
}

/// Ends the running step as it went and opens the one that the stage asks for.
fn close_as(state: &mut RunState, (status, summary): (StepStatus, &str), at: Timestamp, changes: &mut Vec<Change>) {
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
    changes.push(Change::IterationProgress(iteration.clone()));
}

fn close_iteration(state: &mut RunState, status: StepStatus, summary: &str, at: Timestamp, changes: &mut Vec<Change>) {
    let Some(mut iteration) = state.current.take() else { return };
    for record in iteration.steps.iter_mut().filter(|record| record.status == StepStatus::Running) {
        record.status = status;
        record.ended_at = Some(at);
        record.summary = summary.to_owned();
    }
    iteration.ended_at = Some(at);
    changes.push(Change::IterationEnded(iteration));
}

pub(super) fn acted(state: &mut RunState, result: AgentResult, at: Timestamp, changes: &mut Vec<Change>) {
    state.spent.add(&result.usage);
    if let (Some(iteration), Some(cost)) = (state.current.as_mut(), result.usage.cost_usd) {
        *iteration.cost_usd.get_or_insert(0.0) += cost;
    }
    if !result.said.is_empty() {
        state.said = Some(result.said.clone());
    }
    // Checking work that is done costs nothing; only another call would.
    if state.micros_left() == Some(0) && !matches!(result.outcome, AgentOutcome::Finished | AgentOutcome::Silent) {
        let which = cost_ceiling(state);
        end(state, Ending::Limit { which }, at, changes);
        return;
    }
    match result.outcome {
        AgentOutcome::Finished => {
            let claim = match blocked(&result.said) {
                Some(_) => (StepStatus::Failed, "The agent says that it could not do it"),
                None => (StepStatus::Passed, "The agent says that it is done"),
            };
            to_reflection(state, claim, at, changes);
        }
        AgentOutcome::Silent => to_reflection(state, (StepStatus::Passed, "The agent ended without a word"), at, changes),
        AgentOutcome::Crashed { exit, detail } => {
            broke_off(state, &format!("The agent crashed with exit {exit}. {detail}"), at, changes);
        }
        AgentOutcome::Stalled => broke_off(state, "The agent printed nothing for too long and was killed", at, changes),
        AgentOutcome::Cancelled => changes.push(Change::Log("The agent was stopped".to_owned())),
        AgentOutcome::OverBudget => {
            let which = cost_ceiling(state);
            end(state, Ending::Limit { which }, at, changes);
        }
        AgentOutcome::Unauthorized { detail } => needs_you(state, format!("The agent's sign-in was refused. {detail}"), changes),
        AgentOutcome::RateLimited { detail } => wait(state, (Refusal::RateLimit, &detail), at, changes),
        AgentOutcome::Unreachable { detail } => wait(state, (Refusal::Unreachable, &detail), at, changes),
    }
}

/// The run's ceiling of cost in words, as a limit that was reached is named.
pub fn cost_ceiling(state: &RunState) -> String {
    let ceiling = state.ceilings.to_limits().cost_usd.unwrap_or_default();
    format!("the cost ceiling of ${ceiling:.2}")
}

fn to_reflection(state: &mut RunState, claim: (StepStatus, &str), at: Timestamp, changes: &mut Vec<Change>) {
    state.waits = 0;
    state.stage = Stage::Reflecting;
    close_as(state, claim, at, changes);
}

/// The call is made again from the checkpoint; broken too often, it counts as a failed attempt.
fn broke_off(state: &mut RunState, what: &str, at: Timestamp, changes: &mut Vec<Change>) {
    state.broken_calls += 1;
    changes.push(Change::Log(what.to_owned()));
    if state.broken_calls < BROKEN_CALLS {
        state.call += 1;
        return;
    }
    state.findings = vec![what.to_owned()];
    attempt_failed(state, what, at, changes);
}

/// The call is made again from the checkpoint, later and later; in the end a person is asked.
fn wait(state: &mut RunState, (refusal, detail): (Refusal, &str), at: Timestamp, changes: &mut Vec<Change>) {
    let what = match refusal {
        Refusal::RateLimit => "The agent's model refuses for now",
        Refusal::Unreachable => "The agent's model could not be reached",
    };
    let what = format!("{what}. {}.", detail.trim().trim_end_matches('.'));
    let Some(until) = backoff::next_try(refusal, detail, state.waits, at) else {
        needs_you(state, format!("{what} Resume when it answers again"), changes);
        return;
    };
    let why = format!("{what} Asking again in {} s", until.millis_since(at) / 1_000);
    changes.push(Change::Log(why.clone()));
    state.call += 1;
    state.waits += 1;
    state.wait = Some(Wait { until, why });
}

fn needs_you(state: &mut RunState, reason: String, changes: &mut Vec<Change>) {
    state.call += 1;
    state.hold = Some(super::Hold::NeedsYou { reason });
    changes.push(Change::Paused);
}

pub(super) fn reflected(
    state: &mut RunState,
    (tree, empty, summary): (String, bool, &str),
    at: Timestamp,
    changes: &mut Vec<Change>,
) {
    state.tree = Some(tree);
    if state.current.is_none() {
        edited_by_hand(state, empty, summary, at, changes);
        return;
    }
    if let (true, Some(why)) = (empty, state.said.as_deref().and_then(blocked)) {
        changes.push(Change::Log(format!("The agent cannot do this task: {why}")));
        close_iteration(state, StepStatus::Failed, &format!("Declined: {why}"), at, changes);
        task_failed(state, &why, changes);
        state.findings.clear();
        begin_next(state, at, changes);
        return;
    }
    state.stage = Stage::Verifying;
    close_and_open(state, Some(summary), at, changes);
}

/// What a person edited after the last iteration becomes one of its own, without a call, and is verified like any other.
fn edited_by_hand(state: &mut RunState, empty: bool, summary: &str, at: Timestamp, changes: &mut Vec<Change>) {
    if empty {
        state.stage = Stage::Checking;
        return;
    }
    begin_iteration(state, None, BY_HAND, at, changes);
    if state.stage == Stage::Reasoning {
        state.stage = Stage::Verifying;
        close_and_open(state, Some(summary), at, changes);
    }
}

/// The agent's own words that it cannot do a task; the first few where it names several lines.
fn blocked(said: &str) -> Option<String> {
    let named = said.lines().filter_map(|line| line.trim().strip_prefix("BLOCKED:"));
    let why: Vec<&str> = named.map(str::trim).take(BLOCKED_SHOWN).collect();
    (!why.is_empty()).then(|| why.join("; "))
}

fn task_failed(state: &mut RunState, why: &str, changes: &mut Vec<Change>) {
    let running = state.tasks.iter_mut().find(|task| task.status == TaskStatus::InProgress);
    if let Some(task) = running {
        task.status = TaskStatus::Failed;
        task.note = Some(why.to_owned());
        changes.push(Change::Task(task.clone()));
    }
}

pub(super) fn verified(state: &mut RunState, verification: Verification, at: Timestamp, changes: &mut Vec<Change>) {
    let failed = failed_gates(&verification);
    let summary = if failed.is_empty() { "not proven yet".to_owned() } else { format!("failed: {}", in_words(&verification)) };
    if let Some(iteration) = state.current.as_mut() {
        iteration.failed_gates.clone_from(&failed);
    }
    changes.push(Change::Gates(verification.gates));
    // Mending the whole has no task: what it leaves wanting was wanting before.
    let wanting = verification.wanting && state.task().is_some_and(|task| task.attempts <= WANTING_ATTEMPTS);
    if failed.is_empty() && !wanting {
        state.findings.clear();
        // A run that is stopped before the check of the whole knows of its tasks what was seen when they were done.
        state.examples.retain(|(number, _)| !verification.examples.iter().any(|(seen, _)| seen == number));
        state.examples.extend(verification.examples);
        if verification.unchanged {
            held_already(state, at, changes);
            return;
        }
        let without_task = match &state.current {
            Some(iteration) if iteration.title == BY_HAND => "chore: take over what was edited by hand",
            _ => "fix: mend what the check of the whole found",
        };
        let message = state.task().map_or_else(|| without_task.to_owned(), |task| task.subject.clone());
        state.stage = Stage::Committing { message, at };
        return;
    }
    state.findings = verification.findings;
    attempt_failed(state, &summary, at, changes);
}

/// A task whose examples hold without a change, since another one or an earlier run brought them: there is nothing to commit.
fn held_already(state: &mut RunState, at: Timestamp, changes: &mut Vec<Change>) {
    let running = state.current.as_ref().and_then(|iteration| iteration.task);
    if let Some(task) = state.tasks.iter_mut().find(|task| Some(task.number) == running) {
        task.status = TaskStatus::Completed;
        task.note = Some("Held already: nothing had to change".to_owned());
        changes.push(Change::Task(task.clone()));
    }
    close_iteration(state, StepStatus::Passed, "Nothing had to change", at, changes);
    begin_next(state, at, changes);
}

fn failed_gates(verification: &Verification) -> Vec<String> {
    failures(verification).map(|gate| gate.name.clone()).collect()
}

/// The gates that block.
fn failures(verification: &Verification) -> impl Iterator<Item = &Gate> {
    verification.gates.iter().filter(|gate| gate.blocking && gate.verdict == GateVerdict::Failed)
}

/// What failed, as `Tests: 1 of 3 failed; Secrets in diff: …`.
fn in_words(verification: &Verification) -> String {
    let words = failures(verification).map(|gate| {
        let title = GateName::named(&gate.name).map_or_else(|| gate.name.clone(), |gate| gate.title().to_owned());
        format!("{title}: {}", gate.summary.trim().trim_end_matches('.'))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Another attempt, or the end of the task. The worktree keeps the work: the agent mends what it made.
fn attempt_failed(state: &mut RunState, summary: &str, at: Timestamp, changes: &mut Vec<Change>) {
    let task = state.task().cloned();
    // What the try failed on stays with the task until another one succeeds.
    for tried in state.tasks.iter_mut().filter(|tried| Some(tried.number) == task.as_ref().map(|task| task.number)) {
        let between = if summary.starts_with("failed") { "" } else { ":" };
        tried.note = Some(format!("The last try{between} {summary}"));
    }
    close_iteration(state, StepStatus::Failed, summary, at, changes);
    let Some(task) = task else {
        if state.check_rounds < CHECK_ROUNDS {
            state.check_rounds += 1;
            begin_iteration(state, None, MENDING, at, changes);
        } else {
            changes.push(Change::Log("What was changed last did not pass; it is thrown away".to_owned()));
            state.discard = true;
            state.stage = Stage::Checking;
        }
        return;
    };
    if task.attempts >= MAX_ATTEMPTS {
        let why = format!("Given up after {} attempts: {summary}", task.attempts);
        task_failed(state, &why, changes);
        state.findings.clear();
        state.discard = true;
    }
    begin_next(state, at, changes);
}

pub(super) fn committed(state: &mut RunState, commit: String, at: Timestamp, changes: &mut Vec<Change>) {
    let running = state.current.as_ref().and_then(|iteration| iteration.task);
    if let Some(task) = state.tasks.iter_mut().find(|task| Some(task.number) == running) {
        task.status = TaskStatus::Completed;
        task.commit = Some(commit.clone());
        task.note = None;
        changes.push(Change::Task(task.clone()));
    }
    close_iteration(state, StepStatus::Passed, &format!("Committed as {}", short(&commit)), at, changes);
    state.tip = Some(commit);
    begin_next(state, at, changes);
}

pub(super) fn checked(state: &mut RunState, verification: Verification, at: Timestamp, changes: &mut Vec<Change>) {
    let failed = failed_gates(&verification);
    changes.push(Change::Gates(verification.gates));
    state.examples = verification.examples;
    state.findings = if failed.is_empty() { Vec::new() } else { verification.findings };
    if !failed.is_empty() && state.tip != state.base && state.check_rounds < CHECK_ROUNDS {
        state.check_rounds += 1;
        begin_iteration(state, None, MENDING, at, changes);
        return;
    }
    state.ending.get_or_insert(Ending::TasksDone);
    if anything_done(state) {
        enter_phase(state, Phase::Deployment, "Handing over", at, changes);
    }
    state.stage = Stage::Delivering;
}

/// Goes on; what a person may have edited meanwhile is looked at anew.
pub(super) fn resumed(state: &mut RunState, changes: &mut Vec<Change>) {
    if state.hold.take().is_none() {
        return;
    }
    // Edits by hand are work to go on from, not remains.
    state.discard = false;
    // Whoever resumes wants it tried now.
    state.wait = None;
    state.waits = 0;
    if matches!(state.stage, Stage::Verifying | Stage::Committing { .. } | Stage::Checking | Stage::Delivering) {
        state.stage = Stage::Reflecting;
    }
    if state.stage == Stage::Acting {
        // The worktree may hold edits by hand: a new prompt takes a new checkpoint.
        state.stage = Stage::Reasoning;
    }
    changes.push(Change::Resumed);
}

/// No further iteration: what there is gets its receipt.
pub(super) fn end(state: &mut RunState, ending: Ending, at: Timestamp, changes: &mut Vec<Change>) {
    state.hold = None;
    state.wait = None;
    let tried = state.tasks.iter().filter(|task| task.status == TaskStatus::InProgress).find_map(|task| task.note.clone());
    // A limit is no reason by itself: what the run did not get past is.
    let ending = match (ending, &tried) {
        (Ending::Limit { which }, Some(tried)) => Ending::Limit { which: format!("{which}. {tried}") },
        (ending, _) => ending,
    };
    let why = describe(&ending);
    close_iteration(state, StepStatus::Failed, &why, at, changes);
    for task in state.tasks.iter_mut().filter(|task| task.status == TaskStatus::InProgress) {
        task.status = TaskStatus::Pending;
        task.note = match &task.note {
            Some(tried) if !why.contains(tried.as_str()) => Some(format!("{why}. {tried}")),
            _ => Some(why.clone()),
        };
        changes.push(Change::Task(task.clone()));
    }
    changes.push(Change::Log(why));
    state.ending = Some(ending);
    state.stage = Stage::Sealing;
}

/// The end of a run whose receipt cannot be made.
pub(super) fn end_unsealed(state: &mut RunState, reason: String, changes: &mut Vec<Change>) {
    changes.push(Change::Log(format!("There is no receipt: {reason}")));
    state.verdict = Some(Verdict::NotVerified);
    state.reason = Some(reason.clone());
    state.ending = Some(Ending::Failed { reason });
    state.stage = Stage::Over;
    changes.push(Change::Finished);
}

/// An ending in words.
pub fn describe(ending: &Ending) -> String {
    match ending {
        Ending::TasksDone => "All tasks were worked on".to_owned(),
        Ending::Limit { which } => format!("The run reached its limit: {which}"),
        Ending::Stopped { by } => format!("Stopped by {by}"),
        Ending::Failed { reason } => reason.clone(),
    }
}

/// Whether a state asks for a simpler way.
pub fn wants_simpler(task: &TaskState) -> bool {
    task.attempts > SIMPLER_AFTER
}
