//! What every use case gets first: the database, time, ids, git, the nudges, and how this server was set up.

use std::{path::PathBuf, sync::Arc};

use domain::actor::Actor;
use domain::ports::{
    agent::Agent,
    clock::{Clock, Ids},
    sandbox::Sandbox,
    vcs::Vcs,
};
use protocol::Timestamp;
use store::{Store, Tx};
use tokio::sync::watch;

use crate::{
    Error,
    accounts::{Attempts, HashingRoom},
    agents::Detected,
};

/// The context of a use case; cheap to clone.
#[derive(Clone)]
pub struct Cx {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub vcs: Arc<dyn Vcs>,
    pub sandbox: Arc<dyn Sandbox>,
    pub agents: Arc<[Arc<dyn Agent>]>,
    pub nudges: Nudges,
    /// Failed sign-ins.
    pub attempts: Arc<Attempts>,
    /// Where passwords are hashed, a few at a time.
    pub hashing: HashingRoom,
    /// What was found of the agents, so that pages need not start processes.
    pub detected: Arc<Detected>,
    pub settings: Arc<Settings>,
}

/// How this server was set up; read once, at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept that is not in the database: projects, worktrees, transcripts.
    pub data_dir: PathBuf,
    /// Folders below which a project's `path` may lie.
    pub allowed_roots: Vec<PathBuf>,
    /// Runs that work at the same time; others wait.
    pub max_runs: usize,
    pub version: &'static str,
    pub started_at: Timestamp,
    /// Who loki's commits are by.
    pub commit_name: String,
    pub commit_email: String,
    /// How long an agent may be silent; `None` is the default.
    pub stall: Option<std::time::Duration>,
    /// Names this machine in leases, so that after a restart it takes its own runs up again at once.
    pub instance: String,
}

impl Settings {
    /// A project's own repository, when loki made it.
    pub fn repository(&self, project: protocol::ProjectId) -> PathBuf {
        self.data_dir.join("projects").join(project.to_string())
    }

    /// Where a run works.
    pub fn worktree(&self, run: protocol::RunId) -> PathBuf {
        self.data_dir.join("worktrees").join(run.to_string())
    }

    /// What a run leaves beside its commits: transcripts and the agent's home.
    pub fn run_dir(&self, run: protocol::RunId) -> PathBuf {
        self.data_dir.join("runs").join(run.to_string())
    }
}

/// Wake-ups without data. Whoever waits reads the database by position, and also looks again on its own from time to time.
#[derive(Clone, Debug)]
pub struct Nudges {
    /// Something was committed to the event log.
    events: Arc<watch::Sender<u64>>,
    /// There is work for the engine: a run to claim, a wish to carry out, a project to prepare.
    engine: Arc<watch::Sender<u64>>,
}

impl Default for Nudges {
    fn default() -> Self {
        Self { events: Arc::new(watch::Sender::new(0)), engine: Arc::new(watch::Sender::new(0)) }
    }
}

impl Nudges {
    /// Says that events were committed.
    pub fn events(&self) {
        self.events.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Says that the engine has work.
    pub fn engine(&self) {
        self.engine.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Counts the nudges for events so far; cheaper than a subscription.
    pub fn events_so_far(&self) -> u64 {
        *self.events.borrow()
    }

    /// Waits for committed events with `changed()`.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    /// Waits for work with `changed()`.
    pub fn watch_engine(&self) -> watch::Receiver<u64> {
        self.engine.subscribe()
    }
}

/// Writes that `actor` did `action` to `resource`.
pub(crate) async fn audit(cx: &Cx, tx: &Tx, actor: &Actor, action: &str, resource: impl std::fmt::Display) -> Result<(), Error> {
    let at = (cx.ids.uuid(), cx.clock.now());
    Ok(tx.audit().record(at, &actor.describe(), action, &resource.to_string()).await?)
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}
