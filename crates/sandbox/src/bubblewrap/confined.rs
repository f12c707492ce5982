//! A running sandbox: waiting for its end and ending it.

use std::{os::fd::OwnedFd, time::Duration};

use async_trait::async_trait;
use domain::ports::sandbox::{Exit, ProcessHandle};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Signal, pidfd_send_signal},
};
use tokio::{
    io::{AsyncReadExt, BufReader},
    net::unix::pipe,
    process::Child,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{cgroups::ControlGroup, limits};

/// The init of a sandbox's pid namespace. When it dies the kernel kills everything in the namespace, whatever session or group
/// it is in, and the descriptor becomes readable once nothing is left.
pub(super) struct Confined {
    init: OwnedFd,
    status: BufReader<pipe::Receiver>,
    deadline: Instant,
    group: Option<ControlGroup>,
}

impl Confined {
    pub(super) fn new(init: OwnedFd, status: BufReader<pipe::Receiver>, deadline: Instant) -> Self {
        Self { init, status, deadline, group: None }
    }

    pub(super) fn joined(&mut self, group: ControlGroup) {
        self.group = Some(group);
    }

    pub(super) fn watching(self, child: Child) -> Watched {
        Watched { confined: self, child, ended: None, began: true }
    }

    fn kill(&self) {
        // It fails only when it is dead already.
        let _ = pidfd_send_signal(&self.init, Signal::KILL);
    }

    /// Returns once nothing is left of the sandbox.
    async fn gone(&self) {
        /// Killed processes are gone in a moment; later ones hang in the kernel (a disk that does not answer).
        const PATIENCE: Duration = Duration::from_secs(10);

        let deadline = Instant::now() + PATIENCE;
        while matches!(poll(&mut [PollFd::new(&self.init, PollFlags::IN)], Some(&Timespec::default())), Ok(0) | Err(Errno::INTR))
        {
            if Instant::now() > deadline {
                tracing::warn!("processes of a killed sandbox stay");
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A sandbox and bubblewrap's process outside of it.
pub(super) struct Watched {
    confined: Confined,
    child: Child,
    ended: Option<Exit>,
    began: bool,
}

impl Watched {
    /// Whether the job's own program was ever started; certain once the sandbox has ended.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    async fn end(&mut self, cancel: &CancellationToken) -> Exit {
        let early = tokio::select! {
            biased;
            status = self.child.wait() => return status.map_or(Exit::Signal(9), limits::exit),
            () = cancel.cancelled() => Exit::Cancelled,
            () = sleep_until(self.confined.deadline) => Exit::TimedOut,
        };
        self.confined.kill();
        drop(self.child.kill().await);
        early
    }
}

#[async_trait]
impl ProcessHandle for Watched {
    async fn wait(&mut self, cancel: &CancellationToken) -> Exit {
        if let Some(exit) = self.ended {
            return exit;
        }
        let exit = self.end(cancel).await;
        // What the program left behind ends with it.
        self.confined.kill();
        self.confined.gone().await;
        if let Some(group) = &mut self.confined.group {
            group.remove().await;
        }
        let mut status = String::new();
        // Bubblewrap writes an exit code only for a program that it could start.
        let read = self.confined.status.read_to_string(&mut status).await;
        self.began = read.is_err() || status.contains("\"exit-code\"") || !matches!(exit, Exit::Code(_));
        self.ended = Some(exit);
        exit
    }
}
