//! Writing down what came of an effect: the journal row, the state, the parts of the run and the events, all in one transaction.

use std::sync::{Mutex, PoisonError};

use domain::{
    runs::{Hold, Input, RunChange, RunRecord, Wish, machine, task_view},
    specs,
};
use protocol::{
    Event, EventScope, EventSeq, Timestamp,
    receipts::Receipt,
    runs::{Gate, GateVerdict, LogChunk, LogKind, Task, TaskStatus},
};
use services::{Cx, Error};
use store::{CallRow, JournalRow, Tx};

use crate::export;

/// What is written in the same transaction as the journal row.
#[derive(Clone, Debug)]
pub(crate) enum Extra {
    None,
    /// The prompt that the next call sends.
    Prompt(CallRow),
    Receipt(Box<Receipt>),
    /// The spec without values of the vault, in place of the one that was queued.
    Spec(String),
    /// The wish that this input carries out; another one that came meanwhile stays.
    ClearWish(Wish),
}

/// Takes `input` in, after `worked_ms` more milliseconds of work, and makes it last.
pub(crate) async fn record(cx: &Cx, record: &mut RunRecord, input: Input, worked_ms: i64, extra: Extra) -> Result<(), Error> {
    let now = cx.clock.now();
    let (state, changes) = machine::step(record.state.clone(), input.clone(), now, worked_ms);
    let mut next = RunRecord { state, journal_seq: record.journal_seq + 1, ..record.clone() };
    if changes.contains(&RunChange::Started) {
        next.started_at.get_or_insert(now);
    }
    if next.state.is_over() {
        next.ended_at.get_or_insert(now);
    }
    let tx = cx.store.begin().await?;
    tx.journal().append(next.id, &JournalRow { seq: next.journal_seq, at: now, worked_ms, input }).await?;
    tx.runs().save(&next).await?;
    match extra {
        Extra::None => {}
        Extra::Prompt(call) => tx.journal().save_call(next.id, &call).await?,
        Extra::Receipt(receipt) => tx.run_parts().save_receipt(&receipt).await?,
        Extra::Spec(spec) => {
            tx.runs().set_spec(next.id, &spec).await?;
            next.spec = spec;
        }
        Extra::ClearWish(granted) => tx.runs().clear_wish(next.id, &granted).await?,
    }
    let writer = Writer { tx: &tx, record: &next, at: now, told: Mutex::default() };
    writer.apply(&changes).await?;
    let told = writer.told.into_inner().unwrap_or_else(PoisonError::into_inner);
    tx.commit().await?;
    *record = next;
    cx.nudges.events();
    export::write(record);
    export::append(record, now, &told);
    Ok(())
}

/// Appends parts and events of one run in a transaction.
struct Writer<'a> {
    tx: &'a Tx,
    record: &'a RunRecord,
    at: Timestamp,
    /// What was appended, for the export after the commit.
    told: Mutex<Vec<(EventSeq, Event)>>,
}

