//! API tokens by the API and the command line: made with no more than their maker has, and ended at once.

use protocol::{
    access::{Role, Scope, Token},
    audit::AuditPage,
};
use serde_json::{Value, json};
use tests::{Actor, Answer, Setup, TestApp, actor::Credentials, app::PASSWORD, command, eventually, socket::Heard};

const TOKENS: &str = "/api/enterprise/tokens";

pub(crate) async fn makes(actor: &Actor<'_>, body: Value) -> Token {
    actor.post(TOKENS, &body).await.expect(201).json()
}

pub(crate) fn holder<'a>(app: &'a TestApp, token: &Token) -> Actor<'a> {
    Actor::new(app, Credentials::Bearer(token.token.clone().unwrap()))
}

pub(crate) async fn count(actor: &Actor<'_>) -> usize {
    actor.get(TOKENS).await.expect(200).json::<Vec<Token>>().len()
}

pub(crate) async fn is_refused(actor: &Actor<'_>) -> Answer {
    eventually("the token is refused", async || Some(actor.get("/api/status").await).filter(|answer| answer.status == 401)).await
}

#[tokio::test]
async fn the_command_line_holds_a_token_to_a_project_by_its_name() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().named("Engine").create().await;
    user.has_project().named("Other").create().await;

    let made = app.offline(&["token", "create", "--name", "held", "--role", "viewer", "--project", "Engine"], "");

    let held = Actor::new(&app, Credentials::Bearer(command::stdout(&made).trim().to_owned()));
    let seen = held.get("/api/projects").await.expect(200).value();
    assert_eq!(seen["projects"].as_array().unwrap().len(), 1);
    assert_eq!(seen["projects"][0]["id"], json!(project.id()));
}

#[tokio::test]
async fn the_command_line_makes_no_token_that_opens_nothing_where_it_is_held_to() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    ada.has_project().named("Engine").with("owner", json!({"kind": "team", "id": team.id})).create().await;
    let made = |role: &str, limit: [&str; 2]| {
        let mut loki = tests::server::loki();
        loki.args(["token", "create", "--name", "held", "--role", role]).args(limit);
        loki.arg("--data-dir").arg(app.data_dir()).args(["--database-url", app.database_url()]);
        command::run(loki, "")
    };

    for limit in [["--team", "Backend"], ["--project", "Engine"]] {
        let refused = made("operator", limit);
        let words = command::stderr(&refused);
        assert!(!refused.status.success() && words.contains("would open nothing") && words.contains("signed in"), "{words}");
        assert!(made("admin", limit).status.success(), "{limit:?}");
    }
    assert_eq!(count(&ada).await, 2);
}

// TW-09, SC-01, S3-06
#[tokio::test]
async fn a_token_does_what_its_role_does_and_is_shown_once() {
    is_made_used_and_ended(TestApp::start().await).await;
}

#[tokio::test]
async fn a_token_does_what_its_role_does_on_postgres() {
    is_made_used_and_ended(Setup::default().on_postgres().start().await).await;
}

async fn is_made_used_and_ended(app: TestApp) {
    let admin = app.admin().await;
    let made = makes(&admin, json!({"name": "new-dev", "role": "viewer"})).await;
    assert_eq!((made.role, made.scopes.as_slice()), (Some(Role::Viewer), &[Scope::Read][..]));
    // The token that makes it is a little older, and outlived by nothing that it makes.
    let life = made.expires_at.unwrap().millis_since(made.created_at);
    assert!((89 * 86_400_000..=90 * 86_400_000).contains(&life), "{life}");
    assert_eq!(made.created_by, "admin");
    let dev = holder(&app, &made);
    dev.get("/api/status").await.expect(200);
    dev.post("/api/projects", &json!({"name": "A"})).await.expect(403);
    dev.post(TOKENS, &json!({"name": "A"})).await.expect(403);

    let secret = made.token.unwrap();
    for path in [TOKENS, "/api/v2/api-keys", "/api/v2/api-keys/new-dev"] {
        let text = admin.get(path).await.expect(200).text();
        assert!(text.contains("new-dev") && !text.contains("hash") && !text.contains("salt"), "{text}");
        assert!(!text.contains(secret.rsplit_once('_').unwrap().1), "{text}");
    }

    let ended = admin.delete("/api/enterprise/tokens/new-dev").await.expect(200).value();
    assert_eq!(ended, json!({"status": "ok", "action": "revoke", "identifier": "new-dev"}));
    assert_eq!(is_refused(&dev).await.detail(), "Invalid, expired, or revoked token");
    let gone = admin.delete("/api/enterprise/tokens/new-dev").await.expect(404);
    assert!(gone.detail().starts_with("There is no token \"new-dev\""), "{}", gone.detail());
    assert_eq!(count(&admin).await, 1);
    let all: Vec<Token> = admin.get("/api/enterprise/tokens?include_revoked=true").await.expect(200).json();
    assert!(all[0].revoked && all.len() == 2);
    admin.delete(&format!("/api/enterprise/tokens/{}?permanent=true", made.id)).await.expect(200);
    assert_eq!(admin.get("/api/enterprise/tokens?include_revoked=true").await.expect(200).json::<Vec<Token>>().len(), 1);
}

