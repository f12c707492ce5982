//! Projects on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Timestamp, UserId, runs::Run, teams::Owner};

/// Where a project's repository came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ProjectSource {
    /// A new repository, made by loki; its spec is a PRD, a brief or nothing yet.
    New,
    /// A new repository whose spec was rendered from a template.
    Template,
    /// A folder of this machine, below one of the roots that the server was started with.
    Folder,
    /// A clone of a git URL.
    GitUrl,
}

/// Whether the repository is there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ProjectStatus {
    Preparing,
    Ready,
    Failed,
}

/// What happens to the commits of a verified run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Delivery {
    /// They are merged into the project's branch.
    #[default]
    Merge,
    /// They stay on the run's branch until a person merges it.
    Review,
}

impl Delivery {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Review => "review",
        }
    }
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
    pub source: ProjectSource,
    pub status: ProjectStatus,
    /// Why it is not ready, in words, when `status` is `failed`.
    pub problem: Option<String>,
    /// The repository's folder on the server's disk.
    pub path: String,
    /// The branch that runs start from; absent until the repository is ready.
    pub branch: Option<String>,
    pub template: Option<String>,
    /// Where it was cloned from, without credentials.
    pub git_url: Option<String>,
    pub delivery: Delivery,
    /// The spec kept with the project: what a run works on when it brings none of its own.
    pub spec: Option<String>,
    pub created_by: Option<UserId>,
    /// Whom it belongs to, which decides who sees it.
    #[serde(default)]
    pub owner: Owner,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A project with its newest run, as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectRow {
    pub project: Project,
    pub last_run: Option<Run>,
    pub runs: u32,
}

/// `GET /api/projects`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectList {
    pub projects: Vec<Project>,
    pub next: Option<String>,
}

/// `POST /api/projects`. At most one of `template`, `git_url` and `path`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateProject {
    /// 1 to 100 characters.
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub template: Option<String>,
    /// Values for the template's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// What to clone. Credentials in it are used once and not kept.
    #[serde(default)]
    pub git_url: Option<String>,
    /// A folder of the server's machine, below a root given by `--allow-root`.
    #[serde(default)]
    pub path: Option<String>,
    /// A PRD (Markdown, plain text, JSON), an OpenAPI document or a one-line brief, at most 1 MiB.
    #[serde(default)]
    pub prd_text: Option<String>,
    #[serde(default)]
    pub delivery: Option<Delivery>,
    /// Whom it shall belong to: the installation, the caller, or a team in which the caller may write. As the server is set
    /// up when absent.
    #[serde(default)]
    pub owner: Option<Owner>,
}

/// `PUT /api/projects/{id}`: what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateProject {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub delivery: Option<Delivery>,
    #[serde(default)]
    pub prd_text: Option<String>,
}
