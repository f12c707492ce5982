//! Agent CLIs of this machine.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::agents::AgentInfo;

use super::UiError;

/// Every agent that loki can drive, found here or not.
#[server(name = ReadAgents, prefix = "/ui", endpoint = "agents", input = GetUrl)]
pub async fn agents() -> Result<Vec<AgentInfo>, UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    asked(services::agents::list(&cx, &actor).await)
}
