//! Projects.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let projects = Table::create()
            .table("projects")
            .col(uuid("id").primary_key())
            .col(text("name"))
            .col(text("description"))
            .col(text("source"))
            .col(text("status"))
            .col(text_null("problem"))
            .col(text("path"))
            .col(text_null("branch"))
            .col(text_null("template"))
            .col(text_null("git_url"))
            .col(text("delivery"))
            .col(text_null("spec"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .to_owned();
        manager.create_table(projects).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("projects").to_owned()).await
    }
}
