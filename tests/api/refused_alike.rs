//! What proves nobody, or comes from elsewhere, is refused in calm words under a number, is on record under that number, and
//! changes nothing.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tests::{
    Actor, Browser, Setup, TestApp,
    identity_provider::{IdentityProvider, Person},
};

use crate::audit::{entries, is_noted};

const BAD_TOKEN: &str = "Invalid, expired, or revoked token";
const TOKEN_AS_NAME: &str = "token stands in the secret's name";
const OTHER_SITE: &str = "Requests from pages of other sites are refused";
const NO_ORIGIN: &str = "A request with a cookie has to say where it comes from";
const OTHER_NAME: &str = "This server is not known under the name that it was asked by";
const USED_UP: &str = "did not work. Go to the sign-in page and start again";

/// As what it is on record, what is sent, and the answer's status and words.
type Try = (String, RequestBuilder, u16, &'static str);

#[tokio::test]
async fn what_proves_nobody_or_comes_from_elsewhere_is_refused_and_on_record() {
    is_refused_and_on_record(Setup::default()).await;
}

#[tokio::test]
async fn what_proves_nobody_or_comes_from_elsewhere_is_refused_and_on_record_on_postgres() {
    is_refused_and_on_record(Setup::default().on_postgres()).await;
}

async fn is_refused_and_on_record(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let app = provider.serves(setup, "corp", "oidc").start().await;
    let (auditor, program, ada) = (app.auditor().await, app.admin().await, app.first_admin().await);
    let minted = program.post("/api/v2/access-tokens", &json!({})).await.expect(201).value();
    let secrets = [program.secret(), minted["access_token"].as_str().unwrap().to_owned()];
    let mut tries = in_the_address(&program, &secrets);
    tries.extend(from_elsewhere(&ada, &program));
    tries.push(with_a_used_state(&app, &provider).await);
    let (before, mut refused) = (done(&auditor).await, Vec::new());

    for (asked, request, status, words) in tries {
        let answer = app.nobody().send(request).await.expect(status);
        let (id, text) = (answer.header("x-request-id"), answer.text());
        assert!(!id.is_empty() && text.contains(&id) && text.contains(words), "{asked}: {text}");
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{asked}: {text}");
        refused.push((id, asked, status));
    }

    for (id, asked, status) in refused {
        let outcome = if status == 422 { "invalid" } else { "denied" };
        let entry = is_noted(&auditor, &format!("outcome={outcome}&q={id}")).await;
        assert_eq!((entry.resource_id.unwrap_or(entry.action), entry.status), (asked, Some(status)));
    }

    assert_eq!(done(&auditor).await, before, "nothing was changed");
    let trail = auditor.get("/api/v2/audit/export").await.expect(200).text();
    assert!(!secrets.iter().any(|secret| trail.contains(secret) || app.log().contains(secret)));
}

/// Tokens in the address, where somebody has to be known and where nobody has, beside a good one, as a password, and as a name.
fn in_the_address(program: &Actor<'_>, secrets: &[String; 2]) -> Vec<Try> {
    let nobody = program.app.nobody();
    let open = ["/health", "/.well-known/jwks.json", "/api/enterprise/status", "/openapi.json", "/docs", "/login"];
    let mut tries = Vec::new();
    for secret in secrets {
        for path in ["/api/status", "/projects"].into_iter().chain(open) {
            let request = nobody.request(Method::GET, &format!("{path}?q={secret}"));
            tries.push((format!("GET {path}"), request, 401, BAD_TOKEN));
        }
        let beside = program.request(Method::POST, &format!("/api/projects?q={secret}")).json(&json!({"name": "A"}));
        tries.push(("POST /api/projects".to_owned(), beside, 401, BAD_TOKEN));
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("loki:{}", secrets[0])));
    let asks = nobody.request(Method::GET, "/api/status").header("authorization", &basic);
    tries.push(("GET /api/status".to_owned(), asks, 401, BAD_TOKEN));
    let makes = nobody.request(Method::POST, "/api/projects").header("authorization", &basic).json(&json!({"name": "A"}));
    tries.push(("POST /api/projects".to_owned(), makes, 401, BAD_TOKEN));
    let kept = json!({"value": "a long enough value", "uses": ["tests"]});
    let named = program.request(Method::PUT, &format!("/api/v2/secrets/x_{}", secrets[0])).json(&kept);
    tries.push(("PUT /api/v2/secrets/[secret]".to_owned(), named, 422, TOKEN_AS_NAME));
    tries
}

/// Good credentials from another page, from none, and under another name of the server.
fn from_elsewhere(ada: &Actor<'_>, program: &Actor<'_>) -> Vec<Try> {
    let app = ada.app;
    let name = json!({"name": "A"});
    let mut tries = Vec::new();
    for path in ["/api/projects", "/ui/create_project", "/logout"] {
        for (origin, words) in [(Some("http://evil.example"), OTHER_SITE), (Some("null"), OTHER_SITE), (None, NO_ORIGIN)] {
            let request = app.http().post(format!("{}{path}", app.url())).json(&name);
            let request = request.header("cookie", format!("loki_login={}", ada.secret()));
            let request = match origin {
                Some(origin) => request.header("origin", origin),
                None => request,
            };
            tries.push((format!("POST {path}"), request, 403, words));
        }
    }
    let bearer = program.request(Method::POST, "/api/projects").header("origin", "http://evil.example").json(&name);
    tries.push(("POST /api/projects".to_owned(), bearer, 403, OTHER_SITE));
    for (method, path) in [(Method::GET, "/projects"), (Method::GET, "/api/status"), (Method::POST, "/api/projects")] {
        let asked = format!("{method} {path}");
        tries.push((asked, ada.request(method, path).header("host", "evil.example").json(&name), 421, OTHER_NAME));
    }
    tries
}

/// Somebody signed in with that state, and their browser sends it once more.
async fn with_a_used_state(app: &TestApp, provider: &IdentityProvider) -> Try {
    provider.vouches_for(Person { email: "grace@example.org".to_owned(), ..Person::ada() });
    let browser = Browser::new(app);
    let left = browser.opens("/login/with/corp").await.expect(303);
    let cookie = format!("loki_sign_in={}", browser.cookie("loki_sign_in").unwrap());
    let back = provider.consents(&left.header("location"));
    browser.opens(&back).await.expect(303);
    ("sign_in".to_owned(), app.http().get(back).header("cookie", cookie), 400, USED_UP)
}

/// How many entries tell of something that was done.
async fn done(auditor: &Actor<'_>) -> usize {
    entries(auditor, "limit=1000").await.into_iter().filter(|entry| entry.success).count()
}
