//! Access tokens: a quarter of an hour, no more than the API token that they come from, and they end with it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::access::{
    AccessToken, KeySet,
    Role::{Admin, Operator, Viewer},
};
use serde_json::{Value, json};
use tests::{Actor, Setup, TestApp, actor::Credentials, eventually};

const MINT: &str = "/api/v2/access-tokens";

async fn mints<'a>(actor: &Actor<'a>, body: Value) -> Actor<'a> {
    let minted: AccessToken = actor.post(MINT, &body).await.expect(201).json();
    assert_eq!((minted.token_type.as_str(), minted.expires_in), ("Bearer", 900));
    Actor::new(actor.app, Credentials::Bearer(minted.access_token))
}

#[tokio::test]
async fn an_access_token_does_what_it_was_minted_for_and_ends_with_its_api_token() {
    does_what_it_was_minted_for(TestApp::start().await).await;
}

#[tokio::test]
async fn an_access_token_does_what_it_was_minted_for_on_postgres() {
    does_what_it_was_minted_for(Setup::default().on_postgres().start().await).await;
}

async fn does_what_it_was_minted_for(app: TestApp) {
    let operator = app.operator().await;
    let whole = mints(&operator, json!({})).await;
    whole.post("/api/projects", &json!({"name": "A"})).await.expect(201);
    whole.listens(None).await;
    let reader = mints(&operator, json!({"scopes": ["read"]})).await;
    reader.get("/api/projects").await.expect(200);
    reader.post("/api/projects", &json!({"name": "B"})).await.expect(403);

    for scopes in [json!(["*"]), json!(["audit"]), json!(["admin", "read"])] {
        operator.post(MINT, &json!({"scopes": scopes})).await.expect(403);
    }
    for (body, named) in
        [(json!({"scopes": []}), "scopes"), (json!({"scopes": ["fly"]}), "scopes"), (json!({"role": "admin"}), "role")]
    {
        assert!(operator.post(MINT, &body).await.expect(422).detail().to_lowercase().contains(named), "{body}");
    }
    // One cannot mint the next.
    whole.post(MINT, &json!({})).await.expect(403);

    app.offline(&["token", "revoke", "operator"], "");
    eventually("it ended with its token", async || (whole.get("/api/status").await.status == 401).then_some(())).await;
    assert_eq!(reader.get("/api/status").await.expect(401).detail(), "Invalid, expired, or revoked token");
}

#[tokio::test]
async fn an_access_token_of_one_that_is_held_to_a_project_works_there_and_nowhere_else() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (one, other) = (ada.has_project().named("One").create().await, ada.has_project().named("Other").create().await);
    let body = json!({"name": "held", "role": "operator", "projects": [one.id()]});
    let made: Value = ada.post("/api/v2/api-keys", &body).await.expect(201).value();
    let held = Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));
    let change = json!({"description": "x"});

    for scopes in [json!({}), json!({"scopes": ["write"]})] {
        let short = mints(&held, scopes).await;
        short.put(&format!("/api/projects/{}", one.id()), &change).await.expect(200);
        short.put(&format!("/api/projects/{}", other.id()), &change).await.expect(404);
        short.post("/api/projects", &json!({"name": "B"})).await.expect(403);
    }
    let reader = mints(&held, json!({"scopes": ["read"]})).await;
    reader.put(&format!("/api/projects/{}", one.id()), &change).await.expect(403);
    for scopes in [json!(["*"]), json!(["admin"]), json!(["audit"])] {
        held.post(MINT, &json!({"scopes": scopes})).await.expect(403);
    }
}

