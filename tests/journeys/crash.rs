//! The crash walk: `kill -9` at every row of the journal loses time, never truth.

use domain::ports::agent::AgentOutcome;
use protocol::runs::RunStatus;
use store::Store;
use tests::{
    Actor, ProjectHandle, RunHandle, Setup, TestApp, eventually,
    journal::{self, Stored},
    processes, specs,
};

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Server,
    /// Whatever the server has started: the agent, a check, git.
    Children,
    Both,
}

// EP-015
#[tokio::test]
async fn a_killed_server_goes_on_where_its_journal_ends() {
    walk(Victim::Server).await;
}

#[tokio::test]
async fn a_killed_agent_is_asked_again_in_the_same_iteration() {
    walk(Victim::Children).await;
}

#[tokio::test]
async fn server_and_agent_killed_together_lose_nothing() {
    walk(Victim::Both).await;
}

async fn walk(victim: Victim) {
    // Slow enough that the agent is still at work when it is found.
    let app = Setup::default().demo("--pace 10").start().await;
    let user = app.operator().await;
    let undisturbed = new_project(&user).await;
    let run = undisturbed.starts_run().await;
    run.is_verified().await;
    let store = app.store().await;
    let whole = Stored::read(&store, run.id).await;
    whole.assert_consistent();
    let steps: Vec<&str> = whole.rows.iter().map(|row| journal::name(&row.input)).collect();
    let tree = undisturbed.git(&["rev-parse", "main^{tree}"]);

    // After the last row there is nothing left to be disturbed.
    for position in 1..steps.len() {
        let project = new_project(&user).await;
        let run = project.starts_run().await;
        let before = disturb(&app, &store, &run, (victim, position, &steps)).await;
        before.assert_consistent();
        if victim != Victim::Children {
            // Nothing outlives its server, also before another one starts.
            processes::assert_none_left(app.data_dir(), &[]).await;
            app.start_again();
        }
        let at = format!("{victim:?} killed at row {position} ({})", steps[position - 1]);
        let finished = run.finishes().await;
        assert_eq!(finished.status, RunStatus::Finished, "{at}: {:?}", finished.reason);
        run.is_verified().await;
        let after = Stored::read(&store, run.id).await;
        assert_nothing_twice(&before, &after, victim, &at);
        if finished.iteration == 1 {
            assert_eq!(project.git(&["rev-parse", "main^{tree}"]), tree, "{at}");
        }
        assert_eq!(project.git(&["status", "--porcelain"]), "", "{at}");
        run.worktree_is_put_away().await;
    }
    app.assert_no_process_left().await;
    assert_events_are_whole(&user, steps.len()).await;
}

/// Always the same one, so that its files are too.
async fn new_project<'a>(user: &'a Actor<'a>) -> ProjectHandle<'a> {
    user.has_project().with_spec(specs::ONE).create().await
}

