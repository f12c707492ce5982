//! The event socket: who may listen, and that nothing is missed or heard twice.

use std::collections::BTreeSet;

use protocol::{access::Role, events::SocketMessage};
use serde_json::json;
use tests::{
    Actor, Setup, TestApp,
    app::PASSWORD,
    socket::{Heard, Refused},
};

#[tokio::test]
async fn only_who_may_read_events_may_listen() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        assert!(app.token(role).opens_socket(None, &[]).await.is_ok(), "{}", role.as_str());
    }
    assert_eq!(app.nobody().opens_socket(None, &[]).await.unwrap_err(), Refused(401));
    let secret = app.operator().await;
    let bad = [("authorization", "Bearer loki_x_y")];
    assert_eq!(secret.opens_socket(None, &bad).await.unwrap_err(), Refused(401));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_listen() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    assert!(ada.opens_socket(None, &[]).await.is_ok());
    for origin in ["http://evil.example", "null", ""] {
        assert_eq!(ada.opens_socket(None, &[("origin", origin)]).await.unwrap_err(), Refused(403), "{origin:?}");
    }
    assert_eq!(ada.opens_socket(None, &[("host", "evil.example")]).await.unwrap_err(), Refused(421));
}

#[tokio::test]
async fn a_socket_goes_on_from_where_it_was() {
    goes_on_from_where_it_was(TestApp::start().await).await;
}

#[tokio::test]
async fn a_socket_goes_on_from_where_it_was_on_postgres() {
    goes_on_from_where_it_was(Setup::default().on_postgres().start().await).await;
}

async fn goes_on_from_where_it_was(app: TestApp) {
    let user = app.operator().await;
    let mut live = user.listens(None).await;
    // The first told the admins of the token that asks.
    assert_eq!(live.connected, 1);
    for number in 1..=3 {
        user.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    // Three are made and three become ready.
    let mut heard = Vec::new();
    while heard.len() < 6 {
        match live.hears().await {
            Heard::Event(event) => heard.push(event),
            other => panic!("{other:?}"),
        }
    }
    let stored = user.events().await;
    assert_eq!(heard, stored);
    assert_eq!(stored.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);

    for after in 1..7 {
        let mut late = user.listens(Some(after)).await;
        assert_eq!(late.connected, after);
        for expected in stored.iter().filter(|event| event.seq > after) {
            assert_eq!(late.hears().await, Heard::Event(expected.clone()));
        }
        assert!(late.is_quiet().await);
    }
}

#[tokio::test]
async fn a_position_that_is_not_there_asks_for_a_fresh_start() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    user.has_project().create().await;

    let mut socket = user.listens(Some(1_000_000)).await;

    assert_eq!(socket.hears().await, Heard::Message(SocketMessage::Resync { seq: 3 }));
}

#[tokio::test]
async fn a_ping_is_answered() {
    let app = TestApp::start().await;
    let mut socket = app.viewer().await.listens(None).await;
    socket.say(&SocketMessage::Ping).await;
    assert_eq!(socket.hears().await, Heard::Message(SocketMessage::Pong));
}

#[tokio::test]
async fn a_socket_ends_soon_after_the_person_signed_out() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let mut socket = ada.listens(None).await;

    ada.send_form("/logout", &[]).await.expect(303);

    // That her logins changed may come first.
    let end = loop {
        match socket.hears().await {
            Heard::Event(event) => assert_eq!(event.kind, "logins_changed"),
            other => break other,
        }
    };
    assert_eq!(end, Heard::Closed(1008, "signed out".to_owned()));
}

#[tokio::test]
async fn who_may_come_in_is_told_to_whom_it_concerns_and_names_nobody() {
    told_to_whom_it_concerns(TestApp::start().await).await;
}

#[tokio::test]
async fn who_may_come_in_is_told_to_whom_it_concerns_and_names_nobody_on_postgres() {
    told_to_whom_it_concerns(Setup::default().on_postgres().start().await).await;
}

async fn told_to_whom_it_concerns(app: TestApp) {
    let ada = app.first_admin().await;
    let (vera, otto) = (app.person("vera", Role::Viewer).await, app.person("otto", Role::Operator).await);
    let (mut admins, mut hers, mut his) = (ada.listens(None).await, vera.listens(None).await, otto.listens(None).await);

    ada.post("/api/enterprise/tokens", &json!({"name": "ci", "role": "viewer"})).await.expect(201);
    admins.until("tokens_changed").await;
    ada.put("/api/v2/secrets/DATABASE_URL", &json!({"value": "postgres://somewhere", "uses": ["tests"]})).await.expect(200);
    admins.until("secrets_changed").await;
    app.offline(&["user", "create", "--email", "new@example.org", "--role", "viewer", "--password-stdin"], PASSWORD);
    admins.until("users_changed").await;
    app.signs_in("vera@example.org").await;

    // Of all that she hears of her own logins, and he of nothing.
    let heard = hers.until("logins_changed").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    let written = serde_json::to_value(&heard[0]).unwrap();
    assert_eq!((&written["scope"], &written["data"]), (&json!({"project_id": null, "run_id": null}), &json!({})));
    assert!(his.is_quiet().await);

    // What is read of the log later is the same.
    assert_eq!(kinds(&ada).await, ["logins_changed", "secrets_changed", "tokens_changed", "users_changed"]);
    assert_eq!(kinds(&vera).await, ["logins_changed"]);
    assert!(kinds(&app.operator().await).await.is_empty());
}

/// The types of all events that somebody may know of.
async fn kinds(actor: &Actor<'_>) -> Vec<String> {
    let kinds: BTreeSet<String> = actor.events().await.into_iter().map(|event| event.kind).collect();
    kinds.into_iter().collect()
}

// EP-009
#[tokio::test]
async fn sockets_are_told_that_the_server_stops() {
    let app = TestApp::start().await;
    let user = app.viewer().await;
    let mut socket = user.listens(None).await;
    let app = &app;

    let stopping = std::thread::scope(|scope| scope.spawn(|| app.stop()).join().unwrap());

    assert!(stopping, "an open socket does not keep the server from ending");
    assert_eq!(socket.hears().await, Heard::Closed(1012, "the server stops".to_owned()));
}