#[tokio::test]
async fn what_is_not_known_makes_no_token() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let cases: [(Value, &str); 18] = [
        (json!({"name": "A", "role": "king"}), "role"),
        (json!({"name": "A", "roles": "viewer"}), "roles"),
        (json!({"name": "A", "scopes": ["read", "fly"]}), "scopes"),
        (json!({"name": "A", "scopes": "*"}), "scopes"),
        (json!({"name": "A", "scopes": []}), "scopes"),
        (json!({"name": "A", "role": "viewer", "scopes": ["read"]}), "scopes"),
        (json!({"name": "A", "role": "viewer", "expires_days": 0}), "expires_days"),
        (json!({"name": "A", "role": "viewer", "expires_days": 3651}), "expires_days"),
        (json!({"name": "A", "role": "viewer", "expires_days": -1}), "expires_days"),
        (json!({"name": "A", "role": "viewer", "allowed_ips": ["example.org"]}), "example.org"),
        (json!({"name": "A", "role": "viewer", "allowed_ips": ["::ffff:10.0.0.0/8"]}), "wider than ipv4"),
        (json!({"name": "A", "role": "viewer", "rate_limit": 0}), "rate_limit"),
        (json!({"role": "viewer"}), "name"),
        (json!({"name": " ", "role": "viewer"}), "name"),
        (json!({"name": "a\nb", "role": "viewer"}), "name"),
        (json!({"name": "x".repeat(10_000), "role": "viewer"}), "name"),
        (json!({"name": "0198c000-0000-7000-8000-000000000000", "role": "viewer"}), "name"),
        (json!({"name": "A", "role": "viewer", "description": "x".repeat(1_001)}), "description"),
    ];
    for path in [TOKENS, "/api/v2/api-keys"] {
        for (body, named) in &cases {
            let answer = admin.post(path, body).await.expect(422);
            assert!(answer.detail().to_lowercase().contains(named), "{body}: {}", answer.detail());
        }
    }
    assert_eq!(count(&admin).await, 1);
    let least = makes(&admin, json!({"name": "Ünïcode 名前 & Co"})).await;
    assert_eq!((least.role, least.name.as_str()), (Some(Role::Viewer), "Ünïcode 名前 & Co"));
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let strong = makes(&admin, json!({"name": "strong", "role": "admin"})).await;
    let clerk = holder(&app, &makes(&admin, json!({"name": "clerk", "scopes": ["admin", "write"]})).await);
    let weak = makes(&clerk, json!({"name": "weak", "scopes": ["read", "write"]})).await;
    holder(&app, &weak).get("/api/status").await.expect(200);

    for (body, needs) in [
        (json!({"name": "A", "role": "admin"}), "\"*\""),
        (json!({"name": "A", "role": "operator"}), "control"),
        (json!({"name": "A", "role": "auditor"}), "audit"),
        (json!({"name": "A", "scopes": ["admin", "control"]}), "control"),
    ] {
        let answer = clerk.post(TOKENS, &body).await.expect(403);
        assert!(answer.detail().contains(needs), "{body}: {}", answer.detail());
    }
    // A new secret of a stronger token would be more, too.
    clerk.post(&format!("/api/v2/api-keys/{}/rotate", strong.id), &json!({})).await.expect(403);
    clerk.put("/api/v2/api-keys/strong", &json!({"allowed_ips": []})).await.expect(403);
    // Nor may it look at a stronger one, or end it.
    clerk.get("/api/v2/api-keys/strong").await.expect(403);
    clerk.delete("/api/v2/api-keys/strong").await.expect(403);
    clerk.delete(&format!("{TOKENS}/{}?permanent=true", strong.id)).await.expect(403);
    let seen: Vec<String> =
        clerk.get(TOKENS).await.expect(200).json::<Vec<Token>>().into_iter().map(|token| token.name).collect();
    assert_eq!(seen, ["weak", "clerk"]);
    assert_eq!(count(&admin).await, 4);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_in_teams_and_on_projects() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    app.person("grace", Role::Admin).await;
    app.person("eve", Role::Viewer).await;
    let team = ada.makes_team("Backend", &[("grace", Role::Operator)]).await;
    let project = ada.has_project().with("owner", json!({"kind": "team", "id": team.id})).create().await.id().to_string();
    let list = ada.get("/api/v2/users?q=grace").await.expect(200).value();
    let grace = list["users"][0]["id"].as_str().unwrap().to_owned();
    let clerk = holder(&app, &makes(&ada, json!({"name": "clerk", "scopes": ["read", "admin"]})).await);
    let (members, shares) = (format!("/api/v2/teams/{}/members", team.id), format!("/api/v2/projects/{project}/shares"));
    let owner = format!("/api/v2/projects/{project}/owner");

    for role in ["operator", "admin", "auditor"] {
        let body = json!({"email": "eve@example.org", "role": role});
        assert!(clerk.post(&members, &body).await.expect(403).detail().contains("the scope"), "{role}");
        assert!(clerk.post(&shares, &body).await.expect(403).detail().contains("the scope"), "{role}");
    }
    // Nor do they take it from who has more.
    clerk.put(&format!("{members}/{grace}"), &json!({"role": "viewer"})).await.expect(403);
    clerk.delete(&format!("{members}/{grace}")).await.expect(403);
    let given = ada.post(&shares, &json!({"email": "grace@example.org", "role": "operator"})).await.expect(201).value();
    clerk.delete(&format!("{shares}/{}", given["id"].as_str().unwrap())).await.expect(403);
    clerk.delete(&format!("/api/v2/users/{grace}/logins")).await.expect(403);
    // Whoever owns a project may do everything with it.
    for body in [json!({"email": "eve@example.org"}), json!({"team_id": team.id}), json!({"installation": true})] {
        clerk.put(&owner, &body).await.expect(403);
    }
    let seen = ada.get(&members).await.expect(200).text();
    assert!(!seen.contains("eve@") && !ada.get(&shares).await.expect(200).text().contains("eve"), "{seen}");

    // What it has, it gives.
    clerk.post(&members, &json!({"email": "eve@example.org", "role": "viewer"})).await.expect(201);
    clerk.post(&shares, &json!({"email": "eve@example.org", "role": "viewer"})).await.expect(201);
    ada.delete(&format!("/api/v2/users/{grace}/logins")).await.expect(204);
    ada.put(&owner, &json!({"email": "eve@example.org"})).await.expect(200);
}

