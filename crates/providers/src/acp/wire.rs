//! JSON-RPC lines of the protocol: telling them apart and writing them.

use agent_client_protocol::{JsonRpcMessage, v1::schema::ErrorCode};
use serde::Serialize;
use serde_json::{Value, json};

/// A line from the agent.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Request { id: Value, method: String, params: Value },
    Notification { method: String, params: Value },
    Result { id: Value, result: Value },
    Failure { id: Value, code: i64, message: String },
}

/// What a line is; `None` for all that is no message of the protocol.
pub(super) fn read(line: &str) -> Option<Message> {
    let Value::Object(mut fields) = serde_json::from_str(line).ok()? else { return None };
    let id = fields.remove("id");
    if let Some(Value::String(method)) = fields.remove("method") {
        let params = fields.remove("params").unwrap_or_default();
        return Some(match id {
            Some(id) => Message::Request { id, method, params },
            None => Message::Notification { method, params },
        });
    }
    let id = id?;
    if let Some(error) = fields.remove("error") {
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
        return Some(Message::Failure { id, code, message: failure_text(&error) });
    }
    fields.remove("result").map(|result| Message::Result { id, result })
}

/// The message of an error, with the reason behind it where there is one.
fn failure_text(error: &Value) -> String {
    let message = error.get("message").and_then(Value::as_str).unwrap_or("the agent failed without a reason").to_owned();
    let reason = match error.get("data") {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(data) => ["details", "message", "error"].iter().find_map(|name| data.get(name).and_then(Value::as_str)),
        None => None,
    };
    match reason {
        Some(reason) if !message.contains(reason) => format!("{message}: {reason}"),
        _ => message,
    }
}

/// A request of ours as a line.
pub(super) fn request(id: u64, message: &impl JsonRpcMessage) -> String {
    match message.to_untyped_message() {
        Ok(message) => custom_request(id, &message.method, &message.params),
        // Our own messages are plain data; if one could not be written, the agent answers that it does not know it.
        Err(_) => custom_request(id, "", &Value::Null),
    }
}

pub(super) fn custom_request(id: u64, method: &str, params: &Value) -> String {
    line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

pub(super) fn answer(id: &Value, result: impl Serialize) -> String {
    match serde_json::to_value(result) {
        Ok(result) => line(&json!({ "jsonrpc": "2.0", "id": id, "result": result })),
        Err(error) => refusal(id, ErrorCode::InternalError, &error.to_string()),
    }
}

pub(super) fn refusal(id: &Value, code: ErrorCode, message: &str) -> String {
    line(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": i32::from(code), "message": message } }))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let method = || "m".to_owned();
        let check = |line: &str, expected: Option<Message>| assert_eq!(read(line), expected, "{line}");
        check(
            r#"{"id":0,"method":"m","params":[1]}"#,
            Some(Message::Request { id: json!(0), method: method(), params: json!([1]) }),
        );
        check(r#"{"method":"m"}"#, Some(Message::Notification { method: method(), params: Value::Null }));
        check(r#"{"id":"a","result":null}"#, Some(Message::Result { id: json!("a"), result: Value::Null }));
        let message = "no: because".to_owned();
        check(
            r#"{"id":1,"error":{"code":-32000,"message":"no","data":{"details":"because"}}}"#,
            Some(Message::Failure { id: json!(1), code: -32000, message }),
        );
        for line in ["", "hello", "[]", "1", "{", "{}", r#"{"id":1}"#, r#"{"result":1}"#] {
            check(line, None);
        }
    }
}
