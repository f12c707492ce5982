//! What wants a sign-in of a short while ago, or showing once more who one is: ending other logins, linking and unlinking
//! providers, and second factors of accounts that have nothing to show yet.

use protocol::{Timestamp, UserId};
use serde_json::json;
use tests::{
    Actor, Browser, Setup, TestApp,
    app::PASSWORD,
    identity_provider::{IdentityProvider, Lie},
};

use crate::{
    logins::{FIREFOX, signs_in, vera},
    providers,
};

const CONFIRM: &str = "/account/confirm";
/// Where an account that only a provider lets in shows once more who it is.
const AGAIN: &str = "/login/with/corp?next=%2Fprofile&again=1";
const WAYS: &str = "/account/sign-in-methods";

/// Lets all logins of a person have begun 16 minutes earlier.
async fn time_passes(app: &TestApp, email: &str) {
    let admin = app.admin().await;
    let users = admin.get(&format!("/api/v2/users?q={email}")).await.expect(200).value();
    let user: UserId = users["users"][0]["id"].as_str().unwrap().parse().unwrap();
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    for mut row in tx.logins().of_user(user, Timestamp::from_millis(0)).await.unwrap() {
        let mut data: serde_json::Value = serde_json::from_str(&row.data).unwrap();
        for field in ["since", "proved"] {
            let earlier = |at: Timestamp| at.plus_millis(-16 * 60_000);
            let at: Option<Timestamp> = serde_json::from_value(data["login"][field].clone()).unwrap();
            data["login"][field] = serde_json::to_value(at.map(earlier)).unwrap();
        }
        row.data = data.to_string();
        tx.logins().update(&row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn others(actor: &Actor<'_>) -> Vec<String> {
    let list = actor.get("/api/v2/logins").await.expect(200).value();
    let others = list["logins"].as_array().unwrap().iter().filter(|login| login["current"] == false);
    others.map(|login| login["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn ending_other_logins_wants_a_fresh_sign_in_or_a_proof() {
    wants_a_proof(Setup::default()).await;
}

#[tokio::test]
async fn ending_other_logins_wants_a_fresh_sign_in_or_a_proof_on_postgres() {
    wants_a_proof(Setup::default().on_postgres()).await;
}

async fn wants_a_proof(setup: Setup) {
    let app = setup.start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let here = Browser::new(&app);
    here.posts("/login", &[("email", "vera@example.org"), ("password", PASSWORD)]).await.expect(303);
    let there = signs_in(&app, "vera@example.org", FIREFOX).await;
    let other = others(&here.person()).await.remove(0);
    time_passes(&app, "vera@example.org").await;

    for refused in [here.person().delete(&format!("/api/v2/logins/{other}")).await, here.person().delete("/api/v2/logins").await]
    {
        assert!(refused.expect(409).detail().contains(CONFIRM));
    }
    here.posts("/ui/end_login", &[("id", &other)]).await.expect(302);
    assert!(here.opens("/profile").await.expect(200).text().contains(CONFIRM));
    there.get("/api/status").await.expect(200);

    // What is wrong leaves everything as it was, and no words of the address are shown or gone to.
    let page = here.opens(&format!("{CONFIRM}?next=https%3A%2F%2Fevil.example%2F%22%3E")).await.expect(200).text();
    assert!(page.contains("Confirm it is you") && !page.contains("evil.example"), "{page}");
    here.posts(CONFIRM, &[("proof", "not the password"), ("next", "/profile")]).await.expect(422);
    here.posts(CONFIRM, &[("proof", ""), ("next", "/profile")]).await.expect(422);
    here.person().delete("/api/v2/logins").await.expect(409);

    let before = here.person();
    let on = here.posts(CONFIRM, &[("proof", PASSWORD), ("next", "/profile")]).await.expect(303);
    assert_eq!(on.header("location"), "/profile");
    // It is the same login under another cookie value.
    before.get("/api/status").await.expect(401);
    here.person().delete(&format!("/api/v2/logins/{other}")).await.expect(204);
    there.get("/api/status").await.expect(401);

    // It is good for a while, too.
    let third = signs_in(&app, "vera@example.org", FIREFOX).await;
    time_passes(&app, "vera@example.org").await;
    here.person().delete("/api/v2/logins").await.expect(409);
    third.get("/api/status").await.expect(200);
    // Signing oneself out is always possible.
    here.posts("/logout", &[]).await.expect(303);
    here.person().get("/api/status").await.expect(401);
}

#[tokio::test]
async fn wrong_proofs_are_slowed_down() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let ada = Browser::new(&app);
    ada.posts("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(303);
    for _ in 0..6 {
        ada.posts(CONFIRM, &[("proof", "not the password")]).await.expect(422);
    }
    ada.posts(CONFIRM, &[("proof", PASSWORD)]).await.expect(429);
    ada.person().get("/api/status").await.expect(200);
}

#[tokio::test]
async fn linking_and_unlinking_want_it_as_well() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", "vera@example.org"), ("password", PASSWORD)]).await.expect(303);
    time_passes(&app, "vera@example.org").await;
    let led = "/account/confirm?next=%2Faccount%2Fsign-in-methods";

    let answer = browser.posts(&format!("{WAYS}/link/corp"), &[]).await.expect(303);
    assert_eq!(answer.header("location"), led);
    browser.posts(CONFIRM, &[("proof", PASSWORD), ("next", WAYS)]).await.expect(303);
    let left = browser.posts(&format!("{WAYS}/link/corp"), &[]).await.expect(200);
    browser.opens(&provider.consents(left.header("refresh").strip_prefix("0; url=").unwrap())).await.expect(303);

    let page = browser.opens(WAYS).await.expect(200).text();
    let id = page.split_once("name=\"id\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    time_passes(&app, "vera@example.org").await;
    let answer = browser.posts(&format!("{WAYS}/unlink"), &[("id", &id)]).await.expect(303);
    assert_eq!(answer.header("location"), led);
    assert!(browser.opens(WAYS).await.text().contains("corp as"));
    browser.posts(CONFIRM, &[("proof", PASSWORD), ("next", WAYS)]).await.expect(303);
    browser.posts(&format!("{WAYS}/unlink"), &[("id", &id)]).await.expect(303);
    assert!(browser.opens(WAYS).await.text().contains("No other way is linked"));
}

#[tokio::test]
async fn an_account_with_nothing_to_show_signs_in_again_with_its_provider() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    let browser = Browser::new(&app);
    providers::signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    time_passes(&app, "ada@example.org").await;

    // Whoever finds the browser adds no factor of their own, which would be asked for from then on.
    let body = json!({"kind": "totp", "name": "Phone"});
    assert!(browser.person().post("/api/v2/factors", &body).await.expect(409).detail().contains(CONFIRM));
    browser.posts(CONFIRM, &[("proof", "anything")]).await.expect(409);
    let page = browser.opens(&format!("{CONFIRM}?next=%2Fprofile")).await.expect(200).text();
    let link = "href=\"/login/with/corp?next=%2Fprofile&amp;again=1\"";
    assert!(page.contains(link) && !page.contains("name=\"proof\""), "{page}");
    providers::signs_in(&browser, &provider, AGAIN).await.expect(303);
    browser.person().post("/api/v2/factors", &body).await.expect(201);
}

#[tokio::test]
async fn a_session_of_long_ago_at_the_provider_proves_nothing() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    provider.has_session_since(3_600);
    let browser = Browser::new(&app);
    let body = json!({"kind": "totp", "name": "Phone"});
    // A new login, but nobody was asked for a password.
    providers::signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    assert!(browser.person().post("/api/v2/factors", &body).await.expect(409).detail().contains(CONFIRM));
    for lie in [Lie::AsksNobody, Lie::NoSignInTime] {
        provider.lies(lie);
        providers::signs_in(&browser, &provider, AGAIN).await.expect(303);
        browser.person().post("/api/v2/factors", &body).await.expect(409);
    }

    provider.lies(Lie::None);
    let asked = browser.opens(AGAIN).await.expect(303).header("location");
    assert!(asked.contains("&max_age=0") && asked.contains("&prompt=login"), "{asked}");
    browser.opens(&provider.consents(&asked)).await.expect(303);
    browser.person().post("/api/v2/factors", &body).await.expect(201);
}
