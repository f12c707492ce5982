//! Changing and deleting projects.

use domain::{access::Action, actor::Actor, audit::Changes, reach::require_somewhere, vault::SecretScope};
use protocol::{
    Event, ProjectId, Scope,
    projects::{Project, ProjectSource, UpdateProject},
};

use crate::{Cx, Error, audit::record_changes, context::audit, runs::check_spec};

/// Changes what is given and leaves the rest.
pub async fn update(cx: &Cx, actor: &Actor, id: ProjectId, command: UpdateProject) -> Result<Project, Error> {
    require_somewhere(actor, Action::WriteProject)?;
    let tx = cx.store.begin().await?;
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
        check_spec(&spec)?;
        project.spec = Some(spec);
    }
    project.updated_at = cx.clock.now();
    tx.projects().update(&project).await?;
    let scope = Scope::project(id);
    tx.events().append(cx.clock.now(), scope, &Event::ProjectUpdated { name: project.name.clone() }).await?;
    record_changes(cx, &tx, actor, ("update project", id), changes(&before, &project)).await?;
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
    require_somewhere(actor, Action::DeleteProject)?;
    let tx = cx.store.begin().await?;
    let project = super::load(&tx, actor, id, Action::DeleteProject).await?;
    let active = tx.runs().active_slim().await?;
    if let Some(run) = active.iter().find(|run| run.project_id == id) {
        return Err(Error::Conflict(format!("run {} of this project is still active: stop it first", run.number)));
    }
    let runs = tx.runs().delete_of(id).await?;
    tx.secrets().delete_of(SecretScope::Project(id)).await?;
    tx.projects().delete(id).await?;
    tx.sharing().gone(id, project.owner).await?;
    let scope = Scope::project(id);
    tx.events().append(cx.clock.now(), scope, &Event::ProjectDeleted { name: project.name.clone() }).await?;
    audit(cx, &tx, actor, "delete project", id).await?;
    tx.commit().await?;
    cx.nudges.events();
    let mut folders: Vec<_> = runs.iter().flat_map(|run| [cx.settings.worktree(*run), cx.settings.run_dir(*run)]).collect();
    if project.source != ProjectSource::Folder {
        folders.push(cx.settings.repository(id));
    }
    for folder in folders {
        if let Err(error) = super::prepare::remove(folder.clone()).await {
            tracing::warn!(%error, project = %id, folder = %folder.display(), "a folder of a deleted project stays behind");
        }
    }
    Ok(())
}
