//! Events of a team itself: whoever may not know the team does not hear them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("events").add_column(uuid_null("team_id")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Without the column they would be everybody's.
        let of_teams = Query::delete().from_table("events").and_where(Expr::col("team_id").is_not_null()).to_owned();
        manager.exec_stmt(of_teams).await?;
        manager.alter_table(Table::alter().table("events").drop_column("team_id").to_owned()).await
    }
}
