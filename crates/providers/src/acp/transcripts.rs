//! What recorded sessions of agents are read as.

use std::sync::Arc;

use serde_json::Value;

use super::session::Session;
use crate::driver::{Ending, testing::told};

/// The lines of one side: `<` is the agent.
fn lines(recorded: &str, side: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    for line in recorded.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if line.as_object_mut().unwrap().remove("dir").unwrap() == side {
            lines.push(line);
        }
    }
    lines
}

/// The agent's answers carry the ids of the recording, which are those that we use ourselves besides the prompt's.
fn replayed(recorded: &str) -> String {
    let renumber = |mut line: Value| {
        if line["id"] == 3 && line.get("method").is_none() {
            line["id"] = 4.into();
        }
        line.to_string()
    };
    lines(recorded, "<").into_iter().map(renumber).collect::<Vec<_>>().join("\n")
}

async fn read(recorded: &str) -> String {
    let session = Session::new("please WRITE:/w/hello.txt".to_owned(), None, "/w".into(), Arc::default());
    told(session, &replayed(recorded), Ending::Over).await
}

#[tokio::test]
async fn a_session_of_gemini() {
    insta::assert_snapshot!(read(include_str!("transcripts/gemini.jsonl")).await, @r#"
    > {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{"fs":{"readTextFile":true,"writeTextFile":true},"terminal":false,"auth":{"terminal":false}},"clientInfo":{"name":"loki","version":"0.1.0"}}}
    > {"jsonrpc":"2.0","id":2,"method":"session/new","params":{"cwd":"/w","mcpServers":[]}}
    > {"jsonrpc":"2.0","id":4,"method":"session/prompt","params":{"sessionId":"d2a938d5-49d0-445d-b3c6-62089f52d1b9","prompt":[{"type":"text","text":"please WRITE:/w/hello.txt"}]}}
    Text("I will do that now.")
    Tool("Writing to hello.txt")
    > {"jsonrpc":"2.0","id":0,"result":{"outcome":{"outcome":"selected","optionId":"proceed_once"}}}
    Text("[MODE_UPDATE] autoEdit")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 3000, cached: 0, output: 90 }) })
    Over
    = Finished
    = "[MODE_UPDATE] autoEditDone: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: None, tokens: Some(TokenCount { input: 3000, cached: 0, output: 90 }) }
    "#);
}

#[tokio::test]
async fn a_session_of_opencode() {
    insta::assert_snapshot!(read(include_str!("transcripts/opencode.jsonl")).await, @r#"
    > {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{"fs":{"readTextFile":true,"writeTextFile":true},"terminal":false,"auth":{"terminal":false}},"clientInfo":{"name":"loki","version":"0.1.0"}}}
    > {"jsonrpc":"2.0","id":2,"method":"session/new","params":{"cwd":"/w","mcpServers":[]}}
    > {"jsonrpc":"2.0","id":4,"method":"session/prompt","params":{"sessionId":"ses_e036ff7f1ffecR3dHXa36prz2B","prompt":[{"type":"text","text":"please WRITE:/w/hello.txt"}]}}
    Text("I will do th")
    Text("at now.")
    Tool("write hello.txt")
    Output("Wrote file successfully.")
    Text("Done: 1 tool")
    Text(" step(s) exe")
    Text("cuted by the")
    Text(" mock model.")
    Usage(Usage { cost_usd: Some(0.00873), tokens: None })
    Usage(Usage { cost_usd: Some(0.00873), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) })
    Over
    = Finished
    = "Done: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.00873), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) }
    "#);
}

#[tokio::test]
async fn a_session_of_cline_without_a_key() {
    insta::assert_snapshot!(read(include_str!("transcripts/cline.jsonl")).await, @r#"
    > {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{"fs":{"readTextFile":true,"writeTextFile":true},"terminal":false,"auth":{"terminal":false}},"clientInfo":{"name":"loki","version":"0.1.0"}}}
    > {"jsonrpc":"2.0","id":2,"method":"session/new","params":{"cwd":"/w","mcpServers":[]}}
    Over
    = Unauthorized { detail: "Authentication required: Call authenticate before starting a session" }
    = ""
    = Usage { cost_usd: None, tokens: None }
    "#);
}
