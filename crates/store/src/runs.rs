//! Runs: what was asked, how they stand, who works on them.

use std::collections::HashMap;

use domain::{
    errors::explain,
    reach::Visible,
    runs::{RunRecord, Wish},
    sort::{Order, Sort, name_key, state_key},
};
use protocol::{ProjectId, RunId, Timestamp, runs::RunStatus, teams::Owner};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, Iterable, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::Expr,
};

use crate::{
    StoreError, Tx,
    sorted::{sorted, value},
    tables::{projects, receipts, run_calls, run_gates, run_iterations, run_journal, run_tasks, runs},
    visible,
    words::{from_int, from_json, from_word, int, json, word},
};

const TABLE: &str = "runs";

/// Which runs, and where their list goes on.
#[derive(Clone, Debug)]
pub struct RunsPage<'a> {
    /// Of which projects the actor may know.
    pub visible: Visible<'a>,
    pub project: Option<ProjectId>,
    /// Only those that are not over.
    pub active: bool,
    /// Only those that ended then or later.
    pub ended_since: Option<Timestamp>,
    /// Its own is the newest first.
    pub order: Order<RunId>,
    pub limit: u64,
}

impl<'a> RunsPage<'a> {
    /// A page without room for any run yet, of the runs that the actor may know.
    pub fn of(visible: Visible<'a>) -> Self {
        Self { visible, project: None, active: false, ended_since: None, order: Order::Own(None), limit: 0 }
    }
}

/// Runs. Lists leave the spec, which may be a megabyte, out (empty), and pass over a row that cannot be read: one bad row
/// must not stop everything else.
#[derive(Debug)]
pub struct Runs<'a>(pub(crate) &'a Tx);

