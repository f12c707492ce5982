//! Which server makes the repository of a project, and until when it alone may.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [text_null("lease_owner"), big_integer_null("lease_until")] {
            manager.alter_table(Table::alter().table("projects").add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["lease_until", "lease_owner"] {
            manager.alter_table(Table::alter().table("projects").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
