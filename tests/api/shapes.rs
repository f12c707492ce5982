//! What the API answers, field by field. Clients of the predecessor's SDK rely on these names.

use protocol::runs::RunStatus;
use serde_json::{Map, Value, json};
use tests::{Setup, TestApp, command, server, specs};

/// A value with all that differs from run to run, or with the demo agent's skill, replaced by what it is. Of a list its first
/// item stands for all.
fn plain(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), plain(key, value)));
            Value::Object(fields.collect::<Map<String, Value>>())
        }
        Value::Array(items) => Value::Array(items.iter().take(1).map(|item| plain(key, item)).collect()),
        Value::String(text) => Value::String(plain_text(key, text)),
        Value::Number(_) if key.ends_with("_ms") || COUNTS.contains(&key) => json!(0),
        other => other.clone(),
    }
}

const COUNTS: [&str; 8] =
    ["usage_count", "uptime_seconds", "seq", "added", "removed", "lines_added", "lines_removed", "files_changed"];

fn plain_text(key: &str, text: &str) -> String {
    let is_hex = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_time = text.len() == 24 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    let shown = match key {
        "version" | "loki_version" => "[version]",
        "path" | "worktree" if text.starts_with('/') => "[path]",
        "status_url" => "[address]",
        "next" => "[cursor]",
        "actor" => "[actor]",
        "agent_claim" | "commits" | "evidence" | "header" | "seen" | "source" | "summary" | "text" => "[words]",
        _ if uuid::Uuid::parse_str(text).is_ok() => "[id]",
        _ if is_time => "[time]",
        _ if is_hex => "[hash]",
        _ => text,
    };
    shown.to_owned()
}

#[track_caller]
fn assert_shape(name: &str, value: &Value) {
    let text = serde_json::to_string_pretty(&plain("", value)).unwrap();
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, text);
    });
}

#[tokio::test]
async fn answers_have_the_documented_shapes() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with("description", json!("Says hello")).with_spec(specs::ONE).create().await;
    let started =
        project.asks_to_start(json!({"limits": {"iterations": 4, "minutes": 5, "cost_usd": 2.5}})).await.expect(202).value();
    let run = user.run(serde_json::from_value(started["run_id"].clone()).unwrap());
    run.is_verified().await;
    let get = async |path: &str| user.get(path).await.expect(200).value();
    let id = run.id;

    assert_shape("health", &get("/health").await);
    assert_shape("status", &get("/api/status").await);
    assert_shape("project", &get(&format!("/api/projects/{}", project.id())).await);
    assert_shape("projects", &get("/api/projects").await);
    assert_shape("started", &started);
    assert_shape("run", &get(&format!("/api/v2/runs/{id}")).await);
    assert_shape("runs", &get("/api/v2/runs").await);
    assert_shape("timeline", &get(&format!("/api/v2/runs/{id}/timeline")).await);
    assert_shape("receipt", &get(&format!("/api/v2/runs/{id}/receipt")).await);
    assert_shape("diff", &get(&format!("/api/v2/runs/{id}/diff")).await);
    assert_shape("log", &get(&format!("/api/v2/runs/{id}/log?limit=1")).await);
    assert_shape("events", &get("/api/events?limit=2").await);
    assert_shape("template", &get("/api/templates/cli-tool").await);
    assert_shape("error", &user.get("/api/projects?limit=0").await.expect(422).value());
}

#[tokio::test]
async fn the_status_shows_a_run_that_works() {
    let app = Setup::default().demo("--misbehave slow=60").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.becomes(RunStatus::Working).await;

    assert_shape("status_running", &user.get("/api/status").await.expect(200).value());
}

#[tokio::test]
async fn tokens_have_the_documented_shapes() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"name": "ci", "role": "operator", "expires_days": 90, "allowed_ips": ["127.0.0.1"], "rate_limit": 600});
    let mut made = admin.post("/api/enterprise/tokens", &body).await.expect(201).value();
    made["token"] = json!("[secret]");
    assert_shape("token_made", &made);
    assert_shape("tokens", &admin.get("/api/enterprise/tokens").await.expect(200).value());
    assert_shape("api_keys", &admin.get("/api/v2/api-keys").await.expect(200).value());
    assert_shape("token_ended", &admin.delete("/api/enterprise/tokens/ci").await.expect(200).value());
}

