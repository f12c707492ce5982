//! Projects.

use std::collections::HashSet;

use domain::{
    addresses::without_credentials,
    reach::Visible,
    sort::{Order, Sort, name_key},
};
use protocol::{
    ProjectId, Timestamp, UserId,
    projects::{Project, ProjectStatus},
    teams::Owner,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{
    StoreError, Tx,
    sorted::{sorted, value},
    tables::projects,
    visible::{columns, owner, projects_of},
    words::{from_word, word},
};

const TABLE: &str = "projects";

/// Where a list of projects goes on.
#[derive(Clone, Debug)]
pub struct ProjectPage<'a> {
    /// What the actor may know about.
    pub visible: Visible<'a>,
    /// Its own is the newest first.
    pub order: Order<ProjectId>,
    pub limit: u64,
}

/// Projects.
#[derive(Debug)]
pub struct Projects<'a>(pub(crate) &'a Tx);

impl Projects<'_> {
    /// Adds a project, without the credentials of its address; a conflict where its id is taken.
    pub async fn insert(&self, project: &Project) -> Result<(), StoreError> {
        projects::Entity::insert(row(project)?).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Keeps the address to clone from with its credentials, until [`Self::set_prepared`]. No project that is read holds them. A
    /// conflict when the project is gone.
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
    /// [`Self::set_prepared`], so that neither overwrites the other. A conflict when the project is gone.
    pub async fn update(&self, project: &Project) -> Result<(), StoreError> {
        let row = projects::ActiveModel {
            id: Set(project.id.0),
            name: Set(project.name.clone()),
            sort_name: Set(name_key(&project.name)),
            description: Set(project.description.clone()),
            delivery: Set(word(TABLE, &project.delivery)?),
            spec: Set(project.spec.clone()),
            updated_at: Set(project.updated_at.millis()),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Writes how the repository stands: status, branch, problem. The credentials of its address and the lease have served and go.
    /// A conflict when the project is gone.
    pub async fn set_prepared(&self, project: &Project) -> Result<(), StoreError> {
        let row = projects::ActiveModel {
            id: Set(project.id.0),
            status: Set(word(TABLE, &project.status)?),
            branch: Set(project.branch.clone()),
            problem: Set(project.problem.clone()),
            git_url: Set(project.git_url.as_deref().map(without_credentials)),
            updated_at: Set(project.updated_at.millis()),
            lease_owner: Set(None),
            lease_until: Set(None),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a project, if it is there. Its runs, shares and secrets are the caller's to remove.
    pub async fn delete(&self, id: ProjectId) -> Result<(), StoreError> {
        projects::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    /// The project of that id; absent when it was deleted.
    pub async fn by_id(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        projects::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// The project whose repository lies at `path`, or is to be made there, if there is one.
    pub async fn by_path(&self, path: &str) -> Result<Option<Project>, StoreError> {
        let failed = word(TABLE, &ProjectStatus::Failed)?;
        let found = projects::Entity::find().filter(projects::Column::Path.eq(path)).filter(projects::Column::Status.ne(failed));
        found.one(&self.0.inner).await?.map(read).transpose()
    }

    /// A page of the projects that the actor may know about.
    pub async fn list(&self, page: ProjectPage<'_>) -> Result<Vec<Project>, StoreError> {
        let found = projects::Entity::find().filter(projects_of(page.visible)).limit(page.limit);
        let found = match &page.order {
            Order::Own(None) => found.order_by_desc(projects::Column::Id),
            Order::Own(Some(after)) => found.order_by_desc(projects::Column::Id).filter(projects::Column::Id.lt(after.0)),
            Order::Sorted(sort, after) => {
                let after = after.as_ref().map(|cursor| (cursor.key.as_str(), cursor.id.0));
                sorted(found, (key(*sort), projects::Column::Id), *sort, after)?
            }
        };
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// What that project is sorted by, as a cursor has it.
    pub async fn sorted_by(&self, id: ProjectId, sort: Sort) -> Result<Option<String>, StoreError> {
        value(self.0, projects::Entity::find_by_id(id.0), key(sort)).await
    }

    /// Projects whose repository is still to be made, and that nobody but `owner` holds at `now`; oldest first.
    pub async fn preparing(&self, owner: &str, now: Timestamp) -> Result<Vec<ProjectId>, StoreError> {
        let found: Vec<uuid::Uuid> = projects::Entity::find()
            .select_only()
            .column(projects::Column::Id)
            .filter(to_be_made(owner, now)?)
            .order_by_asc(projects::Column::Id)
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(ProjectId).collect())
    }

    /// The projects of those ids, each with its name and whose it is, in no order; an id without a project is passed over.
    pub async fn named(&self, ids: &[ProjectId]) -> Result<Vec<(ProjectId, String, Owner)>, StoreError> {
        use projects::Column;

        let found: Vec<(uuid::Uuid, String, Option<uuid::Uuid>, Option<uuid::Uuid>)> = projects::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Name, Column::OwnerUser, Column::OwnerTeam])
            .filter(Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(|(id, name, user, team)| (ProjectId(id), name, owner(user, team))).collect())
    }

    /// Takes the making of a project's repository over for `owner` until `until`, if it is still to be made and nobody else holds it
    /// at `now`; `false` otherwise. Who held it before a restart gets it again.
    pub async fn claim(&self, id: ProjectId, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let done = projects::Entity::update_many()
            .col_expr(projects::Column::LeaseOwner, Expr::value(owner.to_owned()))
            .col_expr(projects::Column::LeaseUntil, Expr::value(until.millis()))
            .filter(projects::Column::Id.eq(id.0))
            .filter(to_be_made(owner, now)?)
            .exec(&self.0.inner)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives the making of a project's repository back, so that another server may take it at once. Nothing happens when `owner`
    /// does not hold it.
    pub async fn release(&self, id: ProjectId, owner: &str) -> Result<(), StoreError> {
        projects::Entity::update_many()
            .col_expr(projects::Column::LeaseOwner, Expr::value(Option::<String>::None))
            .filter(projects::Column::Id.eq(id.0))
            .filter(projects::Column::LeaseOwner.eq(owner))
            .exec(&self.0.inner)
            .await?;
        Ok(())
    }

    /// The ids that are projects still, of those that are asked about.
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

/// Whether a repository is still to be made, and is `owner`'s to make at `now`.
fn to_be_made(owner: &str, now: Timestamp) -> Result<Condition, StoreError> {
    let free = Condition::any()
        .add(projects::Column::LeaseOwner.is_null())
        .add(projects::Column::LeaseOwner.eq(owner))
        .add(projects::Column::LeaseUntil.lt(now.millis()));
    Ok(Condition::all().add(projects::Column::Status.eq(word(TABLE, &ProjectStatus::Preparing)?)).add(free))
}

fn key(sort: Sort) -> &'static str {
    match sort.by.name {
        "name" => "projects.sort_name",
        // Runs are numbered from 1 and never removed alone.
        "runs" => "(SELECT COALESCE(MAX(runs.number), 0) FROM runs WHERE runs.project_id = projects.id)",
        _ => "projects.updated_at",
    }
}

fn row(project: &Project) -> Result<projects::ActiveModel, StoreError> {
    let (owner_user, owner_team) = columns(project.owner);
    Ok(projects::ActiveModel {
        id: Set(project.id.0),
        name: Set(project.name.clone()),
        sort_name: Set(name_key(&project.name)),
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
        lease_owner: Set(None),
        lease_until: Set(None),
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
