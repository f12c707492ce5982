//! Passkeys: added and used, and whatever device, browser or somebody between them say that is not so.

use std::sync::atomic::Ordering;

use protocol::{
    Timestamp,
    audit::{AuditEntry, AuditPage},
    factors::{ConfirmedFactor, FactorKind, FactorList},
};
use serde_json::{Value, json};
use tests::{
    Actor, Answer, Browser, Setup, TestApp,
    app::PASSWORD,
    eventually,
    passkey::{ASK, Device, PRESENT, Said, VERIFIED},
};

const PAGE: &str = "/login/factor";
const ADD: &str = "/api/v2/factors/passkeys";

/// A browser after the right password.
async fn half<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    let answer = browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    assert_eq!(answer.header("location"), PAGE);
    browser
}

async fn factors(actor: &Actor<'_>) -> FactorList {
    actor.get("/api/v2/factors").await.expect(200).json()
}

/// What the trail says of refused proofs, until there are that many.
async fn refusals(app: &TestApp, count: usize) -> Vec<String> {
    let auditor = app.auditor().await;
    eventually("the refusals are written", async || {
        let page: AuditPage = auditor.get("/api/v2/audit?action=sign_in&outcome=denied&limit=200").await.expect(200).json();
        let told = |entry: AuditEntry| vec![entry.error.unwrap_or_default(); usize::try_from(entry.count).unwrap()];
        let refused: Vec<String> = page.entries.into_iter().flat_map(told).collect();
        (refused.len() >= count).then_some(refused)
    })
    .await
}

