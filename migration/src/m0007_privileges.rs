//! People who are switched off, and a count of the changes of what a person may do: a login's id is good for one of them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [big_integer_null("switched_off_at"), big_integer("privileges").default(0).take()] {
            manager.alter_table(Table::alter().table("users").add_column(column).to_owned()).await?;
        }
        manager.create_index(Index::create().name("logins_user_id").table("logins").col("user_id").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("logins_user_id").table("logins").to_owned()).await?;
        for name in ["privileges", "switched_off_at"] {
            manager.alter_table(Table::alter().table("users").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
