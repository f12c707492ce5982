//! Secrets of the vault: names are read, values are only ever written.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::Timestamp;

/// A kind of process that a secret can be given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SecretUse {
    /// The agent that works on the project.
    Agent,
    /// Tests, builds, linters and examples.
    Tests,
    /// Kept for previews; nothing of this version is given it.
    Preview,
    /// Kept for terminals; nothing of this version is given it.
    Terminal,
}

impl SecretUse {
    pub const ALL: [Self; 4] = [Self::Agent, Self::Tests, Self::Preview, Self::Terminal];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Tests => "tests",
            Self::Preview => "preview",
            Self::Terminal => "terminal",
        }
    }

    /// The use of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A secret as lists show it: everything but its value, which nothing shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Secret {
    /// The environment variable that it becomes.
    pub name: String,
    /// The processes that are given it; none when empty.
    pub uses: Vec<SecretUse>,
    pub created_at: Timestamp,
    /// When value or uses were last written.
    pub updated_at: Timestamp,
    /// Who wrote it last, as people know them.
    pub updated_by: String,
}

/// `GET …/secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretList {
    /// In the order of their names.
    pub secrets: Vec<Secret>,
}

/// Makes a secret, or changes what is given of it and leaves the rest.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutSecret {
    /// 8 characters to 16 KiB; needed for a new secret
    #[serde(default, deserialize_with = "text")]
    pub value: Option<String>,
    /// The processes that are given it, any of agent, tests, preview and terminal, of which this version does not use
    /// the last two yet; needed for a new secret
    #[serde(default)]
    pub uses: Option<Vec<SecretUse>>,
}

/// A value is not shown by accident.
impl fmt::Debug for PutSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_ref().map(|_| "[secret]");
        f.debug_struct("PutSecret").field("value", &value).field("uses", &self.uses).finish()
    }
}

/// A text or nothing. The error does not repeat what was sent, as serde's own would.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map_err(|_| D::Error::custom("it has to be a text"))
}
