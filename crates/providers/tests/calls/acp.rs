//! Agents that speak the Agent Client Protocol, well and badly.

use std::{fs, time::Duration};

use domain::ports::agent::{AgentEvent, AgentOutcome, AgentResult, TokenCount, Usage};
use protocol::agents::ProviderId;

use crate::support::{Scene, eventually};

/// What every scripted agent begins with: it opens a session and waits for the prompt.
pub(crate) const OPENING: &str = r#"#!/usr/bin/env python3
import json, os, signal, subprocess, sys, time

def send(**fields):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **fields}) + "\n")
    sys.stdout.flush()

def receive():
    return json.loads(sys.stdin.readline())

def update(**fields):
    send(method="session/update", params={"sessionId": "s", "update": fields})

def say(text):
    update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": text})

def ask(method, **params):
    send(id="q", method=method, params={"sessionId": "s", **params})
    return receive()

def end(reason="end_turn", **fields):
    send(id=prompt["id"], result={"stopReason": reason, **fields})

hello = receive()
assert hello["method"] == "initialize" and hello["params"]["clientCapabilities"]["terminal"] is False
send(id=hello["id"], result={"protocolVersion": 1, "agentCapabilities": {}, "agentInfo": {"name": "scripted", "version": "1.2"}})
opened = receive()
assert opened["params"]["cwd"] == os.getcwd() and opened["params"]["mcpServers"] == []
"#;

pub(crate) const SESSION: &str = r#"
send(id=opened["id"], result={"sessionId": "s"})
prompt = receive()
assert prompt["params"]["prompt"] == [{"type": "text", "text": "--write a greeting"}]
"#;

pub(crate) fn scene(body: &str) -> Scene {
    bare_scene(&format!("{OPENING}{SESSION}{body}"))
}

pub(crate) fn bare_scene(script: &str) -> Scene {
    let mut scene = Scene::new();
    let path = scene.script("agent", script);
    scene.config.acp = Some(vec![path.display().to_string()]);
    scene
}

async fn outcome(scene: &Scene) -> AgentOutcome {
    scene.call(ProviderId::Acp).await.1.outcome
}

#[tokio::test]
async fn an_agent_works_and_ends_its_turn() {
    let scene = scene(
        r#"
update(sessionUpdate="agent_thought_chunk", content={"type": "text", "text": "Hm."})
say("I will ")
say("write it.")
update(sessionUpdate="tool_call", toolCallId="1", title="write", kind="edit", status="pending", rawInput={})
update(sessionUpdate="tool_call_update", toolCallId="1", status="in_progress", locations=[{"path": os.getcwd() + "/src/a.py"}])
open("a.py", "w").write("print(1)\n")
update(sessionUpdate="tool_call_update", toolCallId="1", status="completed", content=[{"type": "content", "content": {"type": "text", "text": "Wrote it."}}])
update(sessionUpdate="usage_update", used=10, size=100, cost={"amount": 0.5, "currency": "USD"})
say("Done.")
end(usage={"inputTokens": 12, "outputTokens": 4, "totalTokens": 19, "cachedReadTokens": 3})
time.sleep(100)
"#,
    );
    let (events, result) = scene.call(ProviderId::Acp).await;

    let cost = Usage { cost_usd: Some(0.5), tokens: None };
    let usage = Usage { tokens: Some(TokenCount { input: 12, cached: 3, output: 4 }), ..cost };
    assert_eq!(
        events,
        [
            AgentEvent::Thought("Hm.".into()),
            AgentEvent::Text("I will ".into()),
            AgentEvent::Text("write it.".into()),
            AgentEvent::Tool("write src/a.py".into()),
            AgentEvent::Output("Wrote it.".into()),
            AgentEvent::Usage(cost),
            AgentEvent::Text("Done.".into()),
            AgentEvent::Usage(usage),
        ]
    );
    assert_eq!(result, AgentResult { outcome: AgentOutcome::Finished, said: "Done.".into(), usage });
    assert_eq!(fs::read_to_string(scene.workspace().join("a.py")).unwrap(), "print(1)\n");
    assert!(!scene.transcript().contains("--write a greeting"));
    assert_eq!(scene.transcript().lines().count(), 11);
}

