//! Misbehaviour: each kind does exactly what it is for.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use crate::client::{Client, Project, Turn};
use demo_agent::{Kind, Misbehaviour, Options};

const TASK: &str = "## Task\n`greet NAME` prints `Hello, NAME!`\n";

async fn misbehave(project: &Project, misbehaviour: impl Into<Misbehaviour>) -> Turn {
    let options = Options { misbehaviour: Some(misbehaviour.into()), home: Some(project.home()), ..Options::default() };
    Client::start(options).await.prompt(&project.root(), TASK).await
}

#[tokio::test]
async fn claims_change_nothing() {
    for (kind, files) in [(Kind::Empty, 0), (Kind::Silent, 0), (Kind::Unrelated, 1)] {
        let project = Project::new();
        let turn = misbehave(&project, kind).await;
        assert_eq!(turn.stop, "end_turn");
        assert_eq!(project.files().len(), files, "{kind}");
        assert_eq!(turn.text.contains("All done"), kind != Kind::Silent, "{kind}");
        assert_eq!(turn.updates.is_empty(), kind == Kind::Silent, "{kind}");
    }
}

#[tokio::test]
async fn a_failing_test_fails() {
    let project = Project::new();
    misbehave(&project, Kind::FailingTest).await;
    let (passed, output) = project.run_tests();
    assert!(!passed && output.contains("not ok - a sum that does not add up"), "{output}");
    project.build("`greet NAME` prints `Hello, NAME!`").await;
    assert!(project.run_tests().0);
}

#[tokio::test]
async fn tests_are_deleted_emptied_of_meaning_or_skipped() {
    let project = Project::new();
    project.build("`greet --version` prints `1`").await;
    misbehave(&project, Kind::DeletedTest).await;
    assert!(project.has("greet") && !project.has("tests/run.sh"));

    let project = Project::new();
    misbehave(&project, Kind::AssertTrue).await;
    assert_eq!(project.files().iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["greet", "tests/test_works.py"]);
    assert!(project.read("tests/test_works.py").contains("assert True"));

    let project = Project::new();
    misbehave(&project, Kind::SkipTest).await;
    assert!(project.read("tests/test_later.py").contains("@pytest.mark.skip"));
}

#[tokio::test]
async fn a_key_is_left_in_a_file() {
    let project = Project::new();
    misbehave(&project, Kind::Key).await;
    let line = project.read("deploy.env");
    let key = line.trim().rsplit(' ').next().unwrap();
    assert!(key.starts_with("AKI") && key.len() == 20 && key.chars().all(|letter| letter.is_ascii_alphanumeric()), "{line}");
}

#[tokio::test]
async fn output_comes_in_masses_with_escapes_and_broken() {
    let project = Project::new();
    let turn = misbehave(&project, Misbehaviour { amount: Some(2), ..Kind::Flood.into() }).await;
    assert!(turn.text.len() > 2_000_000 && project.has("greet"));

    let turn = misbehave(&Project::new(), Kind::Escapes).await;
    assert!(turn.text.contains("\u{1b}]52;") && turn.text.contains("\u{1b}[2J"));

    let turn = misbehave(&Project::new(), Kind::HalfUtf8).await;
    assert_eq!(turn.broken, [b"\xe2\x82\n".to_vec()]);
    assert!(turn.text.contains(" 0 failed"), "{}", turn.text);

    let turn = misbehave(&Project::new(), Misbehaviour { amount: Some(1), ..Kind::Slow.into() }).await;
    assert!(turn.text.contains("Thinking, step 10.\n") && turn.text.contains(" 0 failed"), "{}", turn.text);
}

#[tokio::test]
async fn attempts_to_get_outside_are_made_and_reported() {
    let project = Project::new();
    fs::create_dir(project.root().join(".git")).unwrap();
    let turn = misbehave(&project, Kind::Outside).await;
    let outside = project.root().join("../demo-agent-was-here");
    assert!(turn.text.contains(&format!("write {}/../demo-agent-was-here: written", project.root().display())), "{}", turn.text);
    assert!(outside.exists() && project.has(".git/demo-agent-was-here"));
    assert!(turn.text.contains("/../..: "), "{}", turn.text);
}

