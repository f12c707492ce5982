//! Making the repository of a project: the part of creation that touches the disk. Safe to do again after a crash.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::ports::vcs::{CommitIdentity, Vcs, VcsError};
use protocol::{
    Event, EventScope, ProjectId,
    projects::{Project, ProjectSource, ProjectStatus},
};
use store::{StoreError, Tx};
use tokio_util::sync::CancellationToken;

use crate::{Cx, Error};

/// How long a repository is this server's alone to make without being renewed, in milliseconds.
const LEASE_MS: i64 = 30_000;
/// How often that is renewed.
const RENEW: Duration = Duration::from_secs(8);

/// Projects that still wait for their repository, but for those that another server makes one for.
pub async fn preparing(cx: &Cx) -> Result<Vec<ProjectId>, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.projects().preparing(&cx.settings.instance, cx.clock.now()).await?)
}

/// Makes, clones or finds the repository, and says so, unless another server does. A failure is kept with the project, in words.
/// What people change of the project meanwhile stays; of a project that was deleted meanwhile, nothing is left.
pub async fn prepare(cx: &Cx, id: ProjectId, cancel: &CancellationToken) -> Result<(), Error> {
    let (project, clone_url) = {
        let tx = cx.store.begin().await?;
        if !claim(cx, &tx, id).await? {
            return Ok(());
        }
        let found = (super::by_id(&tx, id).await?, tx.projects().clone_url(id).await?);
        tx.commit().await?;
        found
    };
    let making = cancel.child_token();
    let outcome = tokio::select! {
        outcome = make(cx, &project, clone_url.as_deref().unwrap_or_default(), &making) => outcome,
        never = keep(cx, id, &making) => match never {},
    };
    let tx = cx.store.begin().await?;
    if cancel.is_cancelled() {
        tx.projects().release(id, &cx.settings.instance).await?;
        return Ok(tx.commit().await?);
    }
    let Some(current) = tx.projects().by_id(id).await? else {
        drop(tx);
        return remove_made(&project).await;
    };
    // Another server took it over: what that one finds is what counts.
    if making.is_cancelled() || !claim(cx, &tx, id).await? {
        return Ok(());
    }
    tell(cx, tx, current, outcome).await
}

/// Takes the project, or keeps it; whether it is ours.
async fn claim(cx: &Cx, tx: &Tx, id: ProjectId) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let until = now.plus_millis(LEASE_MS);
    tx.projects().claim(id, &cx.settings.instance, now, until).await
}

/// Keeps the project while its repository is made; where it was lost, the making ends.
async fn keep(cx: &Cx, id: ProjectId, making: &CancellationToken) -> Infallible {
    loop {
        tokio::time::sleep(RENEW).await;
        if !is_ours(cx, id).await {
            making.cancel();
        }
    }
}

/// A database that does not answer does not take it away: it is asked once more before anything is written.
async fn is_ours(cx: &Cx, id: ProjectId) -> bool {
    let Ok(tx) = cx.store.begin().await else { return true };
    let ours = claim(cx, &tx, id).await.unwrap_or(true);
    tx.commit().await.is_err() || ours
}

/// Writes down what came of it.
async fn tell(cx: &Cx, tx: Tx, mut project: Project, outcome: Result<String, VcsError>) -> Result<(), Error> {
    match outcome {
        Ok(branch) => {
            project.status = ProjectStatus::Ready;
            project.branch = Some(branch);
        }
        Err(error) => {
            project.status = ProjectStatus::Failed;
            project.problem = Some(error.to_string());
        }
    }
    project.updated_at = cx.clock.now();
    tx.projects().set_prepared(&project).await?;
    let event = Event::ProjectReady { status: project.status, problem: project.problem.clone() };
    tx.events().tell(cx.clock.now(), EventScope::project(project.id), &event);
    tx.commit().await?;
    cx.nudges.events();
    cx.nudges.engine();
    Ok(())
}

/// Removes the repository of a project that is gone; a folder of somebody else's stays as it is.
async fn remove_made(project: &Project) -> Result<(), Error> {
    if project.source == ProjectSource::Folder {
        return Ok(());
    }
    tracing::info!(project = %project.id, "the project was deleted while its repository was made");
    Ok(remove(PathBuf::from(&project.path)).await?)
}

async fn make(cx: &Cx, project: &Project, clone_url: &str, cancel: &CancellationToken) -> Result<String, VcsError> {
    let path = Path::new(&project.path);
    match project.source {
        ProjectSource::Folder => match cx.vcs.head(path).await {
            // Nothing of anybody's is in it yet, so a new repository may take its place.
            Err(_) if is_empty(path).await? => new_repository(cx, project).await,
            head => Ok(head?.0),
        },
        ProjectSource::GitUrl => {
            if let Ok((branch, _)) = cx.vcs.head(path).await {
                return Ok(branch);
            }
            Vcs::clone(cx.vcs.as_ref(), clone_url, path, cancel).await
        }
        ProjectSource::New | ProjectSource::Template => {
            if let Ok((branch, _)) = cx.vcs.head(path).await {
                return Ok(branch);
            }
            // What a crash left half-made is ours and holds nothing yet.
            remove(path.to_owned()).await?;
            new_repository(cx, project).await
        }
    }
}

/// A repository with the project's first files; the name of its branch.
async fn new_repository(cx: &Cx, project: &Project) -> Result<String, VcsError> {
    let identity = CommitIdentity { name: cx.settings.commit_name.clone(), email: cx.settings.commit_email.clone() };
    cx.vcs.init(Path::new(&project.path), &identity, project.created_at, &first_files(project)).await?;
    Ok("main".to_owned())
}

/// Removes a repository of loki's own, whatever programs of the project left in it.
pub(super) async fn remove(folder: PathBuf) -> std::io::Result<()> {
    files::blocking(move || files::removal::remove_path(&folder)).await
}

async fn is_empty(folder: &Path) -> std::io::Result<bool> {
    Ok(tokio::fs::read_dir(folder).await?.next_entry().await?.is_none())
}

fn first_files(project: &Project) -> Vec<(String, String)> {
    let mut files = vec![
        ("README.md".to_owned(), format!("# {}\n\n{}\n", project.name, project.description).trim_end().to_owned() + "\n"),
        (".gitignore".to_owned(), ".loki/*\n!.loki/config/\n!.loki/templates/\n".to_owned()),
    ];
    if let Some(spec) = &project.spec {
        files.push((SPEC_PATH.to_owned(), spec.clone()));
    }
    files
}

/// Where a new repository keeps the spec that it was made from.
pub const SPEC_PATH: &str = "docs/prd.md";
