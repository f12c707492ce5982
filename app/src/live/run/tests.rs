//! Events on the model of a run.

use protocol::{
    EventScope,
    runs::{GateVerdict, LogChunk, LogKind, Phase, RunStatus, Step, StepRecord, StepStatus, TaskStatus, Timeline},
};

use super::*;
use crate::rendering_tests::run;

fn model() -> RunModel {
    let run = run(RunStatus::Working);
    let timeline = Timeline { run_id: run.id, phases: Vec::new(), iterations: Vec::new(), tasks: Vec::new(), gates: Vec::new() };
    let view = RunView { run, timeline, log: Vec::new(), log_has_more: false, receipt: None, seq: 100 };
    RunModel::new(view, Timestamp::from_millis(0))
}

fn envelope(seq: EventSeq, event: &Event) -> Envelope {
    let scope = EventScope { run_id: Some(run(RunStatus::Working).id), ..EventScope::default() };
    Envelope { seq, at: Timestamp::from_millis(seq), kind: event.kind().to_owned(), scope, data: event.data() }
}

fn iteration(number: u32, status: StepStatus) -> Iteration {
    let step = StepRecord { step: Step::Reason, status, summary: String::new(), started_at: None, ended_at: None };
    Iteration {
        number,
        phase: Phase::Development,
        task: Some(1),
        title: "Greet".to_owned(),
        steps: vec![step],
        started_at: Timestamp::from_millis(0),
        ended_at: None,
        failed_gates: Vec::new(),
        cost_usd: None,
    }
}

fn gate(iteration: u32, verdict: GateVerdict) -> Gate {
    Gate {
        iteration,
        name: "tests".to_owned(),
        criterion: String::new(),
        verdict,
        blocking: true,
        summary: String::new(),
        evidence: String::new(),
        duration_ms: 1,
        cost_usd: 0.0,
    }
}

fn task(number: u32, status: TaskStatus) -> Task {
    Task {
        number,
        title: "Greet".to_owned(),
        criteria: Vec::new(),
        depends_on: Vec::new(),
        status,
        attempts: 0,
        commit: None,
        note: None,
    }
}

#[test]
fn what_was_applied_counts_once() {
    let mut model = model();
    let chunk = LogChunk { iteration: 1, step: None, kind: LogKind::Engine, text: "x\n".to_owned() };
    let event = envelope(101, &Event::AgentOutput { chunk });

    assert_eq!(model.apply(&event), Changed::LOG);
    assert_eq!(model.apply(&event), Changed::NOTHING);
    assert_eq!(model.apply(&Envelope { seq: 100, ..event }), Changed::NOTHING);
    assert_eq!((model.log.count, model.seq), (1, 101));
}

#[test]
fn other_runs_and_unknown_events_change_nothing() {
    let mut model = model();
    let before = model.clone();
    let event = Event::RunFinished { run: run(RunStatus::Finished) };
    let other = Envelope { scope: EventScope::default(), ..envelope(101, &event) };
    let unknown = Envelope { kind: "council_voted".to_owned(), ..envelope(102, &event) };
    let misshapen = Envelope { data: serde_json::json!({"run": 7}), ..envelope(103, &event) };

    for envelope in [&other, &unknown, &misshapen] {
        assert_eq!(model.apply(envelope), Changed::NOTHING);
    }

    assert_eq!(model, RunModel { seq: 103, ..before });
}

#[test]
fn the_run_is_what_the_newest_event_says() {
    let cases = [
        (Event::RunPaused { run: run(RunStatus::Paused) }, RunStatus::Paused, false),
        (Event::RunResumed { run: run(RunStatus::Working) }, RunStatus::Working, false),
        (Event::RunUpdated { run: run(RunStatus::Verifying) }, RunStatus::Verifying, false),
        (Event::RunFinished { run: run(RunStatus::Finished) }, RunStatus::Finished, true),
    ];
    let mut model = model();
    for ((event, status, ended), seq) in cases.into_iter().zip(101..) {
        assert_eq!(model.apply(&envelope(seq, &event)), Changed { run: true, ended, ..Changed::default() });
        assert_eq!((model.run.status, model.run_at.millis()), (status, seq));
    }
}

