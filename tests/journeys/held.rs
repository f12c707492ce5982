//! What people do while a run is paused counts.

use std::fs;

use protocol::runs::RunStatus;
use tests::specs;

use crate::control::slow;

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
