//! The audit trail as a chain: entries that are bound to each other, where the chain ends, and signed checkpoints.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entries = Table::create()
            .table("audit_entries")
            .col(big_integer("seq").primary_key())
            .col(big_integer("at"))
            .col(text("actor"))
            .col(text("action"))
            .col(text("resource_type"))
            .col(text("resource_id"))
            .col(text("outcome"))
            .col(text("details"))
            .col(text("hash"))
            .to_owned();
        // The row is locked by each writer until it commits, so the chain has one end.
        let head = Table::create()
            .table("audit_head")
            .col(integer("id").primary_key())
            .col(big_integer("seq"))
            .col(text("hash"))
            .to_owned();
        let checkpoints = Table::create()
            .table("audit_checkpoints")
            .col(big_integer("seq").primary_key())
            .col(text("hash"))
            .col(big_integer("at"))
            .col(text("key"))
            .col(text("signature"))
            .to_owned();
        for table in [entries, head, checkpoints] {
            manager.create_table(table).await?;
        }
        for column in ["at", "actor", "resource_id"] {
            let index = Index::create().name(format!("audit_entries_{column}")).table("audit_entries").col(column).to_owned();
            manager.create_index(index).await?;
        }
        let first = Query::insert()
            .into_table("audit_head")
            .columns(["id", "seq", "hash"])
            .values_panic([1.into(), 0.into(), "0".repeat(64).into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit_checkpoints", "audit_head", "audit_entries"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
