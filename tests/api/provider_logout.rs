//! Signing out where a provider is involved: the one there from here, and the logins here from there.

use protocol::audit::{AuditEntry, AuditPage};
use serde_json::{Value, json};
use tests::{
    Answer, Browser, Setup, TestApp,
    actor::escaped,
    app::PASSWORD,
    eventually,
    identity_provider::{IdentityProvider, Lie, Person},
    socket::Heard,
};

use crate::providers::signs_in;

const THERE: &str = "/logout/back-channel/corp";

async fn with_corp(setup: Setup) -> (IdentityProvider, TestApp) {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(setup, "corp", "oidc").start().await;
    (provider, app)
}

/// What a provider does when somebody signed out there: no cookie, no login, no origin.
async fn tells(app: &TestApp, path: &str, form: &[(&str, &str)]) -> Answer {
    app.nobody().send(posted(app, path, form)).await
}

fn posted(app: &TestApp, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let request = app.http().post(format!("{}{path}", app.url())).header("content-type", "application/x-www-form-urlencoded");
    request.body(body.join("&"))
}

async fn told(app: &TestApp, token: &str) -> Answer {
    let answer = tells(app, THERE, &[("logout_token", token)]).await;
    assert_eq!((answer.header("cache-control").as_str(), answer.cookie("loki_login")), ("no-store", None));
    answer
}

async fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.person().get("/api/status").await.status == 200
}

/// Somebody who signs in there, in a session of that name.
async fn in_session<'a>(app: &'a TestApp, provider: &IdentityProvider, sid: &str) -> Browser<'a> {
    provider.has_session(sid);
    let browser = Browser::new(app);
    signs_in(&browser, provider, "/login/with/corp").await.expect(303);
    browser
}

fn only(claims: &mut Value, name: &str, other: &str) {
    claims.as_object_mut().unwrap().remove(other);
    assert!(claims[name].is_string());
}

async fn entries(app: &TestApp, query: &str) -> Vec<AuditEntry> {
    app.auditor().await.get(&format!("/api/v2/audit?{query}")).await.expect(200).json::<AuditPage>().entries
}

#[tokio::test]
async fn signing_out_there_ends_the_logins_that_rest_on_it() {
    ends_the_logins(Setup::default()).await;
}

#[tokio::test]
async fn signing_out_there_ends_the_logins_that_rest_on_it_on_postgres() {
    ends_the_logins(Setup::default().on_postgres()).await;
}

async fn ends_the_logins(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    let (first, second) = (in_session(&app, &provider, "s1").await, in_session(&app, &provider, "s2").await);
    provider.vouches_for(Person { subject: "1906".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });
    let grace = in_session(&app, &provider, "s3").await;
    let mut socket = first.person().listens(None).await;

    // One session: by its name alone, and with the person's beside it.
    provider.vouches_for(Person::ada());
    provider.has_session("s1");
    told(&app, &provider.logout_token(Lie::None, |claims| only(claims, "sid", "sub"))).await.expect(200);
    assert_eq!(socket.hears().await, Heard::Closed(1008, "signed out".to_owned()));
    assert!(!is_signed_in(&first).await && is_signed_in(&second).await && is_signed_in(&grace).await);
    let ended = entries(&app, "action=revoke&resource_type=login").await;
    assert_eq!((ended.len(), ended[0].actor.as_str(), ended[0].details["provider"].to.as_str()), (1, "loki", "corp"));

    // What nobody has here is as good as ended.
    provider.has_session("s9");
    told(&app, &provider.logout_token(Lie::None, |_| {})).await.expect(200);
    assert!(is_signed_in(&second).await);

    // All of a person's, and nobody else's.
    let third = in_session(&app, &provider, "s4").await;
    told(&app, &provider.logout_token(Lie::None, |claims| only(claims, "sub", "sid"))).await.expect(200);
    assert!(!is_signed_in(&second).await && !is_signed_in(&third).await && is_signed_in(&grace).await);
    assert_eq!(entries(&app, "action=revoke&resource_type=login").await.len(), 3);

    // The account is there as before.
    assert!(is_signed_in(&in_session(&app, &provider, "s5").await).await);
}