impl Writer<'_> {
    async fn apply(&self, changes: &[RunChange]) -> Result<(), Error> {
        let mut told = false;
        for change in changes {
            told |= matches!(change, RunChange::Started | RunChange::Paused | RunChange::Resumed | RunChange::Finished);
            self.one(change).await?;
        }
        if !told {
            self.event(&Event::BuildProgress(self.progress())).await?;
        }
        Ok(())
    }

    async fn one(&self, change: &RunChange) -> Result<(), Error> {
        let run = self.record.view();
        let id = self.record.id;
        match change {
            RunChange::Started => self.event(&Event::RunStarted { run }).await,
            RunChange::Phase { phase, phases, summary } => {
                let event = Event::PhaseChanged { phase: *phase, phases: phases.clone(), summary: summary.clone() };
                self.event(&event).await
            }
            RunChange::TasksPlanned => self.plan().await,
            RunChange::Task(state) => self.task(state.number).await,
            RunChange::IterationStarted(iteration) => {
                self.tx.run_parts().save_iteration(id, iteration).await?;
                self.event(&Event::IterationStart { iteration: iteration.clone() }).await
            }
            RunChange::IterationProgress(iteration) => {
                self.tx.run_parts().save_iteration(id, iteration).await?;
                self.event(&Event::IterationProgress { iteration: iteration.clone() }).await
            }
            RunChange::IterationEnded(iteration) => {
                self.tx.run_parts().save_iteration(id, iteration).await?;
                self.event(&Event::IterationComplete { iteration: iteration.clone() }).await
            }
            RunChange::Gates(gates) => self.gates(gates).await,
            RunChange::Log(text) => self.event(&Event::AgentOutput { chunk: self.line(text) }).await,
            RunChange::Paused => {
                if let Some(Hold::NeedsYou { reason }) = &self.record.state.hold {
                    self.event(&Event::AgentOutput { chunk: self.line(reason) }).await?;
                }
                self.event(&Event::RunPaused { run }).await
            }
            RunChange::Resumed => self.event(&Event::RunResumed { run }).await,
            RunChange::Finished => self.event(&Event::RunFinished { run }).await,
        }
    }

    async fn plan(&self) -> Result<(), Error> {
        for task in self.tasks() {
            self.tx.run_parts().save_task(self.record.id, &task).await?;
            // The first one may have begun in the same step; that has an event of its own.
            let task = Task { status: TaskStatus::Pending, attempts: 0, note: None, ..task };
            self.event(&Event::TaskQueued { task }).await?;
        }
        Ok(())
    }

    async fn task(&self, number: u32) -> Result<(), Error> {
        let Some(task) = self.tasks().into_iter().find(|task| task.number == number) else { return Ok(()) };
        self.tx.run_parts().save_task(self.record.id, &task).await?;
        let event = match task.status {
            TaskStatus::Pending => Event::TaskQueued { task },
            TaskStatus::InProgress => Event::TaskStarted { task },
            TaskStatus::Completed => Event::TaskCompleted { task },
            TaskStatus::Failed => Event::TaskFailed { task },
        };
        self.event(&event).await
    }

    /// The tasks as the spec words them and the machine has them. The spec never changes during a run, so it is read again
    /// instead of being stored twice.
    fn tasks(&self) -> Vec<Task> {
        let drafts = specs::parse(self.record.spec.as_bytes(), None).map(|spec| spec.tasks).unwrap_or_default();
        self.record.state.tasks.iter().map(|state| task_view(state.draft(&drafts), state)).collect()
    }

    async fn gates(&self, gates: &[Gate]) -> Result<(), Error> {
        self.tx.run_parts().save_gates(self.record.id, gates).await?;
        for gate in gates {
            let gate = gate.clone();
            let event = match gate.verdict {
                GateVerdict::Passed => Event::QualityGatePassed { gate },
                GateVerdict::NotApplicable => Event::QualityGateSkipped { gate },
                GateVerdict::Failed | GateVerdict::Inconclusive => Event::QualityGateFailed { gate },
            };
            self.event(&event).await?;
        }
        Ok(())
    }

    fn line(&self, text: &str) -> LogChunk {
        let state = &self.record.state;
        LogChunk { iteration: state.iteration, step: state.step(), kind: LogKind::Engine, text: format!("{text}\n") }
    }

    fn progress(&self) -> protocol::events::BuildProgress {
        let run = self.record.view();
        let (done, total) = (run.tasks_done, run.tasks_total);
        let eta_ms = (done > 0).then(|| run.worked_ms / i64::from(done) * i64::from(total.saturating_sub(done)));
        protocol::events::BuildProgress {
            phase: run.phase,
            tasks_done: done,
            tasks_total: total,
            cost_usd: run.cost_usd,
            eta_ms,
            run,
        }
    }

    async fn event(&self, event: &Event) -> Result<(), Error> {
        let scope = EventScope::run(self.record.project_id, self.record.id);
        let seq = self.tx.events().append(self.at, scope, event).await?;
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push((seq, event.clone()));
        Ok(())
    }
}
