//! Signing in with another provider, where something is wrong: each time the same calm words with a request id, an entry in
//! the audit trail, and nothing else.

use protocol::audit::AuditPage;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use tests::{
    Answer, Browser, Setup, TestApp, eventually,
    identity_provider::{IdentityProvider, Lie, Person},
};

use crate::providers::signs_in;

async fn sql(app: &TestApp, statement: &str) {
    Database::connect(app.database_url()).await.unwrap().execute_unprepared(statement).await.unwrap();
}

async fn with_corp(setup: Setup) -> (IdentityProvider, TestApp) {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(setup, "corp", "oidc").start().await;
    (provider, app)
}

/// A refusal is calm and numbered, tells nothing, signs nobody in, makes nobody, and is on record with its reason.
async fn is_refused(app: &TestApp, browser: &Browser<'_>, answer: Answer, reason: &str) {
    let answer = answer.expect(400);
    let page = answer.text();
    assert!(page.contains("did not work. Go to the sign-in page and start again"), "{reason}: {page}");
    let id = answer.header("x-request-id");
    assert!(!id.is_empty() && page.contains(&id), "{reason}: {page}");
    assert!(!page.contains(reason) && !page.contains("example.org") && !page.contains("<script>"), "{reason}: {page}");
    browser.person().get("/api/status").await.expect(401);
    let auditor = app.auditor().await;
    let entry = eventually(reason, async || {
        let page: AuditPage = auditor.get("/api/v2/audit?action=sign_in&limit=100").await.expect(200).json();
        page.entries.into_iter().find(|entry| entry.error.as_deref().is_some_and(|error| error.contains(reason)))
    })
    .await;
    assert!(!entry.success && entry.status == Some(400), "{entry:?}");
    let made: AuditPage = auditor.get("/api/v2/audit?action=create&resource_type=user").await.expect(200).json();
    assert_eq!(made.entries, []);
}

/// Each lie and what the audit trail says of it.
const LIES: [(Lie, &str); 19] = [
    (Lie::OtherNonce, "the nonce is another one"),
    (Lie::NoNonce, "nonce"),
    (Lie::OtherIssuer, "issuer"),
    (Lie::OtherAudience, "audience"),
    (Lie::SecondAudience, "is not a trusted audience"),
    (Lie::OtherParty, "(azp)"),
    (Lie::Expired, "expired"),
    (Lie::IssuedTomorrow, "issued in the future"),
    (Lie::AlgorithmNone, "o signature"),
    (Lie::SignedWithPublicKey, "HS256"),
    (Lie::SignedWithSecret, "HS256"),
    (Lie::UnknownKey, "a key that the provider does not have"),
    (Lie::OtherSignature, "ignature"),
    (Lie::OtherAccessToken, "(at_hash)"),
    (Lie::NoIdToken, "no ID token"),
    (Lie::OtherPersonInUserInfo, "the user info"),
    (Lie::HugeAnswer, "larger than 1 MiB"),
    (Lie::Redirects, "cannot be read"),
    (Lie::Nonsense, "cannot be read"),
];

#[tokio::test]
async fn what_a_provider_does_not_prove_is_not_believed() {
    no_lie_is_believed(Setup::default()).await;
}

#[tokio::test]
async fn what_a_provider_does_not_prove_is_not_believed_on_postgres() {
    no_lie_is_believed(Setup::default().on_postgres()).await;
}

async fn no_lie_is_believed(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    for (lie, reason) in LIES {
        provider.lies(lie);
        if lie == Lie::OtherPersonInUserInfo {
            provider.is_slim();
        }
        let browser = Browser::new(&app);
        let answer = signs_in(&browser, &provider, "/login/with/corp").await;
        is_refused(&app, &browser, answer, reason).await;
    }
    // The same provider, once it is honest, is believed.
    provider.lies(Lie::None);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
}

#[tokio::test]
async fn a_state_counts_once_for_ten_minutes_in_the_browser_that_left_with_it() {
    a_state_counts_once(Setup::default()).await;
}

#[tokio::test]
async fn a_state_counts_once_for_ten_minutes_in_the_browser_that_left_with_it_on_postgres() {
    a_state_counts_once(Setup::default().on_postgres()).await;
}