#[tokio::test]
async fn an_access_token_says_nothing_of_what_its_api_token_is_not_held_to() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let grace = app.person("grace", Admin).await;
    let one = ada.makes_team("One", &[("grace", Viewer)]).await;
    let other = ada.makes_team("Other", &[("grace", Operator)]).await;
    // Where nobody but its owner has more than their role in the installation.
    let open = ada.has_project().named("Open").create().await.id();
    let of_other = ada.has_project().named("Of other").with("owner", json!({"kind": "team", "id": other.id})).create().await.id();
    let mut held = Vec::new();
    for limits in [
        json!({"teams": [one.id]}),
        json!({"teams": [other.id]}),
        json!({"projects": [open]}),
        json!({"projects": [of_other]}),
        json!({"projects": [open], "teams": [one.id]}),
    ] {
        let mut body = json!({"name": format!("of {limits}"), "role": "operator"});
        body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        let made: Value = grace.post("/api/v2/api-keys", &body).await.expect(201).value();
        held.push(Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned())));
    }
    let list = ada.get("/api/v2/users?q=grace").await.expect(200).value();
    let grace = format!("/api/v2/users/{}", list["users"][0]["id"].as_str().unwrap());
    ada.put(&grace, &json!({"role": "viewer"})).await.expect(200);

    let operates = "read write control";
    for (program, expected) in held.iter().zip(["read", operates, "read", operates, "read"]) {
        assert_eq!(program.post(MINT, &json!({})).await.expect(201).json::<AccessToken>().scope, expected);
    }
    held[0].post(MINT, &json!({"scopes": ["control"]})).await.expect(403);
}

#[tokio::test]
async fn an_access_token_makes_and_replaces_no_api_tokens() {
    let app = TestApp::start().await;
    let short = mints(&app.admin().await, json!({})).await;

    for path in ["/api/v2/api-keys", "/api/enterprise/tokens"] {
        let refused = short.post(path, &json!({"name": "A"})).await.expect(403);
        assert!(refused.detail().contains("access token"), "{}", refused.detail());
    }
    short.post("/api/v2/api-keys/admin/rotate", &json!({})).await.expect(403);
    short.put("/api/v2/api-keys/admin", &json!({"rate_limit": 0})).await.expect(403);
    assert_eq!(short.get("/api/v2/api-keys").await.expect(200).value()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_changed_counts_for_nothing() {
    let app = TestApp::start().await;
    let good = mints(&app.viewer().await, json!({})).await.secret();
    let parts: Vec<&str> = good.split('.').collect();
    let other = app.operator().await;
    let foreign = mints(&other, json!({})).await.secret();
    let foreign: Vec<&str> = foreign.split('.').collect();
    for jwt in [
        format!("{}.{}.{}", parts[0], foreign[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("eyJhbGciOiJub25lIn0.{}.", parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        "a.b.c".to_owned(),
    ] {
        let answer = Actor::new(&app, Credentials::Bearer(jwt)).get("/api/status").await.expect(401);
        assert_eq!(answer.detail(), "Invalid, expired, or revoked token");
    }
    app.nobody().get(&format!("/api/status?x={good}")).await.expect(401);
}

#[tokio::test]
async fn an_access_token_is_of_this_server_and_for_it() {
    let app = TestApp::start().await;
    let jwt = mints(&app.viewer().await, json!({})).await.secret();
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let url = app.url();
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(url.as_str()), Some(url.as_str())));
}

#[tokio::test]
async fn the_keys_are_public_and_outlive_a_restart() {
    let app = TestApp::start().await;
    let program = mints(&app.viewer().await, json!({})).await;
    let keys: KeySet = app.get("/.well-known/jwks.json").await.expect(200).json();
    let key = &keys.keys[0];
    assert_eq!((key.kty.as_str(), key.crv.as_str(), key.alg.as_str(), key.usage.as_str()), ("OKP", "Ed25519", "EdDSA", "sig"));
    assert_eq!((keys.keys.len(), key.x.len()), (1, 43));
    assert!(app.stop());
    app.start_again();
    assert_eq!(app.get("/.well-known/jwks.json").await.expect(200).json::<KeySet>(), keys);
    // The issuer is the server's address, and another port is another one.
    program.get("/api/status").await.expect(401);
}
