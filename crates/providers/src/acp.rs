//! Any command that speaks the Agent Client Protocol, version 1, on its standard streams.
//!
//! Messages are the protocol crate's. Its connection is not used: it queues what comes without a bound, and one agent that
//! floods would take the server's memory.

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::ports::{
    agent::{Agent, AgentCall, AgentEvent, AgentOutcome, AgentResult, Usage},
    sandbox::{Job, JobLimits, Network, Sandbox},
};
use protocol::agents::{AgentInfo, ProviderId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::session::Session;
use crate::{
    ProvidersConfig,
    driver::{Borders, drive},
    executable::{self, Executable},
    secrets::{self, Secrets},
};

mod files;
mod session;
#[cfg(test)]
mod transcripts;
mod updates;
mod wire;

/// What is started, and with what.
pub(crate) struct Command {
    pub(crate) provider: ProviderId,
    pub(crate) program: Option<PathBuf>,
    pub(crate) arguments: Vec<String>,
    pub(crate) search_path: Vec<PathBuf>,
    pub(crate) network: Network,
    pub(crate) env: Vec<(String, String)>,
    /// What to do when the program is missing.
    pub(crate) missing: String,
}

/// An agent behind a command.
pub(crate) struct AcpAgent {
    command: Command,
    /// As the agent told it when it was last called.
    version: Arc<Mutex<Option<String>>>,
    sandbox: Arc<dyn Sandbox>,
}

/// The command that the configuration names.
pub(crate) fn agent(config: ProvidersConfig, sandbox: Arc<dyn Sandbox>) -> AcpAgent {
    let mut words = config.acp.unwrap_or_default().into_iter();
    let program = words.next().filter(|word| !word.is_empty()).map(PathBuf::from);
    let missing = match &program {
        Some(program) => format!("{} was not found; LOKI_AGENT_ACP names it.", program.display()),
        None => "Set LOKI_AGENT_ACP to the command of an agent, such as `gemini --acp`.".to_owned(),
    };
    let is_named = |name: &String| config.acp_variables.contains(name);
    let command = Command {
        provider: ProviderId::Acp,
        program,
        arguments: words.collect(),
        search_path: config.search_path,
        network: Network::Host,
        env: config.agent_env.into_iter().filter(|(name, _)| is_named(name)).collect(),
        missing,
    };
    AcpAgent::new(command, None, sandbox)
}

impl AcpAgent {
    pub(crate) fn new(command: Command, version: Option<String>, sandbox: Arc<dyn Sandbox>) -> Self {
        Self { command, version: Arc::new(Mutex::new(version)), sandbox }
    }

    fn find(&self) -> Result<Executable, String> {
        let Command { program, search_path, missing, .. } = &self.command;
        program.as_ref().and_then(|program| executable::find(program, search_path)).ok_or_else(|| missing.clone())
    }

    fn job(&self, executable: Executable, call: &AgentCall, env: Vec<(String, String)>) -> Job {
        let mut readable = match self.command.provider {
            // Our own executable lies beside the server's other files, which are none of its business.
            ProviderId::Demo => vec![executable.path.clone(), executable.resolved],
            ProviderId::Claude | ProviderId::Acp => executable.readable,
        };
        readable.extend(self.command.arguments.iter().flat_map(|argument| executable::readable_for_argument(argument)));
        readable.extend(call.readable.iter().cloned());
        Job {
            argv: [OsString::from(executable.path)]
                .into_iter()
                .chain(self.command.arguments.iter().map(OsString::from))
                .collect(),
            workspace: call.workspace.clone(),
            readable,
            home: Some(call.home.clone()),
            env,
            network: self.command.network,
            limits: JobLimits::for_agents(call.wall),
        }
    }
}

#[async_trait]
impl Agent for AcpAgent {
    fn provider(&self) -> ProviderId {
        self.command.provider
    }

    /// The version is known once the agent has been called: asking for it would start the whole agent.
    async fn detect(&self) -> AgentInfo {
        let provider = self.provider();
        let (path, problem) = match self.find() {
            Ok(executable) => (Some(executable.path.display().to_string()), None),
            Err(problem) => (None, Some(problem)),
        };
        AgentInfo {
            provider,
            title: provider.title().to_owned(),
            available: problem.is_none(),
            path,
            version: self.version.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            problem,
            demo: provider == ProviderId::Demo,
            key: secrets::origin(provider, &self.command.env),
        }
    }

    async fn call(&self, call: AgentCall, events: mpsc::Sender<AgentEvent>, cancel: CancellationToken) -> AgentResult {
        let executable = match self.find() {
            Ok(executable) => executable,
            Err(detail) => {
                let outcome = AgentOutcome::Crashed { exit: "not started".to_owned(), detail };
                return AgentResult { outcome, said: String::new(), usage: Usage::default() };
            }
        };
        let env = secrets::merged(self.provider(), &self.command.env, &call);
        let borders = Borders::new(&call, Secrets::of(&call.masks, &env), events, cancel);
        let job = self.job(executable, &call, env);
        let told_version = match self.command.provider {
            ProviderId::Demo => Arc::default(),
            ProviderId::Claude | ProviderId::Acp => self.version.clone(),
        };
        let session = Session::new(call.prompt, call.model, call.workspace, told_version);
        Box::pin(drive(self.sandbox.as_ref(), job, session, borders)).await
    }
}
