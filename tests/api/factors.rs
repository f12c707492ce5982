//! Second factors: set up, confirmed, taken away, and reset by an admin.

use std::fs;

use protocol::{
    access::Role,
    audit::AuditPage,
    factors::{ConfirmedFactor, FactorList, FactorSetUp, RecoveryCodes},
};
use serde_json::json;
use tests::{Actor, Browser, Setup, TestApp, app::PASSWORD, authenticator::Authenticator, command};

use crate::audit::is_noted;

const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

async fn factors(actor: &Actor<'_>) -> FactorList {
    actor.get("/api/v2/factors").await.expect(200).json()
}

async fn begins(actor: &Actor<'_>) -> FactorSetUp {
    actor.post("/api/v2/factors", &json!({"kind": "totp", "proof": PASSWORD})).await.expect(201).json()
}

/// Where a right password leads.
async fn password_leads_to(app: &TestApp) -> String {
    let form = [("email", "ada@example.org"), ("password", PASSWORD)];
    Browser::new(app).posts("/login", &form).await.expect(303).header("location")
}

#[tokio::test]
async fn an_authenticator_app_counts_once_it_is_confirmed() {
    counts_once_it_is_confirmed(Setup::default()).await;
}

#[tokio::test]
async fn an_authenticator_app_counts_once_it_is_confirmed_on_postgres() {
    counts_once_it_is_confirmed(Setup::default().on_postgres()).await;
}

async fn counts_once_it_is_confirmed(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let begun = begins(&ada).await;
    assert!(begun.url.starts_with("otpauth://totp/loki:ada") && begun.url.contains(&begun.secret), "{}", begun.url);
    assert!(begun.qr_svg.starts_with("<svg ") && !begun.qr_svg.contains("http://") || begun.qr_svg.contains("w3.org"));
    assert_eq!(factors(&ada).await, FactorList { factors: Vec::new(), recovery_codes_left: 0 });
    assert_eq!(password_leads_to(&app).await, "/", "it does not count yet");

    let confirm = format!("/api/v2/factors/{}/confirm", begun.id);
    for wrong in ["000000x", "", "12345", PASSWORD] {
        ada.post(&confirm, &json!({"code": wrong})).await.expect(422);
    }
    // Somebody else's hand does not confirm it, and nobody may know that it is there.
    let grace = person(&app, "grace@example.org").await;
    let code = Authenticator::new(&begun.secret).fresh().await;
    grace.post(&confirm, &json!({"code": code})).await.expect(404);

    let confirmed: ConfirmedFactor = ada.post(&confirm, &json!({"code": code})).await.expect(200).json();

    assert_eq!(confirmed.recovery_codes.len(), 10);
    ada.post(&confirm, &json!({"code": code})).await.expect(404);
    let list = ada.get("/api/v2/factors").await.expect(200);
    assert!(!list.text().contains(&begun.secret), "it is never told again");
    let list: FactorList = list.json();
    assert_eq!((list.factors, list.recovery_codes_left), (vec![confirmed.factor], 10));
    assert_eq!(password_leads_to(&app).await, "/login/factor");
    assert_eq!(factors(&grace).await.factors, Vec::new());
    let log = app.log();
    assert!(confirmed.recovery_codes.iter().chain([&begun.secret, &code]).all(|secret| !log.contains(secret)));
}

async fn person<'a>(app: &'a TestApp, email: &str) -> Actor<'a> {
    app.offline(&["user", "create", "--email", email, "--role", "viewer", "--password-stdin"], PASSWORD);
    let browser = Browser::new(app);
    browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    browser.person()
}

#[tokio::test]
async fn a_factor_is_begun_and_ended_by_whoever_can_prove_who_they_are() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for proof in
        [json!({"kind": "totp"}), json!({"kind": "totp", "proof": ""}), json!({"kind": "totp", "proof": "wrong wrong wrong"})]
    {
        ada.post("/api/v2/factors", &proof).await.expect(422);
    }
    ada.post("/api/v2/factors", &json!({"kind": "smoke signals", "proof": PASSWORD})).await.expect(422);
    ada.post("/api/v2/factors", &json!({"kind": "totp", "proof": PASSWORD, "counts": true})).await.expect(422);
    let (phone, confirmed) = ada.has_authenticator().await;
    let remove = format!("/api/v2/factors/{}/remove", confirmed.factor.id);
    let grace = person(&app, "grace@example.org").await;
    grace.post(&remove, &json!({"proof": PASSWORD})).await.expect(404);
    ada.post(&remove, &json!({"proof": "wrong wrong wrong"})).await.expect(422);
    ada.post(&format!("/api/v2/factors/{UNKNOWN}/remove"), &json!({"proof": PASSWORD})).await.expect(404);
    assert_eq!(factors(&ada).await.factors.len(), 1);

    ada.post(&remove, &json!({"proof": phone.fresh().await})).await.expect(204);

    assert_eq!(factors(&ada).await, FactorList { factors: Vec::new(), recovery_codes_left: 0 });
    assert_eq!(password_leads_to(&app).await, "/");
    ada.post("/api/v2/factors/recovery-codes", &json!({"proof": PASSWORD})).await.expect(409);
}

