//! What a running server says about itself.

use serde::{Deserialize, Serialize};

use crate::{ProjectId, RunId, Timestamp, runs::RunStatus};

/// `GET /health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `healthy`, or `disk full` while what runs have done waits for room in the database, or `database away` while it waits for
    /// the database to answer. All are answered with 200: a server that is started again for it loses what waits.
    pub status: String,
    /// `loki`.
    pub service: String,
    pub version: String,
}

/// `GET /api/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    /// `running` while any run is active, `idle` otherwise.
    pub status: String,
    pub version: String,
    /// Whole seconds since the server started.
    pub uptime_seconds: u64,
    pub active_sessions: u32,
    /// The runs that are not over, oldest first, as far as the caller may see them.
    pub sessions: Vec<SessionStatus>,
}

/// One active run in `GET /api/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionStatus {
    pub session_id: RunId,
    pub project_id: ProjectId,
    pub status: RunStatus,
    pub phase: Option<crate::runs::Phase>,
    pub iteration: u32,
    pub provider: crate::agents::ProviderId,
    /// Where the run works, on the server's disk; absent until it is prepared.
    pub worktree: Option<String>,
    pub started_at: Option<Timestamp>,
}
