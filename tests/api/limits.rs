//! How often one may ask.

use protocol::{
    access::Role,
    audit::{AuditEntry, AuditPage},
};
use serde_json::json;
use tests::{Actor, Setup, TestApp, actor::Credentials, app::PASSWORD, specs};

/// Closed at once, since as many are open as may be.
const FULL: tests::socket::Refused = tests::socket::Refused(protocol::events::TOO_MANY_SOCKETS);
const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

async fn by_default() -> TestApp {
    Setup::default().variable("LOKI_LIMITS", "").argument("--limits").argument("").start().await
}

// SC-07
#[tokio::test]
async fn a_minute_has_ten_control_and_sixty_read_requests() {
    let app = by_default().await;
    let (user, other) = (app.operator().await, app.operator().await);
    let stops = async |actor: &Actor<'_>| actor.post("/api/control/stop", &json!({"session_id": UNKNOWN})).await;
    let first = stops(&user).await.expect(404);
    assert_eq!(first.header("ratelimit-policy"), "\"control\";q=10;w=60");
    assert_eq!(first.header("ratelimit"), "\"control\";r=9;t=6");
    for _ in 0..9 {
        stops(&user).await.expect(404);
    }

    let refused = stops(&user).await.expect(429);

    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert!(refused.detail().contains("10 a minute") && refused.header("ratelimit").contains("r=0"), "{}", refused.detail());
    // What one did not ask for is not counted, and others have their own.
    user.get("/api/status").await.expect(200);
    stops(&other).await.expect(404);

    // One comes back each second, so a slow machine needs some more to come to the end.
    let mut taken = 0;
    while other.get("/api/status").await.status == 200 {
        taken += 1;
        assert!(taken < 1_000, "reading is not limited");
    }
    assert!(taken >= 60, "{taken}");
}

#[tokio::test]
async fn a_socket_counts_as_reading() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=1").start().await;
    let user = app.viewer().await;
    user.get("/api/status").await.expect(200);

    assert_eq!(user.opens_socket(None, &[]).await.unwrap_err(), tests::socket::Refused(429));
}

// BD-003
#[tokio::test]
async fn nobody_holds_more_sockets_than_they_may() {
    let app = Setup::default().variable("LOKI_LIMITS", "sockets=2,read=off").start().await;
    let (user, ada) = (app.viewer().await, app.first_admin().await);
    let (first, second) = (user.listens(None).await, user.listens(None).await);

    for _ in 0..3 {
        assert_eq!(user.opens_socket(None, &[]).await.unwrap_err(), FULL);
    }

    // Others have their own, and one that is closed makes room.
    let _pages = (ada.listens(None).await, ada.listens(None).await);
    assert_eq!(ada.opens_socket(None, &[]).await.unwrap_err(), FULL);
    drop(first);
    let third = tests::eventually("there is room again", async || user.opens_socket(None, &[]).await.ok()).await;
    drop((second, third));
}

#[tokio::test]
async fn who_tries_again_and_again_for_one_more_socket_is_on_record_once() {
    let app = Setup::default().variable("LOKI_LIMITS", "sockets=1,read=off").start().await;
    let (user, auditor) = (app.viewer().await, app.auditor().await);
    let _only = user.listens(None).await;
    for _ in 0..3 {
        assert_eq!(user.opens_socket(None, &[]).await.unwrap_err(), FULL);
    }

    // What is denied is written in its order.
    user.get("/api/v2/audit").await.expect(403);
    let denied = tests::eventually("what came last is written", async || {
        let page = auditor.get("/api/v2/audit?outcome=denied&limit=1000").await.expect(200).json::<AuditPage>();
        let is_last = |entry: &AuditEntry| entry.resource_id.as_deref() == Some("GET /api/v2/audit");
        page.entries.iter().any(is_last).then_some(page.entries)
    });
    let denied = denied.await;
    let refused: Vec<&AuditEntry> = denied.iter().filter(|entry| entry.resource_id.as_deref() == Some("GET /ws")).collect();
    assert_eq!(refused.iter().map(|entry| entry.count).collect::<Vec<_>>(), [1], "{denied:?}");
}

