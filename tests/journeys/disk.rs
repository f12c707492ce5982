//! Disks without room: for the runs' files, and for the database as well.

use std::{
    path::Path,
    process::{Command, Output},
};

use domain::ports::agent::AgentOutcome;
use protocol::runs::RunStatus;
use rustix::process::Signal;
use serde_json::json;
use store::Store;
use tests::{Actor, RunHandle, Setup, TestApp, app::DATABASE, command, eventually, journal::Stored, processes, server, specs};

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
    let app = Setup::default().demo("--misbehave slow=6 --spends 0.25").with_small_database("16m").start().await;
    let user = app.first_admin().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2.").await;

    // The agent stands still until there is no room for what its call will come to.
    let mut agent = processes::below(app.pid());
    agent.retain(|process| process.command.contains("demo-agent"));
    assert!(!agent.is_empty(), "the call is over too early");
    for process in &agent {
        processes::signal(process.pid, Signal::STOP);
    }
    let filler = app.data_dir().join(DATABASE).join("filler");
    let filled = beside_the_server(&app, "LC_ALL=C cat /dev/zero > \"$1\"", &filler);
    assert!(command::stderr(&filled).contains("No space left"), "{}", command::stderr(&filled));
    takes_no_change(&user, &format!("/api/projects/{}", project.id())).await;
    // What is left then is too little even for the lines that it goes on to write.
    for process in &agent {
        processes::signal(process.pid, Signal::CONT);
    }
    eventually("the result waits", async || app.log().contains("the disk is full: what a run has done waits").then_some(()))
        .await;
    assert_eq!(run.now().await.status, RunStatus::Working);
    it_is_said(&app, &user).await;

    assert_done(&beside_the_server(&app, "rm \"$1\"", &filler));
    run.is_verified().await;
    let says = async |path: &str| user.get(path).await.expect(200).text();
    assert!(!says("/projects").await.contains("Disk full:") && says("/health").await.contains("healthy"));
    let stored = copied(&app, &run).await;
    stored.assert_consistent();
    // The one call that was made is the one whose result is there.
    let [result] = stored.results()[..] else { panic!("{:#?}", stored.results()) };
    assert_eq!((&result.outcome, result.usage.cost_usd), (&AgentOutcome::Finished, Some(0.25)));
    let log = run.log_text().await;
    assert_eq!(log.matches("Thinking, step 1.").count(), 1, "{log}");
    let events = user.events().await;
    for kind in ["run_queued", "run_started", "task_completed", "run_finished"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{kind}");
    }
}

/// Changes a project until that is refused: a database writes over what its log has behind it, and so finds room on a full disk.
async fn takes_no_change(user: &Actor<'_>, project: &str) {
    for round in 0..5_000 {
        let answer = user.put(project, &json!({"description": format!("{round} {}", "x".repeat(1_900))})).await;
        if answer.status != 200 {
            let refused = answer.expect(503).detail();
            assert!(refused.contains("no room in the database"), "{refused}");
            return;
        }
    }
    panic!("the database has room for ever");
}

/// Every page, probes and the doctor hear that runs wait for room.
async fn it_is_said(app: &TestApp, user: &Actor<'_>) {
    for path in ["/", "/projects", "/runs", "/docs", "/account/sign-in-methods"] {
        let page = user.get(path).await.expect(200).text();
        assert!(page.contains("Disk full:"), "{path}: {page}");
    }
    assert!(app.get("/login").await.expect(200).text().contains("Disk full:"));
    assert_eq!(app.get("/health").await.expect(200).value()["status"], "disk full");

    let (data_dir, url) = (app.data_dir().display(), app.database_url());
    let line = format!("\"$1\" doctor --data-dir '{data_dir}' --database-url '{url}'");
    let told = command::stdout(&beside_the_server(app, &line, &server::binary()));
    assert!(told.contains("MISSING disk of the database: 0 MiB free"), "{told}");
}

/// The run as a copy of the database has it, made while the server stands still.
async fn copied(app: &TestApp, run: &RunHandle<'_>) -> Stored {
    let folder = tempfile::tempdir().unwrap();
    processes::signal(app.pid(), Signal::STOP);
    let line = format!("cp '{}'/loki.db* \"$1\"", app.data_dir().join(DATABASE).display());
    let made = beside_the_server(app, &line, folder.path());
    processes::signal(app.pid(), Signal::CONT);
    assert_done(&made);
    let store = Store::open(&format!("sqlite://{}", folder.path().join("loki.db").display())).await.unwrap();
    Stored::read(&store, run.id).await
}
