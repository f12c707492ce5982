//! Disks without room: for the runs' files, and for the database as well.

use std::{
    path::Path,
    process::{Command, Output},
};

use domain::ports::agent::AgentOutcome;
use protocol::runs::RunStatus;
use rustix::process::Signal;
use store::Store;
use tests::{RunHandle, Setup, TestApp, command, eventually, journal::Stored, processes, specs};

/// Runs a shell's line, with `path` as `$1`, where the server's disk is to be seen.
fn beside_the_server(app: &TestApp, line: &str, path: &Path) -> Output {
    let mut shell = Command::new("nsenter");
    shell.args(["--target", &app.pid().to_string(), "--user", "--mount", "--preserve-credentials"]);
    shell.args(["sh", "-c", line, "sh"]).arg(path);
    command::run(shell, "")
}

#[track_caller]
fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", command::stderr(output));
}

// EP-005
#[tokio::test]
async fn a_full_disk_needs_a_person_and_nothing_is_lost() {
    let app = Setup::default().with_small_worktrees("16k").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let held = run.becomes(RunStatus::NeedsYou).await;
    assert!(held.reason.as_deref().is_some_and(|reason| reason.contains("disk is full")), "{:?}", held.reason);
    user.get("/api/status").await.expect(200);

    // Somebody makes room.
    assert_done(&beside_the_server(&app, "mount -o remount,size=64m \"$1\"", &app.data_dir().join("worktrees")));
    run.resume().await.expect(200);
    run.is_verified().await;
    Stored::read(&app.store().await, run.id).await.assert_consistent();
}

// EP-005
#[tokio::test]
async fn a_full_disk_under_the_database_loses_no_result() {
    let app = Setup::default().demo("--misbehave slow=2 --spends 0.25").with_small_data("64m").start().await;
    let user = app.first_admin().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2.").await;

    let filler = app.data_dir().join("filler");
    let filled = beside_the_server(&app, "LC_ALL=C cat /dev/zero > \"$1\"", &filler);
    assert!(command::stderr(&filled).contains("No space left"), "{}", command::stderr(&filled));
    // The database may have kept enough room to say so of the run; else what came of the agent's call waits.
    eventually("the full disk is noticed", async || {
        let waits = app.log().contains("the disk is full: what a run has done waits");
        (waits || run.now().await.status == RunStatus::NeedsYou).then_some(())
    })
    .await;
    user.get("/api/status").await.expect(200);

    assert_done(&beside_the_server(&app, "rm \"$1\"", &filler));
    eventually("the run goes on", async || {
        let status = run.now().await.status;
        if status == RunStatus::NeedsYou {
            run.resume().await.expect(200);
        }
        status.is_over().then_some(())
    })
    .await;
    run.is_verified().await;
    let stored = copied(&app, &run).await;
    stored.assert_consistent();
    let results = stored.results();
    assert!(results.iter().all(|result| result.outcome == AgentOutcome::Finished), "{results:#?}");
    assert!(results.iter().all(|result| result.usage.cost_usd == Some(0.25)), "{results:#?}");
    // Each call began with these words: none was made whose result is not there.
    let log = run.log_text().await;
    assert_eq!(log.matches("Thinking, step 1.").count(), results.len(), "{log}");
    let events = user.events().await;
    for kind in ["run_queued", "run_started", "task_completed", "run_finished"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{kind}");
    }
}

/// The run as a copy of the database has it, made while the server stands still.
async fn copied(app: &TestApp, run: &RunHandle<'_>) -> Stored {
    let folder = tempfile::tempdir().unwrap();
    processes::signal(app.pid(), Signal::STOP);
    let line = format!("cp '{}'/loki.db* \"$1\"", app.data_dir().display());
    let made = beside_the_server(app, &line, folder.path());
    processes::signal(app.pid(), Signal::CONT);
    assert_done(&made);
    let store = Store::open(&format!("sqlite://{}", folder.path().join("loki.db").display())).await.unwrap();
    Stored::read(&store, run.id).await
}
