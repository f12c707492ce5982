//! Signing in in two steps: what a code is good for, and what a browser can do between the two.

use serde_json::json;
use tests::{
    Browser, Setup, TestApp, actor::Credentials, app::PASSWORD, authenticator::Authenticator, command,
    identity_provider::IdentityProvider,
};

use crate::providers;

const PAGE: &str = "/login/factor";

/// Ada with an authenticator app and recovery codes.
async fn with_factor(setup: Setup) -> (TestApp, Authenticator, Vec<String>) {
    let app = setup.start().await;
    let (phone, confirmed) = app.first_admin().await.has_authenticator().await;
    (app, phone, confirmed.recovery_codes)
}

/// A browser after the right password.
async fn half<'a>(app: &'a TestApp, next: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    takes_first_step(&browser, next).await;
    browser
}

async fn takes_first_step(browser: &Browser<'_>, next: &str) {
    let form = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next)];
    let answer = browser.posts("/login", &form).await.expect(303);
    assert_eq!(answer.header("location"), PAGE);
    let cookie = answer.header("set-cookie");
    for word in ["loki_half=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(word), "{cookie}");
    }
}

#[tokio::test]
async fn after_the_password_comes_a_code_that_counts_once() {
    takes_a_code_once(Setup::default()).await;
}

#[tokio::test]
async fn after_the_password_comes_a_code_that_counts_once_on_postgres() {
    takes_a_code_once(Setup::default().on_postgres()).await;
}