#[tokio::test]
async fn an_agent_that_is_killed_has_crashed() {
    let scene =
        scene("say('half')\nsys.stderr.write('out of memory\\n')\nsys.stderr.flush()\nos.kill(os.getpid(), signal.SIGKILL)");
    let (events, result) = scene.call(ProviderId::Acp).await;
    assert_eq!(result.outcome, AgentOutcome::Crashed { exit: "137 (killed)".into(), detail: "out of memory".into() });
    assert_eq!(result.said, "half");
    assert!(events.contains(&AgentEvent::Error("out of memory".into())));
}

#[tokio::test]
async fn an_agent_that_exits_early_has_crashed_with_its_code() {
    let detail = "It ended in the middle of its work.".to_owned();
    assert_eq!(outcome(&scene("sys.exit(3)")).await, AgentOutcome::Crashed { exit: "3".into(), detail });
}

#[tokio::test]
async fn an_agent_that_prints_nothing_has_stalled() {
    let mut scene = scene("time.sleep(1000)");
    scene.call.stall = Duration::from_secs(3);
    assert_eq!(outcome(&scene).await, AgentOutcome::Stalled);
}

#[tokio::test]
async fn an_agent_that_goes_on_for_ever_ends_with_the_wall_time() {
    let mut scene = scene("while True:\n    say('.')\n    time.sleep(0.05)");
    scene.call.wall = Duration::from_secs(3);
    assert_eq!(outcome(&scene).await, AgentOutcome::Cancelled);
}

#[tokio::test]
async fn an_agent_without_a_word_is_silent() {
    assert_eq!(outcome(&scene("end()")).await, AgentOutcome::Silent);
    assert_eq!(outcome(&scene("sys.exit(0)")).await, AgentOutcome::Silent);
}

#[tokio::test]
async fn reasons_to_stop_are_told_apart() {
    assert_eq!(outcome(&scene("say('x')\nend('max_tokens')")).await, AgentOutcome::Finished);
    assert_eq!(outcome(&scene("end('refusal')")).await, AgentOutcome::Finished);
    assert_eq!(outcome(&scene("say('x')\nend('cancelled')")).await, AgentOutcome::Cancelled);
}

#[tokio::test]
async fn errors_of_the_protocol_are_told_apart() {
    let error = |code: i64| {
        bare_scene(&format!("{OPENING}\nsend(id=opened['id'], error={{'code': {code}, 'message': 'no'}})\nreceive()"))
    };
    let detail = || "no".to_owned();
    assert_eq!(outcome(&error(-32000)).await, AgentOutcome::Unauthorized { detail: detail() });
    assert_eq!(outcome(&error(429)).await, AgentOutcome::RateLimited { detail: detail() });
    assert_eq!(outcome(&error(503)).await, AgentOutcome::Unreachable { detail: detail() });
    assert_eq!(outcome(&error(-32603)).await, AgentOutcome::Crashed { exit: "error -32603".into(), detail: detail() });
}

#[tokio::test]
async fn a_flood_of_words_is_kept_small() {
    let scene = scene("piece = 'x' * 8000\nfor _ in range(12500):\n    say(piece)\nsay('end')\nend()");
    let mut bytes = 0;
    let agent = scene.providers().get(ProviderId::Acp);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let count = async {
        while let Some(event) = receiver.recv().await {
            if let AgentEvent::Text(text) = event {
                bytes += text.len();
            }
        }
    };
    let (result, ()) = tokio::join!(agent.call(scene.call.clone(), sender, scene.cancel.clone()), count);

    assert_eq!(result.outcome, AgentOutcome::Finished);
    assert_eq!(bytes, 100_000_003);
    assert_eq!(result.said.chars().count(), 4_000);
    assert!(result.said.ends_with("xend"));
    assert!(fs::metadata(&scene.call.transcript).unwrap().len() <= (64 << 20) + 100);
}

#[tokio::test]
async fn a_flood_without_a_listener_ends_all_the_same() {
    let scene = scene("for _ in range(1000):\n    say('x' * 8000)\nend()");
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    drop(receiver);
    let result = scene.providers().get(ProviderId::Acp).call(scene.call.clone(), sender, scene.cancel.clone()).await;
    assert_eq!(result.outcome, AgentOutcome::Finished);
}

