//! Agent CLIs as the interface shows them.

use serde::{Deserialize, Serialize};

/// A kind of agent that loki can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ProviderId {
    /// The built-in builder: offline, free, deterministic, and labelled as a demo wherever it shows.
    Demo,
    /// Claude Code.
    Claude,
    /// Any command that speaks the Agent Client Protocol.
    Acp,
}

impl ProviderId {
    pub const ALL: [Self; 3] = [Self::Demo, Self::Claude, Self::Acp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Claude => "claude",
            Self::Acp => "acp",
        }
    }

    /// The provider of that name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Demo => "Demo agent",
            Self::Claude => "Claude Code",
            Self::Acp => "ACP agent",
        }
    }
}

/// What was found of one agent on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentInfo {
    pub provider: ProviderId,
    pub title: String,
    pub available: bool,
    /// The executable's path, when found.
    pub path: Option<String>,
    pub version: Option<String>,
    /// What is missing and what to do about it, when not available.
    pub problem: Option<String>,
    /// Whether its work is only a demonstration.
    pub demo: bool,
    /// Where the key comes from that it reaches its model with; absent where none is known here: it may be signed in by itself.
    #[serde(default)]
    pub key: Option<KeyOrigin>,
}

/// Where an agent's key comes from. The key itself is told nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeyOrigin {
    /// A secret of the vault.
    Vault,
    /// A variable of the server's environment.
    Environment,
}

impl KeyOrigin {
    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Vault => "key from the vault",
            Self::Environment => "key from the server's environment",
        }
    }
}
