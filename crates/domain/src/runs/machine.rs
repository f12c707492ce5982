//! The run machine: what has been journaled decides what is done next. Pure; `fold` of the journal gives the state again.

#[cfg(test)]
mod tests;

use protocol::{
    Timestamp,
    receipts::ExampleFact,
    runs::{Gate, Iteration, Phase, PhaseRecord, Tier, Verdict},
};
use serde::{Deserialize, Serialize};

use super::{
    Asker, Ending, Hold, RunState, Stage, TaskState,
    steps::{self, Planned, Reflected},
};
use crate::ports::agent::AgentResult;

/// What came of an effect, or what a person or a limit put in its place. Journaled before anything follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The engine took the run up for the first time.
    Claimed,
    Prepared {
        base: String,
        branch: String,
        worktree: String,
    },
    /// The spec was read into tasks.
    Planned {
        tier: Tier,
        phases: Vec<Phase>,
        tasks: Vec<TaskState>,
        summaries: Vec<(Phase, String)>,
    },
    /// The prompt is rendered and stored; the worktree's tree at that moment is the checkpoint.
    Reasoned {
        checkpoint: String,
        scaffold_tokens: u64,
        summary: String,
    },
    Acted {
        result: AgentResult,
    },
    /// The worktree after the call, and what it changed in words.
    Reflected {
        tree: String,
        empty: bool,
        summary: String,
    },
    Verified(Verification),
    Committed {
        commit: String,
    },
    /// The gates on the whole.
    Checked(Verification),
    /// How the commits were handed over, in words; `merged` is the commit of the project's branch, `for_review` whether there is
    /// none because the project wants a person to look first.
    Delivered {
        merged: Option<String>,
        #[serde(default)]
        for_review: bool,
        note: String,
    },
    Sealed {
        verdict: Verdict,
        reason: Option<String>,
    },
    /// The time of a wait has come.
    Waited,
    /// A person is needed before anything can go on.
    Blocked {
        reason: String,
    },
    PauseAsked {
        by: String,
        #[serde(default)]
        asker: Asker,
    },
    ResumeAsked {
        by: String,
    },
    StopAsked {
        by: String,
    },
    LimitReached {
        which: String,
    },
    /// The engine could not carry an effect out and trying again would not help.
    Broke {
        reason: String,
    },
}

/// What the gates found, summed up for the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    pub gates: Vec<Gate>,
    /// What the agent is to mend, one line each; empty when nothing blocks.
    pub findings: Vec<String>,
    /// Nothing failed, but something could not be told that the agent can do something about, like missing tests.
    pub wanting: bool,
    /// Examples of the spec that were carried out, by task.
    pub examples: Vec<(u32, ExampleFact)>,
    /// No file differs from before the iteration.
    #[serde(default)]
    pub unchanged: bool,
}

/// What the machine asks the engine to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Claim,
    Prepare,
    Plan,
    /// Render the prompt; with `discard`, first take the worktree back to that commit.
    Reason {
        discard: Option<String>,
    },
    /// Go back to `checkpoint` and make call `call`.
    Act {
        call: u32,
        checkpoint: String,
    },
    Reflect,
    Verify {
        tree: String,
    },
    Commit {
        tree: String,
        parent: String,
        message: String,
        at: Timestamp,
    },
    Check,
    /// Ask nothing before `until`.
    Wait {
        until: Timestamp,
    },
    Deliver,
    Seal,
}

/// What the interface and the parts of the run have to follow.
#[derive(Clone, Debug, PartialEq)]
pub enum RunChange {
    Started,
    Phase { phase: Phase, phases: Vec<PhaseRecord>, summary: String },
    TasksPlanned,
    Task(TaskState),
    IterationStarted(Iteration),
    IterationProgress(Iteration),
    IterationEnded(Iteration),
    Gates(Vec<Gate>),
    Log(String),
    Paused,
    Resumed,
    Finished,
}

