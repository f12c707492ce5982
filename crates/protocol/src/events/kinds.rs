//! The names of events, as [`Envelope::kind`](super::Envelope) has them. Whoever looks for one kind of event compares with these,
//! which costs a page less than the typed event.

/// What the names of those begin with that tell of a run as a whole.
pub const OF_RUNS: &str = "run_";

pub const PROJECT_CREATED: &str = "project_created";
pub const PROJECT_UPDATED: &str = "project_updated";
pub const PROJECT_READY: &str = "project_ready";
pub const PROJECT_DELETED: &str = "project_deleted";
pub const TEAM_UPDATED: &str = "team_updated";
pub const USERS_CHANGED: &str = "users_changed";
pub const TOKENS_CHANGED: &str = "tokens_changed";
pub const SECRETS_CHANGED: &str = "secrets_changed";
pub const LOGINS_CHANGED: &str = "logins_changed";
pub const RUN_QUEUED: &str = "run_queued";
pub const RUN_STARTED: &str = "run_started";
pub const PHASE_CHANGED: &str = "phase_changed";
pub const ITERATION_START: &str = "iteration_start";
pub const ITERATION_PROGRESS: &str = "iteration_progress";
pub const ITERATION_COMPLETE: &str = "iteration_complete";
pub const TASK_QUEUED: &str = "task_queued";
pub const TASK_STARTED: &str = "task_started";
pub const TASK_COMPLETED: &str = "task_completed";
pub const TASK_FAILED: &str = "task_failed";
pub const AGENT_OUTPUT: &str = "agent_output";
pub const QUALITY_GATE_PASSED: &str = "quality_gate_passed";
pub const QUALITY_GATE_SKIPPED: &str = "quality_gate_skipped";
pub const QUALITY_GATE_FAILED: &str = "quality_gate_failed";
pub const BUILD_PROGRESS: &str = "build_progress";
pub const RUN_PAUSED: &str = "run_paused";
pub const RUN_RESUMED: &str = "run_resumed";
pub const RUN_UPDATED: &str = "run_updated";
pub const RUN_FINISHED: &str = "run_finished";
