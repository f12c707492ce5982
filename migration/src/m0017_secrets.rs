//! The vault: secrets in envelopes, by whose they are and what they are called. A scope is an installation, a team or a project.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let secrets = Table::create()
            .table("secrets")
            .col(uuid("id").primary_key())
            .col(text("scope"))
            .col(uuid("owner"))
            .col(text("name"))
            .col(text("uses"))
            .col(text("master"))
            .col(text("data_key"))
            .col(text("value"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(text("updated_by"))
            .to_owned();
        manager.create_table(secrets).await?;
        let name =
            Index::create().name("secrets_name").table("secrets").col("scope").col("owner").col("name").unique().to_owned();
        manager.create_index(name).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("secrets").to_owned()).await
    }
}