#[tokio::test]
async fn errors_without_end_are_bounded() {
    let scene = scene("for n in range(5000):\n    sys.stderr.write(str(n) + 'x' * 2000 + '\\n')\nsay('x')\nend()");
    let (events, result) = scene.call(ProviderId::Acp).await;
    assert_eq!(result.outcome, AgentOutcome::Finished);
    let errors: Vec<&AgentEvent> = events.iter().filter(|event| matches!(event, AgentEvent::Error(_))).collect();
    assert_eq!(errors.len(), 201);
}

#[tokio::test]
async fn garbage_between_messages_does_no_harm() {
    let scene = scene(
        r#"
out = sys.stdout.buffer
out.write(b"Debugger attached.\n[1, 2]\n42\n{\"half\": \n\x1b[31mred\x1b[0m\n\xff\xfe\n{}\n\n")
out.write(b'{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"of_the_future"}}}\n')
out.write(b'{"jsonrpc":"2.0","method":"session/update","params":7}\n')
out.write(b'{"jsonrpc":"2.0","id":99,"result":{}}\n')
out.write(b'x' * (5 << 20) + b'\n')
out.flush()
line = json.dumps({"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": "agent_message_chunk",
    "content": {"type": "text", "text": "a\u001b[2Jb\u00e4 \ud83d"}}}}, ensure_ascii=True)
out.write(b'{"jsonrpc":"2.0",' + line[1:].encode() + b"\n")
half = json.dumps({"method": "session/update", "params": {"sessionId": "s", "update": {"sessionUpdate": "agent_message_chunk",
    "content": {"type": "text", "text": "half: \u00e4"}}}}, ensure_ascii=False).encode().replace(b"\xc3\xa4", b"\xc3")
out.write(half + b"\n")
out.flush()
say("still here")
end()
"#,
    );
    let (events, result) = scene.call(ProviderId::Acp).await;

    assert_eq!(result.outcome, AgentOutcome::Finished);
    let texts: Vec<&str> =
        events.iter().filter_map(|event| if let AgentEvent::Text(text) = event { Some(text.as_str()) } else { None }).collect();
    assert_eq!(texts, ["half: \u{fffd}", "still here"]);
    let errors: Vec<&str> =
        events.iter().filter_map(|event| if let AgentEvent::Error(text) = event { Some(text.as_str()) } else { None }).collect();
    assert_eq!(errors.len(), 9, "{errors:?}");
    assert_eq!(errors[0], "Debugger attached.");
    assert!(errors[7].starts_with("a line of more than 4194304 bytes was left out: xxx"), "{errors:?}");
}

