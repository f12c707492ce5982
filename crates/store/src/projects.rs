//! Projects.

use std::collections::HashSet;

use domain::addresses::without_credentials;
use domain::reach::Visible;
use protocol::{
    ProjectId, Timestamp, UserId,
    projects::{Project, ProjectStatus},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    StoreError, Tx,
    tables::projects,
    visible::{columns, owner, projects_of},
    words::{from_word, word},
};

const TABLE: &str = "projects";

/// Where a list of projects goes on.
#[derive(Clone, Copy, Debug)]
pub struct ProjectPage<'a> {
    /// What the actor may know about.
    pub visible: Visible<'a>,
    /// Projects made before this one.
    pub after: Option<ProjectId>,
    pub limit: u64,
}

/// Projects.
#[derive(Debug)]
pub struct Projects<'a>(pub(crate) &'a Tx);

impl Projects<'_> {
    pub async fn insert(&self, project: &Project) -> Result<(), StoreError> {
        projects::Entity::insert(row(project)?).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Keeps the address to clone from with its credentials, until [`Self::set_prepared`]. No project that is read holds them.
    pub async fn keep_clone_url(&self, id: ProjectId, url: &str) -> Result<(), StoreError> {
        let row = projects::ActiveModel { id: Set(id.0), git_url: Set(Some(url.to_owned())), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// The address to clone from as it was kept, for git alone.
    pub async fn clone_url(&self, id: ProjectId) -> Result<Option<String>, StoreError> {
        let kept = projects::Entity::find_by_id(id.0).select_only().column(projects::Column::GitUrl).into_tuple();
        Ok(kept.one(&self.0.inner).await?.flatten())
    }

    /// Writes what people change: name, description, delivery, spec. How its repository stands is written by
    /// [`Self::set_prepared`], so that neither overwrites the other.
    pub async fn update(&self, project: &Project) -> Result<(), StoreError> {
        let row = projects::ActiveModel {
            id: Set(project.id.0),
            name: Set(project.name.clone()),
            description: Set(project.description.clone()),
            delivery: Set(word(TABLE, &project.delivery)?),
            spec: Set(project.spec.clone()),
            updated_at: Set(project.updated_at.millis()),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Writes how the repository stands: status, branch, problem. The credentials of its address have served and go.
    pub async fn set_prepared(&self, project: &Project) -> Result<(), StoreError> {
        let row = projects::ActiveModel {
            id: Set(project.id.0),
            status: Set(word(TABLE, &project.status)?),
            branch: Set(project.branch.clone()),
            problem: Set(project.problem.clone()),
            git_url: Set(project.git_url.as_deref().map(without_credentials)),
            updated_at: Set(project.updated_at.millis()),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    pub async fn delete(&self, id: ProjectId) -> Result<(), StoreError> {
        projects::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    pub async fn by_id(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        projects::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// The project whose repository lies at `path`, or is to be made there, if there is one.
    pub async fn by_path(&self, path: &str) -> Result<Option<Project>, StoreError> {
        let failed = word(TABLE, &ProjectStatus::Failed)?;
        let found = projects::Entity::find().filter(projects::Column::Path.eq(path)).filter(projects::Column::Status.ne(failed));
        found.one(&self.0.inner).await?.map(read).transpose()
    }

    /// Newest first.
    pub async fn list(&self, page: ProjectPage<'_>) -> Result<Vec<Project>, StoreError> {
        let mut found =
            projects::Entity::find().filter(projects_of(page.visible)).order_by_desc(projects::Column::Id).limit(page.limit);
        if let Some(after) = page.after {
            found = found.filter(projects::Column::Id.lt(after.0));
        }
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Projects whose repository is still to be made.
    pub async fn preparing(&self) -> Result<Vec<ProjectId>, StoreError> {
        let status = word(TABLE, &ProjectStatus::Preparing)?;
        let found: Vec<uuid::Uuid> = projects::Entity::find()
            .select_only()
            .column(projects::Column::Id)
            .filter(projects::Column::Status.eq(status))
            .order_by_asc(projects::Column::Id)
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(ProjectId).collect())
    }

    /// Of those ids the ones that are projects.
    pub async fn known(&self, ids: &[ProjectId]) -> Result<HashSet<ProjectId>, StoreError> {
        let found: Vec<uuid::Uuid> = projects::Entity::find()
            .select_only()
            .column(projects::Column::Id)
            .filter(projects::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(ProjectId).collect())
    }
}

fn row(project: &Project) -> Result<projects::ActiveModel, StoreError> {
    let (owner_user, owner_team) = columns(project.owner);
    Ok(projects::ActiveModel {
        id: Set(project.id.0),
        name: Set(project.name.clone()),
        description: Set(project.description.clone()),
        source: Set(word(TABLE, &project.source)?),
        status: Set(word(TABLE, &project.status)?),
        problem: Set(project.problem.clone()),
        path: Set(project.path.clone()),
        branch: Set(project.branch.clone()),
        template: Set(project.template.clone()),
        git_url: Set(project.git_url.as_deref().map(without_credentials)),
        delivery: Set(word(TABLE, &project.delivery)?),
        spec: Set(project.spec.clone()),
        created_by: Set(project.created_by.map(|id| id.0)),
        created_at: Set(project.created_at.millis()),
        updated_at: Set(project.updated_at.millis()),
        owner_user: Set(owner_user),
        owner_team: Set(owner_team),
    })
}

fn read(row: projects::Model) -> Result<Project, StoreError> {
    Ok(Project {
        id: ProjectId(row.id),
        name: row.name,
        description: row.description,
        source: from_word(TABLE, &row.source)?,
        status: from_word(TABLE, &row.status)?,
        problem: row.problem,
        path: row.path,
        branch: row.branch,
        template: row.template,
        git_url: row.git_url.as_deref().map(without_credentials),
        delivery: from_word(TABLE, &row.delivery)?,
        spec: row.spec,
        created_by: row.created_by.map(UserId),
        owner: owner(row.owner_user, row.owner_team),
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}