#[tokio::test]
async fn a_token_shrinks_with_the_role_of_who_made_it() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let made = makes(&ada, json!({"name": "of Ada", "role": "admin"})).await;
    let program = holder(&app, &made);
    let child = holder(&app, &makes(&program, json!({"name": "of the program", "role": "operator"})).await);
    child.post("/api/projects", &json!({"name": "A"})).await.expect(201);

    let tx = app.store().await.begin().await.unwrap();
    let ada_row = tx.accounts().by_email("ada@example.org").await.unwrap().unwrap();
    tx.accounts().set_role(ada_row.id, Role::Viewer).await.unwrap();
    tx.commit().await.unwrap();

    for actor in [&program, &child] {
        eventually("only reading is left", async || {
            (actor.post("/api/projects", &json!({"name": "B"})).await.status == 403).then_some(())
        })
        .await;
        actor.get("/api/status").await.expect(200);
    }
    program.get(TOKENS).await.expect(403);
}

#[tokio::test]
async fn what_a_token_made_gets_as_narrow_as_the_token() {
    gets_as_narrow_as_the_token(TestApp::start().await).await;
}

#[tokio::test]
async fn what_a_token_made_gets_as_narrow_as_the_token_on_postgres() {
    gets_as_narrow_as_the_token(Setup::default().on_postgres().start().await).await;
}

