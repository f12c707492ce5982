//! A running job without a sandbox: waiting for its end, and ending all that it started.

use std::{collections::HashSet, fs, time::Duration};

use async_trait::async_trait;
use domain::ports::sandbox::{Exit, ProcessHandle};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::Child,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::Scratch;
use crate::limits;

/// How a job's processes are recognised. Its temporary folders last as long as they.
pub(super) struct Running {
    leader: Option<Pid>,
    mark: String,
    deadline: Instant,
    scratch: Option<Scratch>,
}

impl Running {
    pub(super) fn new(leader: Option<u32>, mark: String, deadline: Instant, scratch: Scratch) -> Self {
        let leader = leader.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        Self { leader, mark, deadline, scratch: Some(scratch) }
    }

    pub(super) fn watching(self, child: Child) -> Watched {
        Watched { running: self, child, ended: None }
    }

    /// Kills what there is of the job; returns whether there was something.
    fn kill(&self) -> bool {
        let members = members(self.leader, &self.mark);
        for pid in &members {
            // It fails only when it is dead already.
            let _ = kill_process(*pid, Signal::KILL);
        }
        !members.is_empty()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.scratch.is_none() {
            return;
        }
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
        // New ones may come up while the old are killed.
        for _ in 0..10 {
            if !self.kill() {
                return;
            }
        }
    }
}

pub(super) struct Watched {
    running: Running,
    child: Child,
    ended: Option<Exit>,
}

impl Watched {
    async fn end(&mut self, cancel: &CancellationToken) -> Exit {
        let early = tokio::select! {
            biased;
            status = self.child.wait() => return status.map_or(Exit::Signal(9), limits::exit),
            () = cancel.cancelled() => Exit::Cancelled,
            () = sleep_until(self.running.deadline) => Exit::TimedOut,
        };
        // Before the leader is dead, since its children are found by it.
        self.running.kill();
        drop(self.child.kill().await);
        early
    }
}

#[async_trait]
impl ProcessHandle for Watched {
    async fn wait(&mut self, cancel: &CancellationToken) -> Exit {
        /// Killed processes are gone in a moment; more rounds mean that one cannot be killed (a disk that hangs).
        const ROUNDS: u32 = 400;

        if let Some(exit) = self.ended {
            return exit;
        }
        let exit = self.end(cancel).await;
        // The leader has been waited for: its number may belong to another process.
        self.running.leader = None;
        let mut left = true;
        for _ in 0..ROUNDS {
            left = self.running.kill();
            if !left {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        if left {
            tracing::warn!(job = self.running.mark, "processes of a job stay");
        }
        self.running.scratch = None;
        self.ended = Some(exit);
        exit
    }
}

/// The processes that descend from `leader` or carry `mark` in their environment; zombies are none.
fn members(leader: Option<Pid>, mark: &str) -> HashSet<Pid> {
    let processes: Vec<_> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let parent = parent_of_living(&fs::read_to_string(entry.path().join("stat")).ok()?)?;
            let marked = fs::read(entry.path().join("environ"))
                .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()));
            Some((pid, parent, marked))
        })
        .collect();

    let mut members: HashSet<Pid> =
        processes.iter().filter(|(pid, _, marked)| *marked || Some(*pid) == leader).map(|(pid, ..)| *pid).collect();
    loop {
        let before = members.len();
        for (pid, parent, _) in &processes {
            if Pid::from_raw(*parent).is_some_and(|parent| members.contains(&parent)) {
                members.insert(*pid);
            }
        }
        if members.len() == before {
            return members;
        }
    }
}

/// The parent's pid from `/proc/<pid>/stat` (proc(5)); the program's name in it may contain anything, also `)`.
fn parent_of_living(stat: &str) -> Option<i32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.next()?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_after_any_name() {
        for (stat, parent) in
            [("12 (sh) S 7 12 12 0 -1", Some(7)), ("12 (a) R 9) S 7 12", Some(7)), ("12 (sh) Z 7 12", None), ("", None)]
        {
            assert_eq!(parent_of_living(stat), parent, "{stat}");
        }
    }
}
