//! Where people are signed in, and how that ends.

use protocol::access::{Login, Role};
use serde_json::json;
use tests::{Actor, Answer, Setup, TestApp, actor::Credentials, app::PASSWORD, eventually, socket::Heard};

/// What a browser calls itself.
pub(crate) const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Somebody who signs in with that browser.
pub(crate) async fn signs_in<'a>(app: &'a TestApp, email: &str, agent: &str) -> Actor<'a> {
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

/// Makes an account for Vera.
pub(crate) fn vera(app: &TestApp, role: &str) {
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

/// Another password for whoever asks.
async fn changes_password(actor: &Actor<'_>, current: &str, new: &str) -> Answer {
    actor.put("/api/v2/password", &json!({"current_password": current, "new_password": new})).await
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins_and_this_one_goes_on_under_another_id() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let here = signs_in(&app, "vera@example.org", FIREFOX).await;
    let there = signs_in(&app, "vera@example.org", "curl/8.5.0").await;
    let mut socket = there.listens(None).await;
    let before = logins(&here).await[0].id;

    for (current, new, words) in [
        ("not it", "another long password", "present password"),
        (PASSWORD, "short", "12"),
        ("", "another long password", "present password"),
    ] {
        assert!(changes_password(&here, current, new).await.expect(422).detail().contains(words), "{current} {new}");
    }
    there.get("/api/status").await.expect(200);
    let changed = changes_password(&here.as_of_now(), PASSWORD, "another long password").await.expect(200);
    assert_eq!(changed.value(), json!({"ended": 1}));

    assert_eq!(socket.hears().await, Heard::Closed(1008, "signed out".to_owned()));
    there.get("/api/status").await.expect(401);
    here.get("/api/status").await.expect(401);
    let here = Actor::new(&app, Credentials::Cookie(changed.cookie("loki_login").unwrap()));
    let seen = logins(&here).await;
    assert_eq!((seen.len(), seen[0].id), (1, before), "it is the same login");
    let form = [("email", "vera@example.org"), ("password", PASSWORD)];
    assert!(app.nobody().send_form("/login", &form).await.expect(401).cookie("loki_login").is_none());
    // Programs have none, and unknown fields are refused.
    changes_password(&app.admin().await, PASSWORD, "another long password").await.expect(422);
    here.put("/api/v2/password", &json!({"current_password": "a", "new_password": "b", "user": "c"})).await.expect(422);
}

#[tokio::test]
async fn a_factor_more_or_less_and_another_role_in_a_team_give_a_login_another_id() {
    another_id(TestApp::start().await).await;
}

#[tokio::test]
async fn a_factor_more_or_less_and_another_role_in_a_team_give_a_login_another_id_on_postgres() {
    another_id(Setup::default().on_postgres().start().await).await;
}

async fn another_id(app: TestApp) {
    let ada = app.first_admin().await;
    vera(&app, "viewer");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    let id = logins(&vera).await[0].id;
    let moves = async |before: &Actor<'_>, after: &Actor<'_>| {
        // With the answer to the change itself, or with the next one.
        after.get("/api/status").await.expect(200);
        before.get("/api/status").await.expect(401);
        assert_eq!(logins(after).await[0].id, id, "it is the same login");
    };

    let before = vera.as_of_now();
    let (_, app_factor) = vera.has_authenticator().await;
    moves(&before, &vera).await;
    let before = vera.as_of_now();
    let (_, passkey) = vera.has_passkey().await;
    moves(&before, &vera).await;
    for factor in [app_factor, passkey] {
        let before = vera.as_of_now();
        let body = json!({"proof": PASSWORD});
        vera.post(&format!("/api/v2/factors/{}/remove", factor.factor.id), &body).await.expect(204);
        moves(&before, &vera).await;
    }
    vera.has_passkey().await;
    let before = vera.as_of_now();
    ada.post("/api/v2/factors/reset", &json!({"email": "vera@example.org"})).await.expect(200);
    moves(&before, &vera).await;

    let before = vera.as_of_now();
    let team = ada.makes_team("A", &[("vera", Role::Viewer)]).await;
    moves(&before, &vera).await;
    let member = ada.get(&format!("/api/v2/teams/{}/members", team.id)).await.expect(200).value();
    let member =
        member["members"].as_array().unwrap().iter().find(|member| member["email"] == "vera@example.org").unwrap().clone();
    let member = format!("/api/v2/teams/{}/members/{}", team.id, member["user_id"].as_str().unwrap());
    let before = vera.as_of_now();
    ada.put(&member, &json!({"role": "operator"})).await.expect(200);
    moves(&before, &vera).await;
    let before = vera.as_of_now();
    ada.delete(&member).await.expect(204);
    moves(&before, &vera).await;
}

#[tokio::test]
async fn guessing_the_present_password_is_slowed_down_and_on_record() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let vera = signs_in(&app, "vera@example.org", FIREFOX).await;
    for _ in 0..6 {
        changes_password(&vera, "a wrong password", "another long password").await.expect(422);
    }
    changes_password(&vera, "a wrong password", "another long password").await.expect(429);
}

