//! The protocol: what a client may count on.

use std::time::Duration;

use crate::client::{Client, Project};
use demo_agent::{Kind, Misbehaviour, Options};
use serde_json::json;

#[tokio::test]
async fn each_file_and_the_test_run_is_a_tool_call_that_ends() {
    let turn = Project::new().build("`greet NAME` prints `Hello, NAME!`").await;
    let of = |kind: &str| turn.updates.iter().filter(|update| update["sessionUpdate"] == kind).collect::<Vec<_>>();
    let calls: Vec<_> =
        of("tool_call").iter().map(|call| (call["title"].as_str().unwrap(), call["kind"].as_str().unwrap())).collect();
    assert_eq!(
        calls,
        [
            ("Write tests/examples.txt", "edit"),
            ("Write greet", "edit"),
            ("Write tests/run.sh", "edit"),
            ("Write Makefile", "edit"),
            ("sh tests/run.sh", "execute")
        ]
    );
    let ended = of("tool_call_update");
    assert_eq!(ended.len(), calls.len());
    assert!(ended.iter().all(|update| update["status"] == "completed"), "{ended:?}");
    assert!(ended.last().unwrap().to_string().contains("2 passed, 0 failed"));
    let diff = &of("tool_call")[1]["content"][0];
    assert_eq!(diff["type"], "diff");
    assert!(diff["newText"].as_str().unwrap().starts_with("#!/bin/sh\n"));
}

#[tokio::test]
async fn unknown_methods_sessions_and_folders_are_refused() {
    let mut client = Client::start(Options::default()).await;
    assert_eq!(client.ask("session/fly", json!({})).await["error"]["code"], -32601);
    for cwd in ["relative", "/no/such/folder"] {
        assert_eq!(client.ask("session/new", json!({"cwd": cwd, "mcpServers": []})).await["error"]["code"], -32602);
    }
    let answer = client.ask("session/prompt", json!({"sessionId": "none", "prompt": []})).await;
    assert_eq!(answer["error"]["code"], -32602);
    client.session(&Project::new().root()).await;
}

#[tokio::test]
async fn a_cancelled_prompt_ends_as_cancelled() {
    let project = Project::new();
    let slow = Misbehaviour { amount: Some(600), ..Kind::Slow.into() };
    let mut client = Client::start(Options { misbehaviour: Some(slow), ..Options::default() }).await;
    let session = client.session(&project.root()).await;
    let id = client.send_prompt(&session, "## Task\nx").await;
    client.read().await.unwrap();
    client.write(&json!({"jsonrpc": "2.0", "method": "session/cancel", "params": {"sessionId": session}})).await;
    assert_eq!(client.turn(id).await.stop, "cancelled");
}

#[tokio::test]
async fn a_pace_slows_it_down_without_changing_what_it_does() {
    let (plain, paced) = (Project::new(), Project::new());
    let task = "## Task\n`greet NAME` prints `Hello, NAME!`\n";
    let first = Client::start(Options::default()).await.prompt(&plain.root(), task).await;
    let options = Options { pace: Duration::from_millis(1), ..Options::default() };
    let second = Client::start(options).await.prompt(&paced.root(), task).await;
    assert_eq!(plain.files(), paced.files());
    assert_eq!(first.text, second.text);
}

#[tokio::test]
async fn a_prompt_without_a_task_is_blocked() {
    let turn = Client::start(Options::default()).await.prompt(&Project::new().root(), "Hello?").await;
    assert!(turn.text.contains("BLOCKED:  — the prompt has no task"), "{}", turn.text);
}

#[tokio::test]
async fn what_is_spent_is_told_while_it_works_and_for_the_whole_session() {
    let project = Project::new();
    let mut client = Client::start(Options { spends: Some(0.5), ..Options::default() }).await;
    let session = client.session(&project.root()).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let id = client.send_prompt(&session, "## Task\n`greet NAME` prints `Hello, NAME!`\n").await;
        let updates = client.turn(id).await.updates;
        told.extend(updates.into_iter().filter(|update| update["sessionUpdate"] == "usage_update"));
    }
    let spent: Vec<_> = told.iter().map(|update| (&update["cost"]["amount"], &update["cost"]["currency"])).collect();
    let usd = json!("USD");
    assert_eq!(spent, [(&json!(0.25), &usd), (&json!(0.5), &usd), (&json!(0.75), &usd), (&json!(1.0), &usd)]);
}
