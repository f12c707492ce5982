//! Whom projects belong to, and with whom they are shared.

use std::collections::HashMap;

use protocol::{ProjectId, ShareId, TeamId, Timestamp, UserId, access::Role, teams::Owner};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    tables::{gone_projects, project_shares, projects},
    teams::role,
    visible,
};

/// A share as stored; with a person or with a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRow {
    pub id: ShareId,
    pub project_id: ProjectId,
    pub user_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub role: Role,
    pub created_at: Timestamp,
}

/// Owners and shares of projects.
#[derive(Debug)]
pub struct Sharing<'a>(pub(crate) &'a Tx);

impl Sharing<'_> {
    /// The shares of a project, oldest first.
    pub async fn of(&self, project: ProjectId) -> Result<Vec<ShareRow>, StoreError> {
        let found = project_shares::Entity::find().filter(project_shares::Column::ProjectId.eq(project.0));
        let found = found.order_by_asc(project_shares::Column::Id).all(&self.0.inner).await?;
        found.into_iter().map(read).collect()
    }

    /// The shares of a project, oldest first, with the names of those who have them; empty for who is gone.
    pub async fn named(&self, project: ProjectId) -> Result<Vec<(ShareRow, String)>, StoreError> {
        use project_shares::Column;

        type Row = (Uuid, Uuid, Option<Uuid>, Option<Uuid>, String, i64, String);
        const NAME: &str = "COALESCE((SELECT users.name FROM users WHERE users.id = project_shares.user_id), \
                            (SELECT teams.name FROM teams WHERE teams.id = project_shares.team_id), '')";
        let columns = [Column::Id, Column::ProjectId, Column::UserId, Column::TeamId, Column::Role, Column::CreatedAt];
        let found = project_shares::Entity::find().select_only().columns(columns).expr_as(Expr::cust(NAME), "name");
        let found = found.filter(Column::ProjectId.eq(project.0)).order_by_asc(Column::Id);
        let rows: Vec<Row> = found.into_tuple().all(&self.0.inner).await?;
        let named = |(id, project_id, user_id, team_id, role, created_at, name): Row| {
            let share = read(project_shares::Model { id, project_id, user_id, team_id, role, created_at });
            share.map(|share| (share, name))
        };
        rows.into_iter().map(named).collect()
    }

    /// What is shared with a team, in no order.
    pub async fn with_team(&self, team: TeamId) -> Result<Vec<ShareRow>, StoreError> {
        let found = project_shares::Entity::find().filter(project_shares::Column::TeamId.eq(team.0));
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Adds a share; whether it is with somebody who has one already is not looked at.
    pub async fn insert(&self, share: &ShareRow) -> Result<(), StoreError> {
        let row = project_shares::ActiveModel {
            id: Set(share.id.0),
            project_id: Set(share.project_id.0),
            user_id: Set(share.user_id.map(|id| id.0)),
            team_id: Set(share.team_id.map(|id| id.0)),
            role: Set(share.role.as_str().to_owned()),
            created_at: Set(share.created_at.millis()),
        };
        project_shares::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Gives a share another role; a conflict when it is gone.
    pub async fn set_role(&self, id: ShareId, role: Role) -> Result<(), StoreError> {
        let row = project_shares::ActiveModel { id: Set(id.0), role: Set(role.as_str().to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a share, if it is there.
    pub async fn remove(&self, id: ShareId) -> Result<(), StoreError> {
        project_shares::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes what was shared with a person.
    pub async fn remove_with_user(&self, user: UserId) -> Result<(), StoreError> {
        project_shares::Entity::delete_many().filter(project_shares::Column::UserId.eq(user.0)).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes what was shared with a team.
    pub async fn remove_with_team(&self, team: TeamId) -> Result<(), StoreError> {
        project_shares::Entity::delete_many().filter(project_shares::Column::TeamId.eq(team.0)).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Gives a project to another owner; a conflict when it is gone.
    pub async fn set_owner(&self, project: ProjectId, owner: Owner) -> Result<(), StoreError> {
        let (owner_user, owner_team) = visible::columns(owner);
        let (owner_user, owner_team) = (Set(owner_user), Set(owner_team));
        let row = projects::ActiveModel { id: Set(project.0), owner_user, owner_team, ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// The projects that belong to `owner`, with their names, oldest first.
    pub async fn owned_by(&self, owner: Owner) -> Result<Vec<(ProjectId, String)>, StoreError> {
        let found = projects::Entity::find().select_only().columns([projects::Column::Id, projects::Column::Name]);
        let found = match visible::columns(owner) {
            (_, Some(team)) => found.filter(projects::Column::OwnerTeam.eq(team)),
            (Some(user), None) => found.filter(projects::Column::OwnerUser.eq(user)),
            (None, None) => found.filter(projects::Column::OwnerUser.is_null()).filter(projects::Column::OwnerTeam.is_null()),
        };
        let rows: Vec<(Uuid, String)> = found.order_by_asc(projects::Column::Id).into_tuple().all(&self.0.inner).await?;
        Ok(rows.into_iter().map(|(id, name)| (ProjectId(id), name)).collect())
    }

    /// Whom those projects belong to, or belonged to before they were deleted.
    pub async fn owners(&self, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Owner>, StoreError> {
        type Row = (Uuid, Option<Uuid>, Option<Uuid>);
        let there: Vec<Row> = projects::Entity::find()
            .select_only()
            .columns([projects::Column::Id, projects::Column::OwnerUser, projects::Column::OwnerTeam])
            .filter(projects::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        let gone: Vec<Row> = if there.len() == ids.len() {
            Vec::new()
        } else {
            gone_projects::Entity::find()
                .select_only()
                .columns([gone_projects::Column::Id, gone_projects::Column::OwnerUser, gone_projects::Column::OwnerTeam])
                .filter(gone_projects::Column::Id.is_in(ids.iter().map(|id| id.0)))
                .into_tuple()
                .all(&self.0.inner)
                .await?
        };
        let owner = |(id, user, team): Row| (ProjectId(id), visible::owner(user, team));
        Ok(there.into_iter().chain(gone).map(owner).collect())
    }

    /// Remembers whose a project was that goes now, with its shares.
    pub async fn gone(&self, project: ProjectId, owner: Owner) -> Result<(), StoreError> {
        let (owner_user, owner_team) = visible::columns(owner);
        let row = gone_projects::ActiveModel { id: Set(project.0), owner_user: Set(owner_user), owner_team: Set(owner_team) };
        gone_projects::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        let shares = project_shares::Entity::delete_many().filter(project_shares::Column::ProjectId.eq(project.0));
        shares.exec(&self.0.inner).await?;
        Ok(())
    }
}

fn read(row: project_shares::Model) -> Result<ShareRow, StoreError> {
    Ok(ShareRow {
        id: ShareId(row.id),
        project_id: ProjectId(row.project_id),
        user_id: row.user_id.map(UserId),
        team_id: row.team_id.map(TeamId),
        role: role("project_shares", &row.role)?,
        created_at: Timestamp::from_millis(row.created_at),
    })
}
