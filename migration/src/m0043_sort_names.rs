//! What names are sorted by, so that all databases sort them alike.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement, prelude::Uuid},
};
use unicode_normalization::UnicodeNormalization;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["projects", "teams", "users"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, also on SQLite: half of it would keep the server from ever starting again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
        // Byte by byte, which SQLite does by itself.
        let collation = if backend == DbBackend::Postgres { "COLLATE \"C\"" } else { "" };
        for table in TABLES {
            let column = format!("ALTER TABLE {table} ADD COLUMN sort_name text {collation} NOT NULL DEFAULT ''");
            connection.execute_unprepared(&column).await?;
            let rows = Statement::from_string(backend, format!("SELECT id, name FROM {table}"));
            for row in connection.query_all_raw(rows).await? {
                let (id, name): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "name")?);
                let is_that = Expr::col("id").eq(id);
                let update = Query::update().table(table).value("sort_name", key(&name)).and_where(is_that).to_owned();
                manager.execute(update).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.alter_table(Table::alter().table(table).drop_column("sort_name").to_owned()).await?;
        }
        Ok(())
    }
}

/// As `domain::sort::name_key` has it since then; another rule there needs another change here.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase().nfd().filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}')).collect()
}
