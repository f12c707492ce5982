//! Signing out at a provider: which session there a login rests on, and which logout tokens were used.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What is kept of a session at a provider. Sign-ins that wait for their second step had the provider already.
const COLUMNS: [&str; 4] = ["issuer", "subject", "sid", "id_token"];
const INDEXES: [(&str, &str); 2] = [("logins_subject", "subject"), ("logins_sid", "sid")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        manager.alter_table(Table::alter().table("logins").add_column(text_null("provider")).to_owned()).await?;
        for table in ["logins", "half_logins"] {
            for name in COLUMNS {
                manager.alter_table(Table::alter().table(table).add_column(text_null(name)).to_owned()).await?;
            }
        }
        for (name, column) in INDEXES {
            manager.create_index(Index::create().name(name).table("logins").col("issuer").col(column).to_owned()).await?;
        }
        let tokens = Table::create()
            .table("logout_tokens")
            .col(text("token_hash").primary_key())
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(tokens).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("logout_tokens").to_owned()).await?;
        for (name, _) in INDEXES {
            manager.drop_index(Index::drop().name(name).table("logins").to_owned()).await?;
        }
        for table in ["logins", "half_logins"] {
            for name in COLUMNS {
                manager.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
            }
        }
        manager.alter_table(Table::alter().table("logins").drop_column("provider").to_owned()).await
    }
}
