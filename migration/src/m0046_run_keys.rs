//! What runs are sorted by: their titles, how they stand, how long they worked, and what they cost. Beside the title, that was
//! to be read in the machine's state alone.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement, prelude::Uuid},
};
use serde_json::Value;

use crate::m0043_sort_names::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [&str; 4] = ["sort_title", "sort_state", "worked_ms", "cost_micros"];

/// A row of SQLite is read from its beginning to the last column that is wanted, and a spec may be a megabyte.
const SPEC_LAST: [&str; 4] = [
    "ALTER TABLE runs ADD COLUMN last_spec text NOT NULL DEFAULT ''",
    "UPDATE runs SET last_spec = spec",
    "ALTER TABLE runs DROP COLUMN spec",
    "ALTER TABLE runs RENAME COLUMN last_spec TO spec",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, also on SQLite: half of it would keep the server from ever starting again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, is_sqlite) = (manager.get_connection(), manager.get_database_backend() == DbBackend::Sqlite);
        // Byte by byte, which SQLite does by itself.
        let text = if is_sqlite { "text NOT NULL DEFAULT ''" } else { "text COLLATE \"C\" NOT NULL DEFAULT ''" };
        // What no provider told a cost of stands before what was free.
        for (column, kind) in COLUMNS.into_iter().zip([text, text, "bigint NOT NULL DEFAULT 0", "bigint NOT NULL DEFAULT -1"]) {
            connection.execute_unprepared(&format!("ALTER TABLE runs ADD COLUMN {column} {kind}")).await?;
        }
        fill(manager).await?;
        if is_sqlite {
            for statement in SPEC_LAST {
                connection.execute_unprepared(statement).await?;
            }
        }
        for column in COLUMNS {
            connection.execute_unprepared(&format!("CREATE INDEX runs_{column} ON runs ({column}, id)")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            manager.drop_index(Index::drop().name(format!("runs_{column}")).table("runs").to_owned()).await?;
            manager.alter_table(Table::alter().table("runs").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Run by run, since all their states together may not fit into memory. What cannot be read stays as it is: one bad row must
/// not keep the server from starting.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
    for row in connection.query_all_raw(Statement::from_string(backend, "SELECT id FROM runs")).await? {
        let is_that = Expr::col("id").eq(row.try_get::<Uuid>("", "id")?);
        let run = Query::select().columns(["title", "status", "state"]).from("runs").and_where(is_that.clone()).to_owned();
        let Some(run) = connection.query_one(&run).await? else { continue };
        let (title, status): (String, String) = (run.try_get("", "title")?, run.try_get("", "status")?);
        let state: Value = serde_json::from_str(&run.try_get::<String>("", "state")?).unwrap_or_default();
        // As `domain::sort::state_key` has it since then; another rule there needs another change here.
        let sort_state = match status.as_str() {
            "finished" => state.get("verdict").and_then(Value::as_str).unwrap_or("not_verified"),
            status => status,
        };
        let number = |path: &str| state.pointer(path).and_then(Value::as_i64);
        let update = Query::update()
            .table("runs")
            .value("sort_title", key(&title))
            .value("sort_state", sort_state)
            .value("worked_ms", number("/worked_ms").unwrap_or(0))
            .value("cost_micros", number("/spent/cost_micros").unwrap_or(-1))
            .and_where(is_that)
            .to_owned();
        manager.execute(update).await?;
    }
    Ok(())
}
