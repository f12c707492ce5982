//! Steering runs: pause, resume and stop by API and command line, and two runs that do not touch each other.

use protocol::{
    health::Status,
    runs::{RunStatus, Verdict},
};
use serde_json::json;
use tests::{Setup, TestApp, command, specs};

/// An agent that talks for `seconds` before it does its work.
pub(crate) async fn slow(seconds: u32) -> TestApp {
    Setup::default().demo(&format!("--misbehave slow={seconds}")).start().await
}

#[tokio::test]
async fn a_run_is_paused_after_its_step_and_goes_on_when_asked() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.becomes(RunStatus::Working).await;

    run.pause().await.expect(200);
    let paused = run.becomes(RunStatus::Paused).await;
    assert!(paused.reason.as_deref().unwrap_or_default().contains("Paused by"), "{:?}", paused.reason);
    // Asking twice is no fault.
    run.pause().await.expect(200);
    assert_eq!(run.now().await.status, RunStatus::Paused);

    run.resume().await.expect(200);
    let finished = run.is_verified().await;
    assert_eq!(finished.iteration, 1);
    let kinds: Vec<String> = user.events().await.into_iter().map(|event| event.kind).collect();
    for kind in ["run_paused", "run_resumed"] {
        assert_eq!(kinds.iter().filter(|other| *other == kind).count(), 1, "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn a_run_is_stopped_in_the_middle_of_a_step() {
    let app = slow(60).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2").await;

    run.stop().await.expect(200);
    let stopped = run.finishes().await;

    assert_eq!((stopped.status, stopped.verdict), (RunStatus::Stopped, Some(Verdict::NotVerified)));
    assert!(stopped.reason.as_deref().unwrap_or_default().contains("Stopped by"), "{:?}", stopped.reason);
    assert!(stopped.worked_ms < 30_000, "{} ms", stopped.worked_ms);
    app.assert_no_process_left().await;
    // A run that is over takes no wishes.
    for answer in [run.pause().await, run.resume().await, run.stop().await] {
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.detail().contains("over"), "{}", answer.detail());
    }
}

#[tokio::test]
async fn a_run_can_be_cancelled_under_its_address() {
    let app = slow(60).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.becomes(RunStatus::Working).await;

    user.post(&format!("/api/v2/runs/{}/cancel", run.id), &json!({})).await.expect(200);

    assert_eq!(run.finishes().await.status, RunStatus::Stopped);
}

#[tokio::test]
async fn the_command_line_pauses_resumes_and_stops() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    let id = run.id.to_string();
    run.becomes(RunStatus::Working).await;

    let paused = user.loki(&["pause", &id]);
    assert!(paused.status.success(), "{}", command::stderr(&paused));
    assert!(command::stdout(&paused).contains("pauses after the step"), "{}", command::stdout(&paused));
    run.becomes(RunStatus::Paused).await;
    let resumed = user.loki(&["resume", &id]);
    assert!(resumed.status.success(), "{}", command::stderr(&resumed));
    assert!(command::stdout(&resumed).contains("goes on"), "{}", command::stdout(&resumed));
    run.is_verified().await;

    let second = project.starts_with(json!({"prd_text": specs::ONE_MORE})).await;
    second.becomes(RunStatus::Working).await;
    let stopped = user.loki(&["stop", &second.id.to_string()]);
    assert!(stopped.status.success(), "{}", command::stderr(&stopped));
    assert_eq!(second.finishes().await.status, RunStatus::Stopped);
    let status = user.loki(&["status", &second.id.to_string()]);
    assert_eq!(status.status.code(), Some(1));
    assert!(command::stdout(&status).contains("· stopped ·"), "{}", command::stdout(&status));
    let late = user.loki(&["pause", &second.id.to_string()]);
    assert_eq!(late.status.code(), Some(1));
    assert!(command::stderr(&late).contains("over"), "{}", command::stderr(&late));
}