#[tokio::test]
async fn what_does_not_rest_on_it_stays() {
    let (provider, app) = with_corp(Setup::default()).await;
    let words = ["user", "create", "--email", "ada@home.example", "--role", "viewer", "--password-stdin"];
    app.offline(&words, PASSWORD);
    let by_password = Browser::new(&app);
    by_password.posts("/login", &[("email", "ada@home.example"), ("password", PASSWORD)]).await.expect(303);
    let left = by_password.posts("/account/sign-in-methods/link/corp", &[]).await.expect(200);
    by_password.opens(&provider.consents(left.header("refresh").strip_prefix("0; url=").unwrap())).await.expect(303);
    // The same account, by the linked provider.
    let by_provider = in_session(&app, &provider, "s1").await;

    told(&app, &provider.logout_token(Lie::None, |claims| only(claims, "sub", "sid"))).await.expect(200);

    assert!(is_signed_in(&by_password).await && !is_signed_in(&by_provider).await);
}

/// A logout token that does not count, and what the audit trail says of it.
type Wrong = (Lie, fn(&mut Value), &'static str);

const WRONG: [Wrong; 21] = [
    (Lie::OtherSignature, |_| {}, "signature is not right"),
    (Lie::UnknownKey, |_| {}, "a key that the provider does not have"),
    (Lie::SignedWithPublicKey, |_| {}, "algorithm does not count: HS256"),
    (Lie::SignedWithSecret, |_| {}, "algorithm does not count: HS256"),
    (Lie::AlgorithmNone, |_| {}, "algorithm does not count: none"),
    (Lie::OtherIssuer, |_| {}, "another issuer"),
    (Lie::OtherAudience, |_| {}, "another audience"),
    (Lie::SecondAudience, |_| {}, "another audience"),
    (Lie::Expired, |_| {}, "has expired"),
    (Lie::IssuedTomorrow, |_| {}, "from the future"),
    (Lie::None, |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 3_600), "too old"),
    (Lie::None, |claims| drop(claims.as_object_mut().unwrap().remove("exp")), "issued and expires"),
    (Lie::None, |claims| claims["nonce"] = json!("n"), "has a nonce"),
    (Lie::None, |claims| drop(claims.as_object_mut().unwrap().remove("events")), "(events)"),
    (Lie::None, |claims| claims["events"] = json!({"http://example.org/event": {}}), "(events)"),
    (Lie::None, |claims| claims["events"] = json!("backchannel-logout"), "(events)"),
    (
        Lie::None,
        |claims| {
            claims.as_object_mut().unwrap().remove("sub");
            claims.as_object_mut().unwrap().remove("sid");
        },
        "neither a person nor a session",
    ),
    (Lie::None, |claims| claims["sub"] = json!({"$ne": ""}), "neither a person nor a session"),
    (Lie::None, |claims| claims["sid"] = json!(""), "neither a person nor a session"),
    (Lie::None, |claims| drop(claims.as_object_mut().unwrap().remove("jti")), "(jti)"),
    (Lie::None, |claims| claims["jti"] = json!(7), "(jti)"),
];

#[tokio::test]
async fn what_the_provider_does_not_prove_ends_nothing() {
    nothing_wrong_ends_a_login(Setup::default()).await;
}

#[tokio::test]
async fn what_the_provider_does_not_prove_ends_nothing_on_postgres() {
    nothing_wrong_ends_a_login(Setup::default().on_postgres()).await;
}

