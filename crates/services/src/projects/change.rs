//! Changing and deleting projects.

use std::{
    io,
    path::{Path, PathBuf},
};

use domain::{access::Action, actor::Actor, audit::Changes, ports::vcs::snapshots_beside, vault::SecretScope};
use protocol::{
    Event, EventScope, ProjectId, RunId,
    projects::{Project, ProjectSource, UpdateProject},
};

use crate::{Cx, Error, audit::done, runs::check_spec};

/// Changes what is given and leaves the rest.
pub async fn update(cx: &Cx, actor: &Actor, id: ProjectId, command: UpdateProject) -> Result<Project, Error> {
    // Before it is this one's turn to write: a long spec takes a while to read.
    if let Some(spec) = &command.prd_text {
        super::load(&cx.store.read().await?, actor, id, Action::WriteProject).await?;
        check_spec(spec)?;
    }
    let tx = crate::accounts::begin(cx, actor).await?;
    let mut project = super::load(&tx, actor, id, Action::WriteProject).await?;
    let before = project.clone();
    if let Some(name) = &command.name {
        project.name = super::check_name(name)?;
    }
    if let Some(description) = &command.description {
        project.description = super::check_description(description)?;
    }
    if let Some(delivery) = command.delivery {
        project.delivery = delivery;
    }
    if let Some(spec) = command.prd_text {
        project.spec = Some(spec);
    }
    project.updated_at = cx.clock.now();
    tx.projects().update(&project).await?;
    let scope = EventScope::project(id);
    tx.events().tell(cx.clock.now(), scope, &Event::ProjectUpdated { name: project.name.clone() });
    tx.record(done(cx, actor, "update project", id).about(id).with(changes(&before, &project)));
    tx.commit().await?;
    cx.nudges.events();
    Ok(project)
}

fn changes(before: &Project, after: &Project) -> Changes {
    let spec = |project: &Project| project.spec.clone().unwrap_or_default();
    Changes::default()
        .field("name", &before.name, &after.name)
        .field("description", &before.description, &after.description)
        .field("delivery", before.delivery.as_str(), after.delivery.as_str())
        .field("spec", spec(before), spec(after))
}

/// Removes a project with its runs. A repository that loki made is removed, a folder of somebody else's stays as it is.
pub async fn delete(cx: &Cx, actor: &Actor, id: ProjectId) -> Result<(), Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let project = super::load(&tx, actor, id, Action::DeleteProject).await?;
    let active = tx.runs().active_slim().await?;
    if let Some(run) = active.iter().find(|run| run.project_id == id) {
        return Err(Error::Conflict(format!("run {} of this project is still active: stop it first", run.number)));
    }
    let runs = tx.runs().delete_of(id).await?;
    tx.secrets().delete_of(SecretScope::Project(id)).await?;
    tx.projects().delete(id).await?;
    tx.sharing().gone(id, project.owner).await?;
    let scope = EventScope::project(id);
    tx.events().tell(cx.clock.now(), scope, &Event::ProjectDeleted { name: project.name.clone() });
    tx.record(done(cx, actor, "delete project", id).about(id).with(Changes::went(super::facts(&project))));
    tx.commit().await?;
    cx.nudges.events();
    let of_run = |run: &RunId| {
        let worktree = cx.settings.worktree(*run);
        [snapshots_beside(&worktree), worktree, cx.settings.run_dir(*run)]
    };
    let mut folders: Vec<PathBuf> = runs.iter().flat_map(of_run).collect();
    if project.source != ProjectSource::Folder {
        folders.push(cx.settings.repository(id));
    }
    for folder in folders {
        if let Err(error) = put_away(cx, &folder).await {
            tracing::warn!(%error, project = %id, folder = %folder.display(), "a folder of a deleted project stays behind");
        }
    }
    cx.nudges.engine();
    Ok(())
}

/// Moves a folder to where the engine removes it: nobody waits for a large one to go. After a crash in between, the engine finds it
/// at the next start, wherever it is. What cannot be moved is removed at once.
async fn put_away(cx: &Cx, folder: &Path) -> io::Result<()> {
    let (Some(kind), Some(id)) = (folder.parent().and_then(Path::file_name), folder.file_name()) else {
        return super::prepare::remove(folder.to_owned()).await;
    };
    let aside = cx.settings.removed();
    let mut name = kind.to_owned();
    name.push("-");
    name.push(id);
    let (from, to) = (folder.to_owned(), aside.join(name));
    let moved = match tokio::fs::create_dir_all(&aside).await {
        Ok(()) => files::blocking(move || files::removal::move_aside(&from, &to)).await,
        // A full disk has no room for a folder, and a removal makes some.
        Err(error) => Err(error),
    };
    match moved {
        Ok(()) => Ok(()),
        Err(_) => super::prepare::remove(folder.to_owned()).await,
    }
}
