//! Several hands on one run, and what everybody sees of it.

use protocol::{Event, runs::RunStatus};
use serde_json::{Value, json};
use tests::{Setup, TestApp, actor::Credentials, socket::Refused, specs};

use crate::control::slow;

// CU-003
#[tokio::test]
async fn the_page_and_the_command_line_steer_one_run_at_once() {
    let app = slow(2).await;
    let ada = app.first_admin().await;
    let script = app.operator().await;
    let project = ada.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.becomes(RunStatus::Working).await;
    let id = run.id.to_string();

    for _ in 0..2 {
        let (page, line) = tokio::join!(run.pause(), async { script.loki(&["pause", &id]) });
        page.expect(200);
        assert!(line.status.success());
    }
    run.becomes(RunStatus::Paused).await;
    let (page, line) = tokio::join!(run.resume(), async { script.loki(&["resume", &id]) });
    page.expect(200);
    assert!(line.status.success());
    run.is_verified().await;

    let kinds: Vec<String> = ada.events().await.into_iter().map(|event| event.kind).collect();
    for kind in ["run_paused", "run_resumed", "run_finished"] {
        assert_eq!(kinds.iter().filter(|other| *other == kind).count(), 1, "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn a_pause_that_is_taken_back_leaves_the_places_as_they_are() {
    let app = Setup::default().demo("--misbehave slow=2").argument("--max-runs").argument("1").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let first = project.starts_run().await;
    first.becomes(RunStatus::Working).await;
    let second = project.starts_with(json!({"prd_text": "# Other\n\n- `other` prints `other`\n"})).await;

    for _ in 0..20 {
        second.pause().await.expect(200);
        second.resume().await.expect(200);
    }

    first.is_verified().await;
    let second = second.finishes().await;
    assert!(second.started_at.unwrap() >= first.now().await.ended_at.unwrap(), "the second run worked beside the first");
}

// CU-008
#[tokio::test]
async fn a_stale_token_opens_no_socket() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let socket = user.listens(None).await;
    drop(socket);
    let mut stale = user.secret();
    stale.pop();
    stale.push('x');
    let stale = tests::Actor::new(&app, Credentials::Bearer(stale));
    assert_eq!(stale.opens_socket(Some(0), &[]).await.map(drop), Err(Refused(401)));
    stale.get("/api/status").await.expect(401);
}

// CI-10
#[tokio::test]
async fn pipeline_events_have_the_shapes_that_scripts_expect() {
    let app = Setup::default().demo("--misbehave failing-test-once").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let mut socket = user.listens(Some(0)).await;
    let run = project.starts_run().await;
    let events = socket.until("run_finished").await;

    let raw: Vec<Value> = events.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    let of = |kind: &str| raw.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("{kind} in {raw:#?}"));
    for event in &raw {
        assert!(event["seq"].is_i64() && event["at"].is_string() && event["data"].is_object(), "{event:#}");
        assert!(event["scope"]["project_id"].is_string(), "{event:#}");
    }
    for (kind, pointers) in [
        ("iteration_start", ["/data/iteration/number", "/data/iteration/phase", "/data/iteration/steps"].as_slice()),
        ("iteration_complete", &["/data/iteration/number", "/data/iteration/ended_at", "/data/iteration/failed_gates"]),
        ("task_queued", &["/data/task/number", "/data/task/title", "/data/task/status"]),
        ("task_completed", &["/data/task/number", "/data/task/commit"]),
        ("quality_gate_passed", &["/data/gate/name", "/data/gate/verdict", "/data/gate/evidence", "/data/gate/duration_ms"]),
        ("quality_gate_failed", &["/data/gate/name", "/data/gate/verdict", "/data/gate/blocking", "/data/gate/summary"]),
        ("build_progress", &["/data/phase", "/data/tasks_done", "/data/tasks_total", "/data/cost_usd", "/data/eta_ms"]),
    ] {
        let event = of(kind);
        assert_eq!(event["scope"]["run_id"], run.id.to_string(), "{event:#}");
        for pointer in pointers {
            assert!(event.pointer(pointer).is_some(), "{pointer} in {event:#}");
        }
    }
    let etas: Vec<Option<i64>> = events
        .iter()
        .filter_map(|event| match event.event() {
            Some(Event::BuildProgress(progress)) => Some(progress.eta_ms),
            _ => None,
        })
        .collect();
    assert_eq!(etas.first(), Some(&None), "nothing is known before the first task is done");
    assert!(etas.iter().any(Option::is_some), "{etas:?}");
}
