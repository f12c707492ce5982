//! Updates: what a client sees of a prompt while it is carried out.

use std::{path::Path, time::Duration};

use agent_client_protocol::{
    Client, Error,
    v1::{
        ConnectionTo,
        schema::{
            ContentBlock, ContentChunk, Cost, Diff, SessionId, SessionNotification, SessionUpdate, TextContent, ToolCall,
            ToolCallContent, ToolCallLocation, ToolCallStatus, ToolCallUpdate, ToolCallUpdateFields, ToolKind, UsageUpdate,
        },
    },
};

use super::outbox::Outbox;
use crate::builder::Change;

/// The updates of one prompt.
#[derive(Debug)]
pub(crate) struct Updates {
    pub(super) connection: ConnectionTo<Client>,
    pub(super) session: SessionId,
    pub(super) outbox: Outbox,
    pub(super) pace: Duration,
    /// How many prompts the session had before, and how many tool calls this one had: they make the calls' ids.
    pub(super) prompt: u32,
    pub(super) calls: u64,
}

impl Updates {
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Says a piece of text; the caller ends its lines.
    pub(crate) async fn say(&self, text: impl Into<String>) -> Result<(), Error> {
        self.send(SessionUpdate::AgentMessageChunk(ContentChunk::new(ContentBlock::Text(TextContent::new(text))))).await
    }

    /// Reports what the session cost so far, where each prompt costs `usd`: the earlier ones, and `share` of this one.
    pub(crate) async fn spent(&self, usd: f64, share: f64) -> Result<(), Error> {
        let whole = (f64::from(self.prompt.saturating_sub(1)) + share) * usd;
        self.send(SessionUpdate::UsageUpdate(UsageUpdate::new(0, 0).cost(Cost::new(whole, "USD")))).await
    }

    /// Shows a file that is about to be written; gives the id to end the call with.
    pub(crate) async fn editing(&mut self, root: &Path, change: &Change) -> Result<String, Error> {
        let place = root.join(&change.path);
        let verb = if change.before.is_none() { "Write" } else { "Edit" };
        let diff = Diff::new(place.clone(), change.after.clone()).old_text(change.before.clone());
        let call = |id: String| {
            ToolCall::new(id, format!("{verb} {}", change.path))
                .kind(ToolKind::Edit)
                .status(ToolCallStatus::InProgress)
                .content(vec![ToolCallContent::Diff(diff)])
                .locations(vec![ToolCallLocation::new(place)])
        };
        self.start(call).await
    }

    /// Shows a command that is about to run; gives the id to end the call with.
    pub(crate) async fn running(&mut self, command: &str) -> Result<String, Error> {
        self.start(|id| ToolCall::new(id, command).kind(ToolKind::Execute).status(ToolCallStatus::InProgress)).await
    }

    /// Ends a tool call, with what it printed.
    pub(crate) async fn ended(&self, id: String, succeeded: bool, output: Option<String>) -> Result<(), Error> {
        let status = if succeeded { ToolCallStatus::Completed } else { ToolCallStatus::Failed };
        let mut fields = ToolCallUpdateFields::new().status(status);
        if let Some(output) = output {
            fields = fields.content(vec![ToolCallContent::from(ContentBlock::Text(TextContent::new(output)))]);
        }
        self.send(SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(id, fields))).await
    }

    async fn start(&mut self, call: impl FnOnce(String) -> ToolCall) -> Result<String, Error> {
        self.calls += 1;
        let id = format!("call-{}-{}", self.prompt, self.calls);
        self.send(SessionUpdate::ToolCall(call(id.clone()))).await?;
        Ok(id)
    }

    async fn send(&self, update: SessionUpdate) -> Result<(), Error> {
        if !self.pace.is_zero() {
            tokio::time::sleep(self.pace).await;
        }
        self.connection.send_notification(SessionNotification::new(self.session.clone(), update))?;
        self.outbox.queued().await;
        Ok(())
    }
}