#[test]
fn iterations_are_replaced_by_number_and_gates_by_iteration_and_name() {
    let mut model = model();
    let events = [
        Event::IterationStart { iteration: iteration(1, StepStatus::Running) },
        Event::IterationComplete { iteration: iteration(1, StepStatus::Passed) },
        Event::IterationStart { iteration: iteration(2, StepStatus::Running) },
        Event::QualityGateFailed { gate: gate(1, GateVerdict::Failed) },
        Event::QualityGatePassed { gate: gate(1, GateVerdict::Passed) },
        Event::QualityGateSkipped { gate: gate(0, GateVerdict::NotApplicable) },
        Event::TaskQueued { task: task(1, TaskStatus::Pending) },
        Event::TaskQueued { task: task(2, TaskStatus::Pending) },
        Event::TaskCompleted { task: task(1, TaskStatus::Completed) },
    ];
    for (event, seq) in events.iter().zip(101..) {
        assert_ne!(model.apply(&envelope(seq, event)), Changed::NOTHING);
    }

    assert_eq!(model.iterations, [iteration(1, StepStatus::Passed), iteration(2, StepStatus::Running)]);
    assert_eq!(model.gates, [gate(1, GateVerdict::Passed), gate(0, GateVerdict::NotApplicable)]);
    assert_eq!(model.tasks, [task(1, TaskStatus::Completed), task(2, TaskStatus::Pending)]);
}

#[test]
fn a_phase_brings_the_phases_with_it() {
    let mut model = model();
    let phases = vec![PhaseRecord { phase: Phase::Qa, started_at: None, ended_at: None, summary: String::new() }];
    let event = Event::PhaseChanged { phase: Phase::Qa, phases: phases.clone(), summary: String::new() };

    model.apply(&envelope(101, &event));

    assert_eq!((model.run.phase, model.phases), (Some(Phase::Qa), phases));
}

#[test]
fn the_clock_of_a_run_moves_only_while_it_works() {
    let mut model = model();
    model.run.worked_ms = 1_000;
    model.run_at = Timestamp::from_millis(5_000);

    assert_eq!(model.worked_ms(8_000), 4_000);
    assert_eq!(model.worked_ms(4_000), 1_000);
    model.run.status = RunStatus::Paused;
    assert_eq!(model.worked_ms(8_000), 1_000);
}

#[test]
fn every_event_of_a_run_that_the_wire_knows_is_read() {
    let run = run(RunStatus::Working);
    let phases = Vec::new();
    let chunk = LogChunk { iteration: 1, step: None, kind: LogKind::Engine, text: "x".to_owned() };
    let progress = protocol::events::BuildProgress {
        run: run.clone(),
        phase: None,
        tasks_done: 0,
        tasks_total: 0,
        cost_usd: None,
        eta_ms: None,
    };
    let events = [
        Event::RunQueued { run: run.clone() },
        Event::RunStarted { run: run.clone() },
        Event::RunPaused { run: run.clone() },
        Event::RunResumed { run: run.clone() },
        Event::RunUpdated { run: run.clone() },
        Event::RunFinished { run },
        Event::BuildProgress(progress),
        Event::PhaseChanged { phase: Phase::Qa, phases, summary: String::new() },
        Event::IterationStart { iteration: iteration(1, StepStatus::Running) },
        Event::IterationProgress { iteration: iteration(1, StepStatus::Running) },
        Event::IterationComplete { iteration: iteration(1, StepStatus::Passed) },
        Event::TaskQueued { task: task(1, TaskStatus::Pending) },
        Event::TaskStarted { task: task(1, TaskStatus::InProgress) },
        Event::TaskCompleted { task: task(1, TaskStatus::Completed) },
        Event::TaskFailed { task: task(1, TaskStatus::Failed) },
        Event::AgentOutput { chunk },
        Event::QualityGatePassed { gate: gate(1, GateVerdict::Passed) },
        Event::QualityGateSkipped { gate: gate(1, GateVerdict::NotApplicable) },
        Event::QualityGateFailed { gate: gate(1, GateVerdict::Failed) },
    ];
    let mut model = model();
    for (event, seq) in events.iter().zip(101..) {
        assert_ne!(model.apply(&envelope(seq, event)), Changed::NOTHING, "{}", event.kind());
    }
}