#[tokio::test]
async fn the_command_line_waits_for_a_socket_and_says_why() {
    let app = Setup::default().demo("--pace 30000").variable("LOKI_LIMITS", "sockets=1,read=off").start().await;
    let user = app.operator().await;
    let run = user.has_project().with_spec(specs::ONE).create().await.starts_run().await;
    let _only = user.listens(None).await;

    let said = user.loki_until(&["logs", &run.id.to_string(), "-f"], "close one");

    assert!(said.contains("1 live connections are open") && said.contains("going on in 30 s"), "{said}");
}

#[tokio::test]
async fn the_command_line_waits_where_it_asked_too_often() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=30").start().await;
    let user = app.viewer().await;
    while user.get("/api/status").await.status == 200 {}

    let status = user.loki(&["status"]);

    assert!(status.status.success(), "{status:?}");
    assert!(String::from_utf8_lossy(&status.stderr).contains("going on in"), "{status:?}");
}

#[tokio::test]
async fn pages_and_what_keeps_them_live_are_not_counted() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=2,control=1,write=1").start().await;
    let ada = app.first_admin().await;
    for _ in 0..10 {
        ada.get("/projects").await.expect(200);
        ada.get("/ui/viewer").await.expect(200);
        drop(ada.listens(None).await);
    }
    // The same person asks the API as a program does.
    ada.get("/api/status").await.expect(200);
    ada.get("/api/status").await.expect(200);
    ada.get("/api/status").await.expect(429);
    ada.get("/projects").await.expect(200);
    for _ in 0..5 {
        app.get("/health").await.expect(200);
        app.get("/openapi.json").await.expect(200);
    }
}

#[tokio::test]
async fn what_a_person_changes_on_pages_counts_as_at_the_api() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=1,control=3,write=2").start().await;
    let ada = app.first_admin().await;
    let stops = async || ada.send_form("/ui/stop_run", &[("id", UNKNOWN), ("tab", "")]).await;
    let renames = async || ada.send_form("/ui/rename_team", &[("id", UNKNOWN), ("name", "A")]).await;
    for _ in 0..3 {
        assert_ne!(stops().await.status, 429);
    }

    let refused = stops().await.expect(429);

    // Without script a person sees what comes back: a page like that of any other error.
    assert!(!refused.header("retry-after").is_empty(), "{:?}", refused.headers);
    assert_eq!(refused.header("ratelimit-policy"), "\"control\";q=3;w=60");
    assert!(refused.header("content-type").starts_with("text/html"), "{:?}", refused.headers);
    let page = refused.text();
    for part in ["Too many control requests: at most 3 a minute. Try again in", &refused.header("x-request-id"), "Sign out"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // The browser's half gets what it reads.
    let form = ada.request(reqwest::Method::POST, "/ui/stop_run").header("accept", "application/json");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body(format!("id={UNKNOWN}&tab="));
    assert!(ada.send(form).await.expect(429).detail().contains("3 a minute"));
    // It is the same bucket.
    ada.post("/api/control/stop", &json!({"session_id": UNKNOWN})).await.expect(429);
    for _ in 0..2 {
        assert_ne!(renames().await.status, 429);
    }
    renames().await.expect(429);
    // Looking at pages goes on.
    for _ in 0..5 {
        ada.get("/projects").await.expect(200);
        ada.get("/ui/viewer").await.expect(200);
    }
}

#[tokio::test]
async fn pages_take_no_tokens() {
    let app = by_default().await;
    let user = app.operator().await;
    let guess = Actor::new(&app, Credentials::Bearer("loki_x_y".to_owned()));
    for actor in [&user, &guess] {
        for path in ["/ui/run_list?state=&project=&sort=-cost&after=", "/ui/viewer", "/projects", "/docs", "/nothing"] {
            let refused = actor.get(path).await.expect(403);
            assert!(refused.text().contains("below /api"), "{}", refused.text());
        }
        let form = actor.request(reqwest::Method::POST, "/ui/create_project");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let fields = "form[name]=Tried&form[source]=empty&form[template]=&form[prd_text]=&form[brief]=&form[git_url]=&form[path]=\
                      &form[delivery]=merge";
        actor.send(form.body(fields)).await.expect(403);
    }
    assert_eq!(user.get("/api/projects").await.expect(200).value()["projects"], json!([]));
}

