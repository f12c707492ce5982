//! Runs on the wire: what is asked of them, how they stand and what they left.

mod diff;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::diff::{Diff, DiffLine, DiffSide, FileChange, FileDiff, Hunk};
use crate::{EventSeq, ProjectId, RunId, Timestamp, agents::ProviderId};

/// How a run stands. With `finished`, the verdict says how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunStatus {
    Queued,
    Preparing,
    Working,
    Verifying,
    Paused,
    NeedsYou,
    Finished,
    Stopped,
    Failed,
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Working => "working",
            Self::Verifying => "verifying",
            Self::Paused => "paused",
            Self::NeedsYou => "needs_you",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more happens in this run.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Stopped | Self::Failed)
    }
}

/// What a finished run's facts amount to, by rule and never by opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Verdict {
    Verified,
    VerifiedWithGaps,
    NotVerified,
}

/// The stages of a project that a run goes through; the tier says which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Phase {
    Bootstrap,
    Discovery,
    Architecture,
    DeepenPlan,
    Infrastructure,
    Development,
    Qa,
    Deployment,
    Growth,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Discovery => "discovery",
            Self::Architecture => "architecture",
            Self::DeepenPlan => "deepen_plan",
            Self::Infrastructure => "infrastructure",
            Self::Development => "development",
            Self::Qa => "qa",
            Self::Deployment => "deployment",
            Self::Growth => "growth",
        }
    }
}

/// How much there is to do: simple goes through 3 phases, standard through 6, complex through 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Tier {
    Simple,
    Standard,
    Complex,
}

/// The four steps of an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Step {
    Reason,
    Act,
    Reflect,
    Verify,
}

impl Step {
    pub const ALL: [Self; 4] = [Self::Reason, Self::Act, Self::Reflect, Self::Verify];

    pub fn title(self) -> &'static str {
        match self {
            Self::Reason => "Reason",
            Self::Act => "Act",
            Self::Reflect => "Reflect",
            Self::Verify => "Verify",
        }
    }
}

/// What a run may use up. Each acts in the middle of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Iterations, 1 to 1,000; 25 when absent.
    #[serde(default)]
    pub iterations: Option<u32>,
    /// Minutes of wall time without pauses, 1 to 1,440; 60 when absent.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// US dollars, above 0; no ceiling when absent.
    #[serde(default)]
    pub cost_usd: Option<f64>,
}

/// Tokens by what they were spent on. A provider that reports none leaves the whole object out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    /// What loki itself put around the task in the prompts, estimated at four characters a token.
    pub scaffold: u64,
    /// Input that was not read from the provider's cache.
    pub input: u64,
    /// Input read from the provider's cache.
    pub cached: u64,
    pub output: u64,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    pub id: RunId,
    /// The same as `id`.
    pub session_id: RunId,
    pub project_id: ProjectId,
    pub project_name: String,
    /// Counts the runs of the project from 1.
    pub number: u32,
    /// From the spec's first heading or line.
    pub title: String,
    pub status: RunStatus,
    pub verdict: Option<Verdict>,
    /// Why it is paused, needs a person, stopped, failed or was not verified; in words.
    pub reason: Option<String>,
    pub phase: Option<Phase>,
    pub phases: Vec<Phase>,
    pub tier: Option<Tier>,
    /// 0 before the first.
    pub iteration: u32,
    pub step: Option<Step>,
    pub provider: ProviderId,
    pub model: Option<String>,
    pub limits: Limits,
    /// US dollars; absent when the provider reports none.
    pub cost_usd: Option<f64>,
    pub tokens: Option<Tokens>,
    pub branch: Option<String>,
    /// The folder that the agent works in, until the run is over.
    pub worktree: Option<String>,
    /// The newest commit of the run.
    pub commit: Option<String>,
    /// Whether its verified commits wait on `branch` until a person merges them, as the project asks.
    #[serde(default)]
    pub for_review: bool,
    pub tasks_total: u32,
    pub tasks_done: u32,
    /// Whether agent and gates run isolated.
    pub sandboxed: bool,
    /// Whether the agent is the built-in demo.
    pub demo: bool,
    /// Who started it, by name.
    pub started_by: String,
    pub queued_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Milliseconds of work so far, without pauses.
    pub worked_ms: i64,
}

/// `GET /api/v2/runs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunList {
    pub runs: Vec<Run>,
    pub next: Option<String>,
}

