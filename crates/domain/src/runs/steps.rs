//! The transitions of the run machine, one function for each kind of result.

mod iterations;

use protocol::{
    Timestamp,
    runs::{Gate, GateVerdict, Phase, PhaseRecord, StepStatus, TaskStatus, Tier, Verdict},
};

use self::iterations::{anything_done, begin_iteration, begin_next, close_as, close_iteration, enter_phase};
pub(super) use self::iterations::{close_and_open, end_last_phase};
use super::{
    Ending, RunState, Stage, TaskState, Wait,
    backoff::{self, ModelRefusal},
    machine::{RunChange, Verification},
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
    commit.get(..10).unwrap_or(commit)
}

/// What planning came to.
pub(super) struct Planned {
    pub(super) tier: Tier,
    pub(super) phases: Vec<Phase>,
    pub(super) tasks: Vec<TaskState>,
    /// What is said of the phases that are over with it.
    pub(super) summaries: Vec<(Phase, String)>,
}

pub(super) fn planned(state: &mut RunState, planned: Planned, at: Timestamp, changes: &mut Vec<RunChange>) {
    let Planned { tier, phases, tasks, summaries } = planned;
    state.tier = Some(tier);
    state.tasks = tasks;
    state.phases =
        phases.into_iter().map(|phase| PhaseRecord { phase, started_at: None, ended_at: None, summary: String::new() }).collect();
    changes.push(RunChange::TasksPlanned);
    for (phase, summary) in &summaries {
        enter_phase(state, *phase, summary, at, changes);
    }
    begin_next(state, at, changes);
}

pub(super) fn acted(state: &mut RunState, result: AgentResult, at: Timestamp, changes: &mut Vec<RunChange>) {
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
        AgentOutcome::Cancelled => changes.push(RunChange::Log("The agent was stopped".to_owned())),
        AgentOutcome::OverBudget => {
            let which = cost_ceiling(state);
            end(state, Ending::Limit { which }, at, changes);
        }
        AgentOutcome::Unauthorized { detail } => needs_you(state, format!("The agent's sign-in was refused. {detail}"), changes),
        AgentOutcome::RateLimited { detail } => wait(state, (ModelRefusal::RateLimit, &detail), at, changes),
        AgentOutcome::Unreachable { detail } => wait(state, (ModelRefusal::Unreachable, &detail), at, changes),
    }
}

/// The run's ceiling of cost in words, as a limit that was reached is named.
pub fn cost_ceiling(state: &RunState) -> String {
    let ceiling = state.ceilings.to_limits().cost_usd.unwrap_or_default();
    format!("the cost ceiling of ${ceiling:.2}")
}

fn to_reflection(state: &mut RunState, claim: (StepStatus, &str), at: Timestamp, changes: &mut Vec<RunChange>) {
    state.waits = 0;
    state.stage = Stage::Reflecting;
    close_as(state, claim, at, changes);
}

/// The call is made again from the checkpoint; broken too often, it counts as a failed attempt.
fn broke_off(state: &mut RunState, what: &str, at: Timestamp, changes: &mut Vec<RunChange>) {
    state.broken_calls += 1;
    changes.push(RunChange::Log(what.to_owned()));
    if state.broken_calls < BROKEN_CALLS {
        state.call += 1;
        return;
    }
    state.findings = vec![what.to_owned()];
    attempt_failed(state, what, at, changes);
}

/// The call is made again from the checkpoint, later and later; in the end a person is asked.
fn wait(state: &mut RunState, (refusal, detail): (ModelRefusal, &str), at: Timestamp, changes: &mut Vec<RunChange>) {
    let what = match refusal {
        ModelRefusal::RateLimit => "The agent's model refuses for now",
        ModelRefusal::Unreachable => "The agent's model could not be reached",
    };
    let what = format!("{what}. {}.", detail.trim().trim_end_matches('.'));
    let Some(until) = backoff::next_try(refusal, detail, state.waits, at) else {
        needs_you(state, format!("{what} Resume when it answers again"), changes);
        return;
    };
    let why = format!("{what} Asking again in {} s", until.millis_since(at) / 1_000);
    changes.push(RunChange::Log(why.clone()));
    state.call += 1;
    state.waits += 1;
    state.wait = Some(Wait { until, why });
}

fn needs_you(state: &mut RunState, reason: String, changes: &mut Vec<RunChange>) {
    state.call += 1;
    state.hold = Some(super::Hold::NeedsYou { reason });
    changes.push(RunChange::Paused);
}