async fn gets_as_narrow_as_the_token(app: TestApp) {
    let ada = app.first_admin().await;
    let maker = makes(&ada, json!({"name": "maker", "role": "admin"})).await;
    let program = holder(&app, &maker);
    let child = makes(&program, json!({"name": "child", "role": "admin", "rate_limit": 900})).await;
    makes(&holder(&app, &child), json!({"name": "grandchild", "allowed_ips": ["127.0.0.0/8"], "rate_limit": 50})).await;
    let elsewhere = makes(&program, json!({"name": "elsewhere", "allowed_ips": ["10.0.0.0/8"]})).await;

    ada.put("/api/v2/api-keys/maker", &json!({"allowed_ips": ["127.0.0.1"], "rate_limit": 500})).await.expect(200);

    for (name, limit) in [("maker", 500), ("child", 500), ("grandchild", 50)] {
        let token: Token = ada.get(&format!("/api/v2/api-keys/{name}")).await.expect(200).json();
        assert_eq!((token.allowed_ips.as_slice(), token.rate_limit), (&["127.0.0.1".to_owned()][..], Some(limit)), "{name}");
    }
    let gone: Token = ada.get(&format!("/api/v2/api-keys/{}", elsewhere.id)).await.expect(200).json();
    assert!(gone.revoked);
    // What gets wider does so by itself.
    ada.put("/api/v2/api-keys/maker", &json!({"allowed_ips": [], "rate_limit": 0})).await.expect(200);
    assert_eq!(ada.get("/api/v2/api-keys/child").await.expect(200).json::<Token>().rate_limit, Some(500));
}

#[tokio::test]
async fn what_a_token_makes_is_no_wider_and_ends_with_it() {
    is_no_wider_and_ends_with_it(TestApp::start().await).await;
}

#[tokio::test]
async fn what_a_token_makes_is_no_wider_and_ends_with_it_on_postgres() {
    is_no_wider_and_ends_with_it(Setup::default().on_postgres().start().await).await;
}

async fn is_no_wider_and_ends_with_it(app: TestApp) {
    let ada = app.first_admin().await;
    let body = json!({"name": "maker", "role": "admin", "expires_days": 1, "allowed_ips": ["127.0.0.0/8"], "rate_limit": 1000});
    let maker = makes(&ada, body).await;
    let program = holder(&app, &maker);

    let child = makes(&program, json!({"name": "child", "role": "admin", "expires_days": 3650})).await;
    assert_eq!((child.expires_at, &child.allowed_ips, child.rate_limit), (maker.expires_at, &maker.allowed_ips, Some(1000)));
    let narrow = makes(&program, json!({"name": "narrow", "allowed_ips": ["127.0.0.1"], "rate_limit": 900})).await;
    assert_eq!((narrow.allowed_ips.as_slice(), narrow.rate_limit), (&["127.0.0.1".to_owned()][..], Some(900)));
    for (field, value) in [("allowed_ips", json!(["0.0.0.0/0"])), ("allowed_ips", json!(["::1"])), ("rate_limit", json!(1001))] {
        let refused = program.post(TOKENS, &json!({"name": "wide", field: value})).await.expect(422);
        assert!(refused.detail().contains(field), "{}", refused.detail());
        let refused = program.put("/api/v2/api-keys/maker", &json!({field: value})).await.expect(422);
        assert!(refused.detail().contains(field), "{}", refused.detail());
    }
    // What would take its limits away leaves it with them.
    let same: Token =
        program.put("/api/v2/api-keys/maker", &json!({"allowed_ips": [], "rate_limit": 0})).await.expect(200).json();
    assert_eq!((&same.allowed_ips, same.rate_limit), (&maker.allowed_ips, Some(1000)));
    let newer: Token = program.post("/api/v2/api-keys/maker/rotate", &json!({"grace_period_hours": 1})).await.expect(200).json();
    assert_eq!((newer.expires_at, &newer.allowed_ips, newer.rate_limit), (maker.expires_at, &maker.allowed_ips, Some(1000)));
    let grandchild = makes(&holder(&app, &child), json!({"name": "grandchild", "role": "admin"})).await;
    assert_eq!(grandchild.expires_at, maker.expires_at);
    let other = makes(&ada, json!({"name": "other", "role": "admin"})).await;

    ada.delete(&format!("/api/v2/api-keys/{}", newer.id)).await.expect(204);

    for token in [&newer, &maker, &child, &narrow, &grandchild] {
        is_refused(&holder(&app, token)).await;
    }
    holder(&app, &other).get("/api/status").await.expect(200);
}

