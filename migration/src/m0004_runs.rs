//! Runs: what was asked, the machine's state, its journal, and the records that pages read.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [runs(), journal(), calls(), records("iterations"), records("tasks"), gates(), receipts()] {
            manager.create_table(table).await?;
        }
        for (name, columns) in [("runs_project", ["project_id", "number"]), ("runs_over", ["over", "queued_at"])] {
            let mut index = Index::create();
            index.name(name).table("runs");
            for column in columns {
                index.col(column);
            }
            if name == "runs_project" {
                index.unique();
            }
            manager.create_index(index.clone()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["receipts", "run_gates", "run_tasks", "run_iterations", "run_calls", "run_journal", "runs"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn runs() -> TableCreateStatement {
    Table::create()
        .table("runs")
        .col(uuid("id").primary_key())
        .col(uuid("project_id"))
        .col(integer("number"))
        .col(text("title"))
        .col(text("provider"))
        .col(text_null("model"))
        .col(text("limits"))
        .col(text("started_by"))
        .col(boolean("sandboxed"))
        .col(text_null("request_id").unique_key())
        .col(text_null("request_hash"))
        .col(text("state"))
        .col(text("status"))
        .col(boolean("over"))
        .col(text_null("wish"))
        .col(text_null("lease_owner"))
        .col(big_integer("lease_until"))
        .col(big_integer("journal_seq"))
        .col(big_integer("queued_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        // Last, because SQLite reads its way through a long text to whatever stands behind it.
        .col(text("spec"))
        .to_owned()
}

fn journal() -> TableCreateStatement {
    Table::create()
        .table("run_journal")
        .col(uuid("run_id"))
        .col(big_integer("seq"))
        .col(big_integer("at"))
        .col(text("input"))
        .primary_key(Index::create().col("run_id").col("seq"))
        .to_owned()
}

fn calls() -> TableCreateStatement {
    Table::create()
        .table("run_calls")
        .col(uuid("run_id"))
        .col(integer("number"))
        .col(integer("iteration"))
        .col(text("prompt"))
        .col(big_integer("scaffold_tokens"))
        .col(big_integer("asked_at"))
        .primary_key(Index::create().col("run_id").col("number"))
        .to_owned()
}

fn records(of: &str) -> TableCreateStatement {
    Table::create()
        .table(format!("run_{of}"))
        .col(uuid("run_id"))
        .col(integer("number"))
        .col(text("body"))
        .primary_key(Index::create().col("run_id").col("number"))
        .to_owned()
}

fn gates() -> TableCreateStatement {
    Table::create()
        .table("run_gates")
        .col(uuid("run_id"))
        .col(integer("iteration"))
        .col(integer("position"))
        .col(text("name"))
        .col(text("body"))
        .primary_key(Index::create().col("run_id").col("iteration").col("name"))
        .to_owned()
}

fn receipts() -> TableCreateStatement {
    Table::create().table("receipts").col(uuid("run_id").primary_key()).col(text("body")).col(text("sha256")).to_owned()
}
