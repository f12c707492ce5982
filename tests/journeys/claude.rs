//! Claude Code itself, from npm, in the sandbox, against a stub of its model's API that follows a script.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use protocol::{agents::ProviderId, runs::RunStatus};
use serde_json::json;
use tests::{Setup, TestApp, specs};

/// The stub; dropped, it is gone.
struct Stub {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Stub {
    fn start(script: &serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script.json");
        std::fs::write(&file, script.to_string()).unwrap();
        let stub = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("agents/messages_stub.py");
        let mut process = Command::new("python3").arg(stub).arg("--script").arg(file).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ").expect("the stub says where it listens").to_owned();
        Self { process, url, _folder: folder }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where `deploy/setup.sh test` put Claude Code.
fn claude() -> String {
    let found = std::env::var("LOKI_TEST_CLAUDE").unwrap_or_default();
    assert!(!found.is_empty(), "LOKI_TEST_CLAUDE is not set: `make test` installs Claude Code and sets it");
    found
}

async fn app_with(stub: &Stub) -> TestApp {
    Setup::default()
        .variable("LOKI_AGENT_CLAUDE", &claude())
        .variable("ANTHROPIC_BASE_URL", &stub.url)
        .variable("ANTHROPIC_API_KEY", "key-of-the-test")
        .start()
        .await
}

#[tokio::test]
async fn claude_code_finishes_a_run_that_is_verified() {
    let program = "#!/bin/sh\nprintf 'Hello, %s!\\n' \"$1\"\n";
    let test = "#!/bin/sh\nif [ \"$(./greet Ada)\" = 'Hello, Ada!' ]; then echo '1 passed, 0 failed'; else echo '0 passed, 1 failed'; exit 1; fi\n";
    let stub = Stub::start(&json!({"answers": [
        {"text": "I will write the program and its test.", "tools": [
            {"name": "Write", "input": {"file_path": "greet", "content": program}},
            {"name": "Write", "input": {"file_path": "tests/run.sh", "content": test}},
            {"name": "Write", "input": {"file_path": "Makefile", "content": "test:\n\tsh tests/run.sh\n"}},
        ]},
        {"tools": [{"name": "Bash", "input": {"command": "chmod +x greet && make test && env", "description": "Test"}}]},
        {"text": "Done."},
    ]}));
    let app = app_with(&stub).await;
    let ada = app.admin().await;
    let project = ada.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"provider": "claude", "limits": {"cost_usd": 1.0}})).await;
    let finished = run.is_verified().await;

    assert_eq!((finished.provider, finished.demo, finished.iteration), (ProviderId::Claude, false, 1));
    let (cost, tokens) = (finished.cost_usd.expect("its cost is known"), finished.tokens.expect("its tokens are known"));
    assert!(cost > 0.0 && cost < 1.0, "{cost}");
    assert!(tokens.input > 0 && tokens.output > 0, "{tokens:?}");
    assert_eq!(std::fs::read_to_string(project.path().join("greet")).unwrap(), program);
    let log = run.log_text().await;
    assert!(log.contains("I will write the program and its test."), "{log}");
    assert!(!log.contains("key-of-the-test"), "the agent's key is not shown: {log}");
}

#[tokio::test]
async fn a_refused_key_asks_for_a_person() {
    let stub = Stub::start(&json!({"answers": [], "failures": [{"kind": "unauthorized"}]}));
    let app = app_with(&stub).await;
    let ada = app.admin().await;
    let project = ada.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"provider": "claude"})).await;
    let held = run.becomes(RunStatus::NeedsYou).await;

    assert!(held.reason.as_deref().is_some_and(|reason| reason.contains("sign-in was refused")), "{:?}", held.reason);
}