#[tokio::test]
async fn permission_is_given_once_rather_than_for_ever() {
    let scene = scene(
        r#"
answer = ask("session/request_permission", toolCall={"toolCallId": "1", "title": "rm"}, options=[
    {"optionId": "n", "name": "No", "kind": "reject_once"},
    {"optionId": "a", "name": "Always", "kind": "allow_always"},
    {"optionId": "y", "name": "Yes", "kind": "allow_once"}])
say(json.dumps(answer["result"]))
answer = ask("session/request_permission", toolCall={"toolCallId": "2", "title": "x"}, options=[{"optionId": "n", "name": "No", "kind": "reject_once"}])
say(json.dumps(answer["result"]))
answer = ask("terminal/create", command="ls")
say(str(answer["error"]["code"]))
end()
"#,
    );
    let (events, result) = scene.call(ProviderId::Acp).await;

    assert_eq!(result.outcome, AgentOutcome::Finished);
    assert_eq!(
        events,
        [
            AgentEvent::Tool("rm".into()),
            AgentEvent::Text(r#"{"outcome": {"outcome": "selected", "optionId": "y"}}"#.into()),
            AgentEvent::Tool("x".into()),
            AgentEvent::Text(r#"{"outcome": {"outcome": "cancelled"}}"#.into()),
            AgentEvent::Text("-32601".into()),
        ]
    );
}

#[tokio::test]
async fn files_are_served_in_the_workspace_and_nowhere_else() {
    let scene = scene(
        r#"
here = os.getcwd()
os.symlink("..", "up")
say(json.dumps(ask("fs/write_text_file", path=here + "/new/a.txt", content="one\ntwo\n").get("result")))
say(json.dumps(ask("fs/read_text_file", path=here + "/new/a.txt", line=2, limit=1).get("result")))
for path in [here + "/../stolen", here + "/up/stolen", "/etc/stolen"]:
    say(ask("fs/write_text_file", path=path, content="x")["error"]["message"])
say(str(ask("fs/read_text_file", path="/etc/passwd")["error"]["code"]))
say(str(ask("fs/read_text_file", nonsense=1)["error"]["code"]))
end()
"#,
    );
    let (events, result) = scene.call(ProviderId::Acp).await;

    assert_eq!(result.outcome, AgentOutcome::Finished, "{events:?}");
    assert_eq!(events[0], AgentEvent::Text("{}".into()));
    assert_eq!(events[1], AgentEvent::Text(r#"{"content": "two\n"}"#.into()));
    assert_eq!(events[2], AgentEvent::Text("only files of the workspace can be read and written".into()));
    assert_eq!(events[5], AgentEvent::Text("-32602".into()));
    assert!(!scene.root.join("stolen").exists());
}

#[tokio::test]
async fn nothing_is_left_of_a_cancelled_call() {
    let scene = scene(
        r#"
child = subprocess.Popen(["sleep", "1000"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
say("working")
time.sleep(1000)
"#,
    );
    let cancel = scene.cancel.clone();
    let (_, result) = scene
        .call_and(ProviderId::Acp, |event| {
            if matches!(event, AgentEvent::Text(_)) {
                cancel.cancel();
            }
        })
        .await;

    assert_eq!((result.outcome, result.said.as_str()), (AgentOutcome::Cancelled, "working"));
    let pids = fs::read_to_string(scene.workspace().join("pids")).unwrap();
    // A killed grandchild may wait for init to collect it; it runs no more.
    let is_gone = |pid: &str| fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "));
    eventually("both processes are gone", || pids.split(' ').all(is_gone)).await;
}

#[tokio::test]
async fn a_slow_receiver_makes_the_agent_wait_but_can_be_cancelled() {
    let scene = scene("for _ in range(100000):\n    say('x' * 1000)\nend()");
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let agent = scene.providers().get(ProviderId::Acp);
    let cancel = async {
        eventually("the transcript has begun", || scene.call.transcript.exists()).await;
        scene.cancel.cancel();
    };
    let (result, ()) = tokio::join!(agent.call(scene.call.clone(), sender, scene.cancel.clone()), cancel);
    assert_eq!(result.outcome, AgentOutcome::Cancelled);
    drop(receiver);
}

#[tokio::test]
async fn an_agent_that_does_not_read_a_long_prompt_is_killed_in_the_end() {
    let mut scene = bare_scene(&format!("{OPENING}\nsend(id=opened['id'], result={{'sessionId': 's'}})\ntime.sleep(1000)"));
    scene.call.prompt = "long ".repeat(1_000_000);
    scene.call.stall = Duration::from_secs(3);
    assert_eq!(outcome(&scene).await, AgentOutcome::Stalled);
}

#[tokio::test]
async fn keys_are_given_by_name_and_never_shown() {
    let mut scene = scene(
        r#"
key = os.environ["MODEL_KEY"]
assert "OTHER_KEY" not in os.environ
say("the key is " + key)
sys.stdout.write('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"\\u0073ecret-value"}}}}\n')
sys.stdout.flush()
sys.stderr.write(key + "\n")
sys.stderr.flush()
sys.exit(1)
"#,
    );
    scene.config.agent_env =
        [("MODEL_KEY", "secret-value"), ("OTHER_KEY", "other-value")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    scene.config.acp_variables = vec!["MODEL_KEY".to_owned()];
    let (events, result) = scene.call(ProviderId::Acp).await;

    assert_eq!(result.outcome, AgentOutcome::Crashed { exit: "1".into(), detail: "•••".into() });
    let everything = format!("{events:?} {result:?} {}", scene.transcript());
    assert!(!everything.contains("secret-value"), "{everything}");
    assert!(events.contains(&AgentEvent::Text("the key is •••".into())));
}
