//! Limits act, also in the middle of a step, and the end says which one it was.

use domain::{
    ports::agent::{AgentOutcome, AgentResult, Usage},
    runs::{Input, machine},
};
use protocol::runs::{RunStatus, Verdict};
use serde_json::json;
use store::JournalRow;
use tests::{TestApp, journal::Stored, specs};

use crate::control::slow;

// BD-005
#[tokio::test]
async fn a_run_ends_at_its_limit_of_iterations() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::GREET).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    assert_eq!((finished.iteration, finished.tasks_done, finished.tasks_total), (1, 1, 3));
    assert!(finished.reason.as_deref().unwrap_or_default().ends_with("1 iteration"), "{:?}", finished.reason);
    // What was seen of the finished task when it was done stands in the receipt, although the whole was never checked.
    let receipt = run.receipt().await;
    assert!(receipt.facts.tasks[0].examples.iter().all(|example| example.held == Some(true)), "{:#?}", receipt.facts.tasks);
    assert!(!receipt.gaps.iter().any(|gap| gap.starts_with("Task 1 is proven only")), "{:#?}", receipt.gaps);
    // What was done stays on the run's branch.
    assert!(project.git(&["log", "--format=%s", &finished.branch.unwrap()]).contains("feat: "));
}

#[tokio::test]
async fn the_wall_time_ends_a_step_in_its_middle() {
    let app = slow(60).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_with(json!({"limits": {"minutes": 1}})).await;
    run.says("Thinking, step 2").await;
    // The minute is nearly over by the journal, so that nobody has to wait for it.
    app.kill();
    has_worked(&app, run.id, 58_500).await;
    app.start_again();

    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    assert!(finished.reason.as_deref().unwrap_or_default().contains("1 minute"), "{:?}", finished.reason);
    Stored::read(&app.store().await, run.id).await.assert_consistent();
    app.assert_no_process_left().await;
}

/// Journals a call that was cut off after so many milliseconds of work.
async fn has_worked(app: &TestApp, id: protocol::RunId, millis: i64) {
    let store = app.store().await;
    let mut stored = Stored::read(&store, id).await;
    let result = AgentResult { outcome: AgentOutcome::Cancelled, said: String::new(), usage: Usage::default() };
    let input = Input::Acted { result };
    let at = stored.rows.last().unwrap().at;
    stored.record.state = machine::step(stored.record.state, input.clone(), at, millis).0;
    stored.record.journal_seq += 1;
    let tx = store.begin().await.unwrap();
    let row = JournalRow { seq: stored.record.journal_seq, at, worked_ms: millis, input };
    tx.journal().append(id, &row).await.unwrap();
    tx.runs().save(&stored.record).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn limits_out_of_range_are_refused_by_name() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    for (limits, named) in [
        (json!({"iterations": 0}), "iterations"),
        (json!({"iterations": 1_000_000_000_000_u64}), "from 1 to 1000"),
        (json!({"minutes": 1e300}), "from 1 to 1440"),
        (json!({"minutes": 100_000}), "minutes"),
        (json!({"cost_usd": -1.0}), "cost_usd"),
        (json!({"tokens": 5}), "tokens"),
    ] {
        let answer = project.asks_to_start(json!({"limits": limits})).await.expect(422);
        assert!(answer.detail().contains(named), "{}", answer.detail());
    }
}
