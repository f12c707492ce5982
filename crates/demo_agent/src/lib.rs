//! The demo agent: a small, deterministic builder that speaks the Agent Client Protocol over standard input and output.
//!
//! It is started as a sandboxed process like any other agent, so a first run needs no key and spends nothing. It calls no
//! model: it reads the examples in a task (`` `greet NAME` prints `Hello, NAME!` ``), keeps them in `tests/examples.txt`, and
//! writes programs, pages and tests from that file. What it cannot build it says in a line `BLOCKED: <line> — <why>`, and
//! then it changes nothing. The same task in the same worktree gives the same bytes.
//!
//! The prompt has the task below a line `## Task` and what the last verification found below `## Findings to fix`.
//! Everything else in it is ignored.

mod acp;
mod builder;
mod misbehaviour;
mod prompt;
mod work;

use std::{path::PathBuf, time::Duration};

pub use acp::serve;
pub use misbehaviour::{Kind, Misbehaviour, UnknownMisbehaviour};

/// How the demo agent behaves.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What it does wrong on purpose in every prompt; `None` for honest work.
    pub misbehaviour: Option<Misbehaviour>,
    /// Whether a line `DEMO-MISBEHAVE: <kind>` in the task counts. A task is written by strangers, so only tests set this.
    pub allow_misbehaviour_from_prompt: bool,
    /// How long it waits before each update, so that people can watch; zero by default.
    pub pace: Duration,
    /// What it says that each prompt costs, in US dollars. It is made up: no model is asked.
    pub spends: Option<f64>,
    /// A folder of its own, for misbehaving once only; without one the worktree's git folder is not touched and
    /// "once" means once in this process.
    pub home: Option<PathBuf>,
}

/// Why serving ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the connection with the client broke: {0}")]
    Connection(#[from] agent_client_protocol::Error),
}