#[tokio::test]
async fn a_code_that_cannot_be_looked_at_is_no_guess() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let begun = begins(&ada).await;
    let confirm = format!("/api/v2/factors/{}/confirm", begun.id);
    let key = app.data_dir().join("vault.key");
    let away = app.data_dir().join("vault.key.away");
    fs::rename(&key, &away).unwrap();
    for _ in 0..8 {
        ada.post(&confirm, &json!({"code": "000000"})).await.expect(503);
    }
    fs::rename(&away, &key).unwrap();

    let code = Authenticator::new(&begun.secret).fresh().await;
    ada.post(&confirm, &json!({"code": code})).await.expect(200);
}

#[tokio::test]
async fn a_wrong_code_for_a_new_app_is_on_record() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let confirm = format!("/api/v2/factors/{}/confirm", begins(&ada).await.id);

    ada.post(&confirm, &json!({"code": "000000x"})).await.expect(422);

    let guess = is_noted(&auditor, "action=sign_in&outcome=denied&q=ada").await;
    assert_eq!((guess.status, guess.ip_address.as_deref()), (Some(401), Some("127.0.0.1")));
    assert!(guess.error.is_some_and(|error| error.contains("did not confirm")));
}

#[tokio::test]
async fn there_are_five_factors_at_most() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for count in 1..=5 {
        let (_, confirmed) = ada.has_authenticator().await;
        let expected = if count == 1 { 10 } else { 0 };
        assert_eq!(confirmed.recovery_codes.len(), expected, "codes come with the first one");
    }
    let answer = ada.post("/api/v2/factors", &json!({"kind": "totp", "proof": PASSWORD})).await.expect(409);
    assert!(answer.detail().contains("remove one"), "{}", answer.detail());
    // What is begun anew takes the place of what was begun before.
    let remove = format!("/api/v2/factors/{}/remove", factors(&ada).await.factors[0].id);
    ada.post(&remove, &json!({"proof": PASSWORD})).await.expect(204);
    let (first, second) = (begins(&ada).await, begins(&ada).await);
    let code = json!({"code": Authenticator::new(&first.secret).fresh().await});
    ada.post(&format!("/api/v2/factors/{}/confirm", first.id), &code).await.expect(404);
    let code = json!({"code": Authenticator::new(&second.secret).fresh().await});
    ada.post(&format!("/api/v2/factors/{}/confirm", second.id), &code).await.expect(200);
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old_ones() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (_, confirmed) = ada.has_authenticator().await;
    ada.post("/api/v2/factors/recovery-codes", &json!({"proof": "wrong wrong wrong"})).await.expect(422);

    let body = json!({"proof": PASSWORD});
    let new: RecoveryCodes = ada.post("/api/v2/factors/recovery-codes", &body).await.expect(201).json();

    assert_eq!(new.recovery_codes.len(), 10);
    assert!(new.recovery_codes.iter().all(|code| !confirmed.recovery_codes.contains(code)));
    assert_eq!(factors(&ada).await.recovery_codes_left, 10);
    let remove = format!("/api/v2/factors/{}/remove", confirmed.factor.id);
    ada.post(&remove, &json!({"proof": confirmed.recovery_codes[0]})).await.expect(422);
    ada.post(&remove, &json!({"proof": new.recovery_codes[0]})).await.expect(204);
}

#[tokio::test]
async fn who_lost_their_factors_gets_them_reset_by_an_admin() {
    resets(Setup::default()).await;
}

#[tokio::test]
async fn who_lost_their_factors_gets_them_reset_by_an_admin_on_postgres() {
    resets(Setup::default().on_postgres()).await;
}

async fn resets(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    ada.has_authenticator().await;
    let body = json!({"email": "Ada@example.org"});
    app.operator().await.post("/api/v2/factors/reset", &body).await.expect(403);
    let admin = app.admin().await;
    admin.post("/api/v2/factors/reset", &json!({"email": "nobody@example.org"})).await.expect(404);
    // A token that manages people without having everything takes nothing from an admin.
    let output = app.offline(&["token", "create", "--name", "people", "--scope", "admin"], "");
    let people = Actor::new(&app, tests::actor::Credentials::Bearer(command::stdout(&output).trim().to_owned()));
    people.post("/api/v2/factors/reset", &body).await.expect(403);
    assert_eq!(password_leads_to(&app).await, "/login/factor");

    assert_eq!(admin.post("/api/v2/factors/reset", &body).await.expect(200).value(), json!({"removed": 1}));

    assert_eq!(password_leads_to(&app).await, "/");
    assert_eq!(factors(&ada).await, FactorList { factors: Vec::new(), recovery_codes_left: 0 });
    ada.has_authenticator().await;
    let output = app.offline(&["user", "reset-factors", "--email", "ada@example.org"], "");
    assert!(command::stderr(&output).contains("was taken away"), "{output:?}");
    assert_eq!(password_leads_to(&app).await, "/");

    let page: AuditPage = app.auditor().await.get("/api/v2/audit?resource_type=factors").await.expect(200).json();
    assert_eq!(page.entries.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["reset", "reset"]);
    let page: AuditPage = app.auditor().await.get("/api/v2/audit?resource_type=factor").await.expect(200).json();
    let actions: Vec<&str> = page.entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["add", "begin", "add", "begin"]);
}

#[tokio::test]
async fn a_token_has_no_second_factor() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let detail = app.token(role).get("/api/v2/factors").await.expect(422).detail();
        assert!(detail.contains("person"), "{detail}");
    }
}
