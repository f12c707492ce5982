//! The state of a run as files under `<worktree>/.loki/`, for tools. Written, never read: the truth is the database.
//!
//! The agent owns the worktree, so every step goes by descriptors of real folders: a link in place of any of them ends the
//! export, it does not lead it elsewhere.

#[cfg(test)]
mod tests;

use std::{
    ffi::CString,
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::Path,
};

use domain::runs::RunRecord;
use protocol::{Event, EventSeq, Timestamp, runs::TaskStatus};
use rustix::{
    fs::{FileType, Mode, OFlags},
    io::Errno,
};
use serde_json::json;

use files::removal;

const FOLDER: &str = ".loki";
const QUEUE: &str = "queue";
const SESSION: &str = "session.json";
const EVENTS: &str = "events.jsonl";
const QUEUES: [(&str, TaskStatus); 4] = [
    ("pending.json", TaskStatus::Pending),
    ("in-progress.json", TaskStatus::InProgress),
    ("completed.json", TaskStatus::Completed),
    ("failed.json", TaskStatus::Failed),
];

/// Writes the run's state; a workspace that cannot be written to costs the export, not the run.
pub(crate) fn write(record: &RunRecord) {
    let Some(worktree) = record.state.worktree.as_deref() else { return };
    if let Err(error) = try_write(record, Path::new(worktree)) {
        tracing::debug!(run = %record.id, %error, "the state could not be exported");
    }
}

fn try_write(record: &RunRecord, worktree: &Path) -> io::Result<()> {
    let folder = made(&files::open_top(worktree)?, FOLDER)?;
    let run = record.view();
    replace(
        &folder,
        SESSION,
        &json!({
            "session_id": run.id,
            "status": run.status,
            "phase": run.phase,
            "iteration": run.iteration,
            "provider": run.provider,
            "branch": run.branch,
            "started_at": run.started_at,
            "cost_usd": run.cost_usd,
            "tasks_done": run.tasks_done,
            "tasks_total": run.tasks_total,
            "journal_seq": record.journal_seq,
        }),
    )?;
    let queue = made(&folder, QUEUE)?;
    for (name, status) in QUEUES {
        let tasks: Vec<_> = record
            .state
            .tasks
            .iter()
            .filter(|task| task.status == status)
            .map(|task| json!({"number": task.number, "title": task.title, "attempts": task.attempts, "note": task.note}))
            .collect();
        replace(&queue, name, &json!({ "tasks": tasks }))?;
    }
    Ok(())
}

/// Appends committed events to `events.jsonl`, one JSON object a line.
pub(crate) fn append(record: &RunRecord, at: Timestamp, events: &[(EventSeq, Event)]) {
    let Some(worktree) = record.state.worktree.as_deref() else { return };
    let lines: String = events
        .iter()
        .map(|(seq, event)| json!({"seq": seq, "at": at, "type": event.kind(), "data": event.data()}).to_string() + "\n")
        .collect();
    if let Err(error) = append_lines(Path::new(worktree), &lines) {
        tracing::debug!(run = %record.id, %error, "events could not be exported");
    }
}

/// Only where the folder is there already.
fn append_lines(worktree: &Path, lines: &str) -> io::Result<()> {
    let folder = files::open_folder(files::open_top(worktree)?, FOLDER)?;
    // A pipe without a reader would block.
    let flags =
        OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(&folder, EVENTS, flags, Mode::from_raw_mode(0o644))?);
    let data = file.metadata()?;
    if !data.is_file() || data.nlink() != 1 {
        return Err(io::Error::other(format!("{EVENTS} is no file of its own")));
    }
    file.write_all(lines.as_bytes())
}

/// Removes what is in `.loki` and not loki's own, nor the team's settings, which are in git: what a program of the project put
/// there is in no commit, so no check may depend on it. True when something was removed.
pub(crate) fn remove_foreign(worktree: &Path) -> io::Result<bool> {
    let top = files::open_top(worktree)?;
    match files::kind(&top, FOLDER) {
        None => return Ok(false),
        Some(FileType::Directory) => {}
        Some(_) => return removal::remove(&top, &CString::new(FOLDER)?).map(|()| true),
    }
    let folder = files::open_folder(&top, FOLDER)?;
    let mut removed = remove_others(&folder, |name, kind| match name {
        SESSION | EVENTS | "PAUSE" | "STOP" => kind == FileType::RegularFile,
        QUEUE | "config" => kind == FileType::Directory,
        _ => false,
    })?;
    if files::kind(&folder, QUEUE).is_some() {
        let queue = files::open_folder(&folder, QUEUE)?;
        let is_own = |name: &str| QUEUES.iter().any(|(own, _)| *own == name);
        removed |= remove_others(&queue, |name, kind| is_own(name) && kind == FileType::RegularFile)?;
    }
    Ok(removed)
}

fn remove_others(folder: &OwnedFd, is_own: impl Fn(&str, FileType) -> bool) -> io::Result<bool> {
    removal::unlock_if_needed(folder)?;
    let mut removed = false;
    for name in removal::entries(folder)? {
        let Some(kind) = files::kind(folder, name.as_c_str()) else { continue };
        if !name.to_str().is_ok_and(|name| is_own(name, kind)) {
            removal::remove(folder, &name)?;
            removed = true;
        }
    }
    Ok(removed)
}

/// The folder `name` in `parent`, made if it is not there.
fn made(parent: impl AsFd, name: &str) -> io::Result<OwnedFd> {
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => files::open_folder(parent, name),
        Err(error) => Err(error.into()),
    }
}

/// Written beside and renamed, so that a reader never sees half a file and a planted link is replaced, not followed.
fn replace(folder: &OwnedFd, name: &str, value: &serde_json::Value) -> io::Result<()> {
    let fresh = CString::new(format!(".{name}.new"))?;
    removal::unlink(folder, &fresh)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(folder, &fresh, flags, Mode::from_raw_mode(0o644))?);
    file.write_all(value.to_string().as_bytes())?;
    Ok(rustix::fs::renameat(folder, &fresh, folder, name)?)
}
