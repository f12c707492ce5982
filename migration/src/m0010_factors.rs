//! Second factors: authenticator apps, recovery codes, and sign-ins that wait for their second step. All of them go with
//! their person.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["half_logins", "recovery_codes", "factors"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let factors = Table::create()
            .table("factors")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(text("kind"))
            .col(text("name"))
            .col(text("secret"))
            .col(big_integer_null("last_step"))
            .col(big_integer("created_at"))
            .col(big_integer_null("confirmed_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut of_person("factors"))
            .to_owned();
        let recovery_codes = Table::create()
            .table("recovery_codes")
            .col(uuid("id").primary_key())
            .col(uuid("user_id"))
            .col(text("salt"))
            .col(text("hash"))
            .foreign_key(&mut of_person("recovery_codes"))
            .to_owned();
        let half_logins = Table::create()
            .table("half_logins")
            .col(text("browser_hash").primary_key())
            .col(uuid("user_id"))
            .col(text("next"))
            .col(text_null("provider"))
            .col(big_integer("expires_at"))
            .foreign_key(&mut of_person("half_logins"))
            .to_owned();
        for table in [factors, recovery_codes, half_logins] {
            manager.create_table(table).await?;
        }
        for table in TABLES {
            let index = Index::create().name(format!("{table}_user")).table(table).col("user_id").to_owned();
            manager.create_index(index).await?;
        }
        manager.create_index(Index::create().name("half_logins_end").table("half_logins").col("expires_at").to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn of_person(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
