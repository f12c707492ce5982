//! Which token made a token, and who made an invitation: what is made ends with the right to make it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Absent for what was made on the command line, and for what is older than this.
const COLUMNS: [(&str, &str); 3] = [("api_tokens", "made_by"), ("invitations", "made_by_user"), ("invitations", "made_by_token")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).add_column(uuid_null(column)).to_owned()).await?;
        }
        manager.create_index(Index::create().name("api_tokens_made_by").table("api_tokens").col("made_by").to_owned()).await?;
        let replaced = Index::create().name("api_tokens_rotating_from").table("api_tokens").col("rotating_from").to_owned();
        manager.create_index(replaced).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["api_tokens_rotating_from", "api_tokens_made_by"] {
            manager.drop_index(Index::drop().name(index).table("api_tokens").to_owned()).await?;
        }
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