/// `POST /api/control/start`. At most one of `prd_text`, `prd_path` and `template`; with none, the project's own spec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRun {
    pub project_id: ProjectId,
    #[serde(default)]
    pub prd_text: Option<String>,
    /// A file of the project's repository.
    #[serde(default)]
    pub prd_path: Option<String>,
    #[serde(default)]
    pub template: Option<String>,
    // Left out where there are none: a body that is sent again is known by its hash, also to a server that knew no variables.
    /// Values for the template's variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    pub provider: ProviderId,
    #[serde(default)]
    pub model: Option<String>,
    #[serde(default)]
    pub limits: Option<Limits>,
    /// Makes the call repeatable: the same id with the same body answers with the run made first.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// 202 of `POST /api/control/start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Started {
    pub run_id: RunId,
    pub session_id: RunId,
    pub status_url: String,
}

/// `POST /api/control/{pause,resume,stop}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Control {
    pub session_id: RunId,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TaskStatus {
    Pending,
    InProgress,
    Completed,
    /// Tried as often as allowed, or the agent said that it cannot be done.
    Failed,
}

/// An item of a run's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Counts from 1 within the run.
    pub number: u32,
    pub title: String,
    /// What must hold for it to be done, in words from the spec.
    pub criteria: Vec<String>,
    /// Numbers of the tasks that must be completed before.
    pub depends_on: Vec<u32>,
    pub status: TaskStatus,
    pub attempts: u32,
    /// The commit that completed it.
    pub commit: Option<String>,
    /// Why it failed or what is left to mend.
    pub note: Option<String>,
}

/// What a gate found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GateVerdict {
    Passed,
    Failed,
    /// It ran and could not tell: no tests were found, the tool is missing, it timed out.
    Inconclusive,
    /// It does not apply: nothing to build, no linter configured.
    NotApplicable,
}

/// A check that was carried out on an iteration's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gate {
    pub iteration: u32,
    /// Its stable name: `diff`, `tests`, `build`, `lint`, `secrets`, `test_integrity`, `scope`, `coverage`, `acceptance`.
    pub name: String,
    /// What it holds the work to, in words.
    pub criterion: String,
    pub verdict: GateVerdict,
    /// Whether a failure keeps the work from being committed.
    pub blocking: bool,
    /// One line for lists.
    pub summary: String,
    /// What it saw: the end of a command's output, the places in the diff. Secrets are masked.
    pub evidence: String,
    pub duration_ms: u64,
    /// US dollars; zero for checks that ask no model.
    pub cost_usd: f64,
}

/// One Reason-Act-Reflect-Verify cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Iteration {
    pub number: u32,
    pub phase: Phase,
    /// The task it worked on; absent for a check of the whole.
    pub task: Option<u32>,
    pub title: String,
    pub steps: Vec<StepRecord>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Names of the gates that failed.
    pub failed_gates: Vec<String>,
    pub cost_usd: Option<f64>,
}

/// How a step of an iteration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StepStatus {
    Pending,
    Running,
    Passed,
    Failed,
}

/// One step of an iteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepRecord {
    pub step: Step,
    pub status: StepStatus,
    /// What it came to, in a sentence.
    pub summary: String,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// `GET /api/v2/runs/{id}/timeline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    pub run_id: RunId,
    pub phases: Vec<PhaseRecord>,
    pub iterations: Vec<Iteration>,
    pub tasks: Vec<Task>,
    pub gates: Vec<Gate>,
}

/// When a run went through a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhaseRecord {
    pub phase: Phase,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub summary: String,
}

/// What a piece of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LogKind {
    /// The agent's words.
    Text,
    /// What the agent thinks aloud.
    Thought,
    /// One line that names a tool call.
    Tool,
    /// What a tool or command printed; may hold terminal colours.
    Output,
    /// What loki did or found.
    Engine,
    /// Standard error of the agent itself.
    Error,
}

/// A piece of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogChunk {
    pub iteration: u32,
    pub step: Option<Step>,
    pub kind: LogKind,
    pub text: String,
}

/// A piece of the log with its position, for reading on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogEntry {
    pub seq: EventSeq,
    pub at: Timestamp,
    pub chunk: LogChunk,
}

/// `GET /api/v2/runs/{id}/log`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage {
    pub entries: Vec<LogEntry>,
    pub next: Option<String>,
}

/// Everything the run page shows first, read at one position of the event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    pub run: Run,
    pub timeline: Timeline,
    /// The newest pieces of the log, oldest first.
    pub log: Vec<LogEntry>,
    /// Whether the log has older pieces than `log`.
    pub log_has_more: bool,
    pub receipt: Option<crate::receipts::Receipt>,
    /// Live events are applied from here on.
    pub seq: EventSeq,
}
