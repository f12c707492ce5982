//! People, their logins, API tokens, and the one-row settings of the installation.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table("users")
            .col(uuid("id").primary_key())
            .col(text("email").unique_key())
            .col(text("name"))
            .col(text("password_hash"))
            .col(text("role"))
            .col(big_integer("created_at"))
            .to_owned();
        let logins = Table::create()
            .table("logins")
            .col(text("id_hash").primary_key())
            .col(uuid_null("user_id"))
            .col(text("data"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .to_owned();
        let tokens = Table::create()
            .table("api_tokens")
            .col(uuid("id").primary_key())
            .col(text("name"))
            .col(text("lookup").unique_key())
            .col(text("salt"))
            .col(text("hash"))
            .col(text("role"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("last_used_at"))
            .col(big_integer_null("revoked_at"))
            .to_owned();
        let settings = Table::create().table("settings").col(text("name").primary_key()).col(text("value")).to_owned();
        for table in [users, logins, tokens, settings] {
            manager.create_table(table).await?;
        }
        manager.create_index(Index::create().name("logins_expires_at").table("logins").col("expires_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["settings", "api_tokens", "logins", "users"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
