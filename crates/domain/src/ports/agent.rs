//! Agent CLIs: one call is one prompt, carried out in a worktree until the agent has nothing more to say.

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;
use protocol::agents::{AgentInfo, ProviderId};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::vault::Masks;

/// One prompt for an agent and where it works.
#[derive(Clone, Debug)]
pub struct AgentCall {
    pub prompt: String,
    pub model: Option<String>,
    pub workspace: PathBuf,
    /// Git's own data of the worktree, to be read and not written.
    pub readable: Vec<PathBuf>,
    /// A folder that belongs to this run's agent alone.
    pub home: PathBuf,
    /// The raw transcript is appended here, as it comes.
    pub transcript: PathBuf,
    /// Without a byte for this long, the agent counts as stalled and is killed.
    pub stall: Duration,
    /// Wall time that is left of the run.
    pub wall: Duration,
    /// US dollars that are left of the run; passed on to agents that can hold a ceiling themselves.
    pub cost_usd: Option<f64>,
    /// Secrets that the agent's process is given, besides what the server itself gives it. Those of the vault win.
    pub secrets: Vec<(String, String)>,
    /// What must not be shown, whoever is given it.
    pub masks: Masks,
}

/// What an agent does, as it does it.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentEvent {
    /// A piece of the agent's words.
    Text(String),
    Thought(String),
    /// A tool call in one line, like `Edit src/greet.py`.
    Tool(String),
    /// What a tool printed.
    Output(String),
    /// A line of the process's standard error.
    Error(String),
    /// The spending of this call so far; replaces what was said before in the same call.
    Usage(Usage),
}

/// What a call used up, normalised: every field is for this call alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// `None` where the agent does not say.
    pub cost_usd: Option<f64>,
    pub tokens: Option<TokenCount>,
}

/// Tokens of one call; `input` is without `cached`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    pub input: u64,
    pub cached: u64,
    pub output: u64,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentResult {
    pub outcome: AgentOutcome,
    /// The agent's closing words, at most 4,000 characters; a claim, not a fact.
    pub said: String,
    pub usage: Usage,
}

/// The ways in which a call ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentOutcome {
    /// It says that it is done; the gates will see.
    Finished,
    /// It ended without having said or done anything.
    Silent,
    /// It exited by itself with an error, or was killed from outside: 137 is SIGKILL.
    Crashed { exit: String, detail: String },
    /// Nothing came for the stall time; it was killed.
    Stalled,
    /// The run's wall time or a person ended it.
    Cancelled,
    /// The agent itself stopped at the cost ceiling it was given.
    OverBudget,
    /// The key is wrong, missing or expired: a person has to act.
    Unauthorized { detail: String },
    /// The model's service refuses for now; worth trying again later.
    RateLimited { detail: String },
    /// The model's service or the network failed; worth trying again.
    Unreachable { detail: String },
}

/// An agent CLI that can be driven.
#[async_trait]
pub trait Agent: Send + Sync {
    fn provider(&self) -> ProviderId;

    /// Looks for the executable and asks its version; never fails, the answer says what is missing.
    async fn detect(&self) -> AgentInfo;

    /// Carries out one call. Events go to `events` as they come; when the receiver is slow, the agent waits. When
    /// `cancel` fires, every process of the call is gone before this returns.
    async fn call(&self, call: AgentCall, events: mpsc::Sender<AgentEvent>, cancel: CancellationToken) -> AgentResult;
}