#[tokio::test]
async fn a_login_ends_two_weeks_after_it_was_used_last_and_ninety_days_after_it_began() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let seen = logins(&ada).await.remove(0);
    let minutes = seen.expires_at.millis_since(seen.since) / 60_000;
    assert!((14 * 24 * 60 - 1..=14 * 24 * 60).contains(&minutes), "{minutes}");

    // As if it had begun 90 days ago, and been used since.
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    let user: protocol::UserId = ada.get("/api/v2/users").await.value()["users"][0]["id"].as_str().unwrap().parse().unwrap();
    let mut row = tx.logins().of_user(user, protocol::Timestamp::from_millis(0)).await.unwrap().remove(0);
    let mut data: serde_json::Value = serde_json::from_str(&row.data).unwrap();
    let since = seen.since.plus_millis(-90 * protocol::timestamp::DAY_MS);
    data["login"]["since"] = serde_json::to_value(since).unwrap();
    row.data = data.to_string();
    tx.logins().update(&row).await.unwrap();
    tx.commit().await.unwrap();

    // The server may remember for a second what another process changed.
    eventually("the login is over", async || (ada.get("/api/status").await.status == 401).then_some(())).await;
}

#[tokio::test]
async fn a_login_that_nobody_used_in_its_time_is_refused() {
    is_refused_unused(TestApp::start().await).await;
}

#[tokio::test]
async fn a_login_that_nobody_used_in_its_time_is_refused_on_postgres() {
    is_refused_unused(Setup::default().on_postgres().start().await).await;
}

async fn is_refused_unused(app: TestApp) {
    let ada = app.first_admin().await;
    let other = signs_in(&app, "ada@example.org", FIREFOX).await;
    let seen = logins(&ada).await.into_iter().find(|login| login.current).unwrap();

    // As if its two weeks had been over when it began.
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    let user: protocol::UserId = other.get("/api/v2/users").await.value()["users"][0]["id"].as_str().unwrap().parse().unwrap();
    let long_ago = protocol::Timestamp::from_millis(0);
    let mut row = tx.logins().of_user_with(user, &seen.id.to_string(), long_ago).await.unwrap().remove(0);
    row.expires_at = seen.since;
    tx.logins().update(&row).await.unwrap();
    tx.commit().await.unwrap();

    eventually("the login is over", async || (ada.get("/api/status").await.status == 401).then_some(())).await;
    // A page leads to where one signs in, and the other login goes on.
    assert!(ada.get("/projects").await.expect(303).header("location").starts_with("/login"));
    let left: Vec<bool> = logins(&other).await.into_iter().map(|login| login.current).collect();
    assert_eq!(left, [true]);
}