/// Waits until the journal has that many rows, kills, and reads what was journaled by then.
async fn disturb(app: &TestApp, store: &Store, run: &RunHandle<'_>, how: (Victim, usize, &[&str])) -> Stored {
    let (victim, position, steps) = how;
    loop {
        let tx = store.read().await.unwrap();
        let record = tx.runs().by_id(run.id).await.unwrap().unwrap();
        if usize::try_from(record.journal_seq).unwrap() >= position {
            break;
        }
        assert!(!record.state.is_over());
        drop(tx);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    if steps[position - 1] == "reasoned" {
        eventually("the agent works", async || {
            processes::below(app.pid()).iter().any(|process| process.command.contains("demo-agent")).then_some(())
        })
        .await;
    }
    let children = if victim == Victim::Server { Vec::new() } else { processes::below(app.pid()) };
    children.iter().for_each(processes::Process::kill);
    if victim != Victim::Children {
        app.kill();
    }
    Stored::read(store, run.id).await
}

#[track_caller]
fn assert_nothing_twice(before: &Stored, after: &Stored, victim: Victim, at: &str) {
    after.assert_consistent();
    assert_eq!(&after.rows[..before.rows.len()], &before.rows[..], "{at}: what was journaled stays");
    assert_eq!(&after.calls[..before.calls.len()], &before.calls[..], "{at}: prompts stay");
    let iterations = usize::try_from(after.record.state.iteration).unwrap();
    // A check that was killed counts as a failed one, so its task may be tried once more.
    let most = if victim == Victim::Server { 1 } else { 2 };
    assert!(iterations <= most, "{at}: {iterations} iterations");
    assert_eq!(after.calls.len(), iterations, "{at}: one prompt for each iteration");
    let results = after.results();
    let good = results.iter().filter(|result| result.outcome == AgentOutcome::Finished).count();
    assert_eq!(good, iterations, "{at}: one good result for each iteration, journaled once");
    if victim == Victim::Server {
        assert_eq!(results.len(), 1, "{at}: a call that was cut off with its server is not journaled");
    }
    let commits = after.rows.iter().filter(|row| journal::name(&row.input) == "committed").count();
    assert_eq!(commits, 1, "{at}");
}

/// No event is lost or doubled over all those ends and starts.
async fn assert_events_are_whole(user: &Actor<'_>, runs: usize) {
    let events = user.events().await;
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    // The first told the admins of the token that asks.
    assert_eq!(seqs, (2..).take(events.len()).collect::<Vec<i64>>());
    for kind in ["run_queued", "run_started", "task_completed", "run_finished"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), runs, "{kind}");
    }
}

// Each sandbox takes some milliseconds to stand: killed in them, bubblewrap by itself would leave one behind.
#[tokio::test]
async fn a_server_that_is_killed_while_a_sandbox_starts_leaves_nothing() {
    let app = Setup::default().demo("--misbehave slow=60").start().await;
    let user = app.operator().await;
    let store = app.store().await;
    for after in 0..12_u64 {
        let project = new_project(&user).await;
        let run = project.starts_run().await;
        eventually("the agent is asked", async || {
            let record = store.read().await.unwrap().runs().by_id(run.id).await.unwrap().unwrap();
            (record.state.stage == domain::runs::Stage::Acting).then_some(())
        })
        .await;
        tokio::time::sleep(std::time::Duration::from_millis(after)).await;
        app.kill();
        processes::assert_none_left(app.data_dir(), &[]).await;
        app.start_again();
        run.stop().await.expect(200);
        run.finishes().await;
    }
    app.assert_no_process_left().await;
}

#[tokio::test]
async fn a_server_that_stops_in_order_hands_its_runs_over() {
    let app = Setup::default().demo("--misbehave slow-once=60").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2").await;

    assert!(app.stop(), "the server ends with success");
    processes::assert_none_left(app.data_dir(), &[]).await;
    let before = Stored::read(&app.store().await, run.id).await;
    app.start_again();
    let finished = run.is_verified().await;

    assert_eq!(finished.iteration, 1);
    let after = Stored::read(&app.store().await, run.id).await;
    assert_nothing_twice(&before, &after, Victim::Server, "stopped while the agent worked");
}

// EP-009, EP-014
#[tokio::test]
async fn a_socket_that_was_cut_goes_on_without_loss_or_double() {
    let app = Setup::default().demo("--pace 10").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let mut socket = user.listens(Some(0)).await;
    let run = project.starts_run().await;
    let mut seen = socket.until("iteration_start").await;
    app.kill();
    app.start_again();

    let last = seen.last().unwrap().seq;
    let mut socket = user.listens(Some(last)).await;
    assert_eq!(socket.connected, last);
    seen.extend(socket.until("run_finished").await);

    let seqs: Vec<i64> = seen.iter().map(|event| event.seq).collect();
    // The first told the admins of the token that asks.
    assert_eq!(seqs, (2..).take(seen.len()).collect::<Vec<i64>>());
    run.is_verified().await;
}
