//! People as admins change them: roles, switching off, and their end.

use protocol::access::{Role, User};
use serde_json::{Value, json};
use tests::{Actor, Setup, TestApp, actor::Credentials, app::PASSWORD, eventually, socket::Heard};

use crate::logins::{FIREFOX, signs_in, vera};

async fn users(admin: &Actor<'_>, query: &str) -> Vec<User> {
    let list: Value = admin.get(&format!("/api/v2/users{query}")).await.expect(200).value();
    serde_json::from_value(list["users"].clone()).unwrap()
}

/// The address of a person.
async fn address(admin: &Actor<'_>, email: &str) -> String {
    let user = users(admin, "").await.into_iter().find(|user| user.email == email).unwrap();
    format!("/api/v2/users/{}", user.id)
}

/// A program with a token of an admin's role that somebody made.
async fn program_of<'a>(maker: &Actor<'a>) -> Actor<'a> {
    let made = maker.post("/api/enterprise/tokens", &json!({"name": "of Vera", "role": "admin"})).await.expect(201).value();
    Actor::new(maker.app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()))
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_with_the_next_request() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    vera(&app, "operator");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    vera.post("/api/projects", &json!({"name": "A"})).await.expect(201);
    let mut socket = vera.listens(None).await;
    let address = address(&ada, "vera@example.org").await;

    let changed: User = ada.put(&address, &json!({"role": "viewer"})).await.expect(200).json();

    assert_eq!(changed.role, Role::Viewer);
    assert_eq!(socket.hears().await, Heard::Closed(1013, "the role changed".to_owned()));
    // What a page asks for by itself leaves the cookie as it is: several such requests are under way at the same time.
    let viewer = vera.get("/ui/viewer").await.expect(200);
    assert_eq!((viewer.value()["role"].as_str(), viewer.cookie("loki_login")), (Some("viewer"), None));
    let refused = vera.as_of_now().post("/api/projects", &json!({"name": "B"})).await.expect(403);
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
    let program = program_of(&vera).await;
    program.get("/api/status").await.expect(200);
    let address = address(&ada, "vera@example.org").await;

    ada.delete(&address).await.expect(204);

    vera.get("/api/status").await.expect(401);
    eventually("the token is refused", async || (program.get("/api/status").await.status == 401).then_some(())).await;
    ada.delete(&address).await.expect(404);
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let address = address(&ada, "ada@example.org").await;
    let answer = ada.put(&address, &json!({"role": "viewer"})).await.expect(409);
    assert!(answer.detail().contains("only admin"), "{}", answer.detail());
    ada.delete(&address).await.expect(409);
    ada.put(&address, &json!({"switched_off": true})).await.expect(409);
    // One who is switched off is none.
    vera(&app, "admin");
    let other = self::address(&ada, "vera@example.org").await;
    ada.put(&other, &json!({"switched_off": true})).await.expect(200);
    ada.put(&address, &json!({"role": "viewer"})).await.expect(409);
    let renamed: User = ada.put(&address, &json!({"name": " Ada L. "})).await.expect(200).json();
    assert_eq!(renamed.name, "Ada L.");
    for (body, named) in [(json!({"role": "king"}), "role"), (json!({"name": ""}), "name"), (json!({"email": "x"}), "email")] {
        let answer = ada.put(&address, &body).await.expect(422);
        assert!(answer.detail().contains(named), "{}", answer.detail());
    }
    ada.delete(&format!("{address}/logins")).await.expect(204);
    ada.get("/api/status").await.expect(401);
}

#[tokio::test]
async fn two_admins_cannot_take_each_others_role_at_once() {
    one_admin_stays(TestApp::start().await).await;
}

#[tokio::test]
async fn two_admins_cannot_take_each_others_role_at_once_on_postgres() {
    one_admin_stays(Setup::default().on_postgres().start().await).await;
}

