//! `kill -9` at the rows that people and limits bring about: what was asked for stays asked for, once.

use std::time::Duration;

use protocol::runs::{RunStatus, Verdict};
use serde_json::json;
use store::Store;
use tests::{
    DEADLINE, RunHandle, Setup, TestApp,
    journal::{self, Stored},
    processes, specs,
};

/// Kills the server as soon as the run's journal has a row of that name, and starts it again on what was journaled by then.
async fn killed_at(step: &str, app: &TestApp, store: &Store, run: &RunHandle<'_>) -> Stored {
    let journaled = async {
        while count(&Stored::read(store, run.id).await, step) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(DEADLINE, journaled).await.expect("the row is journaled");
    app.kill();
    processes::assert_none_left(app.data_dir(), &[]).await;
    let before = Stored::read(store, run.id).await;
    before.assert_consistent();
    app.start_again();
    before
}

/// How many rows have that name.
fn count(stored: &Stored, step: &str) -> usize {
    stored.rows.iter().filter(|row| journal::name(&row.input) == step).count()
}

#[track_caller]
fn assert_goes_on_from(before: &Stored, after: &Stored) {
    after.assert_consistent();
    assert_eq!(&after.rows[..before.rows.len()], &before.rows[..], "what was journaled stays");
    assert_eq!(&after.calls[..before.calls.len()], &before.calls[..], "prompts stay");
    assert!(after.record.state.spent.cost_micros >= before.record.state.spent.cost_micros);
}

#[tokio::test]
async fn a_pause_and_its_end_outlive_the_server() {
    let app = Setup::default().demo("--misbehave slow=2 --spends 0.25").start().await;
    let user = app.operator().await;
    let store = app.store().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2.").await;

    run.pause().await.expect(200);
    let paused = killed_at("pause", &app, &store, &run).await;
    assert_eq!(run.now().await.status, RunStatus::Paused);
    run.resume().await.expect(200);
    let resumed = killed_at("resume", &app, &store, &run).await;
    let finished = run.is_verified().await;

    assert_eq!((finished.iteration, finished.cost_usd), (1, Some(0.25)));
    let after = Stored::read(&store, run.id).await;
    assert_goes_on_from(&paused, &resumed);
    assert_goes_on_from(&resumed, &after);
    assert_eq!((count(&after, "pause"), count(&after, "resume"), count(&after, "acted")), (1, 1, 1));
    let events = user.events().await;
    for kind in ["run_paused", "run_resumed", "run_finished"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_stop_outlives_the_server() {
    let app = Setup::default().demo("--misbehave slow=60 --spends 120").start().await;
    let user = app.operator().await;
    let store = app.store().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2.").await;

    run.stop().await.expect(200);
    let before = killed_at("stop", &app, &store, &run).await;
    let stopped = run.finishes().await;

    assert_eq!((stopped.status, stopped.verdict), (RunStatus::Stopped, Some(Verdict::NotVerified)));
    assert!(stopped.reason.as_deref().unwrap_or_default().contains("Stopped by"), "{:?}", stopped.reason);
    assert!(run.receipt().await.facts.tasks.iter().all(|task| task.commit.is_none()));
    let after = Stored::read(&store, run.id).await;
    assert_goes_on_from(&before, &after);
    assert_eq!((count(&after, "stop"), count(&after, "acted")), (1, 1));
    assert_eq!(after.record.state.spent, before.record.state.spent);
    run.worktree_is_put_away().await;
    app.assert_no_process_left().await;
}

#[tokio::test]
async fn a_limit_that_was_reached_outlives_the_server() {
    let app = Setup::default().demo("--misbehave slow=60 --spends 120").start().await;
    let user = app.operator().await;
    let store = app.store().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_with(json!({"limits": {"cost_usd": 1}})).await;

    // The row that says what was spent ends the run; that of the limit follows it, or never comes.
    let before = killed_at("acted", &app, &store, &run).await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    assert!(finished.reason.as_deref().unwrap_or_default().contains("the cost ceiling of $1.00"), "{:?}", finished.reason);
    let after = Stored::read(&store, run.id).await;
    assert_goes_on_from(&before, &after);
    assert_eq!(count(&after, "acted"), 1);
    assert_eq!(after.record.state.spent, before.record.state.spent);
    run.worktree_is_put_away().await;
    app.assert_no_process_left().await;
}
