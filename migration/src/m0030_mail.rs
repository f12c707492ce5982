//! Mail that is to be sent, and for a while what became of it. What it says is sealed, and gone when it went out.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mails = Table::create()
            .table("mails")
            .col(uuid("id").primary_key())
            .col(text("kind"))
            .col(text("recipient"))
            .col(text("state"))
            // An envelope of the vault; empty before it is written and when it is over.
            .col(text("master"))
            .col(text("data_key"))
            .col(text("letter"))
            .col(big_integer("created_at"))
            // By then it is sent or given up.
            .col(big_integer("expires_at"))
            // When it is tried next. While somebody sends it, when their lease ends.
            .col(big_integer("due_at"))
            .col(integer("attempts"))
            // Who has the lease; empty for nobody.
            .col(text("holder"))
            // What the server said last.
            .col(text("problem"))
            .col(big_integer_null("done_at"))
            .to_owned();
        manager.create_table(mails).await?;
        manager.create_index(Index::create().name("mails_due").table("mails").col("state").col("due_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("mails").to_owned()).await
    }
}