async fn one_admin_stays(app: TestApp) {
    let ada = app.first_admin().await;
    vera(&app, "admin");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    let (of_ada, of_vera) = (address(&ada, "ada@example.org").await, address(&ada, "vera@example.org").await);
    let viewer = json!({"role": "viewer"});
    let (first, second) = tokio::join!(ada.put(&of_vera, &viewer), vera.put(&of_ada, &viewer));
    let mut answers = [first.status, second.status];
    answers.sort_unstable();
    assert_eq!(answers[0], 200);
    assert!([403, 409].contains(&answers[1]), "{answers:?}");
    let admins = users(&app.admin().await, "").await.into_iter().filter(|user| user.role == Role::Admin).count();
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn somebody_who_is_switched_off_is_out_until_they_are_switched_on() {
    switched_off_is_out(TestApp::start().await).await;
}

#[tokio::test]
async fn somebody_who_is_switched_off_is_out_on_postgres() {
    switched_off_is_out(Setup::default().on_postgres().start().await).await;
}

async fn switched_off_is_out(app: TestApp) {
    let ada = app.first_admin().await;
    vera(&app, "admin");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    let program = program_of(&vera).await;
    let mut socket = vera.listens(None).await;
    let address = address(&ada, "vera@example.org").await;

    let off: User = ada.put(&address, &json!({"switched_off": true})).await.expect(200).json();

    assert!(off.switched_off);
    assert_eq!(socket.hears().await, Heard::Closed(1008, "signed out".to_owned()));
    vera.get("/api/status").await.expect(401);
    program.get("/api/status").await.expect(401);
    let form = [("email", "vera@example.org"), ("password", PASSWORD)];
    app.nobody().send_form("/login", &form).await.expect(401);

    ada.put(&address, &json!({"switched_off": false})).await.expect(200);
    vera.get("/api/status").await.expect(401);
    program.get("/api/status").await.expect(200);
    signs_in(&app, "vera@example.org", FIREFOX).await.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn a_token_never_gives_more_than_its_maker_has_now() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    vera(&app, "admin");
    let program = program_of(&signs_in(&app, "vera@example.org", FIREFOX).await).await;
    program.get("/api/v2/users").await.expect(200);
    let mut socket = program.listens(None).await;

    ada.put(&address(&ada, "vera@example.org").await, &json!({"role": "viewer"})).await.expect(200);

    assert_eq!(socket.hears().await, Heard::Closed(1013, "the role changed".to_owned()));
    program.get("/api/v2/users").await.expect(403);
    program.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn people_are_found_by_words_and_listed_in_pages() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    vera(&app, "viewer");
    let emails = |users: Vec<User>| users.into_iter().map(|user| user.email).collect::<Vec<_>>();
    assert_eq!(emails(users(&ada, "?q=VERA").await), ["vera@example.org"]);
    assert_eq!(emails(users(&ada, "?q=example.org").await), ["ada@example.org", "vera@example.org"]);
    assert!(users(&ada, "?q=%25").await.is_empty() && users(&ada, "?q=_").await.is_empty());
    ada.put(&address(&ada, "vera@example.org").await, &json!({"name": "Véra Åkesson"})).await.expect(200);
    assert_eq!(emails(users(&ada, "?q=V%C3%89RA%20%C3%A5").await), ["vera@example.org"]);
    assert_eq!(emails(users(&ada, "?q=akesson").await), ["vera@example.org"]);
    let first = ada.get("/api/v2/users?limit=1").await.expect(200).value();
    let next = first["next"].as_str().unwrap();
    assert_eq!(emails(users(&ada, &format!("?limit=1&after={next}")).await), ["vera@example.org"]);
    ada.get("/api/v2/users?role=admin").await.expect(422);
}

#[tokio::test]
async fn a_token_takes_nothing_from_who_has_more_anywhere() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for name in ["grace", "eva", "mia", "ida"] {
        app.person(name, Role::Viewer).await;
    }
    let team = ada.makes_team("Backend", &[("grace", Role::Admin), ("ida", Role::Viewer)]).await;
    let (shared, own) =
        (ada.has_project().named("Shared").create().await.id(), ada.has_project().named("Own").create().await.id());
    let operates = json!({"email": "eva@example.org", "role": "operator"});
    ada.post(&format!("/api/v2/projects/{shared}/shares"), &operates).await.expect(201);
    ada.put(&format!("/api/v2/projects/{own}/owner"), &json!({"email": "mia@example.org"})).await.expect(200);
    let promises = json!({"email": "new@example.org", "role": "admin"});
    let promised = ada.post("/api/v2/invitations", &promises).await.expect(201).value();
    let promised = format!("/api/v2/invitations/{}", promised["id"].as_str().unwrap());
    let body = json!({"name": "clerk", "scopes": ["read", "admin"]});
    let made = ada.post("/api/enterprise/tokens", &body).await.expect(201).value();
    let clerk = Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));

    for name in ["grace", "eva", "mia"] {
        let (email, reset) = (format!("{name}@example.org"), "/api/v2/factors/reset");
        let address = address(&ada, &email).await;
        for change in [json!({"switched_off": true}), json!({"name": "Nobody"})] {
            assert!(clerk.put(&address, &change).await.expect(403).detail().contains("the scope"), "{name}");
        }
        clerk.delete(&address).await.expect(403);
        clerk.delete(&format!("{address}/logins")).await.expect(403);
        clerk.post(reset, &json!({"email": email})).await.expect(403);
    }
    clerk.delete(&format!("/api/v2/teams/{}", team.id)).await.expect(403);
    // Readers, who operate what is shared with their team.
    let readers = ada.makes_team("Readers", &[("ida", Role::Viewer)]).await;
    let me = address(&ada, "ada@example.org").await.replace("/api/v2/users/", "");
    ada.delete(&format!("/api/v2/teams/{}/members/{me}", readers.id)).await.expect(204);
    let share = json!({"team_id": readers.id, "role": "operator"});
    let share = ada.post(&format!("/api/v2/projects/{shared}/shares"), &share).await.expect(201).value();
    clerk.delete(&format!("/api/v2/teams/{}", readers.id)).await.expect(403);
    // One that takes its place is made by who could give it.
    clerk.post("/api/v2/invitations", &json!({"email": "new@example.org"})).await.expect(403);
    clerk.delete(&promised).await.expect(403);

    let share = format!("/api/v2/projects/{shared}/shares/{}", share["id"].as_str().unwrap());
    ada.delete(&share).await.expect(204);
    clerk.delete(&format!("/api/v2/teams/{}", readers.id)).await.expect(204);
    let ida = address(&ada, "ida@example.org").await;
    clerk.put(&ida, &json!({"name": "Ida"})).await.expect(200);
    clerk.delete(&ida).await.expect(204);
    clerk.post("/api/v2/invitations", &json!({"email": "other@example.org"})).await.expect(201);
    clerk.post("/api/v2/invitations", &json!({"email": "other@example.org"})).await.expect(201);
    ada.delete(&promised).await.expect(204);
    ada.delete(&format!("/api/v2/teams/{}", team.id)).await.expect(204);
}
