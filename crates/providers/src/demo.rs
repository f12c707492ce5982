//! The built-in demonstration: our own executable as an agent, without a network.

use std::sync::Arc;

use domain::ports::sandbox::{Network, Sandbox};
use protocol::agents::ProviderId;

use crate::{
    ProvidersConfig,
    acp::{AcpAgent, Command},
};

pub(crate) fn agent(config: &ProvidersConfig, sandbox: Arc<dyn Sandbox>) -> AcpAgent {
    let (program, arguments) = config.demo.clone();
    let command = Command {
        provider: ProviderId::Demo,
        program: Some(program),
        arguments: ["demo-agent".to_owned()].into_iter().chain(arguments).collect(),
        search_path: Vec::new(),
        network: Network::Off,
        env: Vec::new(),
        missing: "loki does not find its own executable.".to_owned(),
    };
    // It is our own executable, so its version is ours.
    AcpAgent::new(command, Some(env!("CARGO_PKG_VERSION").to_owned()), sandbox)
}
