//! What agents cost, by an agent that says so while it works: counted once, and held by the ceiling in the middle of a call.

use domain::runs::limits;
use protocol::runs::{RunStatus, Verdict};
use serde_json::json;
use tests::{Setup, journal::Stored, processes, specs};

/// A minute of talk, ten cents a line.
const DEAR: &str = "--misbehave slow=60 --spends 120";

#[tokio::test]
async fn the_cost_ceiling_ends_a_call_in_its_middle() {
    let app = Setup::default().demo(DEAR).start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"cost_usd": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    let reason = finished.reason.unwrap_or_default();
    assert!(reason.contains("The run reached its limit: the cost ceiling of $1.00"), "{reason}");
    // It had begun to talk, and never came to its work.
    let log = run.log_text().await;
    assert!(log.contains("Thinking, step 5.") && !log.contains("Reading the task"), "{log}");
    let spent = finished.cost_usd.unwrap();
    assert!((1.0..60.0).contains(&spent), "{spent}");
    let stored = Stored::read(&app.store().await, run.id).await;
    stored.assert_consistent();
    let costs: Vec<Option<i64>> = stored.results().iter().map(|result| result.usage.cost_usd.map(limits::micros)).collect();
    assert_eq!(costs, [stored.record.state.spent.cost_micros]);
    assert_eq!(stored.record.state.spent.cost_usd(), finished.cost_usd);
    app.assert_no_process_left().await;
    run.worktree_is_put_away().await;
}

#[tokio::test]
async fn a_call_that_the_end_of_the_server_cuts_off_is_paid_once() {
    let app = Setup::default().demo("--misbehave slow-once=60 --spends 120").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 5.").await;

    assert!(app.stop(), "the server ends with success");
    processes::assert_none_left(app.data_dir(), &[]).await;
    let before = Stored::read(&app.store().await, run.id).await;
    let cut_off = before.record.state.spent.cost_micros.unwrap();
    app.start_again();
    let finished = run.is_verified().await;

    assert!((400_000..60_000_000).contains(&cut_off), "{cut_off}");
    assert_eq!(finished.iteration, 1);
    let after = Stored::read(&app.store().await, run.id).await;
    after.assert_consistent();
    assert_eq!(&after.rows[..before.rows.len()], &before.rows[..]);
    assert_eq!(after.results().len(), 2);
    // What was cut off, and the whole call after it.
    assert_eq!(after.record.state.spent.cost_micros, Some(cut_off + 120_000_000));
}
