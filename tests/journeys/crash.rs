//! The crash walk: `kill -9` at every row of the journal loses time, never truth.

use std::{fs, path::Path};

use domain::{
    ports::agent::AgentOutcome,
    runs::{Input, Stage},
};
use protocol::runs::{GateVerdict, RunStatus};
use store::{JournalRow, Store};
use tests::{
    Actor, RunHandle, Setup, TestApp, eventually,
    journal::{self, Stored},
    processes, specs,
};

/// What each call of the agent costs, in US dollars; sums of it are exact.
const COST: f64 = 0.25;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Server,
    /// Whatever the server has started: the agent, a check, git.
    Children,
    Both,
}

/// Runs that are killed, one at each row of the journal from `from` on.
struct Walk {
    victim: Victim,
    spec: &'static str,
    /// Slow enough that the agent is still at work when it is found.
    demo: &'static str,
    from: usize,
}

// EP-015
#[tokio::test]
async fn a_killed_server_goes_on_where_its_journal_ends() {
    Box::pin(walk(&Walk { victim: Victim::Server, spec: specs::ONE, demo: "--pace 10 --spends 0.25", from: 1 })).await;
}

#[tokio::test]
async fn a_killed_agent_is_asked_again_in_the_same_iteration() {
    Box::pin(walk(&Walk { victim: Victim::Children, spec: specs::ONE, demo: "--pace 10 --spends 0.25", from: 1 })).await;
}

#[tokio::test]
async fn server_and_agent_killed_together_lose_nothing() {
    Box::pin(walk(&Walk { victim: Victim::Both, spec: specs::ONE, demo: "--pace 10 --spends 0.25", from: 1 })).await;
}

#[tokio::test]
async fn a_run_that_mends_its_work_is_killed_at_each_of_its_steps() {
    // Up to the first prompt it is a run like the others.
    let demo = "--misbehave failing-test-once --pace 10 --spends 0.25";
    Box::pin(walk(&Walk { victim: Victim::Both, spec: specs::TWO, demo, from: 4 })).await;
}

async fn walk(walk: &Walk) {
    let app = Setup::default().demo(walk.demo).start().await;
    let user = app.operator().await;
    let undisturbed = user.has_project().with_spec(walk.spec).create().await;
    let run = undisturbed.starts_run().await;
    run.is_verified().await;
    let store = app.store().await;
    let whole = Stored::read(&store, run.id).await;
    whole.assert_consistent();
    assert_nothing_twice(&whole, &whole, walk.victim, "undisturbed");
    assert_paid_once(&whole, "undisturbed");
    let steps: Vec<&str> = whole.rows.iter().map(|row| journal::name(&row.input)).collect();
    let tree = undisturbed.git(&["rev-parse", "main^{tree}"]);
    let (mut runs, mut iterations) = (1, iterations_of(&whole));

    // After the last row there is nothing left to be disturbed.
    for position in walk.from..steps.len() {
        // Always the same one, so that its files are too.
        let project = user.has_project().with_spec(walk.spec).create().await;
        let run = project.starts_run().await;
        let before = disturb(&app, &store, &run, (walk.victim, position, &steps)).await;
        before.assert_consistent();
        if walk.victim != Victim::Children {
            // Nothing outlives its server, also before another one starts.
            processes::assert_none_left(app.data_dir(), &[]).await;
            leave_half_done(&before);
            app.start_again();
        }
        let at = format!("{:?} killed at row {position} ({})", walk.victim, steps[position - 1]);
        let finished = run.finishes().await;
        assert_eq!(finished.status, RunStatus::Finished, "{at}: {:?}", finished.reason);
        run.is_verified().await;
        let after = Stored::read(&store, run.id).await;
        assert_nothing_twice(&before, &after, walk.victim, &at);
        assert_paid_once(&after, &at);
        assert_eq!(finished.cost_usd, after.record.state.spent.cost_usd(), "{at}");
        let most = iterations_of(&whole) + usize::from(walk.victim == Victim::Children);
        assert!(iterations_of(&after) <= most, "{at}: {} iterations", iterations_of(&after));
        // An agent whose lie was cut off does not tell it again.
        let lies_again = iterations_of(&whole) == whole.record.state.tasks.len() || !before.results().is_empty();
        if walk.victim != Victim::Children && lies_again {
            assert_eq!(trees(&after), trees(&whole), "{at}: each step begins and ends with the files that it should");
        }
        assert_eq!(project.git(&["rev-parse", "main^{tree}"]), tree, "{at}");
        assert_eq!(project.git(&["status", "--porcelain"]), "", "{at}");
        run.worktree_is_put_away().await;
        (runs, iterations) = (runs + 1, iterations + iterations_of(&after));
    }
    app.assert_no_process_left().await;
    assert_events_are_whole(&user, (runs, runs * whole.record.state.tasks.len(), iterations)).await;
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
    // The server goes first, so that it sees no child of its own end.
    if victim != Victim::Children {
        app.kill();
    }
    children.iter().for_each(processes::Process::kill);
    Stored::read(store, run.id).await
}

