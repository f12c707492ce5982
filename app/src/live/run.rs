//! How events change what the page of a run shows.

use protocol::{
    Envelope, Event, EventSeq, Timestamp,
    receipts::Receipt,
    runs::{Gate, Iteration, PhaseRecord, Run, RunView, Task},
};

use super::log::Log;

/// A run as its page shows it, at one position of the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct RunModel {
    /// Everything up to here is applied.
    pub seq: EventSeq,
    pub run: Run,
    /// When `run` was as it is.
    pub run_at: Timestamp,
    pub phases: Vec<PhaseRecord>,
    pub iterations: Vec<Iteration>,
    pub tasks: Vec<Task>,
    pub gates: Vec<Gate>,
    pub log: Log,
    pub receipt: Option<Receipt>,
}

/// Which parts of a page an event changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub run: bool,
    pub timeline: bool,
    pub tasks: bool,
    pub gates: bool,
    pub log: bool,
    /// The run ended, so that its receipt can be read.
    pub ended: bool,
}

impl Changed {
    const RUN: Self = Self { run: true, ..Self::NOTHING };
    const TIMELINE: Self = Self { timeline: true, ..Self::NOTHING };
    const TASKS: Self = Self { tasks: true, ..Self::NOTHING };
    const GATES: Self = Self { gates: true, ..Self::NOTHING };
    const LOG: Self = Self { log: true, ..Self::NOTHING };
    const NOTHING: Self = Self { run: false, timeline: false, tasks: false, gates: false, log: false, ended: false };

    /// What either changed.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            run: self.run || other.run,
            timeline: self.timeline || other.timeline,
            tasks: self.tasks || other.tasks,
            gates: self.gates || other.gates,
            log: self.log || other.log,
            ended: self.ended || other.ended,
        }
    }
}

impl RunModel {
    /// As the server read it.
    pub fn new(view: RunView, now: Timestamp) -> Self {
        let log = Log::new(&view.log, view.log_has_more);
        let timeline = view.timeline;
        let run_at = counted_until(&timeline.iterations, &timeline.phases, &view.run).unwrap_or(now);
        Self {
            seq: view.seq,
            run_at,
            run: view.run,
            phases: timeline.phases,
            iterations: timeline.iterations,
            tasks: timeline.tasks,
            gates: timeline.gates,
            log,
            receipt: view.receipt,
        }
    }

    /// Takes an event in, unless it is another run's, is applied already, or is of a kind that this page does not know.
    pub fn apply(&mut self, envelope: &Envelope) -> Changed {
        if envelope.seq <= self.seq || envelope.scope.run_id != Some(self.run.id) {
            return Changed::NOTHING;
        }
        self.seq = envelope.seq;
        let Some(event) = envelope.event() else { return Changed::NOTHING };
        let at = envelope.at;
        match event {
            Event::RunQueued { run }
            | Event::RunStarted { run }
            | Event::RunPaused { run }
            | Event::RunResumed { run }
            | Event::RunUpdated { run } => self.set_run(run, at),
            Event::BuildProgress(progress) => self.set_run(progress.run, at),
            Event::RunFinished { run } => Changed { ended: true, ..self.set_run(run, at) },
            Event::PhaseChanged { phase, phases, .. } => {
                self.run.phase = Some(phase);
                self.run.phases = phases.iter().map(|record| record.phase).collect();
                self.phases = phases;
                Changed::RUN.and(Changed::TIMELINE)
            }
            Event::IterationStart { iteration }
            | Event::IterationProgress { iteration }
            | Event::IterationComplete { iteration } => {
                self.run.iteration = self.run.iteration.max(iteration.number);
                put(&mut self.iterations, iteration, |iteration| iteration.number);
                Changed::RUN.and(Changed::TIMELINE)
            }
            Event::TaskQueued { task }
            | Event::TaskStarted { task }
            | Event::TaskCompleted { task }
            | Event::TaskFailed { task } => {
                put(&mut self.tasks, task, |task| task.number);
                Changed::TASKS
            }
            Event::AgentOutput { chunk } => {
                self.log.push(envelope.seq, at, &chunk);
                Changed::LOG
            }
            Event::QualityGatePassed { gate } | Event::QualityGateSkipped { gate } | Event::QualityGateFailed { gate } => {
                put(&mut self.gates, gate, |gate| (gate.iteration, gate.name.clone()));
                Changed::GATES
            }
            Event::ProjectCreated { .. }
            | Event::ProjectUpdated { .. }
            | Event::ProjectReady { .. }
            | Event::ProjectDeleted { .. }
            | Event::TeamUpdated { .. }
            | Event::UsersChanged {}
            | Event::TokensChanged {}
            | Event::SecretsChanged {}
            | Event::LoginsChanged {} => Changed::NOTHING,
        }
    }

    /// Milliseconds of work until `now`, by the server's clock.
    pub fn worked_ms(&self, now: i64) -> i64 {
        use protocol::runs::RunStatus::{Preparing, Verifying, Working};

        let goes_on = matches!(self.run.status, Preparing | Working | Verifying);
        let since = if goes_on { (now - self.run_at.millis()).max(0) } else { 0 };
        self.run.worked_ms + since
    }

    fn set_run(&mut self, run: Run, at: Timestamp) -> Changed {
        self.run = run;
        self.run_at = at;
        Changed::RUN
    }
}

/// Until when the milliseconds of work are counted: the begin of what goes on now.
fn counted_until(iterations: &[Iteration], phases: &[PhaseRecord], run: &Run) -> Option<Timestamp> {
    let steps = iterations.iter().flat_map(|iteration| &iteration.steps);
    let steps = steps.flat_map(|step| [step.started_at, step.ended_at]).flatten();
    let phases = phases.iter().filter_map(|phase| phase.started_at);
    steps.chain(phases).chain(run.started_at).max()
}

/// Replaces the item of the same key, or puts a new one behind the others.
fn put<T, K: PartialEq>(items: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    let wanted = key(&item);
    match items.iter_mut().rev().find(|other| key(other) == wanted) {
        Some(place) => *place = item,
        None => items.push(item),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests;
