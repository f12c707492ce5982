//! Which project or team an entry of the audit trail is about: their auditors read it. The columns are no part of the chain.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [&str; 2] = ["project_id", "team_id"];

/// What older entries are about, as far as their names tell: SQLite keeps ids as bytes.
const FILL_SQLITE: [&str; 4] = [
    "UPDATE audit_entries SET project_id = unhex(replace(resource_id, '-', '')) \
     WHERE resource_type = 'project' AND length(resource_id) = 36",
    "UPDATE audit_entries SET team_id = unhex(replace(resource_id, '-', '')) \
     WHERE resource_type = 'team' AND length(resource_id) = 36",
    "UPDATE audit_entries SET project_id = \
     (SELECT runs.project_id FROM runs WHERE runs.id = unhex(replace(audit_entries.resource_id, '-', ''))) \
     WHERE resource_type = 'run'",
    "UPDATE audit_entries SET \
     project_id = (SELECT id FROM projects WHERE id = unhex(replace(substr(audit_entries.resource_id, 1, 36), '-', ''))), \
     team_id = (SELECT id FROM teams WHERE id = unhex(replace(substr(audit_entries.resource_id, 1, 36), '-', ''))) \
     WHERE resource_type = 'secret' AND substr(resource_id, 37, 1) = '/'",
];

/// The same for PostgreSQL.
const FILL_POSTGRES: [&str; 5] = [
    "UPDATE audit_entries SET project_id = resource_id::uuid \
     WHERE resource_type = 'project' AND resource_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'",
    "UPDATE audit_entries SET team_id = resource_id::uuid \
     WHERE resource_type = 'team' AND resource_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'",
    "UPDATE audit_entries SET project_id = runs.project_id FROM runs \
     WHERE resource_type = 'run' AND resource_id = runs.id::text",
    "UPDATE audit_entries SET project_id = projects.id FROM projects \
     WHERE resource_type = 'secret' AND left(resource_id, 37) = projects.id::text || '/'",
    "UPDATE audit_entries SET team_id = teams.id FROM teams \
     WHERE resource_type = 'secret' AND left(resource_id, 37) = teams.id::text || '/'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, also on SQLite: half of it would keep the server from ever starting again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in COLUMNS {
            manager.alter_table(Table::alter().table("audit_entries").add_column(uuid_null(column)).to_owned()).await?;
        }
        let fill: &[&str] = if manager.get_database_backend() == DbBackend::Sqlite { &FILL_SQLITE } else { &FILL_POSTGRES };
        for statement in fill {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        for column in COLUMNS {
            // Most entries are about no team, and many about no project: those cost nothing more to write.
            let index =
                format!("CREATE INDEX audit_entries_{column} ON audit_entries ({column}, seq) WHERE {column} IS NOT NULL");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            manager.drop_index(Index::drop().name(format!("audit_entries_{column}")).table("audit_entries").to_owned()).await?;
            manager.alter_table(Table::alter().table("audit_entries").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
