//! Passkeys as a second kind of factor, the questions that browsers are asked for them, and envelopes for the secrets of
//! authenticator apps.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// `master` and `data_key` are an app's, whose `secret` is sealed by then; `credential` and `sign_count` a passkey's.
const COLUMNS: [&str; 4] = ["master", "data_key", "credential", "sign_count"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            let mut column = if name == "sign_count" { big_integer_null(name) } else { text_null(name) };
            manager.alter_table(Table::alter().table("factors").add_column(&mut column).to_owned()).await?;
        }
        let credential = Index::create().name("factors_credential").table("factors").col("credential").unique().to_owned();
        manager.create_index(credential).await?;
        let challenges = Table::create()
            .table("passkey_challenges")
            // A login that adds a passkey, or the browser of a sign-in that waits for its second step.
            .col(text("holder").primary_key())
            .col(uuid("user_id"))
            .col(uuid("factor_id"))
            .col(text("name"))
            .col(text("state"))
            .col(big_integer("expires_at"))
            .foreign_key(
                ForeignKey::create().from("passkey_challenges", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(challenges).await?;
        for column in ["user_id", "expires_at"] {
            let name = format!("passkey_challenges_{column}");
            let index = Index::create().name(name).table("passkey_challenges").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    /// Passkeys go, and sealed secrets stay as they are: no code of theirs counts, which is the safe side. Their people come in
    /// by a recovery code or have them reset.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("passkey_challenges").to_owned()).await?;
        manager.get_connection().execute_unprepared("DELETE FROM factors WHERE kind = 'passkey'").await?;
        manager.drop_index(Index::drop().name("factors_credential").table("factors").to_owned()).await?;
        for name in COLUMNS {
            manager.alter_table(Table::alter().table("factors").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
