//! The journal of a run, read from the database, and what has to be true of it.

use domain::runs::{Input, RunRecord, RunState, machine};
use protocol::RunId;
use store::{CallRow, JournalRow, Store};

/// A run as the database has it, all at one point in time.
#[derive(Clone, Debug)]
pub struct Stored {
    pub record: RunRecord,
    pub rows: Vec<JournalRow>,
    pub calls: Vec<CallRow>,
}

impl Stored {
    pub async fn read(store: &Store, id: RunId) -> Self {
        let tx = store.read().await.expect("the database");
        Self {
            record: tx.runs().by_id(id).await.expect("the run").expect("the run is there"),
            rows: tx.journal().of_run(id).await.expect("the journal"),
            calls: tx.journal().calls(id).await.expect("the prompts"),
        }
    }

    /// The results of agent calls that were journaled.
    pub fn results(&self) -> Vec<&domain::ports::agent::AgentResult> {
        let results = self.rows.iter().filter_map(|row| match &row.input {
            Input::Acted { result } => Some(result),
            _ => None,
        });
        results.collect()
    }

    /// The journal has no gap, and folding it gives the stored state.
    #[track_caller]
    pub fn assert_consistent(&self) {
        let seqs: Vec<i64> = self.rows.iter().map(|row| row.seq).collect();
        let whole: Vec<i64> = (1..).take(self.rows.len()).collect();
        assert_eq!(seqs, whole, "the journal's positions");
        assert_eq!(self.record.journal_seq, i64::try_from(self.rows.len()).expect("a length"));

        let start = RunState::queued(self.record.state.ceilings);
        let folded = self.rows.iter().fold(start, |state, row| machine::step(state, row.input.clone(), row.at, row.worked_ms).0);
        assert_eq!(folded, self.record.state, "the journal folds to the stored state");
    }
}

/// What a row is, in a word.
pub fn name(input: &Input) -> &'static str {
    match input {
        Input::Claimed => "claimed",
        Input::Prepared { .. } => "prepared",
        Input::Planned { .. } => "planned",
        Input::Reasoned { .. } => "reasoned",
        Input::Acted { .. } => "acted",
        Input::Reflected { .. } => "reflected",
        Input::Verified(_) => "verified",
        Input::Committed { .. } => "committed",
        Input::Checked(_) => "checked",
        Input::Delivered { .. } => "delivered",
        Input::Sealed { .. } => "sealed",
        Input::Waited => "waited",
        Input::Blocked { .. } => "blocked",
        Input::PauseAsked { .. } => "pause",
        Input::ResumeAsked { .. } => "resume",
        Input::StopAsked { .. } => "stop",
        Input::LimitReached { .. } => "limit",
        Input::Broke { .. } => "broke",
    }
}