#[tokio::test]
async fn a_token_may_have_a_limit_of_its_own() {
    has_a_limit_of_its_own(Setup::default().variable("LOKI_LIMITS", "read=5").start().await).await;
}

#[tokio::test]
async fn a_token_may_have_a_limit_of_its_own_on_postgres() {
    has_a_limit_of_its_own(Setup::default().variable("LOKI_LIMITS", "read=5").on_postgres().start().await).await;
}

async fn has_a_limit_of_its_own(app: TestApp) {
    let made = |limit: &str| {
        let words = ["token", "create", "--name", "a", "--role", Role::Operator.as_str(), "--rate-limit", limit];
        let output = app.offline(&words, "");
        Actor::new(&app, Credentials::Bearer(tests::command::stdout(&output).trim().to_owned()))
    };
    let (slow, quick) = (made("2"), made("100"));
    slow.get("/api/status").await.expect(200);
    slow.post("/api/control/stop", &json!({"session_id": UNKNOWN})).await.expect(404);
    let refused = slow.get("/api/status").await.expect(429);
    assert_eq!(refused.header("ratelimit-policy"), "\"token\";q=2;w=60");
    for _ in 0..50 {
        quick.get("/api/status").await.expect(200);
    }
}

#[tokio::test]
async fn strangers_are_slowed_down_and_hold_nobody_up() {
    let app = Setup::default().variable("LOKI_LIMITS", "read=5").start().await;
    let user = app.viewer().await;
    for _ in 0..5 {
        app.nobody().get("/api/status").await.expect(401);
    }
    let guess = Actor::new(&app, Credentials::Bearer("loki_x_y".to_owned()));
    let refused = guess.get("/api/status").await.expect(429);
    assert!(!refused.header("retry-after").is_empty());
    user.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn signing_in_is_slowed_down_by_address() {
    let app = Setup::default().variable("LOKI_LIMITS", "sign-in=3").start().await;
    app.first_admin().await;
    for _ in 0..3 {
        let form = [("email", "ada@example.org"), ("password", PASSWORD)];
        let answer = app.nobody().send_form("/login", &form).await.expect(303);
        assert_eq!(answer.header("location"), "/");
    }
    let form = [("email", "ada@example.org"), ("password", PASSWORD)];
    let answer = app.nobody().send_form("/login", &form).await.expect(429);
    assert!(!answer.header("retry-after").is_empty() && answer.cookie("loki_login").is_none());
}

#[tokio::test]
async fn who_asks_too_often_is_on_record_once() {
    is_on_record_once(Setup::default().variable("LOKI_LIMITS", "read=3,write=off").start().await).await;
}

#[tokio::test]
async fn who_asks_too_often_is_on_record_once_on_postgres() {
    is_on_record_once(Setup::default().variable("LOKI_LIMITS", "read=3,write=off").on_postgres().start().await).await;
}

async fn is_on_record_once(app: TestApp) {
    let user = app.viewer().await;
    for _ in 0..20 {
        user.get("/api/status").await;
    }
    let admin = app.admin().await;
    let store = app.store().await;
    tests::eventually("the refusals are counted", async || {
        let tx = store.read().await.unwrap();
        let filter = store::AuditFilter { outcome: Some("denied".to_owned()), ..store::AuditFilter::default() };
        let rows = tx.audit().find(&filter, store::AuditOrder::Newest { before: None }, (0, 100)).await.unwrap();
        (rows.len() <= 3 && rows.iter().any(|row| row.details.contains("429"))).then_some(())
    })
    .await;
    admin.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn limits_that_are_none_are_named_at_the_start() {
    let mut loki = tests::server::loki();
    loki.args(["serve", "--limits", "speed=1"]);
    let output = tests::command::run(loki, "");
    assert_eq!(output.status.code(), Some(2));
    assert!(tests::command::stderr(&output).contains("speed"), "{}", tests::command::stderr(&output));
}
