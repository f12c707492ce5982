//! Claude Code's adapter with a script that prints what Claude Code printed.

use std::{fs, path::Path, time::Duration};

use domain::ports::agent::{AgentEvent, AgentOutcome, TokenCount, Usage};
use protocol::agents::ProviderId;

use crate::support::Scene;

fn recorded(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/claude/transcripts");
    fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap()
}

/// A scene whose `claude` runs `body` in a shell after having noted its arguments, its environment and its prompt.
fn scene(body: &str) -> Scene {
    let mut scene = Scene::new();
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo '2.1.197 (Claude Code)'; echo called >> versions; exit 0; fi\n\
         for argument in \"$@\"; do echo \"$argument\"; done > arguments\nenv > environment\ncat > prompt\n{body}\n"
    );
    scene.config.claude = Some(scene.script("claude", &script));
    let given = [
        ("ANTHROPIC_API_KEY", "sk-ant-secret"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:1"),
        ("GEMINI_API_KEY", "another-key"),
        ("IS_SANDBOX", "0"),
    ];
    scene.config.agent_env = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    scene
}

fn replay(name: &str, exit: i32) -> Scene {
    let scene = scene(&format!("cat ../recorded; exit {exit}"));
    fs::write(scene.root.join("recorded"), recorded(name)).unwrap();
    scene
}

#[tokio::test]
async fn a_call_is_told_as_it_was_recorded() {
    let mut scene = replay("streamjson", 0);
    scene.call.model = Some("claude-opus-4-8".to_owned());
    scene.call.cost_usd = Some(1.25);
    let (events, result) = scene.call(ProviderId::Claude).await;

    let tokens = TokenCount { input: 2400, cached: 600, output: 90 };
    assert_eq!(result.outcome, AgentOutcome::Finished);
    assert_eq!(result.said, "Done: 1 tool step(s) executed by the mock model.");
    assert_eq!(result.usage, Usage { cost_usd: Some(0.01455), tokens: Some(tokens) });
    assert_eq!(events.last(), Some(&AgentEvent::Usage(result.usage)));

    let read = |name: &str| fs::read_to_string(scene.workspace().join(name)).unwrap();
    assert_eq!(read("prompt"), "--write a greeting");
    let expected = "-p\n--output-format\nstream-json\n--verbose\n--dangerously-skip-permissions\n--model=claude-opus-4-8\n--max-budget-usd=1.2500\n";
    assert_eq!(read("arguments"), expected);
    let environment = read("environment");
    for line in ["ANTHROPIC_API_KEY=sk-ant-secret", "IS_SANDBOX=1", "DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_MAX_RETRIES=1"] {
        assert!(environment.lines().any(|set| set == line), "{line} is missing");
    }
    assert!(!environment.contains("another-key"));
    assert_eq!(scene.transcript(), recorded("streamjson"));
}

#[tokio::test]
async fn a_refused_key_needs_a_person() {
    let (_, result) = replay("401-final", 1).call(ProviderId::Claude).await;
    let AgentOutcome::Unauthorized { detail } = result.outcome else { panic!("{:?}", result.outcome) };
    assert!(detail.contains("401") && detail.contains("ANTHROPIC_API_KEY"), "{detail}");
}

#[tokio::test]
async fn a_process_that_lingers_after_its_result_is_ended() {
    let mut scene = scene("cat ../recorded; exec sleep 1000");
    fs::write(scene.root.join("recorded"), recorded("streamjson")).unwrap();
    scene.call.stall = Duration::from_secs(6);
    assert_eq!(scene.call(ProviderId::Claude).await.1.outcome, AgentOutcome::Finished);
}

#[tokio::test]
async fn a_call_that_is_killed_keeps_what_it_spent() {
    let scene = scene("head -n 3 ../recorded; kill -9 $$");
    fs::write(scene.root.join("recorded"), recorded("streamjson")).unwrap();
    let (_, result) = scene.call(ProviderId::Claude).await;
    assert!(matches!(&result.outcome, AgentOutcome::Crashed { exit, .. } if exit == "137 (killed)"), "{:?}", result.outcome);
    assert_eq!(result.said, "I will do that now.");
    assert_eq!(result.usage, Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) });
}

#[tokio::test]
async fn words_that_are_no_json_are_errors_and_keys_are_masked() {
    let scene = scene("echo 'warning: key sk-ant-secret'; echo 'cannot start with sk-ant-secret' >&2; exit 1");
    let (events, result) = scene.call(ProviderId::Claude).await;
    assert!(events.contains(&AgentEvent::Error("warning: key •••".into())), "{events:?}");
    assert_eq!(result.outcome, AgentOutcome::Crashed { exit: "1".into(), detail: "cannot start with •••".into() });
    assert_eq!(scene.transcript(), "warning: key •••\n");
}

#[tokio::test]
async fn a_run_without_money_is_not_started() {
    let mut scene = replay("streamjson", 0);
    scene.call.cost_usd = Some(0.0);
    assert_eq!(scene.call(ProviderId::Claude).await.1.outcome, AgentOutcome::OverBudget);
    assert!(!scene.workspace().join("prompt").exists());
}

#[tokio::test]
async fn the_version_is_asked_once() {
    let scene = scene("exit 1");
    let providers = scene.providers();
    for _ in 0..2 {
        let info = providers.get(ProviderId::Claude).detect().await;
        assert_eq!((info.available, info.version.as_deref(), info.problem), (true, Some("2.1.197 (Claude Code)"), None));
    }
    assert_eq!(fs::read_to_string(scene.root.join("scratch/versions")).unwrap(), "called\n");
}

#[tokio::test]
async fn an_executable_that_cannot_run_or_is_missing_is_a_problem() {
    let mut scene = Scene::new();
    scene.config.claude = Some(scene.script("claude", "#!/bin/sh\necho 'no such library' >&2; exit 127\n"));
    let info = scene.providers().get(ProviderId::Claude).detect().await;
    assert_eq!((info.available, info.problem.as_deref()), (false, Some("It was found but cannot run: no such library")));

    scene.config.claude = Some("no-such-claude".into());
    let info = scene.providers().get(ProviderId::Claude).detect().await;
    assert!(info.problem.unwrap().contains("npm install -g @anthropic-ai/claude-code"));
}

#[tokio::test]
async fn secrets_of_the_call_win_and_keys_of_other_agents_stay_away() {
    let mut scene = scene("echo \"$DATABASE_PASSWORD\"; echo \"$DATABASE_PASSWORD\" >&2; exit 1");
    let secrets = [
        ("ANTHROPIC_API_KEY", "key-of-the-vault"),
        ("OPENAI_API_KEY", "key-of-another"),
        ("DATABASE_PASSWORD", "correct horse"),
        ("CLAUDE_CODE_MAX_RETRIES", "99"),
    ];
    scene.call.secrets = secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (events, result) = scene.call(ProviderId::Claude).await;

    let environment = fs::read_to_string(scene.workspace().join("environment")).unwrap();
    for line in ["ANTHROPIC_API_KEY=key-of-the-vault", "DATABASE_PASSWORD=correct horse", "CLAUDE_CODE_MAX_RETRIES=1"] {
        assert!(environment.lines().any(|set| set == line), "{line} is missing in {environment}");
    }
    assert!(!environment.contains("key-of-another") && !environment.contains("sk-ant-secret"), "{environment}");
    let arguments = fs::read_to_string(scene.workspace().join("arguments")).unwrap();
    let told = format!("{events:?}{result:?}{}{arguments}", scene.transcript());
    assert!(told.contains("•••") && !told.contains("correct horse") && !told.contains("key-of"), "{told}");
}
