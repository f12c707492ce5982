//! What pages read of a run beside its state: iterations, tasks, gates and the receipt.

use std::collections::BTreeSet;

use protocol::{
    RunId,
    receipts::Receipt,
    runs::{Gate, Iteration, Task},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::OnConflict};

use crate::{
    StoreError, Tx,
    tables::{receipts, run_gates, run_iterations, run_tasks},
    words::{from_json, int, json},
};

/// Parts of runs. Writing one again replaces it.
#[derive(Debug)]
pub struct RunParts<'a>(pub(crate) &'a Tx);

impl RunParts<'_> {
    /// Writes an iteration, in place of the run's one of the same number.
    pub async fn save_iteration(&self, run: RunId, iteration: &Iteration) -> Result<(), StoreError> {
        let row = run_iterations::ActiveModel {
            run_id: Set(run.0),
            number: Set(int(iteration.number)),
            body: Set(json("run_iterations", iteration)?),
        };
        let update = OnConflict::columns([run_iterations::Column::RunId, run_iterations::Column::Number])
            .update_column(run_iterations::Column::Body)
            .to_owned();
        run_iterations::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// All iterations of a run, by number; none for a run that is not there.
    pub async fn iterations(&self, run: RunId) -> Result<Vec<Iteration>, StoreError> {
        let found = run_iterations::Entity::find()
            .filter(run_iterations::Column::RunId.eq(run.0))
            .order_by_asc(run_iterations::Column::Number);
        found.all(&self.0.inner).await?.iter().map(|row| from_json("run_iterations", &row.body)).collect()
    }

    /// Writes a task, in place of the run's one of the same number.
    pub async fn save_task(&self, run: RunId, task: &Task) -> Result<(), StoreError> {
        let row =
            run_tasks::ActiveModel { run_id: Set(run.0), number: Set(int(task.number)), body: Set(json("run_tasks", task)?) };
        let update = OnConflict::columns([run_tasks::Column::RunId, run_tasks::Column::Number])
            .update_column(run_tasks::Column::Body)
            .to_owned();
        run_tasks::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// All tasks of a run, by number; none for a run that is not there.
    pub async fn tasks(&self, run: RunId) -> Result<Vec<Task>, StoreError> {
        let found = run_tasks::Entity::find().filter(run_tasks::Column::RunId.eq(run.0)).order_by_asc(run_tasks::Column::Number);
        found.all(&self.0.inner).await?.iter().map(|row| from_json("run_tasks", &row.body)).collect()
    }

    /// How many iterations there were over all runs, and how many tasks were completed, for the metrics.
    pub async fn totals(&self) -> Result<(u64, u64), StoreError> {
        let iterations = run_iterations::Entity::find().count(&self.0.inner).await?;
        let completed = run_tasks::Entity::find().filter(run_tasks::Column::Body.contains("\"status\":\"completed\""));
        Ok((iterations, completed.count(&self.0.inner).await?))
    }

    /// Writes the gates of one verification, in their order, in place of all earlier ones of its iteration: a gate that was not
    /// judged this time has nothing to say any more.
    pub async fn save_gates(&self, run: RunId, gates: &[Gate]) -> Result<(), StoreError> {
        let iterations: BTreeSet<u32> = gates.iter().map(|gate| gate.iteration).collect();
        let stale = run_gates::Column::Iteration.is_in(iterations.into_iter().map(int));
        run_gates::Entity::delete_many().filter(run_gates::Column::RunId.eq(run.0)).filter(stale).exec(&self.0.inner).await?;
        for (position, gate) in gates.iter().enumerate() {
            let row = run_gates::ActiveModel {
                run_id: Set(run.0),
                iteration: Set(int(gate.iteration)),
                position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
                name: Set(gate.name.clone()),
                body: Set(json("run_gates", gate)?),
            };
            let key = [run_gates::Column::RunId, run_gates::Column::Iteration, run_gates::Column::Name];
            let update =
                OnConflict::columns(key).update_columns([run_gates::Column::Body, run_gates::Column::Position]).to_owned();
            run_gates::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        }
        Ok(())
    }

    /// All gates of a run, by iteration and in their order.
    pub async fn gates(&self, run: RunId) -> Result<Vec<Gate>, StoreError> {
        let found = run_gates::Entity::find()
            .filter(run_gates::Column::RunId.eq(run.0))
            .order_by_asc(run_gates::Column::Iteration)
            .order_by_asc(run_gates::Column::Position);
        found.all(&self.0.inner).await?.iter().map(|row| from_json("run_gates", &row.body)).collect()
    }

    /// Writes the receipt of a run, in place of an earlier one.
    pub async fn save_receipt(&self, receipt: &Receipt) -> Result<(), StoreError> {
        let row = receipts::ActiveModel {
            run_id: Set(receipt.facts.run_id.0),
            body: Set(json("receipts", receipt)?),
            sha256: Set(receipt.sha256.clone()),
        };
        let update = OnConflict::column(receipts::Column::RunId)
            .update_columns([receipts::Column::Body, receipts::Column::Sha256])
            .to_owned();
        receipts::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// The receipt of a run; absent until it is sealed.
    pub async fn receipt(&self, run: RunId) -> Result<Option<Receipt>, StoreError> {
        let row = receipts::Entity::find_by_id(run.0).one(&self.0.inner).await?;
        row.map(|row| from_json("receipts", &row.body)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict;

    use super::*;
    use crate::Store;

    fn gate(iteration: u32, name: &str) -> Gate {
        Gate {
            iteration,
            name: name.to_owned(),
            criterion: String::new(),
            verdict: GateVerdict::Passed,
            blocking: true,
            summary: String::new(),
            evidence: String::new(),
            duration_ms: 1,
            cost_usd: 0.0,
        }
    }

    #[tokio::test]
    async fn gates_of_an_earlier_check_do_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loki.db");
        let store = Store::open(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
        let (run, other) = (RunId(uuid::Uuid::from_u128(1)), RunId(uuid::Uuid::from_u128(2)));
        let tx = store.begin().await.unwrap();
        tx.run_parts().save_gates(run, &[gate(0, "diff"), gate(0, "tests"), gate(0, "acceptance")]).await.unwrap();
        tx.run_parts().save_gates(run, &[gate(1, "diff"), gate(1, "tests")]).await.unwrap();
        tx.run_parts().save_gates(other, &[gate(0, "tests")]).await.unwrap();
        tx.run_parts().save_gates(run, &[gate(0, "diff")]).await.unwrap();
        tx.run_parts().save_gates(run, &[]).await.unwrap();
        tx.commit().await.unwrap();

        let tx = store.read().await.unwrap();
        assert_eq!(tx.run_parts().gates(run).await.unwrap(), [gate(0, "diff"), gate(1, "diff"), gate(1, "tests")]);
        assert_eq!(tx.run_parts().gates(other).await.unwrap(), [gate(0, "tests")]);
    }
}
