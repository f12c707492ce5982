//! Where people are signed in, and how that ends.

use protocol::access::{Login, User};
use serde_json::{Value, json};
use tests::{Actor, Setup, TestApp, actor::Credentials, app::PASSWORD, eventually, socket::Heard};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn signs_in<'a>(app: &'a TestApp, email: &str, agent: &str) -> Actor<'a> {
    let body = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
    let request = app.http().post(format!("{}/login", app.url())).header("origin", app.url()).header("user-agent", agent);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let cookie = app.nobody().send(request).await.expect(303).cookie("loki_login").unwrap();
    Actor::new(app, Credentials::Cookie(cookie))
}

async fn logins(actor: &Actor<'_>) -> Vec<Login> {
    let list = actor.get("/api/v2/logins").await.expect(200).value();
    serde_json::from_value(list["logins"].clone()).unwrap()
}

async fn user(admin: &Actor<'_>, email: &str) -> User {
    let list: Value = admin.get("/api/v2/users").await.expect(200).value();
    let users: Vec<User> = serde_json::from_value(list["users"].clone()).unwrap();
    users.into_iter().find(|user| user.email == email).unwrap()
}

fn vera(app: &TestApp, role: &str) {
    let words = ["user", "create", "--email", "vera@example.org", "--role", role, "--password-stdin"];
    app.offline(&words, &format!("{PASSWORD}\n"));
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_and_end_it() {
    see_and_end(TestApp::start().await).await;
}

#[tokio::test]
async fn people_see_where_they_are_signed_in_on_postgres() {
    see_and_end(Setup::default().on_postgres().start().await).await;
}

async fn see_and_end(app: TestApp) {
    let ada = app.first_admin().await;
    vera(&app, "viewer");
    let other = signs_in(&app, "ada@example.org", FIREFOX).await;
    let third = signs_in(&app, "ada@example.org", "curl/8.5.0").await;
    let foreign = signs_in(&app, "vera@example.org", FIREFOX).await;

    let seen = logins(&other).await;
    assert_eq!(seen.len(), 3);
    assert!(seen[0].current && !seen[1].current && !seen[2].current);
    assert_eq!((seen[0].device.as_str(), seen[0].address.as_deref()), ("Firefox on Linux", Some("127.0.0.1")));
    assert!(seen[0].expires_at.millis_since(seen[0].last_seen) > 13 * 86_400_000);

    // Nobody ends what is not theirs, and programs are signed in nowhere.
    foreign.delete(&format!("/api/v2/logins/{}", seen[0].id)).await.expect(404);
    let program = app.admin().await;
    assert!(logins(&program).await.is_empty());
    program.delete(&format!("/api/v2/logins/{}", seen[0].id)).await.expect(404);

    let mut socket = third.listens(None).await;
    let curl = seen.iter().find(|login| login.device == "curl").unwrap();
    other.delete(&format!("/api/v2/logins/{}", curl.id)).await.expect(204);
    assert_eq!(socket.hears().await, Heard::Closed(1008, "signed out".to_owned()));
    third.get("/api/status").await.expect(401);
    assert_eq!(other.delete("/api/v2/logins").await.expect(200).value(), json!({"ended": 1}));
    ada.get("/api/status").await.expect(401);
    other.get("/api/status").await.expect(200);
    foreign.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_with_the_next_request() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    vera(&app, "operator");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    vera.post("/api/projects", &json!({"name": "A"})).await.expect(201);
    let mut socket = vera.listens(None).await;
    let id = user(&ada, "vera@example.org").await.id;

    let changed: User = ada.put(&format!("/api/v2/users/{id}"), &json!({"role": "viewer"})).await.expect(200).json();

    assert_eq!(changed.role, protocol::access::Role::Viewer);
    assert_eq!(socket.hears().await, Heard::Closed(1013, "the role changed".to_owned()));
    let refused = vera.post("/api/projects", &json!({"name": "B"})).await.expect(403);
    // The session goes on under another id, and the old one is worth nothing.
    let cookie = refused.cookie("loki_login").unwrap();
    assert_ne!(cookie, vera.secret());
    vera.get("/api/status").await.expect(401);
    Actor::new(&app, Credentials::Cookie(cookie)).get("/api/status").await.expect(200);
}

#[tokio::test]
async fn a_person_who_was_removed_is_out_with_their_tokens() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    vera(&app, "admin");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    let made = vera.post("/api/enterprise/tokens", &json!({"name": "of Vera", "role": "admin"})).await.expect(201).value();
    let program = Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));
    program.get("/api/status").await.expect(200);
    let id = user(&ada, "vera@example.org").await.id;

    ada.delete(&format!("/api/v2/users/{id}")).await.expect(204);

    vera.get("/api/status").await.expect(401);
    eventually("the token is refused", async || (program.get("/api/status").await.status == 401).then_some(())).await;
    ada.delete(&format!("/api/v2/users/{id}")).await.expect(404);
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let id = user(&ada, "ada@example.org").await.id;
    let answer = ada.put(&format!("/api/v2/users/{id}"), &json!({"role": "viewer"})).await.expect(409);
    assert!(answer.detail().contains("only admin"), "{}", answer.detail());
    ada.delete(&format!("/api/v2/users/{id}")).await.expect(409);
    let renamed: User = ada.put(&format!("/api/v2/users/{id}"), &json!({"name": " Ada L. "})).await.expect(200).json();
    assert_eq!(renamed.name, "Ada L.");
    for (body, named) in [(json!({"role": "king"}), "role"), (json!({"name": ""}), "name"), (json!({"email": "x"}), "email")] {
        let answer = ada.put(&format!("/api/v2/users/{id}"), &body).await.expect(422);
        assert!(answer.detail().contains(named), "{}", answer.detail());
    }
    ada.delete(&format!("/api/v2/users/{id}/logins")).await.expect(204);
    ada.get("/api/status").await.expect(401);
}
