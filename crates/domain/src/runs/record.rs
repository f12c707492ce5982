//! A run as it is stored, and how the interface sees it.

use protocol::{
    ProjectId, RunId, Timestamp,
    agents::ProviderId,
    runs::{Run, RunStatus, Task, TaskStatus},
};
use serde::{Deserialize, Serialize};

use super::{RunState, TaskState};
use crate::specs::TaskDraft;

/// Everything about a run but its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    pub id: RunId,
    pub project_id: ProjectId,
    pub project_name: String,
    pub number: u32,
    pub title: String,
    /// The spec as it was given.
    pub spec: String,
    pub provider: ProviderId,
    pub model: Option<String>,
    pub started_by: String,
    pub request_id: Option<String>,
    /// SHA-256 of the request's body, in hex, to tell a repeated request from another one with the same id.
    pub request_hash: Option<String>,
    pub sandboxed: bool,
    pub state: RunState,
    /// What a person asked of it and the engine has not done yet.
    pub wish: Option<Wish>,
    /// The position of the newest journal row.
    pub journal_seq: i64,
    pub queued_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// What people ask of a run while it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    Pause { by: String },
    Resume { by: String },
    Stop { by: String },
}

impl RunRecord {
    /// As lists show it: with the time of the step that goes on at `now`.
    pub fn view_at(&self, now: Timestamp) -> Run {
        let run = self.view();
        if !matches!(run.status, RunStatus::Preparing | RunStatus::Working | RunStatus::Verifying) {
            return run;
        }
        let steps = self.state.current.iter().flat_map(|iteration| &iteration.steps);
        let steps = steps.flat_map(|step| [step.started_at, step.ended_at]).flatten();
        let phases = self.state.phases.iter().filter_map(|phase| phase.started_at);
        let since = steps.chain(phases).chain(self.started_at).max();
        let going = since.map_or(0, |since| now.millis_since(since).max(0));
        Run { worked_ms: run.worked_ms + going, ..run }
    }

    /// As the interface shows it.
    pub fn view(&self) -> Run {
        let state = &self.state;
        let waiting = state.wait.as_ref().map(|wait| wait.why.clone());
        let reason = match (&state.hold, &state.reason) {
            (Some(super::Hold::NeedsYou { reason }), _) => Some(reason.clone()),
            (Some(super::Hold::Paused { by, .. }), _) => Some(format!("Paused by {by}")),
            (None, reason) => reason.clone().or(waiting),
        };
        Run {
            id: self.id,
            session_id: self.id,
            project_id: self.project_id,
            project_name: self.project_name.clone(),
            number: self.number,
            title: self.title.clone(),
            status: state.status(),
            verdict: state.verdict,
            reason,
            phase: state.phase,
            phases: state.phases.iter().map(|record| record.phase).collect(),
            tier: state.tier,
            iteration: state.iteration,
            step: state.step(),
            provider: self.provider,
            model: self.model.clone(),
            limits: state.ceilings.to_limits(),
            cost_usd: state.spent.cost_usd(),
            tokens: state.spent.tokens,
            branch: state.branch.clone(),
            // It goes with the end.
            worktree: state.worktree.clone().filter(|_| !state.is_over()),
            commit: state.tip.clone().filter(|tip| Some(tip) != state.base.as_ref()),
            for_review: state.waits_for_review(),
            tasks_total: count(state.tasks.iter()),
            tasks_done: count(state.tasks.iter().filter(|task| task.status == TaskStatus::Completed)),
            sandboxed: self.sandboxed,
            demo: self.provider == ProviderId::Demo,
            started_by: self.started_by.clone(),
            queued_at: self.queued_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            worked_ms: state.worked_ms,
        }
    }
}

/// A task as the interface shows it: what the spec asked for, as far as it is found there, and how it stands.
pub fn task_view(draft: Option<&TaskDraft>, state: &TaskState) -> Task {
    Task {
        number: state.number,
        title: state.title.clone(),
        criteria: draft.map(|draft| draft.criteria.clone()).unwrap_or_default(),
        depends_on: state.depends_on.clone(),
        status: state.status,
        attempts: state.attempts,
        commit: state.commit.clone(),
        note: state.note.clone(),
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
