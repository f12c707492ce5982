//! The event log and the audit trail: rows with a position, appended in the transaction of the change.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let events = Table::create()
            .table("events")
            .col(big_integer("seq").primary_key())
            .col(big_integer("at"))
            .col(text("kind"))
            .col(uuid_null("project_id"))
            .col(uuid_null("run_id"))
            .col(text("data"))
            .to_owned();
        // The counter's row is locked by each writer until it commits, so positions become visible in their order.
        let position =
            Table::create().table("event_position").col(integer("id").primary_key()).col(big_integer("seq")).to_owned();
        let audit = Table::create()
            .table("audit")
            .col(uuid("id").primary_key())
            .col(big_integer("at"))
            .col(text("actor"))
            .col(text("action"))
            .col(text("resource"))
            .col(text("outcome"))
            .to_owned();
        for table in [events, position, audit] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(Index::create().name("events_run").table("events").col("run_id").col("kind").col("seq").to_owned())
            .await?;
        let first =
            Query::insert().into_table("event_position").columns(["id", "seq"]).values_panic([1.into(), 0.into()]).to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit", "event_position", "events"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