async fn takes_a_code_once(setup: Setup) {
    let (app, phone, _) = with_factor(setup).await;
    let browser = half(&app, "/projects").await;
    assert_eq!(browser.cookie("loki_login"), None);
    let page = browser.opens(PAGE).await.expect(200);
    assert!(page.text().contains("one-time-code") && page.header("cache-control") == "no-store", "{}", page.text());
    for wrong in ["a long enough password", "<script>alert(1)</script>"] {
        let refused = browser.posts(PAGE, &[("code", wrong)]).await.expect(422).text();
        assert!(refused.contains("does not count") && !refused.contains("<script>alert"), "{refused}");
    }
    // The code that confirmed the app is used up.
    let first = phone.again();
    browser.posts(PAGE, &[("code", &first)]).await.expect(422);

    let code = phone.fresh().await;
    let entered = browser.posts(PAGE, &[("code", &code)]).await.expect(303);

    assert_eq!(entered.header("location"), "/projects");
    assert_eq!(browser.cookie("loki_half"), None);
    browser.person().get("/api/status").await.expect(200);
    // The same code, by somebody who looked over the shoulder and knows the password.
    half(&app, "/").await.posts(PAGE, &[("code", &code)]).await.expect(422);
    // An older one is used up along with it.
    half(&app, "/").await.posts(PAGE, &[("code", &first)]).await.expect(422);
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once() {
    stands_in_once(Setup::default()).await;
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once_on_postgres() {
    stands_in_once(Setup::default().on_postgres()).await;
}

async fn stands_in_once(setup: Setup) {
    let (app, _, codes) = with_factor(setup).await;
    let browser = half(&app, "/").await;
    // As people write it down.
    let typed = format!(" {} ", codes[3].to_uppercase().replace('-', " "));
    browser.posts(PAGE, &[("code", &typed)]).await.expect(303);
    let ada = browser.person();
    assert_eq!(ada.get("/api/v2/factors").await.expect(200).value()["recovery_codes_left"], 9);

    half(&app, "/").await.posts(PAGE, &[("code", &codes[3])]).await.expect(422);

    half(&app, "/").await.posts(PAGE, &[("code", &codes[4])]).await.expect(303);
    let used = app.auditor().await.get("/api/v2/audit?resource_type=recovery_code").await.expect(200).value();
    assert_eq!(used["entries"].as_array().unwrap().len(), 2, "{used}");
}

#[tokio::test]
async fn between_the_two_steps_nothing_else_can_be_reached() {
    let (app, phone, _) = with_factor(Setup::default()).await;
    let browser = half(&app, "/").await;
    for page in ["/", "/projects", "/runs", "/account/sign-in-methods"] {
        assert!(browser.opens(page).await.expect(303).header("location").starts_with("/login"), "{page}");
    }
    for path in ["/api/status", "/api/v2/factors", "/api/projects"] {
        browser.opens(path).await.expect(401);
    }
    assert!(!browser.opens("/ui/viewer").await.text().contains("ada@example.org"));
    // Its value is none of a login either.
    let planted = Browser::new(&app);
    planted.has_cookie("loki_login", &browser.cookie("loki_half").unwrap());
    planted.opens("/api/status").await.expect(401);
    // The right code in a browser that did not do the first step.
    let code = phone.fresh().await;
    for stranger in [Browser::new(&app), planted] {
        stranger.has_cookie("loki_half", "00");
        let answer = stranger.posts(PAGE, &[("code", &code)]).await.expect(303);
        assert_eq!(answer.header("location"), "/login?error=late");
        assert_eq!(stranger.opens(PAGE).await.expect(303).header("location"), "/login");
    }
    assert!(app.get("/login?error=late").await.expect(200).text().contains("more than ten minutes"));
    // It was not used up by that, and what waits ends with its use.
    let half = browser.cookie("loki_half").unwrap();
    browser.posts(PAGE, &[("code", &code)]).await.expect(303);
    let again = Browser::new(&app);
    again.has_cookie("loki_half", &half);
    assert_eq!(again.posts(PAGE, &[("code", &code)]).await.header("location"), "/login?error=late");
}

#[tokio::test]
async fn the_second_step_makes_a_new_login() {
    let app = TestApp::start().await;
    let before = app.first_admin().await;
    let (phone, _) = before.has_authenticator().await;
    let browser = Browser::new(&app);
    browser.has_cookie("loki_login", &before.secret());
    takes_first_step(&browser, "/").await;
    assert_eq!(browser.cookie("loki_login"), Some(before.secret()));

    browser.posts(PAGE, &[("code", &phone.fresh().await)]).await.expect(303);

    let after = browser.person();
    assert!(matches!(&after.credentials, Credentials::Cookie(value) if *value != before.secret()));
    before.get("/api/status").await.expect(401);
    after.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let (app, phone, codes) = with_factor(Setup::default()).await;
    let browser = half(&app, "/").await;
    // Taken first: a wait for the next code would give back some of the attempts.
    let right = phone.fresh().await;
    for guess in ["000000", "000001", "000002", "000003", "000004", "000005"] {
        browser.posts(PAGE, &[("code", guess)]).await.expect(422);
    }

    let refused = browser.posts(PAGE, &[("code", &right)]).await.expect(429).text();

    assert!(refused.contains("Too many attempts"), "{refused}");
    browser.posts(PAGE, &[("code", &codes[0])]).await.expect(429);
    assert_eq!(browser.cookie("loki_login"), None);
}

#[tokio::test]
async fn a_new_password_by_a_link_does_not_go_past_the_factor() {
    let (app, phone, _) = with_factor(Setup::default()).await;
    let waiting = half(&app, "/").await;
    let output = app.offline(&["user", "reset-link", "--email", "ada@example.org", "--public-url", &app.url()], "");
    let link = command::stdout(&output);
    let token = link.trim().rsplit_once("token=").unwrap().1;
    let browser = Browser::new(&app);
    let form = [("token", token), ("password", "an even longer password")];

    assert_eq!(browser.posts("/reset", &form).await.expect(303).header("location"), PAGE);

    assert_eq!(browser.cookie("loki_login"), None);
    // What waited with the old password waits no more.
    assert_eq!(waiting.opens(PAGE).await.expect(303).header("location"), "/login");
    browser.posts(PAGE, &[("code", &phone.fresh().await)]).await.expect(303);
    browser.person().get("/api/status").await.expect(200);
}

#[tokio::test]
async fn who_comes_from_a_provider_is_asked_too() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "corp", "oidc").start().await;
    let first = Browser::new(&app);
    providers::signs_in(&first, &provider, "/login/with/corp").await.expect(303);
    let person = first.person();
    // Somebody without a password has nothing to prove themselves with yet.
    let begun: protocol::factors::FactorSetUp = person.post("/api/v2/factors", &json!({"kind": "totp"})).await.expect(201).json();
    let phone = Authenticator::new(&begun.secret);
    let code = json!({"code": phone.fresh().await});
    person.post(&format!("/api/v2/factors/{}/confirm", begun.id), &code).await.expect(200);
    person.post("/api/v2/factors", &json!({"kind": "totp"})).await.expect(422);

    let browser = Browser::new(&app);
    let answer = providers::signs_in(&browser, &provider, "/login/with/corp?next=%2Fruns").await.expect(303);

    assert_eq!((answer.header("location").as_str(), browser.cookie("loki_login")), (PAGE, None));
    let entered = browser.posts(PAGE, &[("code", &phone.fresh().await)]).await.expect(303);
    assert_eq!(entered.header("location"), "/runs");
    browser.person().get("/api/projects").await.expect(200);
}
