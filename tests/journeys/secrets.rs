//! Secrets of the vault in a run: who is given them, and that nobody else ever sees them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::runs::{GateVerdict, Started, Verdict};
use serde_json::json;
use tests::{Actor, ProjectHandle, RunHandle, Setup, TestApp, journal::Stored, specs};

const AGENT: &str = "correct horse/agent+1";
const TESTS: &str = "battery staple/tests+22";
const SHARED: &str = "of-the-project-shared-333";
const OVERRIDDEN: &str = "of-the-installation";
const PREVIEW: &str = "only-for-previews-4444";
const KEY: &str = "the-vaults-own-model-key";
const VALUES: [&str; 6] = [AGENT, TESTS, SHARED, OVERRIDDEN, PREVIEW, KEY];

/// A stand-in for Claude Code: tells what it sees, writes the program and a test that tells the same, and does `more`.
fn agent(folder: &Path, more: &str) -> String {
    let script = r#"#!/bin/sh
if [ "$1" = --version ]; then echo '2.1.197 (Claude Code)'; exit 0; fi
cat > /dev/null
say() { printf '{"type":"assistant","message":{"id":"m","role":"assistant","content":[{"type":"text","text":"%s\\n"}]}}\n' "$1"; }
say "agent sees A ${#AGENT_ONLY} T ${#TESTS_ONLY} S ${#SHARED} P ${#PREVIEW_ONLY} K ${#ANTHROPIC_API_KEY}"
say "plain $AGENT_ONLY $SHARED $ANTHROPIC_API_KEY base64 $(printf %s "$AGENT_ONLY" | base64)"
say "arguments $*"
echo "on its error stream: $SHARED" >&2
say "in two pieces: $(printf %.8s "$AGENT_ONLY")"
mkdir -p tests
printf '#!/bin/sh\nprintf "Hello, %%s!\\n" "$1"\n' > greet
chmod +x greet
cat > tests/run.sh <<'END'
echo "tests see A ${#AGENT_ONLY} T ${#TESTS_ONLY} S ${#SHARED} P ${#PREVIEW_ONLY} K ${#ANTHROPIC_API_KEY}"
echo "plain $TESTS_ONLY $SHARED base64 $(printf %s "me:$TESTS_ONLY" | base64)"
if [ "$(./greet Ada)" = 'Hello, Ada!' ]; then echo '1 passed, 0 failed'; else echo '0 passed, 1 failed'; exit 1; fi
END
printf 'test:\n\t@sh tests/run.sh\n' > Makefile
MORE
printf '{"type":"result","subtype":"success","is_error":false,"result":"Done with %s","total_cost_usd":0.01}\n' "$AGENT_ONLY"
"#;
    let path = folder.join("claude");
    fs::write(&path, script.replace("MORE", more)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_string_lossy().into_owned()
}

async fn app_with(folder: &Path, more: &str) -> TestApp {
    let setup = Setup::default().variable("LOKI_AGENT_CLAUDE", &agent(folder, more));
    setup.variable("ANTHROPIC_API_KEY", "the-key-of-the-environment").start().await
}

/// A project with secrets of its own and of the installation.
async fn project<'a>(admin: &'a Actor<'a>) -> ProjectHandle<'a> {
    let project = admin.has_project().with_spec(specs::ONE).create().await;
    let own = format!("/api/v2/projects/{}/secrets", project.id());
    let secrets = [
        (own.as_str(), "AGENT_ONLY", AGENT, json!(["agent"])),
        (&own, "TESTS_ONLY", TESTS, json!(["tests"])),
        (&own, "SHARED", SHARED, json!(["agent", "tests"])),
        (&own, "PREVIEW_ONLY", PREVIEW, json!(["preview", "terminal"])),
        ("/api/v2/secrets", "SHARED", OVERRIDDEN, json!(["agent", "tests"])),
        ("/api/v2/secrets", "ANTHROPIC_API_KEY", KEY, json!(["agent"])),
    ];
    for (path, name, value, uses) in secrets {
        admin.put(&format!("{path}/{name}"), &json!({"value": value, "uses": uses})).await.expect(200);
    }
    project
}

/// Everything that anybody can see of a run, and what is kept of it.
async fn all_of(admin: &Actor<'_>, run: &RunHandle<'_>) -> Vec<(&'static str, String)> {
    let stored = Stored::read(&admin.app.store().await, run.id).await;
    let prompts: String = stored.calls.iter().map(|call| call.prompt.as_str()).collect();
    let mut rows = format!("{:?}", stored.rows);
    rows.push_str(&format!("{:?}", stored.record.state));
    let transcript = admin.get(&format!("/api/v2/runs/{}/transcript", run.id)).await.expect(200).text();
    let events = admin.events().await.into_iter().filter(|event| event.scope.run_id == Some(run.id));
    vec![
        ("log", run.log_text().await),
        ("timeline", serde_json::to_string(&run.timeline().await).unwrap()),
        ("receipt", serde_json::to_string(&run.receipt().await).unwrap()),
        ("diff", serde_json::to_string(&run.diff().await).unwrap()),
        ("events", serde_json::to_string(&events.collect::<Vec<_>>()).unwrap()),
        ("transcript", transcript),
        ("prompts", prompts),
        ("journal", rows),
        ("server's log", admin.app.log()),
    ]
}

async fn assert_shown_nowhere(admin: &Actor<'_>, run: &RunHandle<'_>) {
    let encoded = VALUES.map(|value| STANDARD.encode(value));
    for (place, text) in all_of(admin, run).await {
        for value in VALUES.into_iter().chain(encoded.iter().map(String::as_str)) {
            assert!(!text.contains(value), "{value} is in the {place}: {text}");
        }
    }
}

#[tokio::test]
async fn each_process_sees_what_is_meant_for_it_and_nobody_else_sees_anything() {
    let folder = tempfile::tempdir().unwrap();
    let app = app_with(folder.path(), "").await;
    let admin = app.admin().await;
    let project = project(&admin).await;

    let run = project.starts_with(json!({"provider": "claude"})).await;
    run.is_verified().await;

    let log = run.log_text().await;
    let (a, t, s, k) = (AGENT.len(), TESTS.len(), SHARED.len(), KEY.len());
    assert!(log.contains(&format!("agent sees A {a} T 0 S {s} P 0 K {k}")), "{log}");
    assert!(log.contains(&format!("tests see A 0 T {t} S {s} P 0 K 0")), "{log}");
    assert!(log.contains("plain ••• ••• ••• base64 •••") && log.contains("plain ••• ••• base64 "), "{log}");
    assert!(log.contains("on its error stream: •••") && log.contains("arguments -p "), "{log}");
    assert_shown_nowhere(&admin, &run).await;
    // The environment of the server is not what the agent was given: the vault wins.
    assert_ne!("the-key-of-the-environment".len(), k);
}

#[tokio::test]
async fn a_teams_secrets_reach_the_projects_that_it_owns_and_no_others() {
    Box::pin(reach_the_teams_projects(|setup| setup)).await;
}

#[tokio::test]
async fn a_teams_secrets_reach_the_projects_that_it_owns_on_postgres() {
    Box::pin(reach_the_teams_projects(Setup::on_postgres)).await;
}

async fn reach_the_teams_projects(on: fn(Setup) -> Setup) {
    let folder = tempfile::tempdir().unwrap();
    let app = on(Setup::default().variable("LOKI_AGENT_CLAUDE", &agent(folder.path(), ""))).start().await;
    let admin = app.admin().await;
    let team = admin.makes_team("Core", &[]).await;
    let owned = admin.has_project().with_spec(specs::ONE).with("owner", json!({"kind": "team", "id": team.id})).create().await;
    let (own, of_team) = (format!("/api/v2/projects/{}/secrets", owned.id()), format!("/api/v2/teams/{}/secrets", team.id));
    let secrets = [
        (own.as_str(), "SHARED", SHARED, json!(["agent", "tests"])),
        (&of_team, "SHARED", OVERRIDDEN, json!(["agent", "tests"])),
        (&of_team, "AGENT_ONLY", AGENT, json!(["agent"])),
        (&of_team, "TESTS_ONLY", TESTS, json!(["tests"])),
        (&of_team, "ANTHROPIC_API_KEY", KEY, json!(["agent"])),
        ("/api/v2/secrets", "ANTHROPIC_API_KEY", PREVIEW, json!(["agent"])),
    ];
    for (path, name, value, uses) in secrets {
        admin.put(&format!("{path}/{name}"), &json!({"value": value, "uses": uses})).await.expect(200);
    }

    let run = owned.starts_with(json!({"provider": "claude"})).await;
    run.is_verified().await;

    let log = run.log_text().await;
    let (a, t, s, k) = (AGENT.len(), TESTS.len(), SHARED.len(), KEY.len());
    assert!(log.contains(&format!("agent sees A {a} T 0 S {s} P 0 K {k}")), "{log}");
    assert!(log.contains(&format!("tests see A 0 T {t} S {s} P 0 K 0")), "{log}");
    assert_shown_nowhere(&admin, &run).await;

    // A project of the installation has the installation's alone.
    let other = admin.has_project().with_spec(specs::ONE).create().await;
    let run = other.starts_with(json!({"provider": "claude"})).await;
    run.is_verified().await;
    let log = run.log_text().await;
    assert!(log.contains(&format!("agent sees A 0 T 0 S 0 P 0 K {}", PREVIEW.len())), "{log}");
}

#[tokio::test]
async fn a_value_in_the_work_is_a_finding_and_is_not_committed() {
    for write in [r#"printf 'password=%s\n' "$AGENT_ONLY" > settings.txt"#, r#"printf %s "$AGENT_ONLY" | base64 > settings.txt"#]
    {
        let folder = tempfile::tempdir().unwrap();
        let app = app_with(folder.path(), write).await;
        let admin = app.admin().await;
        let project = project(&admin).await;

        let run = project.starts_with(json!({"provider": "claude", "limits": {"iterations": 2}})).await;
        let finished = run.finishes().await;

        assert_eq!(finished.verdict, Some(Verdict::NotVerified));
        let gate = run.gate("secrets", |gate| gate.verdict == GateVerdict::Failed).await;
        assert!(gate.summary.contains("a secret of the vault at settings.txt:1"), "{gate:#?}");
        assert!(gate.evidence.contains("AGENT_ONLY"), "{gate:#?}");
        let committed = project.git(&["log", "--branches", "--name-only", "--format="]);
        assert!(!committed.contains("settings.txt"), "{committed}");
        assert_shown_nowhere(&admin, &run).await;

        // A later agent can read all of git's data, and was perhaps never given the secret.
        run.worktree_is_put_away().await;
        let objects = project.git(&["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        assert!(!objects.contains(AGENT) && !objects.contains(&STANDARD.encode(AGENT)), "{objects}");
        assert_eq!(project.git(&["for-each-ref", "refs/loki"]), "");
        let left = fs::read_dir(app.data_dir().join("worktrees")).unwrap().count();
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn the_demo_agents_work_is_tested_with_the_projects_secrets() {
    let app = Setup::default().on_postgres().start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let path = format!("/api/v2/projects/{}/secrets/TESTS_ONLY", project.id());
    user.put(&path, &json!({"value": TESTS, "uses": ["tests"]})).await.expect(200);

    let run = project.starts_run().await;
    run.is_verified().await;
    assert!(!run.log_text().await.contains(TESTS));
}

#[tokio::test]
async fn a_value_in_the_spec_is_shown_nowhere() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let project = project(&admin).await;
    let spec = format!("# Greeter for {SHARED}\n\n- `greet NAME` prints `Hello, NAME {SHARED}!`\n- It never says {AGENT}\n");

    let run = project.starts_with(json!({"prd_text": spec, "limits": {"iterations": 2}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.title, "Greeter for •••");
    assert_shown_nowhere(&admin, &run).await;
    let again: Started = admin.post(&format!("/api/v2/runs/{}/replay", run.id), &json!({})).await.expect(202).json();
    let again = admin.run(again.run_id);
    assert_eq!(again.finishes().await.title, finished.title);
    assert_shown_nowhere(&admin, &again).await;
}

#[tokio::test]
async fn a_secret_that_is_set_later_is_masked_in_a_replay() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let project = admin.has_project().create().await;
    let spec = format!("# Greeter for {SHARED}\n\n- `greet NAME` prints `Hello, NAME!`\n");
    let run = project.starts_with(json!({"prd_text": spec})).await;
    run.is_verified().await;
    let path = format!("/api/v2/projects/{}/secrets/SHARED", project.id());
    admin.put(&path, &json!({"value": SHARED, "uses": []})).await.expect(200);

    let again: Started = admin.post(&format!("/api/v2/runs/{}/replay", run.id), &json!({})).await.expect(202).json();
    assert_eq!(admin.run(again.run_id).now().await.title, "Greeter for •••");
}

#[tokio::test]
async fn a_spec_that_was_queued_without_the_master_key_is_masked_before_anything_is_made_of_it() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let project = project(&admin).await;
    let file = app.data_dir().join("vault.key");
    let key = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let spec = format!("# Greeter for {SHARED}\n\n- `greet NAME` prints `Hello, NAME {SHARED}!`\n- It never says {AGENT}\n");

    let run = project.starts_with(json!({"prd_text": spec, "limits": {"iterations": 2}})).await;
    run.becomes(protocol::runs::RunStatus::NeedsYou).await;
    let held = Stored::read(&app.store().await, run.id).await.record;
    assert!(held.state.tasks.is_empty(), "{:?}", held.state);
    fs::write(&file, key).unwrap();
    run.resume().await.expect(200);
    run.finishes().await;

    assert_shown_nowhere(&admin, &run).await;
    let kept = Stored::read(&app.store().await, run.id).await.record.spec;
    assert!(kept.contains("# Greeter for •••") && !kept.contains(SHARED) && !kept.contains(AGENT), "{kept}");
}

#[tokio::test]
async fn a_run_waits_for_a_person_when_the_master_key_is_gone() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().named("Engine").with_spec(specs::ONE).create().await;
    let path = format!("/api/v2/projects/{}/secrets/TESTS_ONLY", project.id());
    user.put(&path, &json!({"value": TESTS, "uses": ["tests"]})).await.expect(200);
    let file = app.data_dir().join("vault.key");
    let key = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();

    let run = project.starts_run().await;
    let held = run.becomes(protocol::runs::RunStatus::NeedsYou).await;
    assert!(held.reason.as_deref().is_some_and(|reason| reason.contains("vault.key")), "{:?}", held.reason);
    // The spec's own title might hold a value that nobody could mask.
    assert_eq!(held.title, "Engine");

    fs::write(&file, key).unwrap();
    run.resume().await.expect(200);
    run.is_verified().await;
}
