//! Who is asking and what they may do, as far as the interface needs to know it.

use serde::{Deserialize, Serialize};

use crate::{LoginId, ProjectId, TeamId, Timestamp, TokenId, UserId};

/// What a user or token is for. The rules behind the names are one table in `domain::access`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    Admin,
    Operator,
    Viewer,
    Auditor,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Admin, Self::Operator, Self::Viewer, Self::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A provider that people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayIn {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// The signed-in person as the interface shows them, with what the shell needs to know about this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub may_control: bool,
    pub may_write: bool,
    /// Addresses of the pages of the admin section that they may open, in order. The last part of each is its name.
    pub admin: Vec<String>,
    /// What every page says of this server.
    pub warnings: Vec<Warning>,
    /// The position of the event log when the page was made; the live socket goes on from here.
    pub seq: i64,
    pub version: String,
}

/// Something about a server that everybody has to know who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// It was started with `--no-sandbox`.
    SandboxOff,
    /// What runs have done waits for room in the database.
    DiskFull,
    /// It waits for the database to answer.
    DatabaseAway,
}

/// What a role or an API token opens, as the REST API calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AccessScope))]
pub enum Scope {
    Read,
    Write,
    Control,
    Audit,
    Admin,
    #[serde(rename = "*")]
    All,
}

impl Scope {
    pub const ALL: [Self; 6] = [Self::Read, Self::Write, Self::Control, Self::Audit, Self::Admin, Self::All];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Control => "control",
            Self::Audit => "audit",
            Self::Admin => "admin",
            Self::All => "*",
        }
    }

    /// The scope of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// An API token as lists show it. The secret is shown once, when it is made, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    pub description: String,
    /// Absent for a token that has scopes of its own.
    pub role: Option<Role>,
    pub scopes: Vec<Scope>,
    /// Who made it, as people know them.
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Exact to about half a minute.
    pub last_used: Option<Timestamp>,
    /// Requests so far, written as lazily as `last_used`.
    pub usage_count: i64,
    pub revoked: bool,
    /// Addresses and networks that it counts from; all when empty.
    pub allowed_ips: Vec<String>,
    /// Requests a minute, in place of the server's own limits.
    pub rate_limit: Option<u32>,
    /// Projects that it counts for, with those of `teams`; everything that its maker reaches when both are empty.
    #[serde(default)]
    pub projects: Vec<ProjectId>,
    /// Teams for whose projects it counts.
    #[serde(default)]
    pub teams: Vec<TeamId>,
    /// The token that this one replaces.
    pub rotating_from: Option<TokenId>,
    /// When a token that was replaced ends; on the replacement's own answer, when the one before ends.
    pub rotation_expires_at: Option<Timestamp>,
    /// The secret, in the one answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A token to be: with a role, or with scopes of its own. With neither it is a viewer's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateToken {
    /// 1 to 255 characters
    pub name: String,
    #[serde(default)]
    pub role: Option<Role>,
    #[serde(default)]
    pub scopes: Option<Vec<Scope>>,
    /// 1 to 3,650; 90 when absent
    #[serde(default)]
    pub expires_days: Option<u32>,
    #[serde(default)]
    pub description: Option<String>,
    /// Addresses and networks like `203.0.113.7` and `10.0.0.0/8`, at most 50; all when absent
    #[serde(default)]
    pub allowed_ips: Option<Vec<String>>,
    /// Requests a minute, 1 to 100,000, in place of the server's own limits
    #[serde(default)]
    pub rate_limit: Option<u32>,
    /// Projects that it is held to, with those of `teams`, at most 50 of each; everything that the caller reaches when absent
    #[serde(default)]
    pub projects: Option<Vec<ProjectId>>,
    /// Teams to whose projects it is held
    #[serde(default)]
    pub teams: Option<Vec<TeamId>>,
}

/// Changes what is given and leaves the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateToken {
    pub description: Option<String>,
    /// An empty list allows all addresses again
    pub allowed_ips: Option<Vec<String>>,
    /// 0 takes the limit away
    pub rate_limit: Option<u32>,
}

/// How a token is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotateToken {
    /// How long the old one still counts, 0 to 720; 24 when absent
    pub grace_period_hours: Option<u32>,
}

/// Where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Login {
    pub id: LoginId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Browser and system, as far as they can be told.
    pub device: String,
    pub address: Option<String>,
    pub since: Timestamp,
    /// Exact to a few minutes.
    pub last_seen: Timestamp,
    /// When it ends if it is not used any more.
    pub expires_at: Timestamp,
}

/// A person as admins see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Whoever is switched off cannot sign in, and tokens that they made count no more.
    pub switched_off: bool,
    pub created_at: Timestamp,
}

/// Changes what is given and leaves the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateUser {
    pub role: Option<Role>,
    /// 1 to 100 characters
    pub name: Option<String>,
    /// `true` signs them out everywhere and keeps them out
    pub switched_off: Option<bool>,
}

/// Another password for whoever asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    pub current_password: String,
    /// At least 12 characters
    pub new_password: String,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

/// An access token to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateAccessToken {
    /// No more than the API token has; all of them when absent
    pub scopes: Option<Vec<Scope>>,
}

/// A signed token (JWT) for a quarter of an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessToken {
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: i64,
    /// Separated by spaces.
    pub scope: String,
}

/// The public keys that access tokens are signed with (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySet {
    pub keys: Vec<PublicJwk>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicJwk {
    pub kty: String,
    pub crv: String,
    /// The key itself, in base64url.
    pub x: String,
    pub kid: String,
    #[serde(rename = "use")]
    pub usage: String,
    pub alg: String,
}
