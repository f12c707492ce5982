//! Isolation by [bubblewrap](https://github.com/containers/bubblewrap): namespaces, a read-only system, no capabilities.

mod confined;
mod diagnosis;
mod launch;
mod view;

use std::{path::PathBuf, sync::OnceLock, time::Instant};

use async_trait::async_trait;
use domain::ports::sandbox::{Exit, Job, Output, Process, ProcessHandle as _, Sandbox, SandboxError};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{
    cgroups::{ControlGroups, Enforced},
    output::{Kept, read_while_it_runs, stream},
    paths::not_started,
};
use diagnosis::Features;
use launch::Launched;

/// What holds for every job of a [`Bubblewrap`].
#[derive(Clone, Debug, Default)]
pub struct BubblewrapConfig {
    /// Folders in which `bwrap` is looked for.
    pub search_path: Vec<PathBuf>,
    /// Folders of which no job sees anything but its own workspace, home and readable folders: the data directory.
    pub hidden: Vec<PathBuf>,
    /// The machine's own toolchains outside of `/usr` and `/opt` (`~/.cargo`, `~/.rustup`, `~/.nvm/versions/node/v22.1.0`),
    /// seen read-only under the same path. Those that are or have a folder `bin` are on PATH, before the system's. What does
    /// not exist is passed over.
    pub toolchains: Vec<PathBuf>,
    /// Variables of every job, unless it has its own of that name: where toolchains are that look for themselves in the home of
    /// the machine's user (`RUSTUP_HOME`).
    pub env: Vec<(String, String)>,
}

/// Runs every job in a sandbox of its own.
#[derive(Debug)]
pub struct Bubblewrap {
    config: BubblewrapConfig,
    features: OnceCell<Features>,
    groups: OnceLock<ControlGroups>,
}

impl Bubblewrap {
    pub fn new(config: BubblewrapConfig) -> Self {
        Self { config, features: OnceCell::new(), groups: OnceLock::new() }
    }

    /// Which limits hold for a job as a whole on this machine.
    pub fn enforced(&self) -> Enforced {
        self.groups().enforced()
    }

    fn groups(&self) -> &ControlGroups {
        self.groups.get_or_init(ControlGroups::detect)
    }

    fn program(&self) -> Result<PathBuf, SandboxError> {
        let found = self.config.search_path.iter().map(|folder| folder.join("bwrap")).find(|program| program.is_file());
        found.ok_or_else(|| SandboxError::Unavailable(diagnosis::MISSING.to_owned()))
    }

    async fn features(&self) -> Result<Features, SandboxError> {
        let program = self.program()?;
        self.features.get_or_try_init(|| diagnosis::features(&program)).await.copied()
    }
}

#[async_trait]
impl Sandbox for Bubblewrap {
    async fn spawn(&self, job: Job) -> Result<Process, SandboxError> {
        let Launched { mut child, confined } = self.launch(&job, launch::Streams::Piped).await?;
        let missing = || not_started(&job.argv, std::io::Error::other("a stream is missing"));
        Ok(Process {
            stdin: Box::new(child.stdin.take().ok_or_else(missing)?),
            stdout: Box::new(child.stdout.take().ok_or_else(missing)?),
            stderr: Box::new(child.stderr.take().ok_or_else(missing)?),
            handle: Box::new(confined.watching(child)),
        })
    }

    async fn run(&self, job: Job, keep: usize, cancel: &CancellationToken) -> Result<Output, SandboxError> {
        let started = Instant::now();
        let (mut reader, writer) = stream().map_err(|error| not_started(&job.argv, error))?;
        let Launched { child, confined } = self.launch(&job, launch::Streams::Merged(writer)).await?;
        let mut handle = confined.watching(child);

        let mut kept = Kept::new(keep);
        let exit = read_while_it_runs(&mut kept, &mut reader, handle.wait(cancel)).await;
        let took = started.elapsed();
        let (text, truncated) = kept.into_text();
        if !handle.began() && matches!(exit, Exit::Code(_)) {
            return Err(not_started(&job.argv, std::io::Error::other(text.trim().to_owned())));
        }
        Ok(Output { exit, text, truncated, took })
    }

    fn isolates(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), SandboxError> {
        let features = self.features().await?;
        diagnosis::probe(&self.program()?, features).await
    }
}
