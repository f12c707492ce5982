//! Teams, whom projects belong to, and with whom they are shared.

use serde::{Deserialize, Serialize};

use crate::{ShareId, TeamId, Timestamp, UserId, access::Role};

/// Whom a project belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Owner {
    /// The installation: everybody has their role of the installation on it.
    #[default]
    Installation,
    /// A person, who is its admin; others see it only when it is shared with them.
    User(UserId),
    /// A team: its members have their role of the team on it.
    Team(TeamId),
}

/// A team as its members see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub created_at: Timestamp,
    /// People in it
    pub members: u32,
    /// Projects that belong to it
    pub projects: u32,
    /// The caller's role in it; absent for an admin of the installation who is no member
    pub your_role: Option<Role>,
}

/// `GET /api/v2/teams`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TeamList {
    pub teams: Vec<Team>,
    pub next: Option<String>,
}

/// A team to be, or another name for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameTeam {
    /// 1 to 100 characters that no other team is called by
    pub name: String,
}

/// A person in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    /// The greater of the two roles below
    pub role: Role,
    /// The role that somebody gave them
    pub given: Option<Role>,
    /// The role that their groups at a sign-in provider give them
    pub by_rules: Option<Role>,
}

/// `GET /api/v2/teams/{id}/members`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberList {
    pub members: Vec<Member>,
}

/// Takes a person into a team, by id or by the email address of their account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddMember {
    #[serde(default)]
    pub user_id: Option<UserId>,
    #[serde(default)]
    pub email: Option<String>,
    /// viewer when absent
    #[serde(default)]
    pub role: Option<Role>,
}

/// Another role for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetRole {
    pub role: Role,
}

/// A person or team with a role on a project that does not belong to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    pub id: ShareId,
    pub user_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    /// The person's or team's name
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// `GET /api/v2/projects/{id}/shares`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareList {
    pub owner: Owner,
    /// The owner's name; absent for the installation
    pub owner_name: Option<String>,
    pub shares: Vec<Share>,
}

/// Shares a project with a person (by id or email address) or a team; whoever has a share already gets the role in place of
/// the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareProject {
    #[serde(default)]
    pub user_id: Option<UserId>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// viewer when absent
    #[serde(default)]
    pub role: Option<Role>,
}

/// Gives a project to another owner: exactly one of a person, a team and `installation: true`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferProject {
    #[serde(default)]
    pub user_id: Option<UserId>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub team_id: Option<TeamId>,
    #[serde(default)]
    pub installation: bool,
}

/// An invitation: a link that works once, an email address that may sign in with a provider, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub id: String,
    /// Whom it is for; absent when it is for whoever has the link
    pub email: Option<String>,
    /// The role in the installation that a new account gets
    pub role: Role,
    pub team_id: Option<TeamId>,
    pub team_role: Option<Role>,
    /// Who made it, as people know them
    pub invited_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The link, in the one answer that made it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether the link also goes out by mail, in the one answer that made it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mailed: bool,
}

/// `GET /api/v2/invitations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationList {
    pub invitations: Vec<Invitation>,
    pub next: Option<String>,
}

/// An invitation to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invite {
    /// Whom it is for; whoever has the link when absent
    #[serde(default)]
    pub email: Option<String>,
    /// In the installation; viewer when absent, and only admins of the installation may give another one
    #[serde(default)]
    pub role: Option<Role>,
    /// The team that they join
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// In the team; viewer when absent
    #[serde(default)]
    pub team_role: Option<Role>,
    /// 1 to 90; 14 when absent
    #[serde(default)]
    pub expires_days: Option<u32>,
}
