//! Teams, whom projects belong to, with whom they are shared, and what tokens are held to. Projects from before belong to the
//! installation: everybody sees them as before.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OWNED: [&str; 2] = ["owner_user", "owner_team"];
const HELD: [&str; 2] = ["held_to_projects", "held_to_teams"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let teams = Table::create()
            .table("teams")
            .col(uuid("id").primary_key())
            .col(text("name"))
            // The name as it is compared.
            .col(text("folded").unique_key())
            .col(big_integer("created_at"))
            .to_owned();
        let members = Table::create()
            .table("team_members")
            .col(uuid("team_id"))
            .col(uuid("user_id"))
            // Empty for a role that a person gave, else the sign-in provider whose rules gave it.
            .col(text("source"))
            .col(text("role"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("team_id").col("user_id").col("source"))
            .to_owned();
        let shares = Table::create()
            .table("project_shares")
            .col(uuid("id").primary_key())
            .col(uuid("project_id"))
            .col(uuid_null("user_id"))
            .col(uuid_null("team_id"))
            .col(text("role"))
            .col(big_integer("created_at"))
            .to_owned();
        // Events outlive their project, and are still for those alone who saw it.
        let gone = Table::create()
            .table("gone_projects")
            .col(uuid("id").primary_key())
            .col(uuid_null("owner_user"))
            .col(uuid_null("owner_team"))
            .to_owned();
        for table in [teams, members, shares, gone] {
            manager.create_table(table).await?;
        }
        for (name, table, column) in [
            ("team_members_user", "team_members", "user_id"),
            ("project_shares_project", "project_shares", "project_id"),
            ("project_shares_user", "project_shares", "user_id"),
            ("project_shares_team", "project_shares", "team_id"),
        ] {
            manager.create_index(Index::create().name(name).table(table).col(column).to_owned()).await?;
        }
        for name in OWNED {
            manager.alter_table(Table::alter().table("projects").add_column(uuid_null(name)).to_owned()).await?;
            let index = format!("projects_{name}");
            manager.create_index(Index::create().name(index).table("projects").col(name).to_owned()).await?;
        }
        for name in HELD {
            let column = text(name).default("").take();
            manager.alter_table(Table::alter().table("api_tokens").add_column(column).to_owned()).await?;
        }
        let gone = "INSERT INTO gone_projects (id) SELECT DISTINCT project_id FROM events \
                    WHERE project_id IS NOT NULL AND project_id NOT IN (SELECT id FROM projects)";
        manager.get_connection().execute_unprepared(gone).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in HELD {
            manager.alter_table(Table::alter().table("api_tokens").drop_column(name).to_owned()).await?;
        }
        for name in OWNED {
            manager.drop_index(Index::drop().name(format!("projects_{name}")).table("projects").to_owned()).await?;
            manager.alter_table(Table::alter().table("projects").drop_column(name).to_owned()).await?;
        }
        for table in ["gone_projects", "project_shares", "team_members", "teams"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
