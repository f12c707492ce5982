//! Claude Code itself, from npm, against a stand-in for the Messages API.
//!
//! `make test` installs it and says where it is, in `LOKI_TEST_CLAUDE`.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use domain::ports::agent::{AgentEvent, AgentOutcome};
use protocol::agents::ProviderId;
use serde_json::{Value, json};

use crate::support::Scene;

struct Stub(Child);

impl Drop for Stub {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A scene with Claude Code and a stub that follows `script`.
fn scene(script: &Value) -> (Scene, Stub) {
    let mut scene = Scene::new();
    let claude =
        std::env::var_os("LOKI_TEST_CLAUDE").expect("LOKI_TEST_CLAUDE is not set: `make test` installs Claude Code and sets it");
    scene.config.claude = Some(claude.into());
    scene.config.search_path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let stub = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/agents/messages_stub.py");
    fs::write(scene.root.join("script.json"), script.to_string()).unwrap();
    let mut child = Command::new("python3")
        .arg(stub)
        .arg("--script")
        .arg(scene.root.join("script.json"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    scene.config.agent_env =
        [("ANTHROPIC_BASE_URL".to_owned(), address), ("ANTHROPIC_API_KEY".to_owned(), "stub-key-0000".to_owned())].into();
    (scene, Stub(child))
}

#[tokio::test]
async fn claude_code_builds_what_its_model_says() {
    let (scene, _stub) = scene(&json!({"answers": [
        {"text": "I will write it.", "tools": [{"name": "Write", "input": {"file_path": "src/greet.py", "content": "print('hi')\n"}}]},
        {"tools": [{"name": "Bash", "input": {"command": "cat src/greet.py && touch ran", "description": "Look"}}]},
        {"text": "Done."},
    ]}));
    let info = scene.providers().get(ProviderId::Claude).detect().await;
    assert!(info.available, "{info:?}");
    let (events, result) = scene.call(ProviderId::Claude).await;

    assert_eq!((&result.outcome, result.said.as_str()), (&AgentOutcome::Finished, "Done."), "{events:?}");
    assert_eq!(fs::read_to_string(scene.workspace().join("src/greet.py")).unwrap(), "print('hi')\n");
    assert!(scene.workspace().join("ran").exists());
    assert!(events.contains(&AgentEvent::Tool("Write src/greet.py".into())), "{events:?}");
    assert!(events.contains(&AgentEvent::Output("print('hi')".into())), "{events:?}");
    assert_eq!(result.usage.tokens.map(|tokens| (tokens.input, tokens.cached, tokens.output)), Some((3_600, 900, 135)));
    assert!(result.usage.cost_usd.is_some_and(|cost| cost > 0.0));
}

#[tokio::test]
async fn failures_of_the_service_are_told_apart() {
    for (kind, expected) in [
        ("unauthorized", "Unauthorized"),
        ("rate_limit", "RateLimited"),
        ("overloaded", "Unreachable"),
        ("error", "Unreachable"),
        ("cut", "Unreachable"),
    ] {
        let (scene, _stub) = scene(&json!({"answers": [{"text": "x"}], "failures": [{"kind": kind}]}));
        let (_, result) = scene.call(ProviderId::Claude).await;
        assert!(format!("{:?}", result.outcome).starts_with(expected), "{kind}: {:?}", result.outcome);
    }
}

#[tokio::test]
async fn a_ceiling_of_cost_is_kept() {
    let (mut scene, _stub) =
        scene(&json!({"answers": [{"text": "a", "tools": [{"name": "Bash", "input": {"command": "true"}}]}, {"text": "b"}]}));
    scene.call.cost_usd = Some(0.001);
    assert_eq!(scene.call(ProviderId::Claude).await.1.outcome, AgentOutcome::OverBudget);
}
