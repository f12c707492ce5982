//! Events of one person, and of the installation itself, which are not everybody's.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("events").add_column(uuid_null("user_id")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What is of no project and no team was everybody's before.
        let not_everybodys = Query::delete()
            .from_table("events")
            .and_where(Expr::col("project_id").is_null())
            .and_where(Expr::col("team_id").is_null())
            .to_owned();
        manager.exec_stmt(not_everybodys).await?;
        manager.alter_table(Table::alter().table("events").drop_column("user_id").to_owned()).await
    }
}
