//! The audit trail as programs and pages read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ProjectId, TeamId, Timestamp};

/// One entry. The names are those that clients of the predecessor know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its position in the chain.
    pub seq: i64,
    pub timestamp: Timestamp,
    /// What was done, as a verb.
    pub action: String,
    pub resource_type: String,
    pub resource_id: Option<String>,
    /// Who it was, as `user:ID`, `token:ID`, `loki` or `nobody`.
    pub actor: String,
    /// The actor's name at that time.
    pub actor_name: String,
    pub user_id: Option<String>,
    pub token_id: Option<String>,
    pub login_id: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    /// `done`; `denied`, where the actor may not or is nobody that is known; `invalid`, where what was sent is wrong.
    pub outcome: String,
    pub success: bool,
    pub error: Option<String>,
    /// The status code of a request that was refused.
    pub status: Option<u16>,
    /// How many requests this entry stands for.
    pub count: u64,
    /// Fields that were changed, before and after; secrets are masked.
    pub details: BTreeMap<String, AuditChange>,
    #[serde(rename = "_integrity_hash")]
    pub integrity_hash: String,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditChange {
    pub from: String,
    pub to: String,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    pub next: Option<String>,
}

/// Entries behind a position, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditTail {
    pub entries: Vec<AuditEntry>,
    /// The position to go on from, also when there is nothing new.
    pub next: i64,
}

/// Which entries are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct AuditQuery {
    /// From this day or time on, like 2026-11-21 or 2026-11-21T06:00:00Z
    pub start_date: Option<String>,
    /// Up to this day, itself included, or this time
    pub end_date: Option<String>,
    /// `user:ID`, `token:ID`, `loki` or `nobody`
    pub actor: Option<String>,
    /// A verb like create
    pub action: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    /// What is about this project and its runs
    pub project_id: Option<ProjectId>,
    /// What is about this team and its projects
    pub team_id: Option<TeamId>,
    /// done, denied or invalid
    pub outcome: Option<String>,
    /// Words in the name, address, agent, error or changes
    pub q: Option<String>,
    /// `when` for the oldest first, `-when` or nothing for the newest first
    pub sort: Option<String>,
    /// The `next` of the page before; absent for the first page
    pub after: Option<String>,
    /// Entries that are left out at the beginning, at most 1,000,000
    #[cfg_attr(feature = "openapi", param(minimum = 0, maximum = 1_000_000))]
    pub offset: Option<u32>,
    /// Entries on a page, 1 to 1,000; 100 when absent
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
}

/// What happened in a number of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditSummary {
    pub period_days: u32,
    pub total_events: i64,
    pub successful_events: i64,
    /// Everything that was refused.
    pub failed_events: i64,
    /// What of it was denied, and not merely invalid.
    pub denied_events: i64,
    pub by_action: BTreeMap<String, i64>,
    pub by_resource_type: BTreeMap<String, i64>,
    pub by_user: BTreeMap<String, i64>,
    /// The newest that were denied.
    pub recent_failures: Vec<AuditEntry>,
}

/// Whether the trail is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerdict {
    pub valid: bool,
    pub entries_checked: i64,
    pub checkpoints_checked: i64,
    /// The last signed entry that this server keeps outside of the database, in its data directory: the trail's end of some
    /// seconds ago. Without one, nobody can tell whether entries were taken off the end.
    pub anchor_seq: Option<i64>,
    /// The oldest entry that is kept; those before were removed when their time was over.
    pub first_seq: Option<i64>,
    pub last_seq: i64,
    /// The hash of the last entry that was checked, over everything before it.
    pub head_hash: String,
    /// The first entry that is not as it was written, where it is one.
    pub first_broken: Option<i64>,
    /// What is wrong.
    pub problem: Option<String>,
}
