//! Which agents there are on this machine.

use std::sync::Mutex;

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::{Timestamp, agents::AgentInfo};

use crate::{Cx, Error};

/// How long an answer is good before the machine is looked at again.
const GOOD_FOR_MS: i64 = 30_000;

/// What was found last, and when.
#[derive(Debug, Default)]
pub struct Detected(Mutex<Option<(Timestamp, Vec<AgentInfo>)>>);

/// Every agent that loki knows, found or not.
pub async fn list(cx: &Cx, actor: &Actor) -> Result<Vec<AgentInfo>, Error> {
    access::require(actor, Action::ReadAgents)?;
    Ok(detect(cx).await)
}

/// Looks for the agents, or at what was found a moment ago.
pub(crate) async fn detect(cx: &Cx) -> Vec<AgentInfo> {
    let now = cx.clock.now();
    let cached = cx.detected.0.lock().ok().and_then(|found| found.clone());
    if let Some((_, agents)) = cached.filter(|(at, _)| now.millis_since(*at) < GOOD_FOR_MS) {
        return agents;
    }
    let mut agents = Vec::new();
    for agent in cx.agents.iter() {
        agents.push(agent.detect().await);
    }
    if let Ok(mut found) = cx.detected.0.lock() {
        *found = Some((now, agents.clone()));
    }
    agents
}
