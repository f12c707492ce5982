//! Processes of this machine, as /proc shows them: whether anything of a server is left.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::DEADLINE;

/// One process; the start time tells it from a later one with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    pub pid: i32,
    started: String,
    parent: i32,
    pub command: String,
}

impl Process {
    fn read(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in brackets may hold anything; the fields begin behind the last bracket.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let is_zombie = matches!(fields.first(), Some(&"Z" | &"X"));
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ").trim().to_owned();
        let (parent, started) = (fields.get(1)?.parse().ok()?, (*fields.get(19)?).to_owned());
        (!is_zombie).then_some(Self { pid, started, parent, command })
    }

    pub fn is_alive(&self) -> bool {
        Self::read(self.pid).is_some_and(|now| now.started == self.started)
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&self) {
        if self.is_alive() {
            signal(self.pid, Signal::KILL);
        }
    }

    /// Whether its command line, folder or mounts name `word`.
    fn names(&self, word: &str) -> bool {
        let link = |name: &str| fs::read_link(format!("/proc/{}/{name}", self.pid)).unwrap_or_default();
        let mounts = || fs::read_to_string(format!("/proc/{}/mountinfo", self.pid)).unwrap_or_default();
        self.command.contains(word) || link("cwd").to_string_lossy().contains(word) || mounts().contains(word)
    }
}

/// Sends a signal; a process that is gone already is no fault.
pub fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(Process::read).collect()
}

/// Everything below a process, itself left out.
pub fn below(pid: i32) -> Vec<Process> {
    let all = all();
    let parents: HashMap<i32, i32> = all.iter().map(|process| (process.pid, process.parent)).collect();
    let is_below = |process: &Process| {
        let mut at = process.pid;
        while let Some(parent) = parents.get(&at) {
            if *parent == pid {
                return true;
            }
            at = *parent;
        }
        false
    };
    all.iter().filter(|process| is_below(process)).cloned().collect()
}

/// Every process that works on `folder`, whoever its parent is by now, but for those in `but`.
pub fn working_on(folder: &Path, but: &[i32]) -> Vec<Process> {
    let name = folder.file_name().expect("a folder with a name").to_string_lossy().into_owned();
    all().into_iter().filter(|process| !but.contains(&process.pid) && process.names(&name)).collect()
}

/// Fails when something still works on `folder` after a while. The kernel takes a moment to end a tree.
pub async fn assert_none_left(folder: &Path, but: &[i32]) {
    let began = Instant::now();
    loop {
        let left = working_on(folder, but);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "processes are left: {left:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
