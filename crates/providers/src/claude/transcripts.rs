//! What recorded calls of Claude Code are read as.

use domain::ports::sandbox::Exit;

use super::reading::Reading;
use crate::driver::{Ending, testing::told};

/// Reads a transcript as if the process had then exited with `code`.
async fn read(transcript: &str, code: i32) -> String {
    let ending = Ending::Exited { exit: Exit::Code(code), errors: String::new() };
    told(Reading::new("prompt".to_owned(), "/w".into()), transcript, ending).await
}

#[tokio::test]
async fn a_call_that_writes_a_file() {
    insta::assert_snapshot!(read(include_str!("transcripts/streamjson.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write hello.txt")
    Output("File created successfully at: /w/hello.txt (file state is current in your context — no need to Read it back)")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = Finished
    = "Done: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn a_refused_key() {
    insta::assert_snapshot!(read(include_str!("transcripts/401-final.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (401, authentication_failed); retry 1 of 1")
    Stray("Failed to authenticate. API Error: 401 mock 401 authentication_error")
    Usage(Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) })
    Closing
    = Unauthorized { detail: "Failed to authenticate. API Error: 401 mock 401 authentication_error. Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN where the server is started." }
    = ""
    = Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) }
    "#);
}

#[tokio::test]
async fn a_missing_key() {
    insta::assert_snapshot!(read(include_str!("transcripts/nokey.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Stray("Not logged in · Please run /login")
    Usage(Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) })
    Closing
    = Unauthorized { detail: "Not logged in · Please run /login. Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN where the server is started." }
    = ""
    = Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) }
    "#);
}

#[tokio::test]
async fn a_rate_limit() {
    insta::assert_snapshot!(read(include_str!("transcripts/429-final.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (429, rate_limit); retry 1 of 1")
    Stray("API Error: Request rejected (429) · mock 429 rate_limit_error")
    Usage(Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) })
    Closing
    = RateLimited { detail: "API Error: Request rejected (429) · mock 429 rate_limit_error" }
    = ""
    = Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) }
    "#);
}

#[tokio::test]
async fn a_service_that_refuses_connections() {
    insta::assert_snapshot!(read(include_str!("transcripts/refused.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (no answer, unknown); retry 1 of 1")
    Stray("API Error: Unable to connect to API (ConnectionRefused)")
    Usage(Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) })
    Closing
    = Unreachable { detail: "API Error: Unable to connect to API (ConnectionRefused)" }
    = ""
    = Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) }
    "#);
}

#[tokio::test]
async fn a_stream_that_is_cut() {
    insta::assert_snapshot!(read(include_str!("transcripts/cut.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (no answer, unknown); retry 1 of 1")
    Stray("API Error: Unable to connect to API (ECONNRESET)")
    Usage(Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) })
    Closing
    = Unreachable { detail: "API Error: Unable to connect to API (ECONNRESET)" }
    = ""
    = Usage { cost_usd: Some(0.0), tokens: Some(TokenCount { input: 0, cached: 0, output: 0 }) }
    "#);
}

#[tokio::test]
async fn a_failure_that_a_retry_heals() {
    insta::assert_snapshot!(read(include_str!("transcripts/fault-dummy-500x1.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (500, server_error); retry 1 of 10")
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write hello.txt")
    Output("File created successfully at: /w/hello.txt (file state is current in your context — no need to Read it back)")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = Finished
    = "Done: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn an_overload_that_a_retry_heals() {
    insta::assert_snapshot!(read(include_str!("transcripts/fault-dummy-529x1.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Stray("the model's service failed (529, overloaded); retry 1 of 10")
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write hello.txt")
    Output("File created successfully at: /w/hello.txt (file state is current in your context — no need to Read it back)")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = Finished
    = "Done: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn a_ceiling_of_cost() {
    insta::assert_snapshot!(read(include_str!("transcripts/maxbudget.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write a.txt")
    Output("File created successfully at: /w/a.txt (file state is current in your context — no need to Read it back)")
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Tool("Write b.txt")
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = OverBudget
    = "I will do that now."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn a_ceiling_of_turns() {
    insta::assert_snapshot!(read(include_str!("transcripts/maxturns.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write a.txt")
    Output("File created successfully at: /w/a.txt (file state is current in your context — no need to Read it back)")
    Usage(Usage { cost_usd: Some(0.007275), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) })
    Closing
    = Finished
    = "I will do that now."
    = Usage { cost_usd: Some(0.007275), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) }
    "#);
}

#[tokio::test]
async fn a_tool_that_is_denied() {
    insta::assert_snapshot!(read(include_str!("transcripts/default-denied.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write hello.txt")
    Output("Claude requested permissions to write to /w/hello.txt, but you haven't granted it yet.")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = Finished
    = "Done: 1 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn partial_messages() {
    insta::assert_snapshot!(read(include_str!("transcripts/partial-nonroot.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write hello.txt")
    Output("File created successfully at: /w/hello.txt (file state is current in your context — no need to Read it back)")
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Tool("Bash git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm x && git log --oneline")
    Output("5cda433 x")
    Text("All finished")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 3600, cached: 900, output: 3 }) })
    Usage(Usage { cost_usd: Some(0.021825), tokens: Some(TokenCount { input: 3600, cached: 900, output: 135 }) })
    Closing
    = Finished
    = "All finished"
    = Usage { cost_usd: Some(0.021825), tokens: Some(TokenCount { input: 3600, cached: 900, output: 135 }) }
    "#);
}

#[tokio::test]
async fn a_resumed_conversation() {
    insta::assert_snapshot!(read(include_str!("transcripts/resume.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write second.txt")
    Output("File created successfully at: /w/second.txt (file state is current in your context — no need to Read it back)")
    Text("Done: 2 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    = Finished
    = "Done: 2 tool step(s) executed by the mock model."
    = Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) }
    "#);
}

#[tokio::test]
async fn an_interrupted_call() {
    insta::assert_snapshot!(read(include_str!("transcripts/sigint.jsonl"), 1).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Bash sleep 21")
    Output("The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.")
    Usage(Usage { cost_usd: Some(0.007275), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) })
    Closing
    = Crashed { exit: "1", detail: "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=tool_use" }
    = "I will do that now."
    = Usage { cost_usd: Some(0.007275), tokens: Some(TokenCount { input: 1200, cached: 300, output: 45 }) }
    "#);
}

#[tokio::test]
async fn two_turns_in_one_process() {
    insta::assert_snapshot!(read(include_str!("transcripts/stdin-streamjson.jsonl"), 0).await, @r#"
    > prompt
    CloseInput
    Text("I will do that now.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 1200, cached: 300, output: 1 }) })
    Tool("Write one.txt")
    Output("File created successfully at: /w/one.txt (file state is current in your context — no need to Read it back)")
    Text("Done: 1 tool step(s) executed by the mock model.")
    Usage(Usage { cost_usd: None, tokens: Some(TokenCount { input: 2400, cached: 600, output: 2 }) })
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 2400, cached: 600, output: 90 }) })
    Closing
    Text("second turn here")
    Usage(Usage { cost_usd: Some(0.01455), tokens: Some(TokenCount { input: 3600, cached: 900, output: 90 }) })
    Usage(Usage { cost_usd: Some(0.021825), tokens: Some(TokenCount { input: 3600, cached: 900, output: 135 }) })
    Closing
    = Finished
    = "second turn here"
    = Usage { cost_usd: Some(0.021825), tokens: Some(TokenCount { input: 3600, cached: 900, output: 135 }) }
    "#);
}