/// The next thing to do, or nothing while the run is held or over.
pub fn next_effect(state: &RunState) -> Option<Effect> {
    if state.hold.is_some() {
        return None;
    }
    if let Some(wait) = &state.wait {
        return Some(Effect::Wait { until: wait.until });
    }
    match &state.stage {
        Stage::Queued => Some(Effect::Claim),
        Stage::Preparing => Some(Effect::Prepare),
        Stage::Planning => Some(Effect::Plan),
        Stage::Reasoning => Some(Effect::Reason { discard: state.tip.clone().filter(|_| state.discard) }),
        Stage::Acting => Some(Effect::Act { call: state.call, checkpoint: state.checkpoint.clone()? }),
        Stage::Reflecting => Some(Effect::Reflect),
        Stage::Verifying => Some(Effect::Verify { tree: state.tree.clone()? }),
        Stage::Committing { message, at } => {
            Some(Effect::Commit { tree: state.tree.clone()?, parent: state.tip.clone()?, message: message.clone(), at: *at })
        }
        Stage::Checking => Some(Effect::Check),
        Stage::Delivering => Some(Effect::Deliver),
        Stage::Sealing => Some(Effect::Seal),
        Stage::Over => None,
    }
}

/// Takes `input` in at `at`, after `worked_ms` more milliseconds of work.
pub fn step(mut state: RunState, input: Input, at: Timestamp, worked_ms: i64) -> (RunState, Vec<RunChange>) {
    let mut changes = Vec::new();
    state.worked_ms += worked_ms.max(0);
    if !state.is_over() {
        take(&mut state, input, at, &mut changes);
    }
    (state, changes)
}

fn take(state: &mut RunState, input: Input, at: Timestamp, changes: &mut Vec<RunChange>) {
    match input {
        Input::Claimed => {
            state.stage = Stage::Preparing;
            changes.push(RunChange::Started);
        }
        Input::Prepared { base, branch, worktree } => {
            state.tip = Some(base.clone());
            state.base = Some(base);
            state.branch = Some(branch);
            state.worktree = Some(worktree);
            state.stage = Stage::Planning;
        }
        Input::Planned { tier, phases, tasks, summaries } => {
            steps::planned(state, Planned { tier, phases, tasks, summaries }, at, changes);
        }
        Input::Reasoned { checkpoint, scaffold_tokens, summary } => {
            state.checkpoint = Some(checkpoint);
            // What an earlier call said is about another task.
            state.said = None;
            state.discard = false;
            state.call += 1;
            state.spent.scaffold_tokens += scaffold_tokens;
            state.stage = Stage::Acting;
            steps::close_and_open(state, Some(&summary), at, changes);
        }
        Input::Acted { result } => steps::acted(state, result, at, changes),
        Input::Reflected { tree, empty, summary } => {
            steps::reflected(state, Reflected { tree, empty, summary }, at, changes);
        }
        Input::Verified(verification) => steps::verified(state, verification, at, changes),
        Input::Committed { commit } => steps::committed(state, commit, at, changes),
        Input::Checked(verification) => steps::checked(state, verification, at, changes),
        Input::Delivered { merged, for_review, note } => delivered(state, (merged, for_review), note, changes),
        Input::Sealed { verdict, reason } => {
            state.verdict = Some(verdict);
            state.reason = reason;
            state.stage = Stage::Over;
            steps::end_last_phase(state, at);
            changes.push(RunChange::Finished);
        }
        Input::Waited => state.wait = None,
        Input::Blocked { reason } => {
            state.hold = Some(Hold::NeedsYou { reason });
            changes.push(RunChange::Paused);
        }
        Input::PauseAsked { by, asker } => {
            if state.hold.is_none() {
                state.hold = Some(Hold::Paused { by, asker });
                changes.push(RunChange::Paused);
            }
        }
        Input::ResumeAsked { .. } => steps::resumed(state, changes),
        // What is handed over already cannot be stopped any more.
        Input::StopAsked { .. } | Input::LimitReached { .. } if state.stage == Stage::Sealing => {}
        Input::StopAsked { by } => steps::end(state, Ending::Stopped { by }, at, changes),
        Input::LimitReached { which } => steps::end(state, Ending::Limit { which }, at, changes),
        // Without a receipt rather than without an end.
        Input::Broke { reason } if state.stage == Stage::Sealing => steps::end_unsealed(state, reason, changes),
        Input::Broke { reason } => steps::end(state, Ending::Failed { reason }, at, changes),
    }
}

fn delivered(state: &mut RunState, (merged, for_review): (Option<String>, bool), note: String, changes: &mut Vec<RunChange>) {
    changes.push(RunChange::Log(match &merged {
        Some(commit) => format!("Delivered as {}. {note}", steps::short(commit)),
        None => note.clone(),
    }));
    state.delivered = merged;
    state.for_review = for_review;
    state.delivery_note = Some(note);
    state.stage = Stage::Sealing;
}
