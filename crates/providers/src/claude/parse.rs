//! A line of Claude Code's output into what it says; pure. Fields are those of version 2.1; unknown lines say nothing.

use domain::ports::agent::TokenCount;
use serde_json::Value;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Text(String),
    Thought(String),
    /// A tool and what it is used on: a path, a command, a pattern.
    Tool {
        name: String,
        on: String,
    },
    Output(String),
    /// Tokens of one message of the model so far.
    Tokens {
        message: String,
        count: TokenCount,
    },
    /// The model's service did not answer; Claude Code says so in place of the model.
    ServiceFailed {
        kind: String,
        text: String,
    },
    /// It will ask the model's service again.
    Retry(String),
    Result(Report),
}

/// The line that closes a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) subtype: String,
    pub(super) is_error: bool,
    /// The HTTP status of the model's service, when that is what failed.
    pub(super) api_status: Option<u64>,
    /// The closing words, or what went wrong.
    pub(super) text: String,
    pub(super) cost_usd: Option<f64>,
    pub(super) tokens: Option<TokenCount>,
}

/// What a line says; `None` if it is no JSON object.
pub(super) fn parse(line: &str) -> Option<Vec<Item>> {
    let event: Value = serde_json::from_str(line).ok()?;
    if !event.is_object() {
        return None;
    }
    Some(match text_at(&event, "type") {
        "assistant" => assistant(&event),
        "user" => blocks(&event).filter_map(tool_output).collect(),
        "system" if text_at(&event, "subtype") == "api_retry" => vec![retry(&event)],
        "result" => vec![Item::Result(report(&event))],
        _ => Vec::new(),
    })
}

fn assistant(event: &Value) -> Vec<Item> {
    let failure = text_at(event, "error");
    if !failure.is_empty() {
        let text = blocks(event).map(|block| text_at(block, "text")).collect::<Vec<_>>().join("\n");
        return vec![Item::ServiceFailed { kind: failure.to_owned(), text }];
    }
    let mut items: Vec<Item> = blocks(event).filter_map(assistant_block).collect();
    let message = event.get("message").unwrap_or(&Value::Null);
    if let Some(count) = message.get("usage").and_then(token_count).filter(|count| *count != TokenCount::default()) {
        items.push(Item::Tokens { message: text_at(message, "id").to_owned(), count });
    }
    items
}

fn assistant_block(block: &Value) -> Option<Item> {
    match text_at(block, "type") {
        "text" => Some(Item::Text(text_at(block, "text").to_owned())),
        "thinking" => Some(Item::Thought(text_at(block, "thinking").to_owned())),
        "tool_use" => {
            let input = block.get("input").unwrap_or(&Value::Null);
            Some(Item::Tool { name: text_at(block, "name").to_owned(), on: subject(input).to_owned() })
        }
        _ => None,
    }
}

/// What tells most about a tool's input.
fn subject(input: &Value) -> &str {
    const TELLING: [&str; 9] =
        ["file_path", "notebook_path", "command", "pattern", "url", "query", "path", "description", "prompt"];
    TELLING.iter().map(|name| text_at(input, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn tool_output(block: &Value) -> Option<Item> {
    if text_at(block, "type") != "tool_result" {
        return None;
    }
    let text = match block.get("content")? {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| text_at(part, "text")).collect::<Vec<_>>().join("\n"),
        _ => return None,
    };
    (!text.is_empty()).then_some(Item::Output(text))
}

fn retry(event: &Value) -> Item {
    let number = |name: &str| event.get(name).and_then(Value::as_u64);
    let status = number("error_status").map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let attempt = number("attempt").unwrap_or_default();
    let most = number("max_retries").unwrap_or_default();
    Item::Retry(format!("the model's service failed ({status}, {}); retry {attempt} of {most}", text_at(event, "error")))
}

fn report(event: &Value) -> Report {
    let errors = event.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let text = match text_at(event, "result") {
        "" => errors.collect::<Vec<_>>().join("\n"),
        text => text.to_owned(),
    };
    Report {
        subtype: text_at(event, "subtype").to_owned(),
        is_error: event.get("is_error").and_then(Value::as_bool).unwrap_or_default(),
        api_status: event.get("api_error_status").and_then(Value::as_u64),
        text,
        cost_usd: event
            .get("total_cost_usd")
            .and_then(Value::as_f64)
            .filter(|cost| cost.is_finite() && *cost >= 0.0)
            .map(rounded),
        tokens: tokens_by_model(event).or_else(|| event.get("usage").and_then(token_count)),
    }
}

/// Dollars to the billionth: what comes is a sum of floats, with their noise.
fn rounded(dollars: f64) -> f64 {
    (dollars * 1e9).round() / 1e9
}

/// Tokens of all models together; unlike `usage`, they cover the whole process and the message at which a ceiling was met.
fn tokens_by_model(event: &Value) -> Option<TokenCount> {
    let models = event.get("modelUsage").and_then(Value::as_object).filter(|models| !models.is_empty())?;
    let total = |name: &str| models.values().filter_map(|usage| usage.get(name)?.as_u64()).fold(0, u64::saturating_add);
    Some(TokenCount {
        input: total("inputTokens").saturating_add(total("cacheCreationInputTokens")),
        cached: total("cacheReadInputTokens"),
        output: total("outputTokens"),
    })
}

/// Writing to the cache is input that is paid for; reading from it is counted by itself.
fn token_count(usage: &Value) -> Option<TokenCount> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or_default();
    usage.is_object().then(|| TokenCount {
        input: count("input_tokens").saturating_add(count("cache_creation_input_tokens")),
        cached: count("cache_read_input_tokens"),
        output: count("output_tokens"),
    })
}

fn blocks(event: &Value) -> impl Iterator<Item = &Value> {
    event.pointer("/message/content").and_then(Value::as_array).into_iter().flatten()
}

fn text_at<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