/// The page as a browser at that host gets it.
async fn page_at(browser: &Browser<'_>, host: &str) -> String {
    let cookie = format!("loki_half={}", browser.cookie("loki_half").unwrap());
    let request = browser.app.http().get(format!("{}{PAGE}", browser.app.url())).header("host", host).header("cookie", cookie);
    browser.app.nobody().send(request).await.expect(200).text()
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in() {
    is_added_and_signs_in(Setup::default()).await;
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_on_postgres() {
    is_added_and_signs_in(Setup::default().on_postgres()).await;
}

async fn is_added_and_signs_in(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    for proof in [json!({}), json!({"proof": "wrong wrong wrong"}), json!({"proof": PASSWORD, "name": "x".repeat(61)})] {
        ada.post(ADD, &proof).await.expect(422);
    }
    let (device, confirmed) = ada.has_passkey().await;
    assert_eq!((confirmed.recovery_codes.len(), confirmed.factor.kind), (10, FactorKind::Passkey));
    let (_, second) = ada.has_passkey().await;
    assert!(second.recovery_codes.is_empty(), "codes come with the first factor");
    ada.has_authenticator().await;
    let list = factors(&ada).await;
    assert_eq!(list.factors.iter().map(|factor| factor.kind.as_str()).collect::<Vec<_>>(), ["passkey", "passkey", "totp"]);
    assert_eq!((list.factors[0].name.as_str(), list.factors[0].last_used), ("Key", None));

    let browser = half(&app, "ada@example.org").await;
    assert!(!page_at(&browser, &app.host()).await.contains("Use a passkey"), "an address is no name");
    let page = page_at(&browser, &app.host().replace("127.0.0.1", "localhost")).await;
    assert!(page.contains("Use a passkey") && page.contains("src=\"/passkey.js\"") && page.contains("one-time-code"), "{page}");
    for _ in 0..2 {
        let browser = half(&app, "ada@example.org").await;
        let options = browser.is_asked_for_passkey().await;
        assert_eq!(options["publicKey"]["userVerification"], "required");
        assert_eq!(options["publicKey"]["allowCredentials"].as_array().unwrap().len(), 2);
        let entered = browser.answers_with_passkey(&device.gives(&device.says(&options, &ada))).await.expect(303);
        assert_eq!((entered.header("location").as_str(), browser.cookie("loki_half")), ("/", None));
        browser.person().get("/api/status").await.expect(200);
    }
    let list = factors(&ada).await;
    assert!(list.factors[0].last_used.is_some() && list.factors[1].last_used.is_none());
    half(&app, "ada@example.org").await.posts(PAGE, &[("code", &confirmed.recovery_codes[0])]).await.expect(303);

    // It goes like an app does, and with the last factor the codes.
    for factor in list.factors {
        ada.post(&format!("/api/v2/factors/{}/remove", factor.id), &json!({"proof": PASSWORD})).await.expect(204);
    }
    assert_eq!(factors(&ada).await, FactorList { factors: Vec::new(), recovery_codes_left: 0 });
    let page: AuditPage = app.auditor().await.get("/api/v2/audit?resource_type=factor").await.expect(200).json();
    let actions: Vec<&str> = page.entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["remove", "remove", "remove", "add", "begin", "add", "add"]);
}

#[tokio::test]
async fn apps_and_passkeys_together_are_five_at_most() {
    are_five_at_most(Setup::default()).await;
}

#[tokio::test]
async fn apps_and_passkeys_together_are_five_at_most_on_postgres() {
    are_five_at_most(Setup::default().on_postgres()).await;
}

async fn are_five_at_most(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    ada.has_authenticator().await;
    for _ in 0..3 {
        ada.has_passkey().await;
    }
    // Begun while there was room, and confirmed when there is none.
    let (late, late_device) = (ada.begins_passkey().await, Device::default());
    ada.has_authenticator().await;
    let answer = late_device.makes(&late_device.says(&late.options, &ada));
    assert!(ada.confirms_passkey(&late, &answer).await.expect(409).detail().contains("remove one"));
    ada.post(ADD, &json!({"proof": PASSWORD})).await.expect(409);
    assert_eq!(factors(&ada).await.factors.len(), 5);
}

/// One answer with a lie in it, refused with the same words as every other.
async fn is_not_added(ada: &Actor<'_>, lie: impl FnOnce(&mut Said)) {
    let device = Device::default();
    let begun = ada.begins_passkey().await;
    let mut said = device.says(&begun.options, ada);
    lie(&mut said);
    is_refused(&ada.confirms_passkey(&begun, &device.makes(&said)).await);
    // The question is used up.
    is_refused(&ada.confirms_passkey(&begun, &device.makes(&device.says(&begun.options, ada))).await);
}

fn is_refused(answer: &Answer) {
    let words =
        "The passkey was not added: the answer is not the one that was asked for, came too late, or was sent before. Begin again";
    assert_eq!((answer.status, answer.detail().as_str()), (422, words));
}

#[tokio::test]
async fn a_passkey_that_was_asked_for_elsewhere_is_not_added() {
    for setup in [Setup::default(), Setup::default().on_postgres()] {
        let app = setup.start().await;
        let ada = app.first_admin().await;
        is_not_added(&ada, |said| said.challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()).await;
        is_not_added(&ada, |said| said.origin = "https://loki.example.org".to_owned()).await;
        is_not_added(&ada, |said| said.rp_id = "loki.example.org".to_owned()).await;

        assert_eq!(factors(&ada).await, FactorList { factors: Vec::new(), recovery_codes_left: 0 });
        let told = refusals(&app, 6).await.join("\n");
        assert!(told.contains("challenge") && told.contains("origin") && told.contains("relying party id"), "{told}");
        assert!(told.contains("nobody had asked for it") && told.contains("ada@example.org"), "{told}");
    }
}

#[tokio::test]
async fn a_passkey_without_its_person_is_not_added() {
    is_not_added_without_its_person(Setup::default()).await;
}

#[tokio::test]
async fn a_passkey_without_its_person_is_not_added_on_postgres() {
    is_not_added_without_its_person(Setup::default().on_postgres()).await;
}

async fn is_not_added_without_its_person(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    is_not_added(&ada, |said| said.flags = VERIFIED).await;
    is_not_added(&ada, |said| said.flags = PRESENT).await;
    is_not_added(&ada, |said| said.what = "webauthn.get").await;
    assert_eq!(factors(&ada).await.factors, Vec::new());
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_for_its_login_alone() {
    counts_once(Setup::default()).await;
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_for_its_login_alone_on_postgres() {
    counts_once(Setup::default().on_postgres()).await;
}

async fn counts_once(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let other = app.signs_in("ada@example.org").await;
    let device = Device::default();

    let begun = ada.begins_passkey().await;
    let answer = device.makes(&device.says(&begun.options, &ada));
    is_refused(&other.confirms_passkey(&begun, &answer).await);
    let confirmed: ConfirmedFactor = ada.confirms_passkey(&begun, &answer).await.expect(200).json();
    is_refused(&ada.confirms_passkey(&begun, &answer).await);

    // Another question takes the place of the one before.
    let (first, second) = (ada.begins_passkey().await, ada.begins_passkey().await);
    is_refused(&ada.confirms_passkey(&first, &device.makes(&device.says(&first.options, &ada))).await);
    is_refused(&ada.confirms_passkey(&second, &device.makes(&device.says(&second.options, &ada))).await);

    let late = ada.begins_passkey().await;
    expire(&app, &format!("login {}", login(&ada).await)).await;
    let fresh = Device::default();
    is_refused(&ada.confirms_passkey(&late, &fresh.makes(&fresh.says(&late.options, &ada))).await);
    assert_eq!(factors(&ada).await.factors, [confirmed.factor]);
}

#[tokio::test]
async fn one_device_cannot_be_the_passkey_of_two_people() {
    is_of_one_person(Setup::default()).await;
}

#[tokio::test]
async fn one_device_cannot_be_the_passkey_of_two_people_on_postgres() {
    is_of_one_person(Setup::default().on_postgres()).await;
}

async fn is_of_one_person(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let (device, _) = ada.has_passkey().await;
    let grace = app.person("grace", protocol::access::Role::Viewer).await;
    // The same person is told by the question; somebody else only by the answer.
    for person in [&ada, &grace] {
        let begun = person.begins_passkey().await;
        is_refused(&person.confirms_passkey(&begun, &device.makes(&device.says(&begun.options, person))).await);
    }
    assert_eq!(factors(&grace).await.factors, Vec::new());
    for nonsense in [json!({}), json!(null), json!("x"), json!({"id": "x", "response": []})] {
        let begun = grace.begins_passkey().await;
        let answer = grace.confirms_passkey(&begun, &nonsense).await;
        assert!(matches!(answer.status, 422 | 429), "{}", answer.text());
    }
}

async fn login(actor: &Actor<'_>) -> String {
    let logins = actor.get("/api/v2/logins").await.expect(200).value();
    let logins = logins["logins"].as_array().unwrap().clone();
    let own = logins.into_iter().find(|login| login["current"] == true).unwrap();
    own["id"].as_str().unwrap().to_owned()
}

/// Lets the time for an answer pass.
async fn expire(app: &TestApp, holder: &str) {
    let tx = app.store().await.begin().await.unwrap();
    let asked = tx.challenges().take(holder, Timestamp::from_millis(0)).await.unwrap().expect("a question");
    let past = store::ChallengeRow { expires_at: Timestamp::from_millis(1), ..asked };
    tx.challenges().ask(&past, Timestamp::from_millis(0)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Refused on the page, with the same words as every other.
fn does_not_count(answer: &Answer) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("This passkey does not count: its answer is wrong, too late, or was used before"));
}

/// One answer with a lie in it.
async fn signs_nobody_in(ada: &Actor<'_>, device: &Device, lie: impl FnOnce(&mut Said)) {
    let browser = half(ada.app, "ada@example.org").await;
    let options = browser.is_asked_for_passkey().await;
    let mut said = device.says(&options, ada);
    lie(&mut said);
    does_not_count(&browser.answers_with_passkey(&device.gives(&said)).await);
    assert_eq!(browser.cookie("loki_login"), None);
}

#[tokio::test]
async fn a_passkey_that_answers_for_another_place_signs_nobody_in() {
    for setup in [Setup::default(), Setup::default().on_postgres()] {
        let app = setup.start().await;
        let ada = app.first_admin().await;
        let (device, _) = ada.has_passkey().await;
        let before = factors(&ada).await;
        signs_nobody_in(&ada, &device, |said| said.challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()).await;
        signs_nobody_in(&ada, &device, |said| said.origin = said.origin.replace("localhost", "127.0.0.1")).await;
        signs_nobody_in(&ada, &device, |said| said.rp_id = "127.0.0.1".to_owned()).await;
        signs_nobody_in(&ada, &device, |said| said.what = "webauthn.create").await;

        assert_eq!(factors(&ada).await, before);
        let told = refusals(&app, 4).await.join("\n");
        assert!(told.contains("challenge") && told.contains("origin") && told.contains("relying party id"), "{told}");
    }
}

#[tokio::test]
async fn a_passkey_without_its_person_or_of_somebody_else_signs_nobody_in() {
    signs_nobody_in_without_its_person(Setup::default()).await;
}

#[tokio::test]
async fn a_passkey_without_its_person_or_of_somebody_else_signs_nobody_in_on_postgres() {
    signs_nobody_in_without_its_person(Setup::default().on_postgres()).await;
}

async fn signs_nobody_in_without_its_person(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let (device, _) = ada.has_passkey().await;
    let (foreign, _) = app.person("grace", protocol::access::Role::Viewer).await.has_passkey().await;
    let before = factors(&ada).await;

    signs_nobody_in(&ada, &device, |said| said.flags = VERIFIED).await;
    signs_nobody_in(&ada, &device, |said| said.flags = PRESENT).await;
    signs_nobody_in(&ada, &foreign, |_| ()).await;
    signs_nobody_in(&ada, &device.counterfeit(), |said| said.count = 100).await;

    assert_eq!(factors(&ada).await, before);
    let told = refusals(&app, 4).await.join("\n");
    assert!(told.contains("user present") && told.contains("the account does not have it"), "{told}");
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_may_be_a_copy() {
    counts_backwards(Setup::default()).await;
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_may_be_a_copy_on_postgres() {
    counts_backwards(Setup::default().on_postgres()).await;
}

async fn counts_backwards(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let (device, confirmed) = ada.has_passkey().await;
    device.count.store(7, Ordering::SeqCst);
    // Two questions at once: the one that is answered first counts.
    let (first, second) = (half(&app, "ada@example.org").await, half(&app, "ada@example.org").await);
    let (one, two) = (first.is_asked_for_passkey().await, second.is_asked_for_passkey().await);
    first.answers_with_passkey(&device.gives(&device.says(&one, &ada))).await.expect(303);
    does_not_count(&second.answers_with_passkey(&device.gives(&Said { count: 7, ..device.says(&two, &ada) })).await);
    signs_nobody_in(&ada, &device, |said| said.count = 6).await;
    signs_nobody_in(&ada, &device, |said| said.count = 0).await;

    let told = refusals(&app, 3).await;
    let named = format!("the passkey {} counted backwards", confirmed.factor.id);
    assert_eq!(told.iter().filter(|text| text.contains(&named)).count(), 3, "{told:?}");
    let browser = half(&app, "ada@example.org").await;
    let options = browser.is_asked_for_passkey().await;
    let said = Said { count: 20, ..device.says(&options, &ada) };
    browser.answers_with_passkey(&device.gives(&said)).await.expect(303);
}

#[tokio::test]
async fn an_answer_signs_in_once_in_time_and_in_its_browser_alone() {
    signs_in_once(Setup::default()).await;
}

#[tokio::test]
async fn an_answer_signs_in_once_in_time_and_in_its_browser_alone_on_postgres() {
    signs_in_once(Setup::default().on_postgres()).await;
}

async fn signs_in_once(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let (device, _) = ada.has_passkey().await;
    let (first, other) = (half(&app, "ada@example.org").await, half(&app, "ada@example.org").await);
    let options = first.is_asked_for_passkey().await;
    let answer = device.gives(&device.says(&options, &ada));
    // Nothing was asked there, and what was asked there is not this.
    does_not_count(&other.answers_with_passkey(&answer).await);
    other.is_asked_for_passkey().await;
    does_not_count(&other.answers_with_passkey(&answer).await);

    first.answers_with_passkey(&answer).await.expect(303);

    assert_eq!(first.answers_with_passkey(&answer).await.header("location"), "/login?error=late");
    let late = half(&app, "ada@example.org").await;
    let options = late.is_asked_for_passkey().await;
    let hash = ring::digest::digest(&ring::digest::SHA256, late.cookie("loki_half").unwrap().as_bytes());
    expire(&app, &domain::hex::encode(hash.as_ref())).await;
    does_not_count(&late.answers_with_passkey(&device.gives(&device.says(&options, &ada))).await);
    for nonsense in ["", "{}", "null", "[[[["] {
        let answer = late.posts(PAGE, &[("passkey", nonsense)]).await;
        assert!(matches!(answer.status, 422 | 429), "{}", answer.text());
    }
    assert_eq!(late.cookie("loki_login"), None);
}

#[tokio::test]
async fn a_browser_that_did_not_do_the_first_step_is_asked_nothing() {
    is_asked_nothing(Setup::default()).await;
}

#[tokio::test]
async fn a_browser_that_did_not_do_the_first_step_is_asked_nothing_on_postgres() {
    is_asked_nothing(Setup::default().on_postgres()).await;
}

async fn is_asked_nothing(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let browser = Browser::new(&app);
    browser.asks(ASK, &json!({})).await.expect(404);
    browser.has_cookie("loki_half", "00");
    browser.asks(ASK, &json!({})).await.expect(404);
    ada.has_authenticator().await;
    // An account without a passkey.
    half(&app, "ada@example.org").await.asks(ASK, &json!({})).await.expect(409);
}

#[tokio::test]
async fn the_page_adds_a_passkey_and_shows_the_codes() {
    is_added_by_the_page(Setup::default()).await;
}

#[tokio::test]
async fn the_page_adds_a_passkey_and_shows_the_codes_on_postgres() {
    is_added_by_the_page(Setup::default().on_postgres()).await;
}

async fn is_added_by_the_page(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let refused = ada.send_form("/ui/begin_passkey", &[("name", "Key"), ("proof", "wrong wrong wrong")]).await;
    assert_ne!(refused.status, 200);
    let begun = ada.begins_passkey().await;
    let device = Device::default();
    let id = begun.id.to_string();
    let nonsense = ada.send_form("/ui/confirm_passkey", &[("id", &id), ("credential", "{}")]).await.expect(302);
    assert_eq!(nonsense.header("location"), "/profile/factors");
    let begun = ada.begins_passkey().await;
    let credential: Value = device.makes(&device.says(&begun.options, &ada));
    let fields = [("id", begun.id.to_string()), ("credential", credential.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let answer = ada.send_form("/ui/confirm_passkey", &fields).await.expect(302);

    assert_eq!(answer.header("location"), "/profile/factors/codes");
    assert!(ada.get("/profile/factors/codes").await.expect(200).text().contains("recovery-codes"));
}
