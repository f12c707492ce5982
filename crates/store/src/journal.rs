//! The journal of a run: what came of each effect, and the prompt of every agent call.

use domain::runs::Input;
use protocol::{RunId, Timestamp};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};

use crate::{
    StoreError, Tx,
    tables::{run_calls, run_journal},
    words::{from_int, from_json, int, json},
};

/// One journaled input.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalRow {
    /// From 1, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    /// Milliseconds of work since the row before.
    pub worked_ms: i64,
    pub input: Input,
}

/// A prompt as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    pub number: u32,
    pub iteration: u32,
    pub prompt: String,
    pub scaffold_tokens: u64,
    pub asked_at: Timestamp,
}

/// The journal.
#[derive(Debug)]
pub struct Journal<'a>(pub(crate) &'a Tx);

impl Journal<'_> {
    /// Appends a row. Two writers at the same position exclude each other: the second one fails.
    pub async fn append(&self, run: RunId, row: &JournalRow) -> Result<(), StoreError> {
        let stored = run_journal::ActiveModel {
            run_id: Set(run.0),
            seq: Set(row.seq),
            at: Set(row.at.millis()),
            input: Set(json("run_journal", &(row.worked_ms, &row.input))?),
        };
        run_journal::Entity::insert(stored).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// The whole journal of a run, oldest first.
    pub async fn of_run(&self, run: RunId) -> Result<Vec<JournalRow>, StoreError> {
        let rows = run_journal::Entity::find()
            .filter(run_journal::Column::RunId.eq(run.0))
            .order_by_asc(run_journal::Column::Seq)
            .all(&self.0.inner)
            .await?;
        rows.into_iter()
            .map(|row| {
                let (worked_ms, input) = from_json("run_journal", &row.input)?;
                Ok(JournalRow { seq: row.seq, at: Timestamp::from_millis(row.at), worked_ms, input })
            })
            .collect()
    }

    /// Stores a prompt; the same call again replaces it.
    pub async fn save_call(&self, run: RunId, call: &CallRow) -> Result<(), StoreError> {
        let stored = run_calls::ActiveModel {
            run_id: Set(run.0),
            number: Set(int(call.number)),
            iteration: Set(int(call.iteration)),
            prompt: Set(call.prompt.clone()),
            scaffold_tokens: Set(i64::try_from(call.scaffold_tokens).unwrap_or(i64::MAX)),
            asked_at: Set(call.asked_at.millis()),
        };
        let update = OnConflict::columns([run_calls::Column::RunId, run_calls::Column::Number])
            .update_columns([
                run_calls::Column::Iteration,
                run_calls::Column::Prompt,
                run_calls::Column::ScaffoldTokens,
                run_calls::Column::AskedAt,
            ])
            .to_owned();
        run_calls::Entity::insert(stored).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// The newest stored prompt of a run up to call `number`: a repeated call sends the same one.
    pub async fn call(&self, run: RunId, number: u32) -> Result<Option<CallRow>, StoreError> {
        let row = run_calls::Entity::find()
            .filter(run_calls::Column::RunId.eq(run.0))
            .filter(run_calls::Column::Number.lte(int(number)))
            .order_by_desc(run_calls::Column::Number)
            .one(&self.0.inner)
            .await?;
        Ok(row.map(read_call))
    }

    /// All prompts of a run, oldest first.
    pub async fn calls(&self, run: RunId) -> Result<Vec<CallRow>, StoreError> {
        let found = run_calls::Entity::find().filter(run_calls::Column::RunId.eq(run.0)).order_by_asc(run_calls::Column::Number);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read_call).collect())
    }
}

fn read_call(row: run_calls::Model) -> CallRow {
    CallRow {
        number: from_int(row.number),
        iteration: from_int(row.iteration),
        prompt: row.prompt,
        scaffold_tokens: u64::try_from(row.scaffold_tokens).unwrap_or(0),
        asked_at: Timestamp::from_millis(row.asked_at),
    }
}
