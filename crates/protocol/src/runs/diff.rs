//! What a run changed, for reading.

use serde::{Deserialize, Serialize};

use crate::RunId;

/// `GET /api/v2/runs/{id}/diff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diff {
    pub run_id: RunId,
    pub base: Option<String>,
    pub head: Option<String>,
    pub files: Vec<FileDiff>,
    /// Whether files were left out because the whole is too large to show.
    pub truncated: bool,
}

/// What happened to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FileChange {
    Added,
    Modified,
    Deleted,
    Renamed,
}

/// One file of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileDiff {
    pub path: String,
    pub old_path: Option<String>,
    pub change: FileChange,
    pub added: u32,
    pub removed: u32,
    /// Why there are no hunks: `binary` or `too large`.
    pub folded: Option<String>,
    pub hunks: Vec<Hunk>,
}

/// A run of changed lines with their context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hunk {
    pub header: String,
    pub lines: Vec<DiffLine>,
}

/// Which side a line of a diff is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DiffSide {
    Context,
    Added,
    Removed,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffLine {
    pub side: DiffSide,
    /// Line number before the change.
    pub old: Option<u32>,
    /// Line number after the change.
    pub new: Option<u32>,
    pub text: String,
}
