//! Who is asking and what they may do, as far as the interface needs to know it.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, TokenId, UserId};

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

/// The signed-in person as the interface shows them, with what the shell needs to know about this server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub user_id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub may_control: bool,
    pub may_write: bool,
    /// `false` when the server was started with `--no-sandbox`; every page then says so.
    pub sandboxed: bool,
    /// The position of the event log when the page was made; the live socket goes on from here.
    pub seq: i64,
    pub version: String,
}

/// An API token as lists show it. The secret is shown once, when it is made, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}
