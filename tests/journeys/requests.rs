//! Starts that can be repeated, and runs that are made again.

use protocol::runs::{RunStatus, Started};
use serde_json::json;
use tests::{TestApp, specs};

use crate::control::slow;

#[tokio::test]
async fn the_same_request_starts_one_run_only() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let body = json!({"request_id": "deploy-17"});

    let first: Started = project.asks_to_start(body.clone()).await.expect(202).json();
    let again: Started = project.asks_to_start(body.clone()).await.expect(202).json();
    assert_eq!(first, again);
    let other = project.asks_to_start(json!({"request_id": "deploy-17", "limits": {"iterations": 3}})).await.expect(409);
    assert!(other.detail().to_lowercase().contains("request"), "{}", other.detail());

    assert_eq!(user.runs().await.len(), 1);
    user.run(first.run_id).is_verified().await;
    // Also when it is long over.
    let late: Started = project.asks_to_start(body).await.expect(202).json();
    assert_eq!(late, first);
    assert_eq!(user.runs().await.len(), 1);
}

#[tokio::test]
async fn a_request_is_the_same_whoever_repeats_it() {
    let app = slow(1).await;
    let (user, other) = (app.operator().await, app.admin().await);
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let mut body = project.start_body();
    body.insert("request_id".to_owned(), json!("nightly"));

    let first: Started = user.post("/api/control/start", &body).await.expect(202).json();
    let again: Started = other.post("/api/control/start", &body).await.expect(202).json();
    assert_eq!(first, again);
    body.insert("limits".to_owned(), json!({"iterations": 3}));
    other.post("/api/control/start", &body).await.expect(409);
    assert_eq!(user.runs().await.len(), 1);

    // In another project it is another request.
    let elsewhere = user.has_project().named("Elsewhere").with_spec(specs::ONE).create().await;
    let started: Started = elsewhere.asks_to_start(json!({"request_id": "nightly"})).await.expect(202).json();
    assert_ne!(started, first);
}

#[tokio::test]
async fn equal_requests_at_once_start_one_run_only() {
    let app = slow(1).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let ask = || project.asks_to_start(json!({"request_id": "once"}));

    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());

    let ids: Vec<Started> = [a, b, c, d].into_iter().map(|answer| answer.expect(202).json()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    assert_eq!(user.runs().await.len(), 1);
}

#[tokio::test]
async fn a_replay_is_a_new_run_with_the_same_spec() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with("delivery", json!("review")).create().await;
    let first = project.starts_with(json!({"prd_text": specs::ONE, "limits": {"iterations": 7}})).await;
    let before = first.is_verified().await;

    // What would not count is refused.
    for call in ["replay", "cancel"] {
        let path = format!("/api/v2/runs/{}/{call}", first.id);
        for body in [json!({"provider": "claude"}), json!(["claude"]), json!("nothing")] {
            user.post(&path, &body).await.expect(422);
        }
    }
    let answer = user.post(&format!("/api/v2/runs/{}/replay", first.id), &json!({})).await.expect(202);
    let started: Started = answer.json();
    assert_ne!(started.run_id, first.id);
    let after = user.run(started.run_id).is_verified().await;

    assert_eq!((after.number, after.status), (2, RunStatus::Finished));
    assert_eq!((after.title, after.limits, after.provider), (before.title, before.limits, before.provider));
    assert_ne!(after.branch, before.branch);
}