async fn nothing_wrong_ends_a_login(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    let browser = in_session(&app, &provider, "s1").await;
    for (lie, change, reason) in WRONG {
        is_refused(&app, &provider.logout_token(lie, change), reason).await;
        assert!(is_signed_in(&browser).await, "{reason}");
    }
    // An ID token is none, and neither is what is no token.
    is_refused(&app, &provider.id_token(), "has a nonce").await;
    let long = "x".repeat(20_000);
    for (text, reason) in [("", "no signed token"), (&long, "no signed token"), ("e30.e30.e30", "algorithm does not count: ")] {
        is_refused(&app, text, reason).await;
    }
    // What counts counts once.
    let elsewhere = in_session(&app, &provider, "s2").await;
    let token = provider.logout_token(Lie::None, |_| {});
    told(&app, &token).await.expect(200);
    assert!(is_signed_in(&browser).await && !is_signed_in(&elsewhere).await);
    let again = in_session(&app, &provider, "s2").await;
    is_refused(&app, &token, "used before").await;
    assert!(is_signed_in(&again).await);
}

/// A refusal tells nothing to whoever sent the token, and is on record with its reason.
async fn is_refused(app: &TestApp, token: &str, reason: &str) {
    let answer = told(app, token).await.expect(400);
    assert!(!answer.text().contains(reason) && !answer.header("x-request-id").is_empty(), "{}", answer.text());
    let auditor = app.auditor().await;
    let entry = eventually(reason, async || {
        let page: AuditPage = auditor.get("/api/v2/audit?action=sign_out&outcome=denied&limit=100").await.expect(200).json();
        page.entries.into_iter().find(|entry| entry.error.as_deref().is_some_and(|error| error.contains(reason)))
    })
    .await;
    assert_eq!(entry.status, Some(400), "{entry:?}");
}

#[tokio::test]
async fn a_new_key_of_the_provider_counts_at_once_and_invented_ones_are_not_asked_for_again_and_again() {
    let (provider, app) = with_corp(Setup::default()).await;
    let browser = in_session(&app, &provider, "s1").await;
    for _ in 0..12 {
        told(&app, &provider.logout_token(Lie::UnknownKey, |_| {})).await.expect(400);
    }
    assert!(provider.was_asked("/keys") <= 4, "{}", provider.was_asked("/keys"));

    // People still sign in with a new key while somebody does that.
    provider.rotates_its_key("second");
    let second = in_session(&app, &provider, "s2").await;
    told(&app, &provider.logout_token(Lie::None, |_| {})).await.expect(200);
    assert!(is_signed_in(&browser).await && !is_signed_in(&second).await);
}

