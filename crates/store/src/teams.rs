//! Teams and who is in them.

use domain::{
    reach::Grants,
    sort::{Order, Sort, name_key},
};
use protocol::{ProjectId, TeamId, Timestamp, UserId, access::Role, teams::Team};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr, OnConflict},
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    sorted::{sorted, value},
    tables::{project_shares, projects, team_members, teams, users},
};

/// A team as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    pub id: TeamId,
    pub name: String,
    /// The name as it is compared.
    pub folded: String,
    pub created_at: Timestamp,
}

/// A person's role in a team from one source; one person can have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub team_id: TeamId,
    pub user_id: UserId,
    /// Empty when a person gave it, else the sign-in provider whose rules gave it.
    pub source: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// Teams.
#[derive(Debug)]
pub struct Teams<'a>(pub(crate) &'a Tx);

impl Teams<'_> {
    /// Adds a team; a conflict where its name, as names are compared, is taken.
    pub async fn insert(&self, team: &TeamRow) -> Result<(), StoreError> {
        let row = teams::ActiveModel {
            id: Set(team.id.0),
            name: Set(team.name.clone()),
            sort_name: Set(name_key(&team.name)),
            folded: Set(team.folded.clone()),
            created_at: Set(team.created_at.millis()),
        };
        teams::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Gives a team the name in `team`; a conflict where that is taken or the team is gone.
    pub async fn rename(&self, team: &TeamRow) -> Result<(), StoreError> {
        let (name, sort_name) = (Set(team.name.clone()), Set(name_key(&team.name)));
        let row =
            teams::ActiveModel { id: Set(team.id.0), name, sort_name, folded: Set(team.folded.clone()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a team with its members; its projects and shares have to be gone.
    pub async fn delete(&self, id: TeamId) -> Result<(), StoreError> {
        team_members::Entity::delete_many().filter(team_members::Column::TeamId.eq(id.0)).exec(&self.0.inner).await?;
        teams::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    /// The team of that id; absent when there is none.
    pub async fn by_id(&self, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
        Ok(teams::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read))
    }

    /// The teams of those ids, in no order; an id without a team is passed over.
    pub async fn by_ids(&self, ids: &[TeamId]) -> Result<Vec<TeamRow>, StoreError> {
        let found = teams::Entity::find().filter(teams::Column::Id.is_in(ids.iter().map(|id| id.0)));
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// The team of that name as it is compared.
    pub async fn by_name(&self, folded: &str) -> Result<Option<TeamRow>, StoreError> {
        Ok(teams::Entity::find().filter(teams::Column::Folded.eq(folded)).one(&self.0.inner).await?.map(read))
    }

    /// Teams, all of them or only those of the ids in `of`; with `folded`, those alone that have it in their name as it is
    /// compared. The list's own order is the newest first.
    pub async fn list(
        &self,
        of: Option<Vec<TeamId>>,
        folded: &str,
        order: &Order<TeamId>,
        limit: u64,
    ) -> Result<Vec<TeamRow>, StoreError> {
        let some = |ids: Vec<TeamId>| teams::Column::Id.is_in(ids.iter().map(|id| id.0));
        let wanted = Condition::all().add_option(of.map(some)).add_option((!folded.is_empty()).then(|| contains(folded)));
        let found = teams::Entity::find().filter(wanted).limit(limit);
        let found = match order {
            Order::Own(None) => found.order_by_desc(teams::Column::Id),
            Order::Own(Some(after)) => found.order_by_desc(teams::Column::Id).filter(teams::Column::Id.lt(after.0)),
            Order::Sorted(sort, after) => {
                let after = after.as_ref().map(|cursor| (cursor.key.as_str(), cursor.id.0));
                sorted(found, (key(*sort), teams::Column::Id), *sort, after)?
            }
        };
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// What that team is sorted by, as a cursor has it.
    pub async fn sorted_by(&self, id: TeamId, sort: Sort) -> Result<Option<String>, StoreError> {
        value(self.0, teams::Entity::find_by_id(id.0), key(sort)).await
    }

    /// What is counted of a team: people in it, and projects that belong to it.
    pub async fn counts(&self, id: TeamId) -> Result<(u64, u64), StoreError> {
        let people = team_members::Entity::find().select_only().column(team_members::Column::UserId).distinct();
        let people = people.filter(team_members::Column::TeamId.eq(id.0)).into_tuple::<Uuid>().all(&self.0.inner).await?;
        Ok((u64::try_from(people.len()).unwrap_or(u64::MAX), self.count_projects(id).await?))
    }

    /// How many projects belong to a team; what is shared with it does not count.
    pub async fn count_projects(&self, id: TeamId) -> Result<u64, StoreError> {
        Ok(projects::Entity::find().filter(projects::Column::OwnerTeam.eq(id.0)).count(&self.0.inner).await?)
    }

    /// Everybody's roles in a team, with their names and email addresses, by email address.
    pub async fn members(&self, id: TeamId) -> Result<Vec<(MemberRow, String, String)>, StoreError> {
        let found = team_members::Entity::find().filter(team_members::Column::TeamId.eq(id.0)).all(&self.0.inner).await?;
        let ids: Vec<Uuid> = found.iter().map(|row| row.user_id).collect();
        let people = users::Entity::find().filter(users::Column::Id.is_in(ids)).all(&self.0.inner).await?;
        let mut members = Vec::with_capacity(found.len());
        for row in found {
            let Some(person) = people.iter().find(|person| person.id == row.user_id) else { continue };
            members.push((member(row)?, person.name.clone(), person.email.clone()));
        }
        members.sort_by(|(one, _, email), (other, _, address)| (email, &one.source).cmp(&(address, &other.source)));
        Ok(members)
    }

    /// The roles that a person has in teams, one for each source, in no order.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<MemberRow>, StoreError> {
        let found = team_members::Entity::find().filter(team_members::Column::UserId.eq(user.0));
        found.all(&self.0.inner).await?.into_iter().map(member).collect()
    }

    /// Gives somebody a role in a team, in place of the one from the same source.
    pub async fn set_member(&self, row: &MemberRow) -> Result<(), StoreError> {
        let row = team_members::ActiveModel {
            team_id: Set(row.team_id.0),
            user_id: Set(row.user_id.0),
            source: Set(row.source.clone()),
            role: Set(row.role.as_str().to_owned()),
            created_at: Set(row.created_at.millis()),
        };
        let key = [team_members::Column::TeamId, team_members::Column::UserId, team_members::Column::Source];
        let update = OnConflict::columns(key).update_column(team_members::Column::Role).to_owned();
        team_members::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Takes the role away that a person has in a team from one source; `false` when they had none.
    pub async fn remove_member(&self, team: TeamId, user: UserId, source: &str) -> Result<bool, StoreError> {
        let key = (team.0, user.0, source.to_owned());
        Ok(team_members::Entity::delete_by_id(key).exec(&self.0.inner).await?.rows_affected > 0)
    }

    /// Everything that a person was given beside their role in the installation.
    pub async fn grants(&self, user: UserId) -> Result<Grants, StoreError> {
        let rows = self.of_user(user).await?;
        let teams: Vec<(TeamId, Role)> = rows.into_iter().map(|row| (row.team_id, row.role)).collect();
        let theirs = project_shares::Column::TeamId.is_in(teams.iter().map(|(team, _)| team.0));
        let whose =
            Condition::any().add(project_shares::Column::UserId.eq(user.0)).add_option((!teams.is_empty()).then_some(theirs));
        let found: Vec<(Uuid, String)> = project_shares::Entity::find()
            .select_only()
            .columns([project_shares::Column::ProjectId, project_shares::Column::Role])
            .filter(whose)
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        let shares = found.into_iter().map(|(project, name)| Ok((ProjectId(project), role("project_shares", &name)?)));
        let mine = projects::Entity::find().select_only().column(projects::Column::Id);
        let mine = mine.filter(projects::Column::OwnerUser.eq(user.0)).limit(1).into_tuple::<Uuid>().one(&self.0.inner).await?;
        Ok(Grants { owns: mine.is_some(), shares: shares.collect::<Result<_, StoreError>>()?, teams })
    }
}

impl TeamRow {
    /// As its members see it.
    pub fn view(self, (members, projects): (u64, u64), your_role: Option<Role>) -> Team {
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let (members, projects) = (small(members), small(projects));
        Team { id: self.id, name: self.name, created_at: self.created_at, members, projects, your_role }
    }
}

fn key(sort: Sort) -> &'static str {
    match sort.by.name {
        "name" => "teams.sort_name",
        "people" => "(SELECT COUNT(DISTINCT team_members.user_id) FROM team_members WHERE team_members.team_id = teams.id)",
        _ => "(SELECT COUNT(*) FROM projects WHERE projects.owner_team = teams.id)",
    }
}

/// Whether the name has that in it.
fn contains(folded: &str) -> Expr {
    let plain = folded.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Expr::col(teams::Column::Folded).like(LikeExpr::new(format!("%{plain}%")).escape('\\'))
}

pub(crate) fn role(table: &'static str, name: &str) -> Result<Role, StoreError> {
    Role::parse(name).ok_or_else(|| StoreError::corrupt(table, format!("unknown role {name}")))
}

fn read(row: teams::Model) -> TeamRow {
    TeamRow { id: TeamId(row.id), name: row.name, folded: row.folded, created_at: Timestamp::from_millis(row.created_at) }
}

fn member(row: team_members::Model) -> Result<MemberRow, StoreError> {
    Ok(MemberRow {
        team_id: TeamId(row.team_id),
        user_id: UserId(row.user_id),
        source: row.source,
        role: role("team_members", &row.role)?,
        created_at: Timestamp::from_millis(row.created_at),
    })
}
