//! What people do while a run is paused counts.

use std::fs;

use domain::runs::Stage;
use protocol::{health::Status, runs::RunStatus};
use tests::{journal::Stored, specs};

use crate::{control::slow, folder::Folder};

// TW-04
#[tokio::test]
async fn edits_by_hand_while_paused_are_in_the_result() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let worktree = run.worktree().await;
    run.says("Thinking, step 2").await;
    run.pause().await.expect(200);
    run.becomes(RunStatus::Paused).await;

    fs::write(worktree.join("NOTES.md"), "Written by a person.\n").unwrap();
    run.resume().await.expect(200);
    run.is_verified().await;

    assert_eq!(fs::read_to_string(project.path().join("NOTES.md")).unwrap(), "Written by a person.\n");
    assert!(project.path().join("greet").exists());
}

#[tokio::test]
async fn a_paused_run_stays_paused_over_a_restart() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let worktree = run.worktree().await;
    run.says("Thinking, step 2").await;
    run.pause().await.expect(200);
    run.becomes(RunStatus::Paused).await;
    fs::write(worktree.join("NOTES.md"), "Written by a person.\n").unwrap();

    app.kill();
    app.start_again();

    assert_eq!(run.now().await.status, RunStatus::Paused);
    run.resume().await.expect(200);
    run.is_verified().await;
    assert!(project.path().join("NOTES.md").exists());
}

// TW-04
#[tokio::test]
async fn edits_by_hand_between_a_call_and_its_verification_are_in_the_result() {
    let folder = Folder::new();
    // Time to ask for the pause while it is verified.
    folder.write(".loki/config/quality-gates.json", r#"{"commands": {"lint": ["sleep", "3"]}}"#);
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;
    let run = project.starts_run().await;
    run.becomes(RunStatus::Verifying).await;
    run.pause().await.expect(200);
    // The next start finds the wish before it verifies again.
    app.kill();
    app.start_again();
    let paused = run.becomes(RunStatus::Paused).await;
    let stored = Stored::read(&app.store().await, run.id).await;
    assert!(matches!(stored.record.state.stage, Stage::Verifying), "{:?}", stored.record.state.stage);

    let worktree = std::path::PathBuf::from(paused.worktree.unwrap());
    fs::write(worktree.join("NOTES.md"), "Written by a person.\n").unwrap();
    run.resume().await.expect(200);
    run.is_verified().await;

    assert_eq!(fs::read_to_string(project.path().join("NOTES.md")).unwrap(), "Written by a person.\n");
    assert!(project.path().join("greet").exists());
}

// TW-04
#[tokio::test]
async fn a_pause_file_waits_for_the_end_of_the_iteration() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::GREET).create().await;
    let run = project.starts_run().await;
    let worktree = run.worktree().await;
    let file = worktree.join(".loki/PAUSE");
    run.says("Thinking, step 2").await;

    fs::write(&file, "").unwrap();
    let paused = run.becomes(RunStatus::Paused).await;

    assert_eq!(paused.tasks_done, 1, "the iteration came to its end: {paused:#?}");
    assert_eq!(run.timeline().await.iterations.iter().filter(|iteration| iteration.ended_at.is_some()).count(), 1);
    let status: Status = user.get("/api/status").await.expect(200).json();
    assert_eq!(status.sessions.iter().map(|session| session.status).collect::<Vec<_>>(), [RunStatus::Paused]);

    fs::write(worktree.join("NOTES.md"), "Written by a person.\n").unwrap();
    fs::remove_file(&file).unwrap();
    let finished = run.is_verified().await;
    assert_eq!(finished.iteration, 3);
    assert_eq!(fs::read_to_string(project.path().join("NOTES.md")).unwrap(), "Written by a person.\n");
}

// TW-04
#[tokio::test]
async fn edits_by_hand_after_the_last_iteration_are_verified_and_in_the_result() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let worktree = run.worktree().await;
    run.says("Thinking, step 2").await;
    fs::write(worktree.join(".loki/PAUSE"), "").unwrap();
    run.becomes(RunStatus::Paused).await;

    fs::write(worktree.join("NOTES.md"), "Written by a person.\n").unwrap();
    run.resume().await.expect(200);
    run.is_verified().await;

    assert_eq!(fs::read_to_string(project.path().join("NOTES.md")).unwrap(), "Written by a person.\n");
    assert_eq!(project.subjects().first().map(String::as_str), Some("chore: take over what was edited by hand"));
}
