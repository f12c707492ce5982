//! Who may do what: every route of the router has a row, and each row is tried by nobody and as every role over every
//! transport. `roles/rows.rs` says how a new route gets its row.

mod functions;
mod listed;
mod pages;
mod projects;
mod rest;
mod rows;

use std::collections::BTreeSet;

use base64::Engine as _;
use protocol::access::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Setup, TestApp, app::PASSWORD};

use rows::{For, Needs, Row, UNKNOWN};

/// How a caller says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Nothing,
    Cookie,
    Bearer,
    /// A token in the address: it does not count.
    Query,
    /// A token in the address beside a good one: addresses end up in logs, so that does not count either.
    QueryBesideBearer,
    /// A token as a password: it does not count.
    Basic,
    /// A token without its scheme.
    Bare,
}

/// Somebody who tries all rows.
struct Caller {
    role: Option<Role>,
    transport: Transport,
    /// A token, or the value of the login's cookie.
    secret: String,
}

fn table() -> Vec<Row> {
    [rest::rows(), functions::rows(), pages::rows()].concat()
}

#[tokio::test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let app = TestApp::start().await;
    let rows: BTreeSet<listed::Route> = table().iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    let routes = listed::routes(&app).await;

    let without: Vec<_> = routes.difference(&rows).collect();
    let stale: Vec<_> = rows.difference(&routes).collect();

    assert!(without.is_empty(), "routes without a row in tests/api/roles/: {without:#?}");
    assert!(stale.is_empty(), "rows of routes that are not there: {stale:#?}");
}

// TW-09, TW-11
#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    everybody_is_held_to_the_table(Setup::default().argument("--limits").argument("off").start().await).await;
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_on_postgres() {
    everybody_is_held_to_the_table(Setup::default().on_postgres().argument("--limits").argument("off").start().await).await;
}

