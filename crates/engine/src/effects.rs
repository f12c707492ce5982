//! Carrying out what the run machine asks for. Every effect may be cut off anywhere and done again.

mod act;
mod deliver;
mod plan;
pub(crate) mod prepare;
mod reason;
mod seal;
mod verify;

use std::path::{Path, PathBuf};

use domain::{
    errors::explain,
    ports::vcs::{CommitIdentity, NewCommit, VcsError},
    receipts,
    runs::{Effect, Ending, Input, RunRecord, steps},
    specs::{self, Spec},
};
use protocol::projects::Project;
use services::{Cx, Error};
use tokio_util::sync::CancellationToken;

use crate::journal::Extra;

/// What an effect came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    input: Input,
    extra: Extra,
    /// Set when the run's cost ceiling ended the effect.
    over_budget: Option<String>,
}

impl Outcome {
    pub(crate) fn into_input(self) -> (Input, Extra) {
        (self.input, self.extra)
    }

    /// The limit that was reached, in words.
    pub(crate) fn over_budget(&self) -> Option<String> {
        self.over_budget.clone()
    }

    pub(crate) fn broke(reason: String) -> Self {
        Input::Broke { reason }.into()
    }

    /// The outcome that an error stands for, where trying again would not help.
    pub(crate) fn of_error(error: &Error) -> Option<Self> {
        match error {
            Error::Invalid(reason) | Error::Conflict(reason) | Error::NotFound(reason) => Some(Self::broke(reason.clone())),
            Error::Unavailable(reason) => Some(Input::Blocked { reason: reason.clone() }.into()),
            Error::Full(_) | Error::Vcs(VcsError::DiskFull) => Some(disk_full()),
            // An agent's own is undone; here somebody else's would be.
            Error::Vcs(error @ VcsError::PathTooLong(_)) => {
                Some(Input::Blocked { reason: format!("{error}: remove it, then resume") }.into())
            }
            Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => Some(disk_full()),
            _ => None,
        }
    }
}

impl From<Input> for Outcome {
    fn from(input: Input) -> Self {
        Self { input, extra: Extra::None, over_budget: None }
    }
}

fn disk_full() -> Outcome {
    Input::Blocked { reason: "the disk is full: free some space, then resume".to_owned() }.into()
}

/// Carries out `effect`. `follows` is the effect that this process carried out just before, if any.
pub(crate) async fn carry_out(
    cx: &Cx,
    record: &RunRecord,
    effect: &Effect,
    follows: Option<&Effect>,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    match effect {
        Effect::Claim => Ok(Input::Claimed.into()),
        Effect::Prepare => prepare::prepare(cx, record, cancel).await,
        Effect::Plan => plan::plan(cx, record).await,
        Effect::Reason { discard } => reason::reason(cx, record, discard.as_deref()).await,
        Effect::Act { call, checkpoint } => {
            // Straight after the checkpoint was taken, the worktree still is what it says.
            let is_fresh = matches!(follows, Some(Effect::Reason { .. }));
            act::act(cx, record, *call, (!is_fresh).then_some(checkpoint.as_str()), cancel).await
        }
        Effect::Reflect => reason::reflect(cx, record).await,
        Effect::Verify { tree } => {
            let found = if matches!(follows, Some(Effect::Reflect)) { verify::Found::AsRead } else { verify::Found::Unknown };
            verify::verify(cx, record, tree, found, cancel).await
        }
        Effect::Commit { tree, parent, message, at } => {
            let commit = NewCommit {
                tree: tree.clone(),
                parent: parent.clone(),
                branch: record.state.branch.clone().unwrap_or_default(),
                message: message.clone(),
                identity: identity(cx),
                at: *at,
            };
            let made = cx.vcs.commit(&worktree(record)?, &commit).await?;
            Ok(Input::Committed { commit: made }.into())
        }
        Effect::Check => verify::check_whole(cx, record, cancel).await,
        // The driver lets the run go until then.
        Effect::Wait { .. } => Ok(Input::Waited.into()),
        Effect::Deliver => deliver::deliver(cx, record).await,
        Effect::Seal => seal::seal(cx, record).await,
    }
}

/// What stays of a run's work after it is over is what was committed: the rest may hold what was refused, secrets among it.
pub(crate) async fn clean_up(cx: &Cx, record: &RunRecord) {
    let Ok(path) = worktree(record) else { return };
    let tx = match cx.store.read().await {
        Ok(tx) => tx,
        Err(error) => return tracing::warn!(error = %explain(&error), run = %record.id, "a worktree stays behind"),
    };
    let Ok(Some(project)) = tx.projects().by_id(record.project_id).await else { return };
    drop(tx);
    if let Err(error) = cx.vcs.remove_worktree(Path::new(&project.path), &path).await {
        tracing::warn!(error = %explain(&error), run = %record.id, "a worktree stays behind");
    }
}

pub(crate) fn identity(cx: &Cx) -> CommitIdentity {
    CommitIdentity { name: cx.settings.commit_name.clone(), email: cx.settings.commit_email.clone() }
}

pub(crate) fn worktree(record: &RunRecord) -> Result<PathBuf, Error> {
    let path = record.state.worktree.as_deref().map(PathBuf::from);
    path.ok_or_else(|| Error::Internal("the run has no worktree yet".to_owned()))
}

/// Bytes below which a disk counts as full: an agent that cannot write would use up its attempts on it.
const LEAST_ROOM: u64 = 8 << 20;

/// Refuses to go on where the run's worktree has no room left.
pub(crate) fn require_room(worktree: &Path) -> Result<(), Error> {
    let disk = rustix::fs::statvfs(worktree).map_err(std::io::Error::from)?;
    let has_files = disk.f_files == 0 || disk.f_favail > 0;
    if has_files && disk.f_bavail.saturating_mul(disk.f_frsize) >= LEAST_ROOM {
        return Ok(());
    }
    Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into())
}

/// The commit that the run's branch stands at.
pub(crate) fn tip(record: &RunRecord) -> Result<&str, Error> {
    record.state.tip.as_deref().ok_or_else(|| Error::Internal("the run has no commit yet".to_owned()))
}

/// The run's spec, read again: it does not change once its tasks are planned.
pub(crate) fn spec(record: &RunRecord) -> Result<Spec, Error> {
    specs::parse(record.spec.as_bytes(), None).map_err(|error| Error::Invalid(error.to_string()))
}

/// The run's project, as it stands now.
pub(crate) async fn project(cx: &Cx, record: &RunRecord) -> Result<Project, Error> {
    let tx = cx.store.read().await?;
    let project = tx.projects().by_id(record.project_id).await?;
    project.ok_or_else(|| Error::NotFound("the project of this run is gone".to_owned()))
}

/// The folder of its repository.
pub(crate) async fn repository(cx: &Cx, record: &RunRecord) -> Result<PathBuf, Error> {
    Ok(PathBuf::from(project(cx, record).await?.path))
}

/// The end of a run in words.
pub(crate) fn ended_because(record: &RunRecord) -> String {
    let tasks = &record.state.tasks;
    match &record.state.ending {
        None => "not recorded".to_owned(),
        Some(Ending::TasksDone) => receipts::worked_on(tasks.iter().filter(|task| task.attempts > 0).count(), tasks.len()),
        Some(ending) => steps::describe(ending),
    }
}
