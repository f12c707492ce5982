//! Who is asking, and from where.

use std::{net::IpAddr, sync::Arc};

use protocol::{LoginId, TokenId, UserId, access::Role};

use crate::{
    access::{self, Scopes},
    reach::Reach,
};

/// Where a request came from, as the audit trail names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; absent where nothing came over the network.
    pub address: Option<IpAddr>,
    /// What the client says it is, shortened.
    pub agent: String,
    /// The `x-request-id` of the request.
    pub request_id: String,
}

impl Origin {
    /// For what nobody asked for over the network.
    pub fn nowhere() -> Arc<Self> {
        Arc::default()
    }
}

/// What the holder of an API token shows of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Its secret.
    #[default]
    Secret,
    /// An access token of a quarter of an hour that was minted from it.
    AccessToken,
}

/// Whoever does something: a signed-in person, the holder of an API token, or loki by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User {
        id: UserId,
        login: LoginId,
        name: String,
        email: String,
        role: Role,
        /// Which projects and teams they reach, and how far.
        reach: Arc<Reach>,
        from: Arc<Origin>,
    },
    Token {
        id: TokenId,
        name: String,
        /// What it may do, never more than who made it.
        scopes: Scopes,
        /// Which projects and teams it reaches, never further than who made it.
        reach: Arc<Reach>,
        shown: Shown,
        from: Arc<Origin>,
    },
    /// The engine and the command line on the data directory; may do everything.
    Automation,
}

impl Actor {
    /// What decides what it may do.
    pub fn scopes(&self) -> Scopes {
        match self {
            Self::User { role, .. } => Scopes::of(access::scopes(*role)),
            Self::Token { scopes, .. } => *scopes,
            Self::Automation => Scopes::ALL,
        }
    }

    /// Which projects and teams it reaches; everything, for loki itself.
    pub fn reach(&self) -> &Reach {
        static EVERYTHING: Reach = Reach::EVERYTHING;
        match self {
            Self::User { reach, .. } | Self::Token { reach, .. } => reach,
            Self::Automation => &EVERYTHING,
        }
    }

    /// The person, or the one behind the token; nobody, for loki itself and for tokens of the command line.
    pub fn person(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            Self::Token { reach, .. } => reach.person(),
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

    /// Where it asks from; nowhere for loki itself.
    pub fn origin(&self) -> Option<&Arc<Origin>> {
        match self {
            Self::User { from, .. } | Self::Token { from, .. } => Some(from),
            Self::Automation => None,
        }
    }
}