async fn everybody_is_held_to_the_table(app: TestApp) {
    let mut known = Vec::new();
    let mut unknown = vec![Caller { role: None, transport: Transport::Nothing, secret: String::new() }];
    let made_up = "AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    unknown.push(Caller { role: None, transport: Transport::Cookie, secret: made_up });
    let revoked = app.token(Role::Admin).secret();
    app.offline(&["token", "revoke", Role::Admin.as_str()], "");
    unknown.push(Caller { role: None, transport: Transport::Bearer, secret: revoked });
    for role in Role::ALL {
        let token = app.token(role).secret();
        for transport in [Transport::Query, Transport::QueryBesideBearer, Transport::Basic, Transport::Bare] {
            unknown.push(Caller { role: Some(role), transport, secret: token.clone() });
        }
        known.push(Caller { role: Some(role), transport: Transport::Bearer, secret: token });
        known.push(Caller { role: Some(role), transport: Transport::Cookie, secret: login(&app, role).await });
    }
    let before = done(&app).await;
    let mut wrong = tried(&app, &unknown).await;
    assert_eq!(done(&app).await, before, "who is not known changes nothing");
    wrong.extend(tried(&app, &known).await);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A person with that role who signed in.
async fn login(app: &TestApp, role: Role) -> String {
    let email = format!("{}@example.org", role.as_str());
    let words = ["user", "create", "--email", &email, "--role", role.as_str(), "--password-stdin"];
    app.offline(&words, &format!("{PASSWORD}\n"));
    let answer = app.nobody().send_form("/login", &[("email", &email), ("password", PASSWORD)]).await.expect(303);
    answer.cookie("loki_login").unwrap()
}

/// How often the trail says that something was done.
async fn done(app: &TestApp) -> u64 {
    let filter = store::AuditFilter { outcome: Some("done".to_owned()), ..store::AuditFilter::default() };
    let (tx, order) = (app.store().await.read().await.unwrap(), store::AuditOrder::Newest { before: None });
    u64::try_from(tx.audit().find(&filter, order, (0, 10_000)).await.unwrap().len()).unwrap()
}

/// What is not as the table says, of all callers, who ask at the same time.
async fn tried(app: &TestApp, callers: &[Caller]) -> Vec<String> {
    let table = table();
    let table = &table;
    let each = callers.iter().map(|caller| async move {
        let mut wrong = Vec::new();
        for row in table {
            if let Err(words) = try_row(app, caller, row).await {
                let who = caller.role.map_or("nobody", Role::as_str);
                wrong.push(format!("{who} by {:?}: {} {}: {words}", caller.transport, row.method, row.path));
            }
        }
        wrong
    });
    futures::future::join_all(each).await.concat()
}

async fn try_row(app: &TestApp, caller: &Caller, row: &Row) -> Result<(), String> {
    let response = request(app, caller, row, UNKNOWN).send().await.unwrap();
    let (got, expected) = (response.status().as_u16(), expected(caller, row));
    if got != expected {
        return Err(format!("{got} instead of {expected}"));
    }
    if got == 101 || row.client == For::People || !matches!(got, 401 | 403) {
        return Ok(());
    }
    // Refusals are calm, and name the request.
    let id = response.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    let body: Value = response.json().await.map_err(|error| error.to_string())?;
    let tells = |detail: &str| !caller.secret.is_empty() && detail.contains(&caller.secret);
    let is_calm = body["detail"].as_str().is_some_and(|detail| !detail.is_empty() && !tells(detail));
    if is_calm && id.is_some() && body["request_id"].as_str() == id.as_deref() {
        Ok(())
    } else {
        Err(format!("the refusal is {body}"))
    }
}

fn expected(caller: &Caller, row: &Row) -> u16 {
    if row.is_for_browsers() && caller.transport == Transport::Bearer {
        return 403;
    }
    let Some(role) = caller.role else { return row.unknown };
    match caller.transport {
        Transport::Bearer if row.needs.has(role) => row.token.unwrap_or(row.allowed),
        Transport::Cookie if row.needs.has(role) && row.needs != Needs::Token => row.allowed,
        Transport::Bearer | Transport::Cookie => row.refused,
        // Not even where everybody is answered.
        Transport::Query | Transport::QueryBesideBearer => 401,
        Transport::Nothing | Transport::Basic | Transport::Bare => row.unknown,
    }
}

fn request(app: &TestApp, caller: &Caller, row: &Row, id: &str) -> RequestBuilder {
    let mut address = format!("{}{}", app.url(), row.address(id));
    if matches!(caller.transport, Transport::Query | Transport::QueryBesideBearer) {
        let mark = if address.contains('?') { '&' } else { '?' };
        address = format!("{address}{mark}token={}", caller.secret);
    }
    let method = Method::from_bytes(row.method.to_uppercase().as_bytes()).unwrap();
    let request = app.http().request(method, address);
    let (accept, kind) = match row.client {
        For::People => ("text/html", "application/x-www-form-urlencoded"),
        For::Interface => ("application/json", "application/x-www-form-urlencoded"),
        For::Programs | For::Sockets => ("application/json", "application/json"),
    };
    let mut request = request.header("accept", accept);
    if row.method != "get" {
        request = request.header("content-type", kind).body(row.body(id));
    }
    if row.client == For::Sockets {
        request = request.header("connection", "upgrade").header("upgrade", "websocket");
        request = request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    }
    match caller.transport {
        Transport::Nothing | Transport::Query => request.header("origin", app.url()),
        Transport::Cookie => request.header("origin", app.url()).header("cookie", format!("loki_login={}", caller.secret)),
        Transport::Bearer | Transport::QueryBesideBearer => request.bearer_auth(&caller.secret),
        Transport::Bare => request.header("origin", app.url()).header("authorization", &caller.secret),
        Transport::Basic => {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("loki:{}", caller.secret));
            request.header("origin", app.url()).header("authorization", format!("Basic {pair}"))
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_missing_scope() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;

    let answer = viewer.post("/api/projects", &json!({"name": "A"})).await.expect(403);

    assert!(answer.detail().contains("write"), "{}", answer.detail());
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.value()["request_id"], answer.header("x-request-id"));
}
