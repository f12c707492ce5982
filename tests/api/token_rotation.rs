//! API tokens that are replaced: with an overlap or without, once, and with what becomes of the tokens that they made.

use protocol::{access::Token, teams::InvitationList};
use serde_json::json;
use tests::{Setup, TestApp};

use crate::token_management::{count, holder, is_refused, makes};

#[tokio::test]
async fn a_replaced_token_counts_until_its_grace_is_over() {
    counts_until_its_grace_is_over(TestApp::start().await).await;
}

#[tokio::test]
async fn a_replaced_token_counts_until_its_grace_is_over_on_postgres() {
    counts_until_its_grace_is_over(Setup::default().on_postgres().start().await).await;
}

async fn counts_until_its_grace_is_over(app: TestApp) {
    let (admin, ada) = (app.admin().await, app.first_admin().await);
    let first = makes(&admin, json!({"name": "ci", "scopes": ["control"], "expires_days": 7, "rate_limit": 5000})).await;

    let second: Token = ada.post("/api/v2/api-keys/ci/rotate", &json!({"grace_period_hours": 1})).await.expect(200).json();

    assert_eq!((second.rotating_from, &second.scopes, second.rate_limit), (Some(first.id), &first.scopes, Some(5000)));
    assert_eq!(second.expires_at.unwrap().millis_since(second.created_at), 7 * 86_400_000);
    let left = second.rotation_expires_at.unwrap().millis_since(second.created_at);
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");
    let (old, new) = (holder(&app, &first), holder(&app, &second));
    old.get("/api/status").await.expect(200);
    new.get("/api/status").await.expect(200);
    // The name is the new one's now, and what is replaced is not replaced again.
    assert_eq!(admin.get("/api/v2/api-keys/ci").await.expect(200).json::<Token>().id, second.id);
    admin.post(&format!("/api/v2/api-keys/{}/rotate", first.id), &json!({})).await.expect(409);

    let third: Token = admin.post("/api/v2/api-keys/ci/rotate", &json!({"grace_period_hours": 0})).await.expect(200).json();
    // A person renews its life, a token keeps it; without grace, nothing of what came before counts.
    assert_eq!(third.expires_at, second.expires_at);
    is_refused(&new).await;
    is_refused(&old).await;

    // Whoever ends the newest one means all that came before it.
    admin.delete("/api/v2/api-keys/ci").await.expect(204);
    is_refused(&holder(&app, &third)).await;
    is_refused(&old).await;
    for (body, named) in [(json!({"grace_period_hours": 721}), "grace_period_hours"), (json!({"grace": 1}), "grace")] {
        let answer = admin.post("/api/v2/api-keys/admin/rotate", &body).await.expect(422);
        assert!(answer.detail().to_lowercase().contains(named), "{}", answer.detail());
    }
}

#[tokio::test]
async fn what_a_token_made_ends_when_a_person_rotates_it() {
    ends_when_a_person_rotates_it(TestApp::start().await).await;
}

#[tokio::test]
async fn what_a_token_made_ends_when_a_person_rotates_it_on_postgres() {
    ends_when_a_person_rotates_it(Setup::default().on_postgres().start().await).await;
}

async fn ends_when_a_person_rotates_it(app: TestApp) {
    let ada = app.first_admin().await;
    let leaked = makes(&ada, json!({"name": "leaked", "role": "admin"})).await;
    let thief = holder(&app, &leaked);
    let invitations = async || ada.get("/api/v2/invitations").await.expect(200).json::<InvitationList>().invitations.len();
    let child = makes(&thief, json!({"name": "child", "role": "admin"})).await;
    let grandchild = makes(&holder(&app, &child), json!({"name": "grandchild", "role": "admin"})).await;
    thief.post("/api/v2/invitations", &json!({"email": "eve@example.org", "role": "viewer"})).await.expect(201);
    // Replacing itself, it keeps what it made.
    let newer: Token = thief.post("/api/v2/api-keys/leaked/rotate", &json!({"grace_period_hours": 1})).await.expect(200).json();
    assert_eq!(invitations().await, 1);
    holder(&app, &child).get("/api/status").await.expect(200);

    let safe: Token = ada.post("/api/v2/api-keys/leaked/rotate", &json!({"grace_period_hours": 0})).await.expect(200).json();

    for token in [&leaked, &newer, &child, &grandchild] {
        is_refused(&holder(&app, token)).await;
    }
    assert_eq!(invitations().await, 0);
    holder(&app, &safe).get("/api/status").await.expect(200);
}

#[tokio::test]
async fn of_two_rotations_at_once_one_makes_a_token() {
    replaced_once(TestApp::start().await).await;
}

#[tokio::test]
async fn of_two_rotations_at_once_one_makes_a_token_on_postgres() {
    replaced_once(Setup::default().on_postgres().start().await).await;
}

async fn replaced_once(app: TestApp) {
    let ada = app.first_admin().await;
    let made = makes(&ada, json!({"name": "ci", "role": "viewer"})).await;
    let path = format!("/api/v2/api-keys/{}/rotate", made.id);
    let nothing = json!({});
    let tries = (0..4).map(|_| ada.post(&path, &nothing));
    let mut statuses: Vec<u16> = futures::future::join_all(tries).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    assert_eq!(count(&ada).await, 2);
}

#[tokio::test]
async fn a_replaced_token_is_ended_without_the_one_that_replaced_itself() {
    let app = TestApp::start().await;
    let made = makes(&app.first_admin().await, json!({"name": "ci", "role": "admin"})).await;
    let program = holder(&app, &made);
    let newer: Token = program.post("/api/v2/api-keys/ci/rotate", &json!({})).await.expect(200).json();
    let newer = holder(&app, &newer);

    newer.delete(&format!("/api/v2/api-keys/{}", made.id)).await.expect(204);

    is_refused(&program).await;
    newer.get("/api/status").await.expect(200);
}