/// What somebody who was killed may leave in the worktree, where the next step begins from the files that the journal names.
fn leave_half_done(before: &Stored) {
    let state = &before.record.state;
    if let (Stage::Acting | Stage::Verifying, Some(worktree)) = (&state.stage, &state.worktree) {
        for name in ["greet", "half-done.txt"] {
            fs::write(Path::new(worktree).join(name), "half\n").unwrap();
        }
    }
}

/// The worktree as each step found or left it.
fn trees(stored: &Stored) -> Vec<&str> {
    let trees = stored.rows.iter().filter_map(|row| match &row.input {
        Input::Reasoned { checkpoint, .. } => Some(checkpoint.as_str()),
        Input::Reflected { tree, .. } => Some(tree.as_str()),
        _ => None,
    });
    trees.collect()
}

fn iterations_of(stored: &Stored) -> usize {
    usize::try_from(stored.record.state.iteration).unwrap()
}

/// Whether a row says that work has to be mended.
fn asks_for_more(row: &JournalRow) -> bool {
    match &row.input {
        Input::Verified(found) | Input::Checked(found) => {
            let failed = found.gates.iter().any(|gate| gate.blocking && gate.verdict == GateVerdict::Failed);
            failed || (found.wanting && matches!(row.input, Input::Verified(_)))
        }
        _ => false,
    }
}

#[track_caller]
fn assert_nothing_twice(before: &Stored, after: &Stored, victim: Victim, at: &str) {
    after.assert_consistent();
    assert_eq!(&after.rows[..before.rows.len()], &before.rows[..], "{at}: what was journaled stays");
    assert_eq!(&after.calls[..before.calls.len()], &before.calls[..], "{at}: prompts stay");
    let (iterations, tasks) = (iterations_of(after), after.record.state.tasks.len());
    // A check that was killed counts as a failed one; an agent or a server that was killed never brings another iteration.
    let asked = after.rows.iter().filter(|row| asks_for_more(row)).count();
    assert_eq!(iterations, tasks + asked, "{at}: one iteration for each task, and for each check that failed");
    assert_eq!(after.calls.len(), iterations, "{at}: one prompt for each iteration");
    let results = after.results();
    let good = results.iter().filter(|result| result.outcome == AgentOutcome::Finished).count();
    assert_eq!(good, iterations, "{at}: one good result for each iteration, journaled once");
    if victim != Victim::Children {
        assert_eq!(results.len(), iterations, "{at}: a call that was cut off with its server is not journaled");
    }
    let commits = after.rows.iter().filter(|row| journal::name(&row.input) == "committed").count();
    assert_eq!(commits, tasks, "{at}");
}

/// What each call cost is counted once: all of it where the call came to its end, else what it had said by then.
#[track_caller]
fn assert_paid_once(after: &Stored, at: &str) {
    let results = after.results();
    let mut good = results.iter().filter(|result| result.outcome == AgentOutcome::Finished);
    assert!(good.all(|result| result.usage.cost_usd == Some(COST)), "{at}: {results:#?}");
    let spent: f64 = results.iter().filter_map(|result| result.usage.cost_usd).sum();
    assert_eq!(after.record.state.spent.cost_usd(), Some(spent), "{at}");
}

/// No event is lost or doubled over all those ends and starts.
async fn assert_events_are_whole(user: &Actor<'_>, (runs, tasks, iterations): (usize, usize, usize)) {
    let events = user.events().await;
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    // The first told the admins of the token that asks.
    assert_eq!(seqs, (2..).take(events.len()).collect::<Vec<i64>>());
    for (kind, count) in [
        ("run_queued", runs),
        ("run_started", runs),
        ("task_completed", tasks),
        ("iteration_start", iterations),
        ("iteration_complete", iterations),
        ("run_finished", runs),
    ] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), count, "{kind}");
    }
}

// Each sandbox takes some milliseconds to stand: killed in them, bubblewrap by itself would leave one behind.
#[tokio::test]
async fn a_server_that_is_killed_while_a_sandbox_starts_leaves_nothing() {
    let app = Setup::default().demo("--misbehave slow=60").start().await;
    let user = app.operator().await;
    let store = app.store().await;
    for after in 0..12_u64 {
        let project = user.has_project().with_spec(specs::ONE).create().await;
        let run = project.starts_run().await;
        eventually("the agent is asked", async || {
            let record = store.read().await.unwrap().runs().by_id(run.id).await.unwrap().unwrap();
            (record.state.stage == Stage::Acting).then_some(())
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