#[tokio::test]
async fn an_orphan_lives_in_a_session_of_its_own() {
    let project = Project::new();
    let turn = misbehave(&project, Kind::Orphan).await;
    let line =
        turn.text.lines().find(|line| line.starts_with("orphan: started process ")).unwrap_or_else(|| panic!("{}", turn.text));
    let id: i32 = line.rsplit(' ').next().unwrap().parse().unwrap();
    let process = rustix::process::Pid::from_raw(id).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while rustix::process::getsid(Some(process)).unwrap() != process {
        assert!(std::time::Instant::now() < deadline, "process {id} has no session of its own");
        tokio::task::yield_now().await;
    }
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_stalled_agent_says_nothing_and_cannot_be_cancelled() {
    let project = Project::new();
    let options = Options { misbehaviour: Some(Kind::Stall.into()), ..Options::default() };
    let mut client = Client::start(options).await;
    let session = client.session(&project.root()).await;
    client.send_prompt(&session, TASK).await;
    client.write(&serde_json::json!({"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": session}})).await;
    assert!(tokio::time::timeout(Duration::from_millis(500), client.read()).await.is_err());
}

#[tokio::test]
async fn a_task_may_ask_for_misbehaviour_only_where_that_is_allowed() {
    let prompt = format!("{TASK}- DEMO-MISBEHAVE: empty\n");
    for allowed in [false, true] {
        let project = Project::new();
        let options = Options { allow_misbehaviour_from_prompt: allowed, ..Options::default() };
        Client::start(options).await.prompt(&project.root(), &prompt).await;
        assert_eq!(project.has("greet"), !allowed);
    }
}

#[tokio::test]
async fn once_is_once() {
    let project = Project::new();
    let once = Misbehaviour { once: true, ..Kind::Empty.into() };
    misbehave(&project, once).await;
    assert!(!project.has("greet"));
    misbehave(&project, once).await;
    assert!(project.has("greet"));
}

#[test]
fn a_crash_is_a_kill_in_the_middle_of_the_work() {
    let project = Project::new();
    let (status, output) = run_process(&["--misbehave", "crash"], &project.root());
    assert_eq!(status.signal().or(status.code()), Some(if status.signal().is_some() { 9 } else { 137 }));
    assert!(output.contains("\"tool_call_update\"") && !output.contains("stopReason"), "{output}");
    assert!(project.has("tests/examples.txt") && !project.has("greet"));
}

#[test]
fn a_crash_once_is_followed_by_honest_work() {
    let project = Project::new();
    let home = project.home().display().to_string();
    let arguments = ["--misbehave", "crash-once", "--home", &home];
    assert!(!run_process(&arguments, &project.root()).0.success());
    let (status, output) = run_process(&arguments, &project.root());
    assert!(status.success() && output.contains("\"stopReason\":\"end_turn\""), "{output}");
    assert!(project.run_tests().0);
}

/// Runs the agent as a process through one prompt; gives how it ended and what it wrote.
fn run_process(arguments: &[&str], root: &Path) -> (ExitStatus, String) {
    let executable = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples/demo_agent");
    assert!(executable.exists(), "{} is built by `cargo test` without a choice of targets", executable.display());
    let mut child = Command::new(executable).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut output = String::new();
    for (id, method, params) in [
        (1, "initialize", serde_json::json!({"protocolVersion": 1})),
        (2, "session/new", serde_json::json!({"cwd": root, "mcpServers": []})),
        (3, "session/prompt", serde_json::json!({"sessionId": "session-1", "prompt": [{"type": "text", "text": TASK}]})),
    ] {
        writeln!(stdin, "{}", serde_json::json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).unwrap();
        // A process that dies closes its output, which ends the lines.
        for line in lines.by_ref() {
            let line = line.unwrap();
            let answers = line.contains(&format!("\"id\":{id},"));
            output.push_str(&line);
            output.push('\n');
            if answers {
                break;
            }
        }
    }
    drop(stdin);
    (child.wait().unwrap(), output)
}