#[tokio::test]
async fn only_a_form_with_one_token_is_read_and_no_other_route_is_open() {
    let (provider, app) = with_corp(Setup::default()).await;
    let browser = in_session(&app, &provider, "s1").await;
    let token = provider.logout_token(Lie::None, |_| {});
    tells(&app, THERE, &[("logout_token", &token), ("logout_token", &token)]).await.expect(400);
    tells(&app, THERE, &[("token", &token)]).await.expect(400);
    tells(&app, &format!("{THERE}?logout_token={token}"), &[]).await.expect(401);
    tells(&app, "/logout/back-channel/nobody", &[("logout_token", &token)]).await.expect(404);
    let json = app.http().post(format!("{}{THERE}", app.url())).json(&json!({"logout_token": token}));
    assert_eq!(json.send().await.unwrap().status(), 400);
    let huge = "x".repeat(100_000);
    tells(&app, THERE, &[("logout_token", &token), ("padding", &huge)]).await.expect(400);
    // A page of another site does not send one.
    let foreign = posted(&app, THERE, &[("logout_token", &token)]).header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(app.http().get(format!("{}{THERE}", app.url())).send().await.unwrap().status(), 405);
    // The forms beside it want to know where they come from, as before.
    tells(&app, "/logout", &[]).await.expect(403);
    assert!(is_signed_in(&browser).await);
    tells(&app, THERE, &[("state", "x"), ("logout_token", &token)]).await.expect(200);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn whoever_sends_wrong_tokens_has_to_wait_and_a_right_one_never_does() {
    let (provider, app) = with_corp(Setup::default().argument("--limits").argument("read=3,sign-in=off")).await;
    provider.has_session("s1");
    for _ in 0..8 {
        told(&app, &provider.logout_token(Lie::None, |_| {})).await.expect(200);
    }
    for _ in 0..3 {
        told(&app, "wrong").await.expect(400);
    }
    let waits = told(&app, "wrong").await.expect(429);
    assert!(waits.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn a_sign_in_that_waits_for_its_second_step_ends_as_well() {
    let (provider, app) = with_corp(Setup::default()).await;
    let ada = in_session(&app, &provider, "s1").await;
    let (phone, _) = ada.person().has_authenticator().await;

    provider.has_session("s2");
    let browser = Browser::new(&app);
    assert_eq!(signs_in(&browser, &provider, "/login/with/corp").await.expect(303).header("location"), "/login/factor");
    told(&app, &provider.logout_token(Lie::None, |_| {})).await.expect(200);
    let late = browser.posts("/login/factor", &[("code", "123456")]).await.expect(303);
    assert!(late.header("location").contains("error=late"), "{}", late.header("location"));
    assert!(!is_signed_in(&browser).await);

    // With the second step done, the login rests on the session there like any other.
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    browser.posts("/login/factor", &[("code", &phone.fresh().await)]).await.expect(303);
    assert!(is_signed_in(&browser).await);
    let hint = hint_of(&browser.posts("/logout", &[]).await.expect(200));
    assert_eq!(hint.as_deref(), Some(provider.id_token().as_str()));
}

/// The ID token in the address that signing out leads to.
fn hint_of(answer: &Answer) -> Option<String> {
    let address = answer.header("refresh");
    let (_, rest) = address.split_once("id_token_hint=")?;
    rest.split('&').next().map(str::to_owned)
}

#[tokio::test]
async fn signing_out_names_the_session_there_and_keeps_who_it_was_to_itself() {
    names_the_session(Setup::default()).await;
}

#[tokio::test]
async fn signing_out_names_the_session_there_on_postgres() {
    names_the_session(Setup::default().on_postgres()).await;
}

async fn names_the_session(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    let browser = in_session(&app, &provider, "s1").await;
    let token = provider.id_token();
    // What lies in the database opens for the browser alone.
    let user = entries(&app, "action=sign_in").await[0].user_id.clone().unwrap();
    let rows = {
        let store = app.store().await;
        let tx = store.read().await.unwrap();
        tx.logins().of_user(user.parse().unwrap(), protocol::Timestamp::from_millis(0)).await.unwrap()
    };
    let vouched = rows[0].vouched.clone().unwrap();
    assert_eq!((vouched.subject.as_str(), vouched.sid.as_deref()), ("1815", Some("s1")));
    let kept = vouched.id_token.unwrap().0;
    assert!(!kept.contains(&token) && !rows[0].data.contains("eyJ") && !rows[0].data.contains("vouched"), "{}", rows[0].data);

    // The login's id is another one after a change of what the person may do, and it still opens.
    let before = browser.cookie("loki_login");
    app.admin().await.put(&format!("/api/v2/users/{user}"), &json!({"role": "operator"})).await.expect(200);
    browser.opens("/projects").await.expect(200);
    assert_ne!(browser.cookie("loki_login"), before);
    let answer = browser.posts("/logout", &[]).await.expect(200);

    assert_eq!(hint_of(&answer).as_deref(), Some(token.as_str()));
    let address = answer.header("refresh");
    assert!(address.contains("client_id=loki") && address.contains("post_logout_redirect_uri="), "{address}");
    assert!(!app.log().contains(&token) && !app.log().contains("eyJ"), "ID tokens are not logged");
    let trail = app.auditor().await.get("/api/v2/audit?limit=200").await.expect(200).text();
    assert!(!trail.contains("eyJ"), "{trail}");
}
