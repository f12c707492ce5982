//! Claude Code, driven by its stream of JSON lines.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use domain::ports::{
    agent::{Agent, AgentCall, AgentEvent, AgentOutcome, AgentResult, Usage},
    sandbox::{Job, JobLimits, Network, Sandbox},
};
use protocol::agents::{AgentInfo, ProviderId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::reading::Reading;
use crate::{
    ProvidersConfig,
    detect::Versions,
    driver::{Borders, drive},
    executable::{self, Executable},
    secrets::{self, Secrets},
};

mod parse;
mod reading;
#[cfg(test)]
mod transcripts;

const INSTALL: &str = "Install it with `npm install -g @anthropic-ai/claude-code`, or name its path in LOKI_AGENT_CLAUDE.";

/// What Claude Code is told besides its keys: no telemetry, no updates, and one retry, because the engine retries itself.
/// It refuses to work as root unless it knows that it is in a sandbox.
const SETTINGS: [(&str, &str); 4] = [
    ("IS_SANDBOX", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("CLAUDE_CODE_MAX_RETRIES", "1"),
];

pub(crate) struct Claude {
    program: PathBuf,
    search_path: Vec<PathBuf>,
    env: Vec<(String, String)>,
    versions: Versions,
    sandbox: Arc<dyn Sandbox>,
}

impl Claude {
    pub(crate) fn new(config: &ProvidersConfig, sandbox: Arc<dyn Sandbox>) -> Self {
        let is_ours = |name: &str| name.starts_with("ANTHROPIC_") || name.starts_with("CLAUDE_");
        let given: Vec<(String, String)> = config
            .agent_env
            .iter()
            .filter(|(name, _)| is_ours(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Self {
            program: config.claude.clone().unwrap_or_else(|| "claude".into()),
            search_path: config.search_path.clone(),
            env: given,
            versions: Versions::new(sandbox.clone(), config.scratch.clone()),
            sandbox,
        }
    }

    fn find(&self) -> Result<Executable, String> {
        executable::find(&self.program, &self.search_path)
            .ok_or_else(|| format!("{} was not found. {INSTALL}", self.program.display()))
    }

    fn job(executable: &Executable, call: &AgentCall, env: Vec<(String, String)>) -> Job {
        let settings = SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let is_set = |name: &str| SETTINGS.iter().any(|(set, _)| *set == name);
        Job {
            argv: arguments(&executable.path, call),
            workspace: call.workspace.clone(),
            readable: executable.readable.iter().chain(&call.readable).cloned().collect(),
            home: Some(call.home.clone()),
            env: env.into_iter().filter(|(name, _)| !is_set(name)).chain(settings).collect(),
            network: Network::Host,
            limits: JobLimits::for_agents(call.wall),
        }
    }
}

/// The prompt is no argument: it may be long, and it may begin with a dash.
fn arguments(program: &Path, call: &AgentCall) -> Vec<OsString> {
    let mut argv: Vec<OsString> = vec![program.into()];
    argv.extend(["-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"].map(OsString::from));
    if let Some(model) = &call.model {
        // One argument, so that a model's name is never taken for an option.
        argv.push(format!("--model={model}").into());
    }
    if let Some(dollars) = call.cost_usd {
        argv.push(format!("--max-budget-usd={dollars:.4}").into());
    }
    argv
}

#[async_trait]
impl Agent for Claude {
    fn provider(&self) -> ProviderId {
        ProviderId::Claude
    }

    async fn detect(&self) -> AgentInfo {
        let provider = self.provider();
        let found = self.find();
        let path = found.as_ref().ok().map(|executable| executable.path.display().to_string());
        let version = match found {
            Ok(executable) => {
                self.versions.of(&executable).await.map_err(|problem| format!("It was found but cannot run: {problem}"))
            }
            Err(problem) => Err(problem),
        };
        let (version, problem) = match version {
            Ok(version) => (Some(version), None),
            Err(problem) => (None, Some(problem)),
        };
        let title = provider.title().to_owned();
        AgentInfo {
            provider,
            title,
            available: problem.is_none(),
            path,
            version,
            problem,
            demo: false,
            key: secrets::origin(provider, &self.env),
        }
    }

    async fn call(&self, call: AgentCall, events: mpsc::Sender<AgentEvent>, cancel: CancellationToken) -> AgentResult {
        let nothing = |outcome| AgentResult { outcome, said: String::new(), usage: Usage::default() };
        // Below a hundredth of a cent the option would read 0, which is no ceiling that it accepts.
        if call.cost_usd.is_some_and(|left| left < 0.0001) {
            return nothing(AgentOutcome::OverBudget);
        }
        let executable = match self.find() {
            Ok(executable) => executable,
            Err(detail) => return nothing(AgentOutcome::Crashed { exit: "not started".to_owned(), detail }),
        };
        let env = secrets::merged(self.provider(), &self.env, &call);
        let borders = Borders::new(&call, Secrets::of(&call.masks, &env), events, cancel);
        let job = Self::job(&executable, &call, env);
        let reading = Reading::new(call.prompt, call.workspace);
        Box::pin(drive(self.sandbox.as_ref(), job, reading, borders)).await
    }
}