/// What the worktree looks like after a call.
pub(super) struct Reflected {
    pub(super) tree: String,
    /// Whether nothing was changed.
    pub(super) empty: bool,
    pub(super) summary: String,
}

pub(super) fn reflected(state: &mut RunState, reflected: Reflected, at: Timestamp, changes: &mut Vec<RunChange>) {
    let Reflected { tree, empty, summary } = reflected;
    state.tree = Some(tree);
    if state.current.is_none() {
        if empty {
            state.stage = Stage::Checking;
        } else {
            edited_by_hand(state, &summary, at, changes);
        }
        return;
    }
    if let (true, Some(why)) = (empty, state.said.as_deref().and_then(blocked)) {
        changes.push(RunChange::Log(format!("The agent cannot do this task: {why}")));
        close_iteration(state, StepStatus::Failed, &format!("Declined: {why}"), at, changes);
        task_failed(state, &why, changes);
        state.findings.clear();
        begin_next(state, at, changes);
        return;
    }
    state.stage = Stage::Verifying;
    close_and_open(state, Some(&summary), at, changes);
}

/// What a person edited after the last iteration becomes one of its own, without a call, and is verified like any other.
fn edited_by_hand(state: &mut RunState, summary: &str, at: Timestamp, changes: &mut Vec<RunChange>) {
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

fn task_failed(state: &mut RunState, why: &str, changes: &mut Vec<RunChange>) {
    let running = state.tasks.iter_mut().find(|task| task.status == TaskStatus::InProgress);
    if let Some(task) = running {
        task.status = TaskStatus::Failed;
        task.note = Some(why.to_owned());
        changes.push(RunChange::Task(task.clone()));
    }
}

pub(super) fn verified(state: &mut RunState, verification: Verification, at: Timestamp, changes: &mut Vec<RunChange>) {
    let failed = failed_gates(&verification);
    let summary = if failed.is_empty() { "not proven yet".to_owned() } else { format!("failed: {}", in_words(&verification)) };
    if let Some(iteration) = state.current.as_mut() {
        iteration.failed_gates.clone_from(&failed);
    }
    changes.push(RunChange::Gates(verification.gates));
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
fn held_already(state: &mut RunState, at: Timestamp, changes: &mut Vec<RunChange>) {
    let running = state.current.as_ref().and_then(|iteration| iteration.task);
    if let Some(task) = state.tasks.iter_mut().find(|task| Some(task.number) == running) {
        task.status = TaskStatus::Completed;
        task.note = Some("Held already: nothing had to change".to_owned());
        changes.push(RunChange::Task(task.clone()));
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
fn attempt_failed(state: &mut RunState, summary: &str, at: Timestamp, changes: &mut Vec<RunChange>) {
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
            changes.push(RunChange::Log("What was changed last did not pass; it is thrown away".to_owned()));
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

pub(super) fn committed(state: &mut RunState, commit: String, at: Timestamp, changes: &mut Vec<RunChange>) {
    let running = state.current.as_ref().and_then(|iteration| iteration.task);
    if let Some(task) = state.tasks.iter_mut().find(|task| Some(task.number) == running) {
        task.status = TaskStatus::Completed;
        task.commit = Some(commit.clone());
        task.note = None;
        changes.push(RunChange::Task(task.clone()));
    }
    close_iteration(state, StepStatus::Passed, &format!("Committed as {}", short(&commit)), at, changes);
    state.tip = Some(commit);
    begin_next(state, at, changes);
}

pub(super) fn checked(state: &mut RunState, verification: Verification, at: Timestamp, changes: &mut Vec<RunChange>) {
    let failed = failed_gates(&verification);
    changes.push(RunChange::Gates(verification.gates));
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
pub(super) fn resumed(state: &mut RunState, changes: &mut Vec<RunChange>) {
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
    changes.push(RunChange::Resumed);
}

/// No further iteration: what there is gets its receipt.
pub(super) fn end(state: &mut RunState, ending: Ending, at: Timestamp, changes: &mut Vec<RunChange>) {
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
        changes.push(RunChange::Task(task.clone()));
    }
    changes.push(RunChange::Log(why));
    state.ending = Some(ending);
    state.stage = Stage::Sealing;
}

/// The end of a run whose receipt cannot be made.
pub(super) fn end_unsealed(state: &mut RunState, reason: String, changes: &mut Vec<RunChange>) {
    changes.push(RunChange::Log(format!("There is no receipt: {reason}")));
    state.verdict = Some(Verdict::NotVerified);
    state.reason = Some(reason.clone());
    state.ending = Some(Ending::Failed { reason });
    state.stage = Stage::Over;
    changes.push(RunChange::Finished);
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
