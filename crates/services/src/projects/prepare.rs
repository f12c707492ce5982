//! Making the repository of a project: the part of creation that touches the disk. Safe to do again after a crash.

use std::path::{Path, PathBuf};

use domain::ports::vcs::{Identity, Vcs, VcsError};
use protocol::{
    Event, ProjectId, Scope,
    projects::{Project, ProjectSource, ProjectStatus},
};
use tokio_util::sync::CancellationToken;

use crate::{Cx, Error};

/// Projects that still wait for their repository.
pub async fn preparing(cx: &Cx) -> Result<Vec<ProjectId>, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.projects().preparing().await?)
}

/// Makes, clones or finds the repository, and says so. A failure is kept with the project, in words. What people change of
/// the project meanwhile stays; of a project that was deleted meanwhile, nothing is left.
pub async fn prepare(cx: &Cx, id: ProjectId, cancel: &CancellationToken) -> Result<Project, Error> {
    let (project, clone_url) = {
        let tx = cx.store.read().await?;
        (super::by_id(&tx, id).await?, tx.projects().clone_url(id).await?)
    };
    if project.status != ProjectStatus::Preparing {
        return Ok(project);
    }
    let outcome = make(cx, &project, clone_url.as_deref().unwrap_or_default(), cancel).await;
    if cancel.is_cancelled() {
        return Ok(project);
    }
    let tx = cx.store.begin().await?;
    let Some(mut project) = tx.projects().by_id(id).await? else {
        drop(tx);
        remove_made(&project).await?;
        return Ok(project);
    };
    // Another server was quicker: what it found is what counts, and was told.
    if project.status != ProjectStatus::Preparing {
        return Ok(project);
    }
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
    tx.events().append(cx.clock.now(), Scope::project(id), &event).await?;
    tx.commit().await?;
    cx.nudges.events();
    cx.nudges.engine();
    Ok(project)
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
    let identity = Identity { name: cx.settings.commit_name.clone(), email: cx.settings.commit_email.clone() };
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
