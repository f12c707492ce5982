//! What an agent reports while it works, into events; pure.

use std::{collections::BTreeMap, path::PathBuf};

use agent_client_protocol::v1::schema::{
    ContentBlock, SessionNotification, SessionUpdate, ToolCallContent, ToolCallLocation, ToolCallStatus, ToolCallUpdate,
    ToolCallUpdateFields,
};
use domain::ports::agent::{AgentEvent, TokenCount, Usage};
use serde_json::Value;

use crate::text::one_line;

/// How many tool calls are remembered at once.
const REMEMBERED: usize = 1_000;

/// Turns updates into events; every tool call is told once, as soon as it says what it works on.
#[derive(Debug, Default)]
pub(super) struct Updates {
    workspace: PathBuf,
    tools: BTreeMap<String, Tool>,
}

#[derive(Debug, Default)]
struct Tool {
    title: String,
    is_told: bool,
}

impl Updates {
    pub(super) fn new(workspace: PathBuf) -> Self {
        Self { workspace, tools: BTreeMap::new() }
    }

    /// The events of a `session/update`; kinds that are not known have none.
    pub(super) fn read(&mut self, params: Value) -> Vec<AgentEvent> {
        let Ok(SessionNotification { update, .. }) = serde_json::from_value(params) else { return Vec::new() };
        match update {
            SessionUpdate::AgentMessageChunk(chunk) => text_of(&chunk.content).map(AgentEvent::Text).into_iter().collect(),
            SessionUpdate::AgentThoughtChunk(chunk) => text_of(&chunk.content).map(AgentEvent::Thought).into_iter().collect(),
            SessionUpdate::ToolCall(call) => {
                let update: ToolCallUpdate = call.into();
                self.tool(&update)
            }
            SessionUpdate::ToolCallUpdate(update) => self.tool(&update),
            SessionUpdate::UsageUpdate(update) => {
                let dollars = update.cost.filter(|cost| cost.currency.eq_ignore_ascii_case("USD")).map(|cost| cost.amount);
                dollars.map(|amount| AgentEvent::Usage(Usage { cost_usd: Some(amount), tokens: None })).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// A tool call that waits for permission is told, whatever it says of itself.
    pub(super) fn asks(&mut self, update: &ToolCallUpdate) -> Vec<AgentEvent> {
        let mut events = self.tool(update);
        events.extend(self.tell(&update.tool_call_id.to_string(), None));
        events
    }

    /// The tool calls that never said more than their name.
    pub(super) fn rest(&mut self) -> Vec<AgentEvent> {
        let tools = std::mem::take(&mut self.tools).into_values();
        tools.filter(|tool| !tool.is_told && !tool.title.is_empty()).map(|tool| AgentEvent::Tool(one_line(&tool.title))).collect()
    }

    fn tool(&mut self, update: &ToolCallUpdate) -> Vec<AgentEvent> {
        let ToolCallUpdate { tool_call_id, fields, .. } = update;
        let id = tool_call_id.to_string();
        if self.tools.len() >= REMEMBERED && !self.tools.contains_key(&id) {
            self.tools.clear();
        }
        let tool = self.tools.entry(id.clone()).or_default();
        if let Some(title) = fields.title.as_ref().filter(|_| !tool.is_told) {
            tool.title = one_line(title);
        }
        let is_telling = tool.title.contains(char::is_whitespace);
        let on = self.subject(fields);
        let has_begun = fields.status.is_some_and(|status| status != ToolCallStatus::Pending);

        let mut events = Vec::new();
        if is_telling || on.is_some() || has_begun {
            events.extend(self.tell(&id, on.filter(|_| !is_telling)));
        }
        if matches!(fields.status, Some(ToolCallStatus::Completed | ToolCallStatus::Failed)) {
            events.extend(output(fields).map(AgentEvent::Output));
        }
        events
    }

    fn tell(&mut self, id: &str, on: Option<String>) -> Option<AgentEvent> {
        let tool = self.tools.get_mut(id).filter(|tool| !tool.is_told)?;
        tool.is_told = true;
        Some(AgentEvent::Tool(one_line(&format!("{} {}", tool.title, on.unwrap_or_default()))))
    }

    /// The file or command that a tool works on.
    fn subject(&self, fields: &ToolCallUpdateFields) -> Option<String> {
        let path = fields
            .locations
            .iter()
            .flatten()
            .next()
            .map(|ToolCallLocation { path, .. }| path.strip_prefix(&self.workspace).unwrap_or(path).display().to_string());
        path.or_else(|| {
            let input = fields.raw_input.as_ref()?;
            ["command", "filePath", "file_path", "path", "pattern", "url"]
                .iter()
                .find_map(|name| Some(input.get(name)?.as_str()?.to_owned()))
        })
    }
}

fn text_of(content: &ContentBlock) -> Option<String> {
    match content {
        ContentBlock::Text(text) if !text.text.is_empty() => Some(text.text.clone()),
        _ => None,
    }
}

/// What a tool printed.
fn output(fields: &ToolCallUpdateFields) -> Option<String> {
    let content = fields.content.iter().flatten().filter_map(|content| match content {
        ToolCallContent::Content(content) => text_of(&content.content),
        _ => None,
    });
    let text = content.collect::<Vec<_>>().join("\n");
    if !text.is_empty() {
        return Some(text);
    }
    let raw = fields.raw_output.as_ref()?;
    raw.as_str().or_else(|| raw.get("output")?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The tokens that the answer to a prompt reports: in the protocol's own (not yet stable) field, or as Gemini does, whose input
/// includes what was cached.
pub(super) fn tokens(result: &Value) -> Option<TokenCount> {
    let count = |usage: &Value, name: &str| usage.get(name).and_then(Value::as_u64);
    if let Some(usage) = result.get("usage").filter(|usage| usage.is_object()) {
        return Some(TokenCount {
            input: count(usage, "inputTokens")?.saturating_add(count(usage, "cachedWriteTokens").unwrap_or_default()),
            cached: count(usage, "cachedReadTokens").unwrap_or_default(),
            output: count(usage, "outputTokens")?,
        });
    }
    let usage = result.pointer("/_meta/quota/token_count")?;
    Some(TokenCount { input: count(usage, "input_tokens")?, cached: 0, output: count(usage, "output_tokens")? })
}
