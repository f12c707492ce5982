//! Who may do what: every route of the OpenAPI document has a row here, and each row is tried as every role.

use std::collections::BTreeSet;

use protocol::access::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Actor, Browser, Setup, TestApp, actor::Credentials, app::PASSWORD};

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    Read,
    Write,
    Control,
    Audit,
    Admin,
    /// An API token, whatever its role.
    Token,
}

use Needs::{Admin, Audit, Control, Nothing, Read, Token, Write};

/// Names nothing, so that nothing changes while all roles try.
const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

/// Method and path as the document writes them, what a caller needs, and the answer to whoever has it.
const TABLE: [(&str, &str, Needs, u16); 51] = [
    ("get", "/health", Nothing, 200),
    ("get", "/metrics", Read, 200),
    ("get", "/api/status", Read, 200),
    ("get", "/api/events", Read, 200),
    ("get", "/api/agents", Read, 200),
    ("get", "/api/projects", Read, 200),
    ("post", "/api/projects", Write, 201),
    ("get", "/api/projects/{id}", Read, 404),
    ("put", "/api/projects/{id}", Write, 404),
    ("delete", "/api/projects/{id}", Write, 404),
    ("post", "/api/control/start", Control, 404),
    ("post", "/api/control/pause", Control, 404),
    ("post", "/api/control/resume", Control, 404),
    ("post", "/api/control/stop", Control, 404),
    ("get", "/api/v2/runs", Read, 200),
    ("get", "/api/v2/runs/{id}", Read, 404),
    ("get", "/api/v2/runs/{id}/timeline", Read, 404),
    ("get", "/api/v2/runs/{id}/receipt", Read, 404),
    ("get", "/api/v2/runs/{id}/diff", Read, 404),
    ("get", "/api/v2/runs/{id}/log", Read, 404),
    ("get", "/api/v2/runs/{id}/transcript", Read, 404),
    ("post", "/api/v2/runs/{id}/cancel", Control, 404),
    ("post", "/api/v2/runs/{id}/replay", Control, 404),
    ("get", "/api/templates", Read, 200),
    ("get", "/api/templates/{name}", Read, 200),
    ("get", "/api/enterprise/tokens", Admin, 200),
    ("post", "/api/enterprise/tokens", Admin, 201),
    ("delete", "/api/enterprise/tokens/{id}", Admin, 404),
    ("get", "/api/v2/api-keys", Admin, 200),
    ("post", "/api/v2/api-keys", Admin, 201),
    ("get", "/api/v2/api-keys/{id}", Admin, 404),
    ("put", "/api/v2/api-keys/{id}", Admin, 404),
    ("delete", "/api/v2/api-keys/{id}", Admin, 404),
    ("post", "/api/v2/api-keys/{id}/rotate", Admin, 404),
    ("get", "/api/enterprise/audit", Audit, 200),
    ("get", "/api/enterprise/audit/summary", Audit, 200),
    ("get", "/api/v2/audit", Audit, 200),
    ("get", "/api/v2/audit/verify", Audit, 200),
    ("get", "/api/v2/audit/export", Audit, 200),
    ("get", "/api/v2/logins", Read, 200),
    ("delete", "/api/v2/logins", Read, 200),
    ("delete", "/api/v2/logins/{id}", Read, 404),
    // Without its fields.
    ("put", "/api/v2/password", Read, 422),
    ("get", "/api/v2/users", Admin, 200),
    ("put", "/api/v2/users/{id}", Admin, 404),
    ("delete", "/api/v2/users/{id}", Admin, 404),
    ("delete", "/api/v2/users/{id}/logins", Admin, 404),
    ("post", "/api/v2/access-tokens", Token, 201),
    ("get", "/.well-known/jwks.json", Nothing, 200),
    ("get", "/api/enterprise/status", Nothing, 200),
    // Without an upgrade; with one it is tried in `sockets`.
    ("get", "/ws", Read, 400),
];

fn has(role: Role, needs: Needs) -> bool {
    match role {
        Role::Admin => true,
        Role::Operator => !matches!(needs, Audit | Admin),
        Role::Viewer => matches!(needs, Nothing | Read | Token),
        Role::Auditor => matches!(needs, Nothing | Read | Audit | Token),
    }
}

fn body(path: &str) -> Value {
    match path {
        "/api/projects" => json!({"name": "Tried by a role"}),
        "/api/control/start" => json!({"project_id": UNKNOWN, "provider": "demo", "prd_text": "Make it"}),
        "/api/control/pause" | "/api/control/resume" | "/api/control/stop" => json!({"session_id": UNKNOWN}),
        "/api/enterprise/tokens" | "/api/v2/api-keys" => json!({"name": "Tried by a role", "role": "viewer"}),
        _ => json!({}),
    }
}

fn request(actor: &Actor<'_>, method: &str, path: &str) -> RequestBuilder {
    let address = path.replace("{id}", UNKNOWN).replace("{name}", "cli-tool");
    let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let request = actor.request(verb, &address);
    let plain = path.split('?').next().unwrap();
    // What opens a socket has to say where it comes from, too.
    let request = if plain == "/ws" { request.header("origin", actor.app.url()) } else { request };
    if matches!(method, "post" | "put") { request.json(&body(plain)) } else { request }
}

async fn answer(actor: &Actor<'_>, method: &str, path: &str) -> u16 {
    actor.send(request(actor, method, path)).await.status
}

