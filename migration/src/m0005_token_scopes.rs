//! API tokens with scopes of their own, limits on where they count from and how often, and rotation.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [&str; 8] =
    ["scopes", "description", "creator", "allowed_ips", "rate_limit", "usage_count", "rotating_from", "rotation_expires_at"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for name in COLUMNS {
            let column = match name {
                "rate_limit" => integer_null(name),
                "usage_count" => big_integer(name).default(0).take(),
                "rotating_from" => uuid_null(name),
                "rotation_expires_at" => big_integer_null(name),
                words => text(words).default("").take(),
            };
            manager.alter_table(Table::alter().table("api_tokens").add_column(column).to_owned()).await?;
        }
        manager.create_index(Index::create().name("api_tokens_name").table("api_tokens").col("name").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("api_tokens_name").table("api_tokens").to_owned()).await?;
        for name in COLUMNS {
            manager.alter_table(Table::alter().table("api_tokens").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
