//! API tokens: shown once, kept as a hash, ended at once.

use std::cell::Cell;

use futures::future::join_all;
use protocol::access::Token;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use tests::{Actor, Setup, TestApp, actor::Credentials, command, eventually};

// SC-01
#[tokio::test]
async fn a_revoked_token_ends_at_once() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    user.get("/api/status").await.expect(200);
    let tx = app.store().await.begin().await.unwrap();
    let token = tx.tokens().list().await.unwrap().pop().unwrap();

    tx.tokens().revoke(token.id, token.created_at).await.unwrap();
    tx.commit().await.unwrap();

    eventually("the token is refused", async || (user.get("/api/status").await.status == 401).then_some(())).await;
    assert_eq!(user.get("/api/status").await.detail(), "Invalid, expired, or revoked token");
}

#[tokio::test]
async fn a_token_in_use_ends_with_the_answer_to_its_revocation() {
    ends_with_the_answer(TestApp::start().await).await;
}

#[tokio::test]
async fn a_token_in_use_ends_with_the_answer_to_its_revocation_on_postgres() {
    ends_with_the_answer(Setup::default().on_postgres().start().await).await;
}

/// The server remembers a token until something is committed: requests that are under way while it is revoked must not bring
/// it back.
async fn ends_with_the_answer(app: TestApp) {
    let admin = app.admin().await;
    for round in 0..5 {
        let body = json!({"name": format!("busy-{round}"), "role": "viewer"});
        let made: Token = admin.post("/api/enterprise/tokens", &body).await.expect(201).json();
        let user = Actor::new(&app, Credentials::Bearer(made.token.unwrap()));
        let (answers, is_revoked) = (Cell::new(0_u32), Cell::new(false));
        // Asks without a pause, and gives what is said to the first request that begins after the revocation.
        let asks = async || loop {
            let is_late = is_revoked.get();
            let status = user.get("/api/status").await.status;
            answers.set(answers.get() + 1);
            if is_late {
                return status;
            }
            // Those under way meanwhile may still be served.
            assert!(matches!(status, 200 | 401), "{status}");
        };
        let revokes = async {
            eventually("many requests are under way", async || (answers.get() >= 64).then_some(())).await;
            admin.delete(&format!("/api/enterprise/tokens/{}", made.id)).await.expect(200);
            is_revoked.set(true);
        };

        let (late, ()) = tokio::join!(join_all((0..32).map(|_| asks())), revokes);

        let later = join_all((0..32).map(|_| user.get("/api/status"))).await;
        let statuses: Vec<u16> = late.into_iter().chain(later.into_iter().map(|answer| answer.status)).collect();
        assert_eq!(statuses, [401; 64], "{round}");
    }
}

// SC-02
#[tokio::test]
async fn tokens_that_are_none_are_refused_alike() {
    let app = TestApp::start().await;
    let good = app.operator().await.secret();
    let other = if good.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{other}", &good[..good.len() - 1]);
    for secret in ["loki_", "loki_x_y", "abc", &changed, &good.to_uppercase(), &format!("{good}0"), &"x".repeat(5_000)] {
        let answer = Actor::new(&app, Credentials::Bearer(secret.to_owned())).get("/api/status").await.expect(401);
        assert_eq!(answer.detail(), "Invalid, expired, or revoked token");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

// SC-02
#[tokio::test]
async fn an_expired_token_is_refused_in_the_same_words() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let database = Database::connect(app.database_url()).await.unwrap();
    database.execute_unprepared("update api_tokens set expires_at = created_at").await.unwrap();

    let answer = user.get("/api/status").await.expect(401);

    assert_eq!(answer.detail(), "Invalid, expired, or revoked token");
}

#[tokio::test]
async fn a_token_is_on_standard_output_alone_and_nowhere_else() {
    let app = TestApp::start().await;
    let output = app.offline(&["token", "create", "--name", "ci", "--role", "viewer", "--expires-days", "1"], "");
    let secret = command::stdout(&output).trim().to_owned();
    assert!(secret.starts_with("loki_") && !secret.contains(char::is_whitespace), "{secret}");
    Actor::new(&app, Credentials::Bearer(secret.clone())).get("/api/status").await.expect(200);
    assert!(!command::stderr(&output).contains(&secret));
    assert!(!app.log().contains(&secret));

    let own = secret.rsplit_once('_').unwrap().1.as_bytes().to_vec();
    for entry in std::fs::read_dir(app.data_dir()).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!bytes.windows(own.len()).any(|window| window == own), "{}", entry.path().display());
    }
}

#[tokio::test]
async fn only_the_authorization_header_carries_a_token() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let nobody = app.nobody();
    for name in ["token", "access_token", "x"] {
        nobody.get(&format!("/api/status?{name}={}", user.secret())).await.expect(401);
        // Not even beside a good one: addresses end up in logs.
        user.get(&format!("/api/projects?{name}={}", user.secret())).await.expect(401);
    }
    let basic = nobody.request(reqwest::Method::GET, "/api/status").header("authorization", "Basic bG9raTpsb2tp");
    nobody.send(basic).await.expect(401);
    // A bad token is not mended by a good cookie.
    let ada = app.first_admin().await;
    let both = ada.request(reqwest::Method::GET, "/api/status").header("authorization", "Bearer loki_x_y");
    ada.send(both).await.expect(401);
}
