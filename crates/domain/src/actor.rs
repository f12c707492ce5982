//! Who is asking.

use protocol::{
    LoginId, TokenId, UserId,
    access::{Role, Token},
};

/// Whoever does something: a signed-in person, the holder of an API token, or loki by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User {
        id: UserId,
        login: LoginId,
        name: String,
        email: String,
        role: Role,
    },
    Token {
        id: TokenId,
        name: String,
        role: Role,
    },
    /// The engine and the command line on the data directory; may do everything.
    Automation,
}

impl Actor {
    /// The actor behind a valid API token.
    pub fn from_token(token: &Token) -> Self {
        Self::Token { id: token.id, name: token.name.clone(), role: token.role }
    }

    /// The role that decides what it may do; automation has none and may do everything.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::User { role, .. } | Self::Token { role, .. } => Some(*role),
            Self::Automation => None,
        }
    }

    /// What people see as "who did it".
    pub fn display_name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Token { name, .. } => name,
            Self::Automation => "loki",
        }
    }

    /// How the audit trail names it.
    pub fn describe(&self) -> String {
        match self {
            Self::User { id, email, .. } => format!("user {email} {id}"),
            Self::Token { id, name, .. } => format!("token {name} {id}"),
            Self::Automation => "loki".to_owned(),
        }
    }

    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Token { .. } | Self::Automation => None,
        }
    }
}
