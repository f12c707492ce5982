//! Typed identifiers. All but event positions are UUIDs of version 7, so that they sort by the time they were made.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A person who can sign in.
    UserId
);
id!(
    /// A browser's authenticated session.
    LoginId
);
id!(
    /// A second factor of a person.
    FactorId
);
id!(
    /// An API token; not the secret itself.
    TokenId
);
id!(
    /// A project: one git repository with its settings and runs.
    ProjectId
);
id!(
    /// A team: people who have a role together.
    TeamId
);
id!(
    /// A share: a project's role for a person or a team that does not own it.
    ShareId
);
id!(
    /// One execution of the engine on a spec. The REST API calls the same value `session_id`.
    RunId
);

/// A position in the event log: strictly increasing, 1 is the first event, 0 is before all of them.
pub type EventSeq = i64;