async fn a_state_counts_once(setup: Setup) {
    let (provider, app) = with_corp(setup).await;
    let leaves = async |browser: &Browser<'_>| {
        let left = browser.opens("/login/with/corp").await.expect(303);
        let cookie = left.header("set-cookie");
        for word in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        provider.consents(&left.header("location"))
    };

    // Another browser: with no cookie, and with one of its own.
    let (ada, eve) = (Browser::new(&app), Browser::new(&app));
    let back = leaves(&ada).await;
    is_refused(&app, &eve, eve.opens(&back).await, "another browser").await;
    let back = leaves(&ada).await;
    leaves(&eve).await;
    is_refused(&app, &eve, eve.opens(&back).await, "another browser").await;

    // Too late.
    let back = leaves(&ada).await;
    sql(&app, "update sign_in_flows set expires_at = 1").await;
    is_refused(&app, &ada, ada.opens(&back).await, "more than ten minutes").await;

    // Words that were never ours, a code that is missing, an answer that is twice there.
    for query in ["code=x&state=made-up", "code=x", "state=", "", &format!("code=x&state={}", "0".repeat(64))] {
        is_refused(&app, &eve, eve.opens(&format!("/login/callback/corp?{query}")).await, "the state").await;
    }
    let back = leaves(&ada).await;
    let twice = format!("{back}&state=x");
    is_refused(&app, &ada, ada.opens(&twice).await, "a field twice").await;
    let back = leaves(&ada).await;
    let (head, tail) = back.split_once("code=").unwrap();
    let without = format!("{head}{}", tail.split_once('&').unwrap().1);
    is_refused(&app, &ada, ada.opens(&without).await, "has no code").await;

    // A code that the provider does not know, or that was used.
    let back = leaves(&ada).await;
    let wrong = back.replace("code=code-", "code=guessed-");
    is_refused(&app, &ada, ada.opens(&wrong).await, "does not take the code: invalid_grant").await;

    // Somebody said no.
    let back = leaves(&ada).await;
    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let denied = format!("/login/callback/corp?error=access_denied&error_description=%3Cscript%3E&state={state}");
    is_refused(&app, &ada, ada.opens(&denied).await, "the provider says: access_denied").await;

    // Used once, it is used up, with the cookie still in hand.
    let back = leaves(&ada).await;
    let cookie = ada.cookie("loki_sign_in").unwrap();
    ada.opens(&back).await.expect(303);
    eve.has_cookie("loki_sign_in", &cookie);
    eve.opens(&back).await.expect(400);
    eve.person().get("/api/status").await.expect(401);
}

#[tokio::test]
async fn one_provider_cannot_answer_for_another() {
    let (honest, evil) = (IdentityProvider::start().await, IdentityProvider::start().await);
    let app = evil.serves(honest.serves(Setup::default(), "corp", "oidc"), "evil", "oidc").start().await;
    let browser = Browser::new(&app);
    let left = browser.opens("/login/with/corp").await.expect(303);

    // The state of the one at the address of the other.
    let moved = honest.consents(&left.header("location")).replace("/callback/corp", "/callback/evil");
    is_refused(&app, &browser, browser.opens(&moved).await, "another provider").await;

    // The answer names another issuer, or none although this provider always does.
    let left = browser.opens("/login/with/corp").await.expect(303);
    let mixed = honest.comes_back(&left.header("location"), &[("iss", evil.url())]);
    is_refused(&app, &browser, browser.opens(&mixed).await, "(mix-up)").await;
    let left = browser.opens("/login/with/corp").await.expect(303);
    let silent = honest.comes_back(&left.header("location"), &[]);
    is_refused(&app, &browser, browser.opens(&silent).await, "does not name its issuer").await;
    assert_eq!((honest.was_asked("/token"), evil.was_asked("/token")), (0, 0), "no code was sent anywhere");
}

#[tokio::test]
async fn another_issuer_cannot_answer_for_github() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "github", "github").start().await;
    let browser = Browser::new(&app);
    let comes_back = async |issuer: &str| {
        let left = browser.opens("/login/with/github").await.expect(303);
        browser.opens(&provider.comes_back(&left.header("location"), &[("iss", issuer)])).await
    };
    let url = provider.url();
    for other in ["https://evil.example", &format!("{url}.evil.example"), &format!("{url}@evil.example"), &format!("{url}1")] {
        is_refused(&app, &browser, comes_back(other).await, "(mix-up)").await;
    }
    assert_eq!(provider.was_asked("/login/oauth/access_token"), 0, "no code was sent anywhere");
    comes_back(&format!("{url}/login/oauth")).await.expect(303);
}

