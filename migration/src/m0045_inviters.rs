//! What invitations are found by: who made them, whatever the case and the accents of their names.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

use crate::m0043_sort_names::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

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
        let column = format!("ALTER TABLE invitations ADD COLUMN sort_invited_by text {collation} NOT NULL DEFAULT ''");
        connection.execute_unprepared(&column).await?;
        let rows = Statement::from_string(backend, "SELECT id, invited_by FROM invitations");
        for row in connection.query_all_raw(rows).await? {
            let (id, name): (String, String) = (row.try_get("", "id")?, row.try_get("", "invited_by")?);
            let is_that = Expr::col("id").eq(id);
            let update = Query::update().table("invitations").value("sort_invited_by", key(&name)).and_where(is_that).to_owned();
            manager.execute(update).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("invitations").drop_column("sort_invited_by").to_owned()).await
    }
}