#[tokio::test]
async fn the_audit_trail_has_the_documented_shapes() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let project = admin.has_project().named("Before").create().await;
    admin.put(&format!("/api/projects/{}", project.id()), &json!({"name": "After"})).await.expect(200);
    assert_shape("audit", &admin.get("/api/v2/audit?limit=1").await.expect(200).value());
    let text = admin.get("/api/enterprise/audit/summary").await.expect(200).text();
    // Who did it stands here as a name of a field.
    let id = text.split("\"token:").nth(1).and_then(|rest| rest.get(..36)).unwrap_or_default();
    assert_shape("audit_summary", &serde_json::from_str(&text.replace(id, "[id]")).unwrap());
    assert_shape("audit_verdict", &admin.get("/api/v2/audit/verify").await.expect(200).value());
}

#[tokio::test]
async fn all_thirteen_templates_are_listed() {
    let app = TestApp::start().await;
    let list = app.viewer().await.get("/api/templates").await.expect(200).value();
    let names: Vec<&str> =
        list["templates"].as_array().unwrap().iter().map(|template| template["name"].as_str().unwrap()).collect();
    let expected = [
        "cli-tool",
        "dashboard",
        "data-pipeline",
        "discord-bot",
        "game",
        "microservice",
        "npm-library",
        "rest-api",
        "rest-api-auth",
        "saas-starter",
        "slack-bot",
        "static-landing-page",
        "web-scraper",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[tokio::test]
async fn agents_say_what_they_are_and_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let claude = folder.path().join("claude");
    command::script(&claude, "#!/bin/sh\necho '9.8.7 (Claude Code)'\n");
    let app = Setup::default().variable("LOKI_AGENT_CLAUDE", &claude.to_string_lossy()).start().await;
    let list = app.viewer().await.get("/api/agents").await.expect(200).value();
    let agents = list["agents"].as_array().unwrap();
    let of = |name: &str| agents.iter().find(|agent| agent["provider"] == name).unwrap();
    let found = |name: &str| {
        let agent = of(name);
        (agent["available"].clone(), agent["demo"].clone(), agent["version"].clone(), agent["path"].clone())
    };
    // Where each was found, and in which version.
    assert_eq!(found("claude"), (json!(true), json!(false), json!("9.8.7 (Claude Code)"), json!(claude)));
    assert_eq!(found("demo"), (json!(true), json!(true), json!(env!("CARGO_PKG_VERSION")), json!(server::binary())));
    assert_eq!(of("acp")["available"], json!(false));
    assert!(of("acp")["problem"].as_str().unwrap().contains("LOKI_AGENT_ACP"), "{}", of("acp"));
}

// TW-08
#[tokio::test]
async fn metrics_count_runs_and_requests() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;

    let text = user.get("/metrics").await.expect(200).text();

    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("loki_") && value.parse::<f64>().is_ok(), "{line}");
    }
    assert!(text.contains("status=\"finished\""), "{text}");
    let figure = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    assert_eq!((figure("loki_iterations_total "), figure("loki_tasks_completed_total ")), (Some(1), Some(1)), "{text}");
    assert!(text.contains("/api/projects"), "{text}");
}

#[tokio::test]
async fn every_answer_says_what_it_is() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (json, html, plain) = ("application/json", "text/html; charset=utf-8", "charset=utf-8");
    for (path, kind) in [
        ("/health", json),
        ("/openapi.json", json),
        ("/api/status", json),
        ("/api/nothing", json),
        ("/api/v2/runs?limit=x", json),
        ("/docs", html),
        ("/setup", html),
        ("/projects", html),
        ("/nothing", html),
        ("/reset", html),
        ("/login/with/nowhere", html),
        ("/metrics", plain),
        ("/api/v2/audit/export?format=csv", plain),
        ("/theme.js", plain),
        ("/page.js", plain),
        ("/switcher.js", plain),
        ("/inbox.js", plain),
        ("/rows.js", plain),
    ] {
        let answer = admin.get(path).await;
        let found = answer.header("content-type");
        assert!(found == kind || found.ends_with(&format!("; {kind}")), "{path}: {found}");
    }
}
