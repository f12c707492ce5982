//! What a transaction closes with: the events that tell of it and the entries of the audit trail that record it. They are written
//! right before its commit, when nothing of it can fail any more, and whoever else appends to either waits the least.

use domain::audit::{Entry, Link};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait as _, InsertMany, QueryTrait as _, Statement, Value,
};

use crate::{
    StoreError,
    audit::row_of,
    events::{self, NewEvent},
    tables::audit_entries,
};

/// Rows in one statement: with eleven values each they stay below SQLite's bound of 32,766.
const ROWS: usize = 1_000;

/// An entry, to be selected from where the chain ends.
const ENTRY: &str = "INSERT INTO audit_entries \
     (seq, at, actor, action, resource_type, resource_id, outcome, details, hash, project_id, team_id) \
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM";
/// The chain ends with that entry, if it ended at position `$12` with hash `$13`.
const END: &str = "UPDATE audit_head SET seq = $1, hash = $9";
const IF_ENDED: &str = "WHERE id = 1 AND seq = $12 AND hash = $13";
/// An event beside it, to be selected from where its position is.
const EVENT: &str = "INSERT INTO events (seq, at, kind, project_id, run_id, team_id, user_id, data) \
     SELECT seq, $14, $15, $16, $17, $18, $19, $20 FROM";

/// What a transaction closes with, in the order in which it was said.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) entries: Vec<Entry>,
}

impl Closing {
    /// Writes all of it. `known` is where this process last saw the chain of entries end; where it ends now is returned, if entries
    /// were appended.
    pub(crate) async fn write(mut self, tx: &DatabaseTransaction, known: Option<Link>) -> Result<Option<Link>, StoreError> {
        let behind = known.filter(|_| self.entries.len() == 1);
        // The last event goes along with the entry.
        let last = if behind.is_some() { self.events.pop() } else { None };
        for event in self.events {
            events::append(tx, event).await?;
        }
        if let (Some(end), [entry]) = (behind, self.entries.as_slice())
            && let Some(end) = append_behind(tx, &end, entry.clone(), last).await?
        {
            return Ok(Some(end));
        }
        if self.entries.is_empty() { Ok(None) } else { append(tx, self.entries).await.map(Some) }
    }
}

/// Appends one entry behind where the chain is known to have ended, and an event, in one round trip; where the chain ends then.
/// Another server may have moved it on, and then the event alone is appended.
async fn append_behind(
    tx: &DatabaseTransaction,
    end: &Link,
    entry: Entry,
    event: Option<NewEvent>,
) -> Result<Option<Link>, StoreError> {
    let backend = tx.get_database_backend();
    let is_sqlite = backend == DbBackend::Sqlite;
    let count = events::COUNT;
    let sql = match (is_sqlite, &event) {
        // Its `WITH` changes nothing, but it takes several statements at once.
        (true, None) => format!("{ENTRY} audit_head {IF_ENDED}; {END} {IF_ENDED}"),
        (true, Some(_)) => {
            format!("{count}; {EVENT} event_position WHERE id = 1; {ENTRY} audit_head {IF_ENDED}; {END} {IF_ENDED}")
        }
        (false, None) => format!("WITH ended AS ({END} {IF_ENDED} RETURNING id) {ENTRY} ended"),
        (false, Some(_)) => format!(
            "WITH counted AS ({count} RETURNING seq), told AS ({EVENT} counted), ended AS ({END} {IF_ENDED} RETURNING id) \
             {ENTRY} ended"
        ),
    };
    // SQLite counts the rows of all four, PostgreSQL those of the last one.
    let rows_of_event = if is_sqlite && event.is_some() { 2 } else { 0 };
    let about = entry.about;
    let mut link = end.clone();
    let row = link.append(entry);
    let of_entry: [Value; 13] = [
        row.seq.into(),
        row.at.into(),
        row.actor.into(),
        row.action.into(),
        row.resource_type.into(),
        row.resource_id.into(),
        row.outcome.into(),
        row.details.into(),
        row.hash.into(),
        about.project.map(|id| id.0).into(),
        about.team.map(|id| id.0).into(),
        end.seq.into(),
        end.hash.clone().into(),
    ];
    let values = of_entry.into_iter().chain(event.into_iter().flat_map(|event| event.values));
    let written = tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok((written.rows_affected() > rows_of_event).then_some(link))
}

/// Appends entries to the chain, wherever it ends. Writers take turns at its end.
async fn append(tx: &DatabaseTransaction, entries: Vec<Entry>) -> Result<Link, StoreError> {
    let mut link = take_end(tx, i64::try_from(entries.len()).unwrap_or(i64::MAX)).await?;
    let append = |entry: Entry| {
        let about = entry.about;
        row_of(link.append(entry), about)
    };
    let mut rows = entries.into_iter().map(append).collect::<Vec<_>>().into_iter().peekable();
    while rows.peek().is_some() {
        let insert = audit_entries::Entity::insert_many(rows.by_ref().take(ROWS));
        if rows.peek().is_some() {
            insert.exec_without_returning(tx).await?;
        } else {
            insert_and_end(tx, insert, &link).await?;
        }
    }
    Ok(link)
}

/// Where the chain ended, moved on by `count` and this transaction's until it ends.
async fn take_end(tx: &DatabaseTransaction, count: i64) -> Result<Link, StoreError> {
    let sql = "UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq, hash";
    let row = tx.query_one_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, [count.into()])).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("audit_head", "its row is missing"))?;
    Ok(Link { seq: row.try_get::<i64>("", "seq")? - count, hash: row.try_get("", "hash")? })
}

/// The last of the entries and the chain's new end, in one round trip.
async fn insert_and_end(
    tx: &DatabaseTransaction,
    insert: InsertMany<audit_entries::ActiveModel>,
    end: &Link,
) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    let Statement { sql: insert, values, .. } = insert.build(backend);
    let mut values = values.map_or_else(Vec::new, |values| values.0);
    values.push(end.hash.clone().into());
    let update = "UPDATE audit_head SET hash =";
    let sql = match backend {
        DbBackend::Sqlite => format!("{insert}; {update} ? WHERE id = 1"),
        _ => format!("WITH appended AS ({insert}) {update} ${} WHERE id = 1", values.len()),
    };
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}
