//! What every use case gets first: the database, time, ids, git, the nudges, and how this server was set up.

use std::{path::PathBuf, sync::Arc};

use domain::audit::AuditKey;
use domain::ports::{
    agent::Agent,
    breaches::Breaches,
    clock::{Clock, Ids},
    issuers::Issuers,
    keys::MasterKeys,
    mailer::Mailer,
    sandbox::Sandbox,
    vcs::Vcs,
};
use protocol::Timestamp;
use store::Store;
use tokio::sync::watch;

use crate::{
    accounts::{AccessKeys, Attempts, HashingRoom, Passkeys, TokenUses, UnseenSecrets},
    agents::Detected,
    audit::Denials,
    server::{Discoveries, ServedAt, Waits},
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
    /// Whether the engine waits for the database, and what for.
    pub waits: Waits,
    /// Failed sign-ins.
    pub attempts: Arc<Attempts>,
    /// Where passwords are hashed, a few at a time.
    pub hashing: HashingRoom,
    /// Asked whether a new password turned up in a data breach, if the operator wants that.
    pub breaches: Option<Arc<dyn Breaches>>,
    /// Sends mail, if the operator named a server for it.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Uses of API tokens that are not written yet.
    pub token_uses: Arc<TokenUses>,
    /// Secrets of new tokens on their way to the page of who made them.
    pub unseen_secrets: Arc<UnseenSecrets>,
    /// How it went when providers were asked about themselves.
    pub discoveries: Arc<Discoveries>,
    /// Asks them now.
    pub issuers: Arc<dyn Issuers>,
    /// One walk over the audit trail at a time.
    pub verifying: Arc<tokio::sync::Mutex<()>>,
    /// Requests that were denied and are not in the audit trail yet.
    pub denials: Arc<Denials>,
    /// Signs checkpoints of the audit trail.
    pub audit_key: Arc<AuditKey>,
    /// Sign access tokens.
    pub access_keys: Arc<AccessKeys>,
    /// At which address passkeys count.
    pub passkeys: Passkeys,
    /// What the vault is sealed with.
    pub keys: Arc<dyn MasterKeys>,
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
    /// Whether packages may be installed from lock files, with the network, before a project's checks.
    pub installs: bool,
    /// Variables for that step alone: proxies and registries of this machine.
    pub install_env: Vec<(String, String)>,
    /// How long an agent may be silent; `None` is the default.
    pub stall: Option<std::time::Duration>,
    /// Where people can sign in besides with a password.
    pub providers: Vec<domain::sign_in::Provider>,
    /// How it is reached; nothing of it is decided by.
    pub served_at: ServedAt,
    /// Whom a new project belongs to when nothing is said.
    pub new_projects: domain::teams::NewProjects,
    /// Names this machine in leases, so that after a restart it takes its own runs up again at once.
    pub instance: String,
}

impl Settings {
    /// Repositories that loki made, by their projects.
    pub fn projects(&self) -> PathBuf {
        self.data_dir.join("projects")
    }

    /// Where runs work, by the runs.
    pub fn worktrees(&self) -> PathBuf {
        self.data_dir.join("worktrees")
    }

    /// What runs leave, by the runs.
    pub fn runs(&self) -> PathBuf {
        self.data_dir.join("runs")
    }

    /// A project's own repository, when loki made it.
    pub fn repository(&self, project: protocol::ProjectId) -> PathBuf {
        self.projects().join(project.to_string())
    }

    /// Where a run works.
    pub fn worktree(&self, run: protocol::RunId) -> PathBuf {
        self.worktrees().join(run.to_string())
    }

    /// Where folders wait to be removed, which may take long.
    pub fn removed(&self) -> PathBuf {
        self.data_dir.join("removed")
    }

    /// What a run leaves beside its commits: transcripts and the agent's home.
    pub fn run_dir(&self, run: protocol::RunId) -> PathBuf {
        self.runs().join(run.to_string())
    }
}

/// Wake-ups without data. Whoever waits reads the database by position, and also looks again on its own from time to time.
#[derive(Clone, Debug)]
pub struct Nudges {
    /// Something was committed to the event log.
    events: Arc<watch::Sender<u64>>,
    /// There is work for the engine: a run to claim, a wish to carry out, a project to prepare.
    engine: Arc<watch::Sender<u64>>,
    /// Who may do what has changed: sockets prove themselves again.
    access: Arc<watch::Sender<u64>>,
}

impl Default for Nudges {
    fn default() -> Self {
        let new = || Arc::new(watch::Sender::new(0));
        Self { events: new(), engine: new(), access: new() }
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

    /// Says that a token, a login or a role was taken away or changed. What edges remember of them is forgotten.
    pub fn access(&self) {
        self.access.send_modify(|count| *count = count.wrapping_add(1));
        self.events();
    }

    /// Waits for committed events with `changed()`.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.events.subscribe()
    }

    /// Waits for changes of who may do what with `changed()`.
    pub fn watch_access(&self) -> watch::Receiver<u64> {
        self.access.subscribe()
    }

    /// Waits for work with `changed()`.
    pub fn watch_engine(&self) -> watch::Receiver<u64> {
        self.engine.subscribe()
    }
}
