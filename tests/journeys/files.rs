//! The files under `.loki/` in a worktree: state for tools, and PAUSE and STOP for people who have nothing else.

use std::fs;

use protocol::runs::{RunStatus, Verdict};
use serde_json::Value;
use tests::{eventually, specs};

use crate::control::slow;

#[tokio::test]
async fn the_state_of_a_run_is_exported_while_it_works_and_never_committed() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::GREET).create().await;
    let run = project.starts_run().await;
    let folder = run.worktree().await.join(".loki");
    run.becomes(RunStatus::Working).await;

    let read = |name: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let session = eventually("session.json says that it works", async || {
        read("session.json").filter(|session| session["status"] == "working")
    })
    .await;
    assert_eq!(session["session_id"], run.id.to_string());
    assert_eq!(session["iteration"], 1);
    assert_eq!(session["tasks_total"], 3);
    let queue = async |name: &str, count: usize| {
        let length = |tasks: &Value| tasks["tasks"].as_array().map_or(0, Vec::len);
        eventually(name, async || read(name).filter(|tasks| length(tasks) == count)).await
    };
    queue("queue/pending.json", 2).await;
    assert_eq!(queue("queue/in-progress.json", 1).await["tasks"][0]["number"], 1);

    run.is_verified().await;
    let paths = project.committed_paths();
    assert!(!paths.iter().any(|path| path.starts_with(".loki/")), "{paths:?}");
}

#[tokio::test]
async fn the_events_of_a_run_are_exported_while_it_works() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let file = run.worktree().await.join(".loki/events.jsonl");
    run.says("Thinking, step 2").await;

    let text = fs::read_to_string(file).unwrap();
    let kinds: Vec<String> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.iter().any(|kind| kind == "iteration_start"), "{kinds:?}");
}

// TW-04
#[tokio::test]
async fn a_pause_file_pauses_and_taking_it_away_resumes() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let file = run.worktree().await.join(".loki/PAUSE");
    run.says("Thinking, step 2").await;

    fs::write(&file, "").unwrap();
    let paused = run.becomes(RunStatus::Paused).await;
    assert!(
        paused.reason.as_deref().unwrap_or_default().contains(".loki/PAUSE, which appeared while the agent worked"),
        "{:?}",
        paused.reason
    );

    fs::remove_file(&file).unwrap();
    run.is_verified().await;
}

#[tokio::test]
async fn a_pause_by_file_is_resumed_by_the_api_too() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let file = run.worktree().await.join(".loki/PAUSE");
    run.says("Thinking, step 2").await;
    fs::write(&file, "").unwrap();
    run.becomes(RunStatus::Paused).await;

    run.resume().await.expect(200);

    run.is_verified().await;
}

#[tokio::test]
async fn a_stop_file_stops_in_the_middle_of_a_step() {
    let app = slow(60).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let file = run.worktree().await.join(".loki/STOP");
    run.says("Thinking, step 2").await;

    fs::write(&file, "").unwrap();
    let stopped = run.finishes().await;

    assert_eq!((stopped.status, stopped.verdict), (RunStatus::Stopped, Some(Verdict::NotVerified)));
    assert!(stopped.reason.as_deref().unwrap_or_default().contains(".loki/STOP, which appeared while"), "{:?}", stopped.reason);
    app.assert_no_process_left().await;
}

// EP-008
#[tokio::test]
async fn a_corrupt_state_file_harms_nothing() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let folder = run.worktree().await.join(".loki");
    run.says("Thinking, step 2").await;

    fs::write(folder.join("session.json"), [0xff, 0x00, b'{']).unwrap();
    let _ = fs::remove_dir_all(folder.join("queue"));
    fs::write(folder.join("queue"), "no folder").unwrap();

    run.is_verified().await;
}