#[tokio::test]
async fn the_trail_tells_what_a_token_was_when_it_is_gone() {
    let app = TestApp::start().await;
    let (ada, auditor) = (app.first_admin().await, app.auditor().await);
    let body = json!({"name": "ci", "role": "admin", "expires_days": 7, "allowed_ips": ["10.0.0.0/8"], "rate_limit": 600});
    let made = makes(&ada, body).await;
    let newer: Token = ada.post("/api/v2/api-keys/ci/rotate", &json!({})).await.expect(200).json();
    ada.delete(&format!("{TOKENS}/{}?permanent=true", newer.id)).await.expect(200);

    let page: AuditPage = auditor.get("/api/v2/audit?resource_type=token&limit=1000").await.expect(200).json();

    let of = |action: &str, id: &str| {
        let found = page.entries.iter().find(|entry| entry.action == action && entry.resource_id.as_deref() == Some(id));
        found.unwrap_or_else(|| panic!("no {action} of {id}")).details.clone()
    };
    let (old, new) = (made.id.to_string(), newer.id.to_string());
    let created = of("create", &old);
    let expires = made.expires_at.unwrap().to_string();
    for (field, value) in [
        ("name", "ci"),
        ("role", "admin"),
        ("expires_at", expires.as_str()),
        ("allowed_ips", "10.0.0.0/8"),
        ("rate_limit", "600"),
    ] {
        assert_eq!(created[field].to, value, "{field}");
    }
    assert_eq!(of("rotate", &old)["replacement"].to, new);
    for id in [&old, &new] {
        let deleted = of("delete", id);
        assert_eq!((deleted["name"].from.as_str(), deleted["role"].from.as_str()), ("ci", "admin"));
    }
}

#[tokio::test]
async fn a_token_counts_from_its_addresses_alone() {
    counts_from_its_addresses(Setup::default()).await;
}

#[tokio::test]
async fn a_token_counts_from_its_addresses_alone_on_postgres() {
    counts_from_its_addresses(Setup::default().on_postgres()).await;
}

async fn counts_from_its_addresses(setup: Setup) {
    let app = setup.argument("--trusted-proxies").argument("127.0.0.1").start().await;
    let admin = app.admin().await;
    let made = makes(&admin, json!({"name": "office", "role": "viewer", "allowed_ips": ["10.1.2.3/8", "2001:db8::7"]})).await;
    assert_eq!(made.allowed_ips, ["10.0.0.0/8", "2001:db8::7"]);
    let program = holder(&app, &made);
    let asks_from = async |address: &str| {
        let request = program.request(reqwest::Method::GET, "/api/status");
        let request = if address.is_empty() { request } else { request.header("x-forwarded-for", address) };
        program.send(request).await.status
    };
    for (address, status) in
        [("10.200.0.1", 200), ("2001:db8::7", 200), ("", 401), ("11.0.0.1", 401), ("10.0.0.1, 203.0.113.7", 401), ("odd", 401)]
    {
        assert_eq!(asks_from(address).await, status, "{address}");
    }
    assert_eq!(program.get("/api/status").await.detail(), "Invalid, expired, or revoked token");
    let changed: Token = admin.put("/api/v2/api-keys/office", &json!({"allowed_ips": []})).await.expect(200).json();
    assert!(changed.allowed_ips.is_empty());
    program.get("/api/status").await.expect(200);
    // Networks of IPv4 addresses in the clothes of IPv6 are what they mean.
    let mapped = json!({"allowed_ips": ["::ffff:203.0.113.0/120"]});
    let changed: Token = admin.put("/api/v2/api-keys/office", &mapped).await.expect(200).json();
    assert_eq!(changed.allowed_ips, ["203.0.113.0/24"]);
    for (address, status) in [("203.0.113.7", 200), ("::ffff:203.0.113.7", 200), ("203.0.114.7", 401)] {
        assert_eq!(asks_from(address).await, status, "{address}");
    }
}

#[tokio::test]
async fn without_a_trusted_proxy_no_header_moves_the_client() {
    let app = TestApp::start().await;
    let made = makes(&app.admin().await, json!({"name": "office", "allowed_ips": ["10.0.0.0/8"]})).await;
    let program = holder(&app, &made);
    let request = program.request(reqwest::Method::GET, "/api/status").header("x-forwarded-for", "10.0.0.1");
    program.send(request).await.expect(401);
}

#[tokio::test]
async fn a_revoked_token_closes_its_sockets() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = makes(&admin, json!({"name": "listener", "role": "viewer"})).await;
    let mut socket = holder(&app, &made).listens(None).await;

    admin.delete("/api/enterprise/tokens/listener").await.expect(200);

    assert_eq!(socket.hears().await, Heard::Closed(1008, "signed out".to_owned()));
}

