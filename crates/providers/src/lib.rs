//! Agent CLIs: Claude Code, any command that speaks the Agent Client Protocol, and the built-in demonstration.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use domain::ports::{agent::Agent, sandbox::Sandbox};
use protocol::agents::ProviderId;

mod acp;
mod claude;
mod demo;
mod detect;
mod driver;
mod executable;
mod secrets;
mod text;

/// Where the agents are and what they are given. Plain data; the server makes it from its environment.
#[derive(Clone, Debug, Default)]
pub struct ProvidersConfig {
    /// Claude Code's executable; without one, `claude` is looked for on `search_path`.
    pub claude: Option<PathBuf>,
    /// The command of an ACP agent and its arguments.
    pub acp: Option<Vec<String>>,
    /// The names in `agent_env` that the ACP agent is given.
    pub acp_variables: Vec<String>,
    /// Our own executable, and what is added behind `demo-agent`.
    pub demo: (PathBuf, Vec<String>),
    /// Folders in which executables are looked for.
    pub search_path: Vec<PathBuf>,
    /// Variables for the agents' processes alone, keys among them. Claude Code gets those among them that begin with
    /// `ANTHROPIC_` or `CLAUDE_`.
    pub agent_env: BTreeMap<String, String>,
    /// A folder of our own in which an executable is asked for its version.
    pub scratch: PathBuf,
}

/// All agents that can be driven.
pub struct Providers {
    demo: Arc<dyn Agent>,
    claude: Arc<dyn Agent>,
    acp: Arc<dyn Agent>,
}

impl Providers {
    pub fn new(config: ProvidersConfig, sandbox: Arc<dyn Sandbox>) -> Self {
        Self {
            demo: Arc::new(demo::agent(&config, sandbox.clone())),
            claude: Arc::new(claude::Claude::new(&config, sandbox.clone())),
            acp: Arc::new(acp::agent(config, sandbox)),
        }
    }

    pub fn get(&self, provider: ProviderId) -> Arc<dyn Agent> {
        match provider {
            ProviderId::Demo => self.demo.clone(),
            ProviderId::Claude => self.claude.clone(),
            ProviderId::Acp => self.acp.clone(),
        }
    }
}
