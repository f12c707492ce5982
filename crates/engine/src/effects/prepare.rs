//! A worktree and a branch of its own for the run.

use std::{path::Path, time::Duration};

use domain::{ports::vcs::VcsError, runs::Input, runs::RunRecord};
use protocol::projects::{Project, ProjectStatus};
use services::{Cx, Error};
use tokio_util::sync::CancellationToken;

use super::Outcome;

/// How often a project that is still being prepared is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) async fn prepare(cx: &Cx, record: &RunRecord, cancel: &CancellationToken) -> Result<Outcome, Error> {
    let project = ready_project(cx, record, cancel).await?;
    let repository = Path::new(&project.path);
    let branch = project.branch.as_deref().unwrap_or("main");
    let Some(base) = cx.vcs.branch_commit(repository, branch).await? else {
        return Err(Error::Conflict(format!("the project's branch {branch} has no commit")));
    };
    let path = cx.settings.worktree(record.id);
    tokio::fs::create_dir_all(cx.settings.run_dir(record.id)).await?;
    if let Some(parent) = path.parent() {
        tokio::fs::create_dir_all(parent).await?;
    }
    let name = format!("loki/run-{}", record.number);
    // Made before a crash: the project's branch may have moved since, the worktree stands where it was made.
    let base = match cx.vcs.branch_commit(repository, &name).await? {
        Some(made) if path.exists() => made,
        _ => base,
    };
    let made = match cx.vcs.add_worktree(repository, &path, &name, &base).await {
        // A branch of that name may stem from another installation: it is left alone.
        Err(VcsError::Refused(_)) => {
            let id = record.id.to_string();
            let unique = format!("{name}-{}", id.get(id.len().saturating_sub(6)..).unwrap_or(&id));
            cx.vcs.add_worktree(repository, &path, &unique, &base).await?
        }
        other => other?,
    };
    let worktree = made.path.to_string_lossy().into_owned();
    Ok(Input::Prepared { base: made.base, branch: made.branch, worktree }.into())
}

/// Makes sure, when a run is taken up again, that its worktree is there and is the one that was made for it: meanwhile somebody
/// may have removed it or put another repository in its place.
pub(crate) async fn reopen(cx: &Cx, record: &RunRecord) -> Result<(), Error> {
    let state = &record.state;
    let (Some(path), Some(branch), Some(base)) = (&state.worktree, &state.branch, &state.base) else { return Ok(()) };
    if state.is_over() {
        return Ok(());
    }
    let repository = super::repository(cx, record).await?;
    cx.vcs.add_worktree(&repository, Path::new(path), branch, base).await?;
    Ok(())
}

async fn ready_project(cx: &Cx, record: &RunRecord, cancel: &CancellationToken) -> Result<Project, Error> {
    loop {
        let project = super::project(cx, record).await?;
        match project.status {
            ProjectStatus::Ready => return Ok(project),
            ProjectStatus::Failed => {
                let problem = project.problem.unwrap_or_else(|| "not recorded".to_owned());
                return Err(Error::Conflict(format!("the project's repository could not be made: {problem}")));
            }
            ProjectStatus::Preparing => {
                tokio::select! {
                    () = cancel.cancelled() => return Err(Error::Internal("cancelled".to_owned())),
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }
}