async fn documented(app: &TestApp) -> BTreeSet<(String, String)> {
    let document = app.get("/openapi.json").await.expect(200).value();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone())))
        .collect()
}

#[tokio::test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let app = TestApp::start().await;
    let rows: BTreeSet<(String, String)> =
        TABLE.iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(documented(&app).await, rows);
}

// TW-09, TW-11
#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    each_role_is_held_to_the_table(TestApp::start().await).await;
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_on_postgres() {
    each_role_is_held_to_the_table(Setup::default().on_postgres().start().await).await;
}

async fn each_role_is_held_to_the_table(app: TestApp) {
    let mut wrong = Vec::new();
    for role in Role::ALL {
        for (transport, actor) in [("bearer", app.token(role)), ("cookie", person(&app, role).await)] {
            for (method, path, needs, allowed) in TABLE {
                let may = has(role, needs) && (needs != Token || transport == "bearer");
                let expected = if may { allowed } else { 403 };
                let got = answer(&actor, method, path).await;
                if got != expected {
                    wrong.push(format!("{} by {transport} {method} {path}: {got} instead of {expected}", role.as_str()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_proves_nothing_opens_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let nobody = app.nobody();
    let revoked = app.viewer().await;
    app.offline(&["token", "revoke", "viewer"], "");
    let mut wrong = Vec::new();
    for (method, path, needs, allowed) in TABLE {
        let expected = if needs == Nothing { allowed } else { 401 };
        let in_query = format!("{path}?token={}", admin.secret());
        let answers = [
            ("nobody", answer(&nobody, method, path).await),
            ("a token in the address", answer(&nobody, method, &in_query).await),
            ("an admin's token in the address too", answer(&admin, method, &in_query).await),
            ("a revoked token", answer(&revoked, method, path).await),
            ("Basic", with(&nobody, method, path, ("authorization", "Basic bG9raTpsb2tp")).await),
            ("a token without its scheme", with(&nobody, method, path, ("authorization", admin.secret())).await),
            ("a made-up cookie", with(&nobody, method, path, ("cookie", "loki_login=AAAAAAAAAAAAAAAAAAAAAA")).await),
        ];
        for (what, got) in answers {
            if got != expected {
                wrong.push(format!("{what} {method} {path}: {got} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A request of a browser on a page of this server, with another header.
async fn with(actor: &Actor<'_>, method: &str, path: &str, (name, value): (&str, &str)) -> u16 {
    let request = request(actor, method, path).header("origin", actor.app.url()).header(name, value);
    actor.send(request).await.status
}

/// Somebody of that role in a browser.
async fn person(app: &TestApp, role: Role) -> Actor<'_> {
    let email = format!("{}@example.org", role.as_str());
    let words = ["user", "create", "--email", &email, "--role", role.as_str(), "--password-stdin"];
    app.offline(&words, &format!("{PASSWORD}\n"));
    let form = [("email", email.as_str()), ("password", PASSWORD)];
    let answer = app.nobody().send_form("/login", &form).await.expect(303);
    Actor::new(app, Credentials::Cookie(answer.cookie("loki_login").unwrap()))
}

/// Routes of browsers, which no document lists: what they answer nobody, and somebody who is
/// signed in.
const BROWSER: [(&str, &str, u16, u16); 11] = [
    // With an empty form: back to the page, with a code for its words.
    ("post", "/login", 303, 303),
    ("post", "/logout", 303, 303),
    ("post", "/setup", 303, 303),
    ("get", "/reset", 200, 200),
    ("post", "/reset", 401, 401),
    ("get", "/login/with/{provider}", 404, 404),
    ("get", "/login/callback/{provider}", 404, 404),
    ("get", "/account/sign-in-methods", 303, 200),
    ("post", "/account/sign-in-methods/link/{provider}", 303, 404),
    ("post", "/account/sign-in-methods/unlink", 303, 422),
    // Server functions; each asks for its actor.
    ("any", "/ui/{*name}", 400, 400),
];

#[tokio::test]
async fn every_route_of_browsers_has_a_row_and_answers_as_it_says() {
    let source = include_str!("../../server/src/pages.rs");
    let mut listed: BTreeSet<&str> = source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(source.contains(".route(linked::PAGE"));
    listed.insert("/account/sign-in-methods");
    assert_eq!(listed, BROWSER.iter().map(|(_, path, ..)| *path).collect());

    let app = TestApp::start().await;
    app.first_admin().await;
    let mut wrong = Vec::new();
    for (method, path, nobody, signed_in) in BROWSER {
        for (who, expected) in [("nobody", nobody), ("somebody", signed_in)] {
            let browser = Browser::new(&app);
            if who == "somebody" {
                browser.posts("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(303);
            }
            let address = path.replace("{provider}", "nowhere").replace("{*name}", "nothing");
            let answer = if method == "post" { browser.posts(&address, &[]).await } else { browser.opens(&address).await };
            if answer.status != expected {
                wrong.push(format!("{who} {method} {path}: {} instead of {expected}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_refusal_names_the_missing_scope() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;

    let answer = viewer.post("/api/control/stop", &json!({"session_id": UNKNOWN})).await.expect(403);

    assert!(answer.detail().contains("control"), "{}", answer.detail());
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.value()["request_id"], answer.header("x-request-id"));
}
