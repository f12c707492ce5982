//! Invitations by link and into teams: an invitation has an id of its own, and an e-mail address only when it is for one.
//! Those from before keep their address as id.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.rename_table(Table::rename().table("invitations", "invitations_by_email").to_owned()).await?;
        let invitations = Table::create()
            .table("invitations")
            .col(text("id").primary_key())
            // Empty for an invitation of whoever has the link.
            .col(text("email"))
            // SHA-256 of the link's secret, in hex; absent for an invitation without a link.
            .col(text_null("link_hash").unique_key())
            .col(text("role"))
            .col(uuid_null("team_id"))
            .col(text("team_role"))
            .col(text("invited_by"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(invitations).await?;
        let copy = "INSERT INTO invitations (id, email, role, team_role, invited_by, created_at, expires_at) \
                    SELECT email, email, role, '', '', created_at, expires_at FROM invitations_by_email";
        manager.get_connection().execute_unprepared(copy).await?;
        manager.create_index(Index::create().name("invitations_email").table("invitations").col("email").to_owned()).await?;
        manager.drop_table(Table::drop().table("invitations_by_email").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.rename_table(Table::rename().table("invitations", "invitations_by_link").to_owned()).await?;
        let invitations = Table::create()
            .table("invitations")
            .col(text("email").primary_key())
            .col(text("role"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(invitations).await?;
        let copy = "INSERT INTO invitations (email, role, created_at, expires_at) \
                    SELECT email, min(role), min(created_at), max(expires_at) FROM invitations_by_link \
                    WHERE email <> '' AND team_id IS NULL GROUP BY email";
        manager.get_connection().execute_unprepared(copy).await?;
        manager.drop_table(Table::drop().table("invitations_by_link").to_owned()).await
    }
}
