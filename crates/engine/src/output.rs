//! The live log: what an agent or a check prints, gathered into a few events a second.

mod waiting;

use std::time::Duration;

use domain::{runs::RunRecord, vault::Masks};
use protocol::{
    Event, EventScope,
    runs::{LogChunk, LogKind, Step},
};
use services::{Cx, Error};
use tokio::time::Instant;

use waiting::{Source, Waiting};

/// Between two writes; with [`waiting::CHUNKS`] each, at most 20 events a second.
const EVERY: Duration = Duration::from_millis(200);

/// After a write that failed: what comes meanwhile waits, as far as it is not too much.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The log of one step of a run.
pub(crate) struct Output<'a> {
    cx: &'a Cx,
    record: &'a RunRecord,
    step: Step,
    waiting: Waiting,
    next: Instant,
}

impl<'a> Output<'a> {
    /// Of an agent, while it works. What is too much is left out, and is in the transcript.
    pub(crate) fn new(cx: &'a Cx, record: &'a RunRecord, step: Step) -> Self {
        Self::from_source(cx, record, step, Source::Agent)
    }

    /// Of a check that has ended. Of what is too much, the end is kept.
    pub(crate) fn of_check(cx: &'a Cx, record: &'a RunRecord) -> Self {
        Self::from_source(cx, record, Step::Verify, Source::Check)
    }

    /// The same, which also hides what `masks` knows.
    pub(crate) fn hiding(mut self, masks: &Masks) -> Self {
        self.waiting = self.waiting.hiding(masks);
        self
    }

    fn from_source(cx: &'a Cx, record: &'a RunRecord, step: Step, source: Source) -> Self {
        Self { cx, record, step, waiting: Waiting::new(source), next: Instant::now() + EVERY }
    }

    /// Takes a piece in; never waits.
    pub(crate) fn push(&mut self, kind: LogKind, text: String) {
        self.waiting.push(kind, text);
    }

    /// When [`Output::flush`] is due.
    pub(crate) fn next_flush(&self) -> Instant {
        self.next
    }

    /// Writes what waits, as much as one write may take.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        let part = self.waiting.take();
        let written = self.write(part).await;
        // From its end on: one that had to wait for the database is not made up for by the next.
        self.next = Instant::now() + if written.is_ok() { EVERY } else { AFTER_FAILURE };
        written
    }

    /// Writes all that is left, and how much was left out.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        let rest = self.waiting.take_rest();
        self.write(rest).await
    }

    async fn write(&self, part: Vec<(LogKind, String)>) -> Result<(), Error> {
        if part.is_empty() {
            return Ok(());
        }
        let scope = EventScope::run(self.record.project_id, self.record.id);
        let tx = self.cx.store.begin().await?;
        for (kind, text) in part {
            let chunk = LogChunk { iteration: self.record.state.iteration, step: Some(self.step), kind, text };
            tx.events().tell(self.cx.clock.now(), scope, &Event::AgentOutput { chunk });
        }
        tx.commit().await?;
        self.cx.nudges.events();
        Ok(())
    }
}