// TW-02, TW-10, S3-03, S3-08
#[tokio::test]
async fn two_runs_at_once_touch_only_themselves() {
    let app = slow(2).await;
    let user = app.operator().await;
    let first_project = user.has_project().named("First").with_spec(specs::ONE).create().await;
    let second_project = user.has_project().named("Second").with_spec(specs::ONE).create().await;
    let first = first_project.starts_run().await;
    let second = second_project.starts_run().await;
    first.becomes(RunStatus::Working).await;
    second.becomes(RunStatus::Working).await;

    let status: Status = user.get("/api/status").await.expect(200).json();
    assert_eq!((status.status.as_str(), status.active_sessions), ("running", 2));
    let ids: Vec<_> = status.sessions.iter().map(|session| session.session_id).collect();
    assert_eq!(ids, [first.id, second.id]);
    assert!(status.sessions.iter().all(|session| session.phase.is_some() && session.iteration == 1), "{:#?}", status.sessions);
    let worktrees: Vec<_> = status.sessions.iter().map(|session| session.worktree.clone().unwrap()).collect();
    assert_ne!(worktrees[0], worktrees[1]);

    first.pause().await.expect(200);
    first.becomes(RunStatus::Paused).await;
    second.is_verified().await;
    assert_eq!(first.now().await.status, RunStatus::Paused);
    assert!(!first_project.path().join("greet").exists());

    first.stop().await.expect(200);
    assert_eq!(first.finishes().await.status, RunStatus::Stopped);
    assert_eq!(second.now().await.status, RunStatus::Finished);
    assert!(second_project.path().join("greet").exists());
}

// S2-02
#[tokio::test]
async fn a_later_run_without_a_spec_works_on_the_projects_own() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;
    project.starts_with(json!({"prd_text": specs::ONE_MORE})).await.is_verified().await;

    let third = project.starts_run().await;
    third.finishes().await;

    let asked: Vec<String> = third.timeline().await.tasks.into_iter().map(|task| task.title).collect();
    assert!(asked.iter().any(|title| title.contains("Hello, NAME!")), "{asked:?}");
    assert!(!asked.iter().any(|title| title.contains("--bye")), "{asked:?}");
}

// CU-001, CU-002
#[tokio::test]
async fn two_runs_of_one_project_work_in_worktrees_of_their_own() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let first = project.starts_run().await;
    let second = project.starts_with(json!({"prd_text": "# Other\n\n- `other` prints `other`\n"})).await;

    assert_ne!(first.worktree().await, second.worktree().await);
    let (first, second) = (first.finishes().await, second.finishes().await);

    assert_eq!((first.verdict, second.verdict), (Some(Verdict::Verified), Some(Verdict::Verified)));
    assert_ne!(first.branch, second.branch);
    assert_eq!((first.number, second.number), (1, 2));
    // Whoever came second is merged or kept on its branch, and nothing is lost.
    let log = project.git(&["log", "--all", "--format=%s"]);
    assert_eq!(log.lines().filter(|subject| subject.starts_with("feat: ")).count(), 2, "{log}");
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[tokio::test]
async fn runs_above_the_limit_wait_for_a_place() {
    let app = Setup::default().demo("--misbehave slow=2").argument("--max-runs").argument("1").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let other = user.has_project().named("Other").with_spec(specs::ONE).create().await;
    let first = project.starts_run().await;
    first.becomes(RunStatus::Working).await;

    let second = other.starts_run().await;
    first.says("Thinking, step 9").await;
    assert_eq!(second.now().await.status, RunStatus::Queued);

    first.is_verified().await;
    let second = second.is_verified().await;
    assert!(second.started_at.unwrap() >= first.now().await.ended_at.unwrap());
}

#[tokio::test]
async fn a_queued_run_can_be_stopped_before_it_began() {
    let app = Setup::default().demo("--misbehave slow=30").argument("--max-runs").argument("1").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let first = project.starts_run().await;
    first.becomes(RunStatus::Working).await;
    let second = project.starts_run().await;

    second.stop().await.expect(200);
    first.stop().await.expect(200);

    assert_eq!(second.finishes().await.status, RunStatus::Stopped);
    assert_eq!(first.finishes().await.status, RunStatus::Stopped);
}
