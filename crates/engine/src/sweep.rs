//! What a crash left on the disk: worktrees of runs that are over, folders of projects and runs that were deleted.

use std::{collections::HashSet, fmt::Display, hash::Hash, io, path::Path, str::FromStr, time::Duration};

use domain::ports::vcs::snapshots_beside;
use protocol::{ProjectId, RunId};
use services::{Cx, Error};
use tokio_util::sync::CancellationToken;

/// Ids in one question to the database.
const AT_ONCE: usize = 500;
/// How often it is looked for folders to be removed without a nudge.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Compares the data directory with the database, once, at the start. Only folders that loki names are looked at.
///
/// A folder that the database has no row for goes only if the audit trail names it: then it was deleted here. Otherwise this
/// is the data directory of another database, and somebody's work is not thrown away for a mistyped address.
pub(crate) async fn sweep(cx: &Cx) -> Result<(), Error> {
    // The folders first: what is made meanwhile has its row already when the database is asked.
    let worktrees: Vec<RunId> = named(&cx.settings.worktrees()).await?;
    let runs: Vec<RunId> = named(&cx.settings.runs()).await?;
    let projects: Vec<ProjectId> = named(&cx.settings.projects()).await?;

    for ids in worktrees.chunks(AT_ONCE) {
        sweep_worktrees(cx, ids).await?;
    }
    for ids in runs.chunks(AT_ONCE) {
        let known = {
            let tx = cx.store.read().await?;
            tx.runs().standing(ids).await?.into_keys().collect()
        };
        for id in deleted(cx, ids, &known).await? {
            remove(&cx.settings.run_dir(id)).await;
        }
    }
    for ids in projects.chunks(AT_ONCE) {
        let known = {
            let tx = cx.store.read().await?;
            tx.projects().known(ids).await?
        };
        for id in deleted(cx, ids, &known).await? {
            remove(&cx.settings.repository(id)).await;
        }
    }
    Ok(())
}

/// Removes what was put away for it, also by an earlier server. A nudge of the engine says that there may be more.
pub(crate) async fn clear_removed(cx: Cx, stop: CancellationToken) {
    let mut nudged = cx.nudges.watch_engine();
    while !stop.is_cancelled() {
        nudged.borrow_and_update();
        if let Err(error) = clear(&cx.settings.removed(), &stop).await {
            tracing::warn!(%error, "folders of what was deleted stay behind");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            _ = nudged.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn clear(removed: &Path, stop: &CancellationToken) -> io::Result<()> {
    let mut entries = match tokio::fs::read_dir(removed).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    while !stop.is_cancelled()
        && let Some(entry) = entries.next_entry().await?
    {
        let folder = entry.path();
        // One that stays does not keep the others.
        if let Err(error) = files::blocking(move || files::removal::remove_path(&folder)).await {
            tracing::warn!(%error, folder = %entry.path().display(), "a folder of what was deleted stays behind");
        }
    }
    Ok(())
}

async fn sweep_worktrees(cx: &Cx, ids: &[RunId]) -> Result<(), Error> {
    let standing = {
        let tx = cx.store.read().await?;
        tx.runs().standing(ids).await?
    };
    for (id, (project, _)) in standing.iter().filter(|(_, (_, over))| *over) {
        let found = {
            let tx = cx.store.read().await?;
            tx.projects().by_id(*project).await
        };
        let path = cx.settings.worktree(*id);
        // Git also forgets it then. Without the repository, the folder is all there is.
        if let Ok(Some(project)) = found
            && cx.vcs.remove_worktree(Path::new(&project.path), &path).await.is_ok()
        {
            tracing::info!(folder = %path.display(), "a worktree that a crash left behind was removed");
        } else {
            remove(&snapshots_beside(&path)).await;
            remove(&path).await;
        }
    }
    for id in deleted(cx, ids, &standing.into_keys().collect()).await? {
        let path = cx.settings.worktree(id);
        remove(&snapshots_beside(&path)).await;
        remove(&path).await;
    }
    Ok(())
}

/// Of `ids` those that are not `known` any more, but were once.
async fn deleted<Id: Copy + Eq + Hash + Display>(cx: &Cx, ids: &[Id], known: &HashSet<Id>) -> Result<Vec<Id>, Error> {
    let unknown: Vec<Id> = ids.iter().copied().filter(|id| !known.contains(id)).collect();
    if unknown.is_empty() {
        return Ok(unknown);
    }
    let names: Vec<String> = unknown.iter().map(Id::to_string).collect();
    let trail = {
        let tx = cx.store.read().await?;
        tx.audit().named(&names).await?
    };
    let (gone, foreign): (Vec<Id>, Vec<Id>) = unknown.into_iter().partition(|id| trail.contains(&id.to_string()));
    if !foreign.is_empty() {
        tracing::warn!(folders = foreign.len(), "the data directory has folders that this database never knew; they stay");
    }
    Ok(gone)
}

/// Ids whose folders lie in `folder`. Links, files and other names are nobody's business here.
async fn named<Id: FromStr + Display>(folder: &Path) -> Result<Vec<Id>, Error> {
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut ids = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        if let Some(id) = id_of(entry.file_name().to_str())
            && entry.file_type().await?.is_dir()
        {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The id that is written exactly as loki writes it.
fn id_of<Id: FromStr + Display>(name: Option<&str>) -> Option<Id> {
    let name = name?;
    name.parse::<Id>().ok().filter(|id| id.to_string() == name)
}

async fn remove(path: &Path) {
    let folder = path.to_owned();
    match files::blocking(move || files::removal::remove_path(&folder)).await {
        Ok(()) => tracing::info!(folder = %path.display(), "a folder that a crash left behind was removed"),
        Err(error) => tracing::warn!(%error, folder = %path.display(), "a folder that a crash left behind cannot be removed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_in_their_usual_form_are_looked_at() {
        let id = "0192f3a4-0000-7000-8000-000000000001";
        assert_eq!(id_of::<RunId>(Some(id)).map(|id| id.to_string()).as_deref(), Some(id));
        for name in ["", "0192F3A4-0000-7000-8000-000000000001", "0192f3a40000700080000000000000001", "..", "a project"] {
            assert_eq!(id_of::<RunId>(Some(name)), None, "{name}");
        }
        assert_eq!(id_of::<RunId>(None), None);
    }
}
