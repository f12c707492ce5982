//! What is exactly at a limit, or over it.

use std::time::Duration;

use domain::{
    ports::agent::{AgentOutcome, AgentResult, Usage},
    runs::{Input, machine},
};
use protocol::runs::{RunStatus, Verdict};
use serde_json::json;
use store::JournalRow;
use tests::{TestApp, journal::Stored, socket::Heard, specs};

use crate::control::slow;

// BD-004
#[tokio::test]
async fn a_budget_that_is_reached_exactly_is_over() {
    let app = slow(60).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_with(json!({"limits": {"cost_usd": 1.25}})).await;
    run.says("Thinking, step 2").await;
    app.kill();
    let store = app.store().await;
    let mut stored = Stored::read(&store, run.id).await;
    let usage = Usage { cost_usd: Some(1.25), tokens: None };
    let input = Input::Acted { result: AgentResult { outcome: AgentOutcome::Cancelled, said: String::new(), usage } };
    let at = stored.rows.last().unwrap().at;
    stored.record.state = machine::step(stored.record.state, input.clone(), at, 0).0;
    stored.record.journal_seq += 1;
    let tx = store.begin().await.unwrap();
    tx.journal().append(run.id, &JournalRow { seq: stored.record.journal_seq, at, worked_ms: 0, input }).await.unwrap();
    tx.runs().save(&stored.record).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await.unwrap();
    app.start_again();

    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    assert!(finished.reason.as_deref().unwrap_or_default().contains("$1.25"), "{:?}", finished.reason);
    assert_eq!(finished.cost_usd, Some(1.25));
}

// BD-006
#[tokio::test]
async fn a_message_that_is_too_long_ends_its_socket_alone() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let mut other = user.listens(None).await;
    let mut socket = user.listens(None).await;

    socket.say_text(&"x".repeat(65 << 10)).await;
    assert!(matches!(socket.hears().await, Heard::Closed(..)));

    user.has_project().create().await;
    assert_eq!(other.until("project_created").await.last().unwrap().kind, "project_created");
}

// BD-007
#[tokio::test]
async fn a_body_that_is_too_large_is_answered_readably() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for megabytes in [3, 20] {
        let body = json!({"name": "Large", "prd_text": "x".repeat(megabytes << 20)});
        let answer = user.post("/api/projects", &body).await.expect(413);
        assert!(answer.detail().contains("2 MiB"), "{}", answer.detail());
    }
    assert_eq!(user.events().await, []);
}

// BD-002
#[tokio::test]
async fn many_projects_are_listed_whole() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for number in 0..60 {
        user.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    let first = user.get("/api/projects").await.expect(200).value();
    assert_eq!(first["projects"].as_array().unwrap().len(), 50);
    let next = first["next"].as_str().unwrap().to_owned();
    let second = user.get(&format!("/api/projects?after={next}")).await.expect(200).value();
    assert_eq!((second["projects"].as_array().unwrap().len(), &second["next"]), (10, &serde_json::Value::Null));
    // Their repositories are made in the meantime, and the server answers all the while.
    tokio::time::timeout(Duration::from_secs(30), user.get("/api/status")).await.unwrap().expect(200);
}