#[tokio::test]
async fn only_the_issuers_own_servers_are_asked() {
    let (provider, app) = with_corp(Setup::default()).await;
    let elsewhere = IdentityProvider::start().await;
    provider.has_tokens_at(&format!("{}/token", elsewhere.url()));
    let browser = Browser::new(&app);
    let answer = signs_in(&browser, &provider, "/login/with/corp").await;
    is_refused(&app, &browser, answer, "not one of the provider's servers").await;
    assert_eq!(elsewhere.was_asked("/token"), 0);

    let (provider, app) = with_corp(Setup::default()).await;
    provider.lies(Lie::DiscoveryOfAnother);
    let browser = Browser::new(&app);
    let answer = browser.opens("/login/with/corp").await;
    is_refused(&app, &browser, answer, "its discovery document is not its own").await;
}

#[tokio::test]
async fn invented_keys_do_not_make_the_server_ask_again_and_again() {
    let (provider, app) = with_corp(Setup::default()).await;
    provider.lies(Lie::UnknownKey);
    for _ in 0..12 {
        signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(400);
    }
    assert!(provider.was_asked("/keys") <= 4, "{}", provider.was_asked("/keys"));
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let (provider, app) = with_corp(Setup::default()).await;
    for next in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "javascript%3Aalert(1)", "%2F%09%2Fevil"]
    {
        let browser = Browser::new(&app);
        let answer = signs_in(&browser, &provider, &format!("/login/with/corp?next={next}")).await.expect(303);
        assert_eq!(answer.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn only_a_verified_address_that_nobody_else_has_makes_an_account() {
    only_a_verified_address(Setup::default()).await;
}

#[tokio::test]
async fn only_a_verified_address_that_nobody_else_has_makes_an_account_on_postgres() {
    only_a_verified_address(Setup::default().on_postgres()).await;
}

async fn only_a_verified_address(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(setup, "corp", "oidc").variable("LOKI_SIGN_IN_CORP_ALLOWED_DOMAINS", "example.org");
    let app = setup.start().await;
    let cases = [
        (Person { verified: false, ..Person::ada() }, "not say that the email address is verified"),
        (Person { email: String::new(), ..Person::ada() }, "no email address"),
        (Person { email: "ada@evil.example".to_owned(), ..Person::ada() }, "allowed_domains"),
        (Person { email: "ada@example.org@evil.example".to_owned(), ..Person::ada() }, "no email address"),
        (Person { subject: "x".repeat(300), ..Person::ada() }, "named nobody"),
    ];
    for (person, reason) in cases {
        provider.vouches_for(person);
        let browser = Browser::new(&app);
        let answer = signs_in(&browser, &provider, "/login/with/corp").await;
        is_refused(&app, &browser, answer, reason).await;
    }
}

#[tokio::test]
async fn an_address_equal_to_anothers_opens_nothing() {
    let (provider, app) = with_corp(Setup::default()).await;
    let ada = app.first_admin().await;
    for email in ["ada@example.org", "ADA@Example.ORG"] {
        provider.vouches_for(Person { subject: "666".to_owned(), email: email.to_owned(), ..Person::ada() });
        let browser = Browser::new(&app);
        let answer = signs_in(&browser, &provider, "/login/with/corp").await.expect(400);
        assert!(answer.text().contains("If you have an account here already"), "{}", answer.text());
        browser.person().get("/api/status").await.expect(401);
    }
    ada.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn a_code_that_github_does_not_know_signs_nobody_in() {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(Setup::default(), "github", "github").start().await;
    let browser = Browser::new(&app);
    let left = browser.opens("/login/with/github").await.expect(303);
    let back = provider.comes_back(&left.header("location"), &[]).replace("code=code-", "code=guessed-");
    is_refused(&app, &browser, browser.opens(&back).await, "GitHub does not take the code").await;

    provider.vouches_for(Person { verified: false, ..Person::ada() });
    let left = browser.opens("/login/with/github").await.expect(303);
    let back = provider.comes_back(&left.header("location"), &[]);
    is_refused(&app, &browser, browser.opens(&back).await, "not say that the email address is verified").await;
}
