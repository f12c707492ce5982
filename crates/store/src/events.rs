//! The event log: rows with a position, which becomes visible in order because writers take turns at the counter.

use domain::reach::Visible;
use protocol::{Envelope, Event, EventScope, EventSeq, ProjectId, RunId, TeamId, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
};

use crate::{
    StoreError, Tx,
    tables::{event_position, events},
    visible,
};

/// Takes the next position. It is taken before the event is written: its row is this transaction's until it ends, so that positions
/// commit in their order.
pub(crate) const COUNT: &str = "UPDATE event_position SET seq = seq + 1 WHERE id = 1";

/// An event that has no position yet.
#[derive(Debug)]
pub(crate) struct NewEvent {
    /// Of its row, in the order of the columns, but for the position.
    pub(crate) values: [Value; 7],
}

impl NewEvent {
    fn new(at: Timestamp, scope: EventScope, event: &Event) -> Self {
        let values = [
            at.millis().into(),
            event.kind().into(),
            scope.project_id.map(|id| id.0).into(),
            scope.run_id.map(|id| id.0).into(),
            scope.team_id.map(|id| id.0).into(),
            scope.user_id.map(|id| id.0).into(),
            event.data().to_string().into(),
        ];
        Self { values }
    }
}

/// Appends an event, in one round trip.
pub(crate) async fn append(tx: &DatabaseTransaction, event: NewEvent) -> Result<EventSeq, StoreError> {
    let backend = tx.get_database_backend();
    let insert = "INSERT INTO events (seq, at, kind, project_id, run_id, team_id, user_id, data) \
                  SELECT seq, $1, $2, $3, $4, $5, $6, $7 FROM";
    let sql = match backend {
        // Its `WITH` changes nothing, but it takes several statements at once.
        DbBackend::Sqlite => format!("{COUNT}; {insert} event_position WHERE id = 1 RETURNING seq"),
        _ => format!("WITH counted AS ({COUNT} RETURNING seq) {insert} counted RETURNING seq"),
    };
    let placed = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, event.values)).await?;
    Ok(placed.ok_or_else(|| StoreError::corrupt("event_position", "its row is missing"))?.try_get("", "seq")?)
}

/// The event log.
#[derive(Debug)]
pub struct Events<'a>(pub(crate) &'a Tx);

impl Events<'_> {
    /// Appends `event` when the transaction commits.
    pub fn tell(&self, at: Timestamp, scope: EventScope, event: &Event) {
        self.0.closing().events.push(NewEvent::new(at, scope, event));
    }

    /// Appends `event` now, for whoever needs its position before the commit; it becomes visible then. What is told in the same
    /// transaction comes after it.
    pub async fn append(&self, at: Timestamp, scope: EventScope, event: &Event) -> Result<EventSeq, StoreError> {
        append(&self.0.inner, NewEvent::new(at, scope, event)).await
    }

    /// The position of the newest event; 0 when there is none.
    pub async fn last_seq(&self) -> Result<EventSeq, StoreError> {
        let row = event_position::Entity::find_by_id(1).one(&self.0.inner).await?;
        row.map(|row| row.seq).ok_or_else(|| StoreError::corrupt("event_position", "its row is missing"))
    }

    /// Events after `after`, oldest first.
    pub async fn after(&self, after: EventSeq, limit: u64) -> Result<Vec<Envelope>, StoreError> {
        let found = events::Entity::find().filter(events::Column::Seq.gt(after)).order_by_asc(events::Column::Seq).limit(limit);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Events after `after` that the actor may know of, oldest first.
    pub async fn seen_by(&self, visible: Visible<'_>, after: EventSeq, limit: u64) -> Result<Vec<Envelope>, StoreError> {
        let Visible::Some { person, limits, .. } = visible else { return self.after(after, limit).await };
        // As `Reach::hears_of` says for those who listen.
        let person = person.filter(|_| limits.is_none());
        let teams = visible.teams().into_iter().map(|team| team.0);
        let of_no_project = Condition::all().add(events::Column::ProjectId.is_null()).add(
            Condition::any()
                .add(events::Column::TeamId.is_in(teams))
                .add_option(person.map(|UserId(id)| events::Column::UserId.eq(id))),
        );
        let seen = Condition::any()
            .add(of_no_project)
            .add(events::Column::ProjectId.in_subquery(visible::ids(visible)))
            .add(events::Column::ProjectId.in_subquery(visible::gone_ids(visible)));
        let found = events::Entity::find().filter(events::Column::Seq.gt(after)).filter(seen);
        let found = found.order_by_asc(events::Column::Seq).limit(limit);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Events of one run and kind after `after`, oldest first.
    pub async fn of_run(&self, run: RunId, kind: &str, after: EventSeq, limit: u64) -> Result<Vec<Envelope>, StoreError> {
        let found = events::Entity::find()
            .filter(events::Column::RunId.eq(run.0))
            .filter(events::Column::Kind.eq(kind))
            .filter(events::Column::Seq.gt(after))
            .order_by_asc(events::Column::Seq)
            .limit(limit);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// The newest events of one run and kind, oldest first.
    pub async fn newest_of_run(&self, run: RunId, kind: &str, limit: u64) -> Result<Vec<Envelope>, StoreError> {
        let found = events::Entity::find()
            .filter(events::Column::RunId.eq(run.0))
            .filter(events::Column::Kind.eq(kind))
            .order_by_desc(events::Column::Seq)
            .limit(limit);
        let mut rows: Vec<Envelope> = found.all(&self.0.inner).await?.into_iter().map(read).collect::<Result<_, StoreError>>()?;
        rows.reverse();
        Ok(rows)
    }
}

fn read(row: events::Model) -> Result<Envelope, StoreError> {
    Ok(Envelope {
        seq: row.seq,
        at: Timestamp::from_millis(row.at),
        kind: row.kind,
        scope: EventScope {
            project_id: row.project_id.map(ProjectId),
            run_id: row.run_id.map(RunId),
            team_id: row.team_id.map(TeamId),
            user_id: row.user_id.map(UserId),
        },
        data: serde_json::from_str(&row.data).map_err(|error| StoreError::corrupt("events", error))?,
    })
}
