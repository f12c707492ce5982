//! The receipt of a run: what was really verified, facts apart from judgments.

use serde::{Deserialize, Serialize};

use crate::{
    ProjectId, RunId, Timestamp,
    agents::ProviderId,
    runs::{Gate, Limits, TaskStatus, Tier, Tokens, Verdict},
};

/// The persisted verdict of a run. Its text form is canonical JSON: keys in the order of these fields, no spaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The version of this shape; 2. Of version 1 the hash is over `diff_sha256`, a newline, and the canonical JSON of `facts`.
    pub schema: u32,
    /// By rule from the facts, see `domain::receipts::verdict`.
    pub verdict: Verdict,
    pub facts: Facts,
    /// What keeps the verdict from being better, each in a sentence.
    pub gaps: Vec<String>,
    /// What somebody said and nobody checked; never part of the verdict.
    pub judgments: Judgments,
    /// SHA-256, in hex, over `diff_sha256`, a newline, and the canonical JSON of the receipt with an empty text here.
    pub sha256: String,
}

/// What was measured or seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facts {
    pub run_id: RunId,
    pub project_id: ProjectId,
    pub project: String,
    pub loki_version: String,
    pub provider: ProviderId,
    pub model: Option<String>,
    pub demo: bool,
    pub sandboxed: bool,
    pub tier: Option<Tier>,
    /// SHA-256 of the spec's text, in hex.
    pub spec_sha256: String,
    pub base_commit: Option<String>,
    pub head_commit: Option<String>,
    pub branch: Option<String>,
    /// SHA-256, in hex, of `git diff --binary --full-index --no-renames BASE HEAD`.
    pub diff_sha256: String,
    pub files_changed: u32,
    pub lines_added: u32,
    pub lines_removed: u32,
    pub commits: Vec<String>,
    /// The commit of the project's branch that holds them; absent while they wait on the run's own branch.
    pub delivered_commit: Option<String>,
    /// How they were handed over, in words.
    pub delivery: Option<String>,
    pub tasks: Vec<TaskFact>,
    /// The gates of the last check of the whole; those of the last iteration that was judged where the whole never was.
    pub gates: Vec<Gate>,
    pub iterations: u32,
    pub limits: Limits,
    pub cost_usd: Option<f64>,
    pub tokens: Option<Tokens>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    pub worked_ms: i64,
    /// How the run ended, in words: all tasks done, a limit, stopped by a person, a failure.
    pub ended_because: String,
}

/// What became of one requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskFact {
    pub number: u32,
    pub title: String,
    pub status: TaskStatus,
    pub attempts: u32,
    pub commit: Option<String>,
    /// Each example of the spec, and whether it held; then each part of the requirement that no example states, by itself.
    pub examples: Vec<ExampleFact>,
    pub note: Option<String>,
}

/// An example from the spec, carried out by loki itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExampleFact {
    pub text: String,
    /// `None` when it could not be carried out.
    pub held: Option<bool>,
    pub seen: String,
}

/// Claims, kept apart from facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Judgments {
    /// The agent's closing words of its last call.
    pub agent_claim: Option<String>,
}
