//! Signing in with other providers: whose identity belongs to which person, sign-ins under way, invitations, and links that
//! reset a password.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 4] = ["password_resets", "invitations", "sign_in_flows", "identities"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let identities = Table::create()
            .table("identities")
            .col(uuid("id").primary_key())
            .col(text("issuer"))
            .col(text("subject"))
            .col(uuid("user_id"))
            .col(text("provider"))
            .col(text("email"))
            .col(boolean("manages_role"))
            .col(big_integer("created_at"))
            .col(big_integer("last_used_at"))
            .to_owned();
        let flows = Table::create()
            .table("sign_in_flows")
            .col(text("state_hash").primary_key())
            .col(text("browser_hash"))
            .col(text("provider"))
            .col(text("nonce"))
            .col(text("verifier"))
            .col(text("next"))
            .col(uuid_null("link_login"))
            .col(big_integer("expires_at"))
            .to_owned();
        let invitations = Table::create()
            .table("invitations")
            .col(text("email").primary_key())
            .col(text("role"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .to_owned();
        let resets = Table::create()
            .table("password_resets")
            .col(uuid("user_id").primary_key())
            .col(text("token_hash"))
            .col(big_integer("expires_at"))
            .to_owned();
        for table in [identities, flows, invitations, resets] {
            manager.create_table(table).await?;
        }
        let subject =
            Index::create().name("identities_subject").table("identities").col("issuer").col("subject").unique().to_owned();
        manager.create_index(subject).await?;
        manager.create_index(Index::create().name("identities_user").table("identities").col("user_id").to_owned()).await?;
        manager.create_index(Index::create().name("sign_in_flows_end").table("sign_in_flows").col("expires_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