#[tokio::test]
async fn uses_are_counted_and_outlive_a_restart() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let made = makes(&admin, json!({"name": "counted", "role": "viewer"})).await;
    assert_eq!((made.last_used, made.usage_count), (None, 0));
    let program = holder(&app, &made);
    for _ in 0..5 {
        program.get("/api/status").await.expect(200);
    }
    assert!(app.stop());
    app.start_again();

    let seen: Token = admin.get("/api/v2/api-keys/counted").await.expect(200).json();

    assert_eq!(seen.usage_count, 5);
    assert!(seen.last_used.is_some_and(|last| last >= made.created_at));
}

// Whoever counted uses took the rows of tokens in another order than who changed them: PostgreSQL ended one, a list answered 500.
#[tokio::test]
async fn uses_lists_and_changes_at_once_are_all_answered_and_counted_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let admin = app.admin().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(makes(&admin, json!({"name": format!("ci{number}"), "role": "viewer"})).await);
    }
    for round in 0..4 {
        let (app, admin, words) = (&app, &admin, &json!({"description": format!("round {round}")}));
        let all = made.iter().map(|token| async move {
            holder(app, token).get("/api/status").await.expect(200);
            admin.put(&format!("/api/v2/api-keys/{}", token.id), words).await.expect(200);
            admin.get(TOKENS).await.expect(200);
        });
        futures::future::join_all(all).await;
    }

    let seen: Vec<Token> = admin.get(TOKENS).await.expect(200).json();

    for token in &made {
        let seen = seen.iter().find(|seen| seen.id == token.id).unwrap();
        assert_eq!((seen.usage_count, seen.description.as_str()), (4, "round 3"), "{}", seen.name);
    }
}

#[tokio::test]
async fn two_of_one_name_are_told_apart_by_id() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let first = makes(&admin, json!({"name": "twin"})).await;
    makes(&admin, json!({"name": "twin"})).await;

    let answer = admin.delete("/api/enterprise/tokens/twin").await.expect(409);

    assert!(answer.detail().contains("twin") && answer.detail().contains("id"), "{}", answer.detail());
    admin.delete(&format!("/api/enterprise/tokens/{}", first.id)).await.expect(200);
    admin.delete("/api/enterprise/tokens/twin").await.expect(200);
}

#[tokio::test]
async fn tokens_are_kept_on_the_command_line_too() {
    let app = TestApp::start().await;
    let words = ["token", "create", "--name", "ci", "--scope", "read", "--scope", "audit", "--allow-ip", "127.0.0.1"];
    let secret = command::stdout(&app.offline(&words, "")).trim().to_owned();
    let program = Actor::new(&app, Credentials::Bearer(secret.clone()));
    program.get("/api/status").await.expect(200);
    let list = command::stdout(&app.offline(&["token", "list"], ""));
    assert!(list.contains("ci · read audit") && list.contains("by the command line") && !list.contains("loki_"), "{list}");
    let listed: Vec<Token> = serde_json::from_str(&command::stdout(&app.offline(&["token", "list", "--json"], ""))).unwrap();
    assert_eq!((listed[0].scopes.as_slice(), listed.len()), (&[Scope::Read, Scope::Audit][..], 1));

    let replaced = app.offline(&["token", "rotate", "ci", "--grace-hours", "2"], "");
    let new = Actor::new(&app, Credentials::Bearer(command::stdout(&replaced).trim().to_owned()));
    new.get("/api/status").await.expect(200);
    program.get("/api/status").await.expect(200);

    app.offline(&["token", "revoke", "ci"], "");
    is_refused(&new).await;
    is_refused(&program).await;
}

#[tokio::test]
async fn a_person_makes_tokens_in_the_browser() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let made = makes(&ada, json!({"name": "of Ada", "role": "operator"})).await;
    assert_eq!(made.created_by, "Ada");
    app.offline(
        &["user", "create", "--email", "vera@example.org", "--role", "operator", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    let form = [("email", "vera@example.org"), ("password", PASSWORD)];
    let cookie = app.nobody().send_form("/login", &form).await.expect(303).cookie("loki_login").unwrap();
    Actor::new(&app, Credentials::Cookie(cookie)).post(TOKENS, &json!({"name": "A"})).await.expect(403);
}