impl Runs<'_> {
    /// Adds a run without wish and lease; a conflict where its number in the project or its `request_id` is taken.
    pub async fn insert(&self, record: &RunRecord) -> Result<(), StoreError> {
        let row = runs::ActiveModel {
            project_id: Set(record.project_id.0),
            number: Set(int(record.number)),
            title: Set(record.title.clone()),
            sort_title: Set(name_key(&record.title)),
            spec: Set(record.spec.clone()),
            provider: Set(word(TABLE, &record.provider)?),
            model: Set(record.model.clone()),
            limits: Set(json(TABLE, &record.state.ceilings)?),
            started_by: Set(record.started_by.clone()),
            sandboxed: Set(record.sandboxed),
            request_id: Set(record.request_id.clone()),
            request_hash: Set(record.request_hash.clone()),
            wish: Set(None),
            lease_owner: Set(None),
            lease_until: Set(0),
            queued_at: Set(record.queued_at.millis()),
            ..standing(record)?
        };
        runs::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Writes how the run stands: state, journal position, start and end. Wish and lease stay. A conflict when the run is gone.
    pub async fn save(&self, record: &RunRecord) -> Result<(), StoreError> {
        standing(record)?.update(&self.0.inner).await?;
        Ok(())
    }

    /// Puts another spec in the place of the one that the run was queued with; a conflict when the run is gone.
    pub async fn set_spec(&self, id: RunId, spec: &str) -> Result<(), StoreError> {
        let row = runs::ActiveModel { id: Set(id.0), spec: Set(spec.to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Writes down what a person asks of the run, in place of an earlier wish, or takes it back; a conflict when the run is
    /// gone.
    pub async fn set_wish(&self, id: RunId, wish: Option<&Wish>) -> Result<(), StoreError> {
        let wish = wish.map(|wish| json(TABLE, wish)).transpose()?;
        let row = runs::ActiveModel { id: Set(id.0), wish: Set(wish), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// What a person asked of the run and nobody has carried out yet.
    pub async fn wish(&self, id: RunId) -> Result<Option<Wish>, StoreError> {
        let stored = runs::Entity::find_by_id(id.0)
            .select_only()
            .column(runs::Column::Wish)
            .into_tuple::<Option<String>>()
            .one(&self.0.inner)
            .await?;
        stored.flatten().map(|wish| from_json(TABLE, &wish)).transpose()
    }

    /// Takes the wish back that was granted; another one that came meanwhile stays.
    pub async fn clear_wish(&self, id: RunId, granted: &Wish) -> Result<(), StoreError> {
        runs::Entity::update_many()
            .col_expr(runs::Column::Wish, Expr::value(Option::<String>::None))
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::Wish.eq(json(TABLE, granted)?))
            .exec(&self.0.inner)
            .await?;
        Ok(())
    }

    /// The run of that id with its spec; absent when its project was deleted.
    pub async fn by_id(&self, id: RunId) -> Result<Option<RunRecord>, StoreError> {
        Ok(self.owned(id).await?.map(|(record, _)| record))
    }

    /// The run, and whom its project belongs to.
    pub async fn owned(&self, id: RunId) -> Result<Option<(RunRecord, Owner)>, StoreError> {
        let found = runs::Entity::find_by_id(id.0).all(&self.0.inner).await?;
        let Some((record, owner)) = self.named(found).await?.pop() else { return Ok(None) };
        Ok(Some((record?, owner)))
    }

    /// The run that was asked for under that `request_id`, with its spec.
    pub async fn by_request(&self, request_id: &str) -> Result<Option<RunRecord>, StoreError> {
        let found = runs::Entity::find().filter(runs::Column::RequestId.eq(request_id)).all(&self.0.inner).await?;
        self.named(found).await?.pop().map(|(record, _)| record).transpose()
    }

    /// A page of the runs of projects that the actor may know.
    pub async fn list(&self, page: RunsPage<'_>) -> Result<Vec<RunRecord>, StoreError> {
        let found = seen_by(page.visible).limit(page.limit);
        let mut found = match &page.order {
            Order::Own(None) => found.order_by_desc(runs::Column::Id),
            Order::Own(Some(after)) => found.order_by_desc(runs::Column::Id).filter(runs::Column::Id.lt(after.0)),
            Order::Sorted(sort, after) => {
                let after = after.as_ref().map(|cursor| (cursor.key.as_str(), cursor.id.0));
                sorted(found, (key(*sort), runs::Column::Id), *sort, after)?
            }
        };
        if let Some(project) = page.project {
            found = found.filter(runs::Column::ProjectId.eq(project.0));
        }
        if page.active {
            found = found.filter(runs::Column::Over.eq(false));
        }
        if let Some(since) = page.ended_since {
            found = found.filter(runs::Column::EndedAt.gte(since.millis()));
        }
        let rows = found.all(&self.0.inner).await?;
        self.readable(rows).await
    }

    /// What that run is sorted by, as a cursor has it.
    pub async fn sorted_by(&self, id: RunId, sort: Sort) -> Result<Option<String>, StoreError> {
        value(self.0, runs::Entity::find_by_id(id.0), key(sort)).await
    }

    /// Runs that are not over, oldest first.
    pub async fn active_slim(&self) -> Result<Vec<RunRecord>, StoreError> {
        let found = without_spec().filter(runs::Column::Over.eq(false)).order_by_asc(runs::Column::Id);
        let rows = found.all(&self.0.inner).await?;
        self.readable(rows).await
    }

    /// Runs that are not over, of projects that the actor may know, oldest first.
    pub async fn active_seen_by(&self, visible: Visible<'_>) -> Result<Vec<RunRecord>, StoreError> {
        let found = seen_by(visible).filter(runs::Column::Over.eq(false)).order_by_asc(runs::Column::Id);
        let rows = found.all(&self.0.inner).await?;
        self.readable(rows).await
    }

    /// How many runs are not over.
    pub async fn count_active(&self) -> Result<u64, StoreError> {
        Ok(runs::Entity::find().filter(runs::Column::Over.eq(false)).count(&self.0.inner).await?)
    }

    /// How many runs of a project wait for their turn.
    pub async fn count_queued_of(&self, project: ProjectId) -> Result<u64, StoreError> {
        let queued = runs::Entity::find()
            .filter(runs::Column::ProjectId.eq(project.0))
            .filter(runs::Column::Over.eq(false))
            .filter(runs::Column::Status.eq(word(TABLE, &RunStatus::Queued)?));
        Ok(queued.count(&self.0.inner).await?)
    }

    /// The runs of those ids, each with its project and whether it is over; an id without a run is passed over.
    pub async fn standing(&self, ids: &[RunId]) -> Result<HashMap<RunId, (ProjectId, bool)>, StoreError> {
        let found: Vec<(uuid::Uuid, uuid::Uuid, bool)> = runs::Entity::find()
            .select_only()
            .columns([runs::Column::Id, runs::Column::ProjectId, runs::Column::Over])
            .filter(runs::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(|(id, project, over)| (RunId(id), (ProjectId(project), over))).collect())
    }

    /// The runs of those ids, each with its project and its number there, in no order; an id without a run is passed over.
    pub async fn numbered(&self, ids: &[RunId]) -> Result<Vec<(RunId, ProjectId, u32)>, StoreError> {
        let found: Vec<(uuid::Uuid, uuid::Uuid, i32)> = runs::Entity::find()
            .select_only()
            .columns([runs::Column::Id, runs::Column::ProjectId, runs::Column::Number])
            .filter(runs::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(|(id, project, number)| (RunId(id), ProjectId(project), from_int(number))).collect())
    }

    /// The number for the next run of a project, from 1.
    pub async fn next_number(&self, project: ProjectId) -> Result<u32, StoreError> {
        let newest = runs::Entity::find()
            .select_only()
            .column(runs::Column::Number)
            .filter(runs::Column::ProjectId.eq(project.0))
            .order_by_desc(runs::Column::Number)
            .into_tuple::<i32>()
            .one(&self.0.inner)
            .await?;
        Ok(newest.map_or(1, |number| from_int(number) + 1))
    }

    /// The newest run of each project of those ids; a project without runs is passed over.
    pub async fn newest_of(&self, ids: &[ProjectId]) -> Result<HashMap<ProjectId, RunRecord>, StoreError> {
        let newest: Vec<(uuid::Uuid, i32)> = runs::Entity::find()
            .select_only()
            .column(runs::Column::ProjectId)
            .column_as(runs::Column::Number.max(), "number")
            .filter(runs::Column::ProjectId.is_in(ids.iter().map(|id| id.0)))
            .group_by(runs::Column::ProjectId)
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        if newest.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = newest.into_iter().fold(Condition::any(), |any, (project, number)| {
            any.add(Condition::all().add(runs::Column::ProjectId.eq(project)).add(runs::Column::Number.eq(number)))
        });
        let rows = without_spec().filter(wanted).all(&self.0.inner).await?;
        Ok(self.readable(rows).await?.into_iter().map(|record| (record.project_id, record)).collect())
    }

    /// Removes all runs of a project with their parts, and returns their ids.
    pub async fn delete_of(&self, project: ProjectId) -> Result<Vec<RunId>, StoreError> {
        let found: Vec<uuid::Uuid> = runs::Entity::find()
            .select_only()
            .column(runs::Column::Id)
            .filter(runs::Column::ProjectId.eq(project.0))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        let tx = &self.0.inner;
        let ids = || found.iter().copied();
        receipts::Entity::delete_many().filter(receipts::Column::RunId.is_in(ids())).exec(tx).await?;
        run_gates::Entity::delete_many().filter(run_gates::Column::RunId.is_in(ids())).exec(tx).await?;
        run_tasks::Entity::delete_many().filter(run_tasks::Column::RunId.is_in(ids())).exec(tx).await?;
        run_iterations::Entity::delete_many().filter(run_iterations::Column::RunId.is_in(ids())).exec(tx).await?;
        run_calls::Entity::delete_many().filter(run_calls::Column::RunId.is_in(ids())).exec(tx).await?;
        run_journal::Entity::delete_many().filter(run_journal::Column::RunId.is_in(ids())).exec(tx).await?;
        runs::Entity::delete_many().filter(runs::Column::Id.is_in(ids())).exec(tx).await?;
        Ok(found.into_iter().map(RunId).collect())
    }

    /// How many runs stand at each status, as its bare word, in no order; for the metrics. A status without runs is left out.
    pub async fn count_by_status(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = runs::Entity::find()
            .select_only()
            .column(runs::Column::Status)
            .column_as(runs::Column::Id.count(), "count")
            .group_by(runs::Column::Status)
            .into_tuple::<(String, i64)>()
            .all(&self.0.inner)
            .await?;
        Ok(rows)
    }

    /// Takes a run over for `owner` until `until`, if nobody else holds it at `now`; `false` when somebody does, or it is over or
    /// gone. Who held it before a restart gets it again. With the first moment of all as `now`, others keep theirs for good.
    pub async fn claim(&self, id: RunId, owner: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let free = Condition::any()
            .add(runs::Column::LeaseOwner.is_null())
            .add(runs::Column::LeaseOwner.eq(owner))
            .add(runs::Column::LeaseUntil.lt(now.millis()));
        let done = runs::Entity::update_many()
            .col_expr(runs::Column::LeaseOwner, Expr::value(owner.to_owned()))
            .col_expr(runs::Column::LeaseUntil, Expr::value(until.millis()))
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::Over.eq(false))
            .filter(free)
            .exec(&self.0.inner)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives a run back, so that another machine may take it at once. Nothing happens when `owner` does not hold it.
    pub async fn release(&self, id: RunId, owner: &str) -> Result<(), StoreError> {
        runs::Entity::update_many()
            .col_expr(runs::Column::LeaseOwner, Expr::value(Option::<String>::None))
            .filter(runs::Column::Id.eq(id.0))
            .filter(runs::Column::LeaseOwner.eq(owner))
            .exec(&self.0.inner)
            .await?;
        Ok(())
    }

    /// Rows as records, without those that cannot be read.
    async fn readable(&self, rows: Vec<runs::Model>) -> Result<Vec<RunRecord>, StoreError> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let records = self.named(rows).await?.into_iter().zip(ids).filter_map(|((record, _), run)| {
            record
                .inspect_err(|error| tracing::error!(%run, error = %explain(error), "a run cannot be read and is passed over"))
                .ok()
        });
        Ok(records.collect())
    }

    async fn named(&self, rows: Vec<runs::Model>) -> Result<Vec<(Result<RunRecord, StoreError>, Owner)>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids: Vec<_> = rows.iter().map(|row| row.project_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let found: Vec<(uuid::Uuid, String, Option<uuid::Uuid>, Option<uuid::Uuid>)> = projects::Entity::find()
            .select_only()
            .columns([projects::Column::Id, projects::Column::Name, projects::Column::OwnerUser, projects::Column::OwnerTeam])
            .filter(projects::Column::Id.is_in(ids))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        let named: HashMap<_, _> =
            found.into_iter().map(|(id, name, user, team)| (id, (name, visible::owner(user, team)))).collect();
        let records = rows.into_iter().map(|row| {
            let (name, owner) = named.get(&row.project_id).cloned().unwrap_or_default();
            (read(row, name), owner)
        });
        Ok(records.collect())
    }
}

/// What changes while a run goes on, with what it is sorted by then.
fn standing(record: &RunRecord) -> Result<runs::ActiveModel, StoreError> {
    let state = &record.state;
    Ok(runs::ActiveModel {
        id: Set(record.id.0),
        state: Set(json(TABLE, state)?),
        status: Set(word(TABLE, &state.status())?),
        sort_state: Set(state_key(state.status(), state.verdict).to_owned()),
        worked_ms: Set(state.worked_ms),
        // What no provider told a cost of stands before what was free.
        cost_micros: Set(state.spent.cost_micros.unwrap_or(-1)),
        over: Set(state.is_over()),
        journal_seq: Set(record.journal_seq),
        started_at: Set(record.started_at.map(Timestamp::millis)),
        ended_at: Set(record.ended_at.map(Timestamp::millis)),
        ..Default::default()
    })
}

fn key(sort: Sort) -> &'static str {
    match sort.by.name {
        "state" => "runs.sort_state",
        "run" => "runs.sort_title",
        // Without the step that goes on: its time passes, and is written down when it ends.
        "elapsed" => "runs.worked_ms",
        _ => "runs.cost_micros",
    }
}

/// Whole rows but for the spec, of runs of projects that the actor may know.
fn seen_by(visible: Visible<'_>) -> Select<runs::Entity> {
    match visible {
        Visible::All => without_spec(),
        some @ Visible::Some { .. } => without_spec().filter(runs::Column::ProjectId.in_subquery(visible::ids(some))),
    }
}

/// Whole rows but for the spec, which is empty.
fn without_spec() -> Select<runs::Entity> {
    let columns = runs::Column::iter().filter(|column| !matches!(column, runs::Column::Spec));
    runs::Entity::find().select_only().columns(columns).expr_as(Expr::value(""), "spec")
}

fn read(row: runs::Model, project_name: String) -> Result<RunRecord, StoreError> {
    Ok(RunRecord {
        id: RunId(row.id),
        project_id: ProjectId(row.project_id),
        project_name,
        number: from_int(row.number),
        title: row.title,
        spec: row.spec,
        provider: from_word(TABLE, &row.provider)?,
        model: row.model,
        started_by: row.started_by,
        request_id: row.request_id,
        request_hash: row.request_hash,
        sandboxed: row.sandboxed,
        state: from_json(TABLE, &row.state)?,
        wish: row.wish.map(|wish| from_json(TABLE, &wish)).transpose()?,
        journal_seq: row.journal_seq,
        queued_at: Timestamp::from_millis(row.queued_at),
        started_at: row.started_at.map(Timestamp::from_millis),
        ended_at: row.ended_at.map(Timestamp::from_millis),
    })
}

#[cfg(test)]
mod tests;
