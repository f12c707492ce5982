//! Verification: of one task's work, and of the whole.

use std::path::Path;

use domain::{
    runs::{Input, RunRecord},
    specs::TaskDraft,
};
use files::removal;
use protocol::runs::TaskStatus;
use services::{Cx, Error, vault};
use tokio_util::sync::CancellationToken;

use super::Outcome;
use crate::{
    checks::{self, Subject},
    export,
};

/// The folder of a run that holds a clean copy of what it committed, while that is checked.
const WHOLE: &str = "whole";

/// How the worktree is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// As its tree, which was read just before.
    AsRead,
    /// Somebody or something may have been at it since.
    Unknown,
}

/// Holds the running iteration's work to every gate.
pub(super) async fn verify(
    cx: &Cx,
    record: &RunRecord,
    tree: &str,
    found: Found,
    cancel: &CancellationToken,
) -> Result<Outcome, Error> {
    let spec = super::spec(record)?;
    let worktree = super::worktree(record)?;
    let folder = worktree.clone();
    let removed = files::blocking(move || export::remove_foreign(&folder)).await?;
    if found == Found::Unknown || removed {
        cx.vcs.restore(&worktree, tree).await?;
    }
    // Mending the whole must keep what was done, so all of it is looked at.
    let tasks = match record.state.task() {
        Some(running) => running.draft(&spec.tasks).into_iter().collect(),
        None => completed(record, &spec.tasks),
    };
    let repository = super::repository(cx, record).await?;
    let subject = Subject {
        cx,
        record,
        git_data: cx.vcs.data(&repository)?,
        repository,
        objects: worktree.clone(),
        worktree,
        from: super::tip(record)?.to_owned(),
        tree: tree.to_owned(),
        iteration: record.state.iteration,
        tasks,
        given: vault::given(cx, record.project_id).await?,
    };
    let verification = checks::run(&subject, cancel).await;
    // The project's commands may have left files behind; the worktree is what was verified.
    cx.vcs.restore(&subject.worktree, tree).await?;
    Ok(Input::Verified(verification?).into())
}

/// Holds everything that the run committed to every gate, in a copy with nothing else in it: what git ignores or does not see
/// is not part of what is handed over.
pub(super) async fn check_whole(cx: &Cx, record: &RunRecord, cancel: &CancellationToken) -> Result<Outcome, Error> {
    let spec = super::spec(record)?;
    let tip = super::tip(record)?.to_owned();
    let worktree = super::worktree(record)?;
    cx.vcs.restore(&worktree, &tip).await?;
    let repository = super::repository(cx, record).await?;
    let run_dir = cx.settings.run_dir(record.id);
    remove_copy(&run_dir).await?;
    cx.vcs.export(&repository, &tip, &run_dir.join(WHOLE)).await?;
    let subject = Subject {
        cx,
        record,
        objects: repository.clone(),
        git_data: cx.vcs.data(&repository)?,
        repository,
        worktree: run_dir.join(WHOLE),
        from: record.state.base.clone().unwrap_or_else(|| tip.clone()),
        tree: tip,
        iteration: checks::WHOLE,
        tasks: completed(record, &spec.tasks),
        given: vault::given(cx, record.project_id).await?,
    };
    let verification = checks::run(&subject, cancel).await;
    remove_copy(&run_dir).await?;
    Ok(Input::Checked(verification?).into())
}

async fn remove_copy(run_dir: &Path) -> Result<(), Error> {
    let run_dir = run_dir.to_owned();
    Ok(files::blocking(move || removal::remove_below(&run_dir, WHOLE)).await?)
}

fn completed<'a>(record: &RunRecord, drafts: &'a [TaskDraft]) -> Vec<&'a TaskDraft> {
    let done = record.state.tasks.iter().filter(|task| task.status == TaskStatus::Completed);
    done.filter_map(|task| task.draft(drafts)).collect()
}
