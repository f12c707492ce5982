//! Which agents there are on this machine.

use std::sync::{Mutex, PoisonError};

use domain::{
    access::{self, Action},
    actor::Actor,
    vault::{self, SecretScope},
};
use protocol::{
    Timestamp,
    agents::{AgentInfo, KeyOrigin},
    secrets::SecretUse,
};
use store::Store;

use crate::{Cx, Error};

/// How long an answer is good before the machine is looked at again.
const GOOD_FOR_MS: i64 = 30_000;

/// What was found last, and when.
#[derive(Debug, Default)]
pub struct Detected(Mutex<Option<(Timestamp, Vec<AgentInfo>)>>);

/// Every agent that loki knows, found or not.
pub async fn list(cx: &Cx, actor: &Actor) -> Result<Vec<AgentInfo>, Error> {
    access::require(actor, Action::ReadAgents)?;
    let mut agents = detect(cx).await;
    let keys = vault_keys(&cx.store).await?;
    for agent in &mut agents {
        note_vault(agent, &keys);
    }
    Ok(agents)
}

/// Names of the installation's secrets that agents are given.
pub async fn vault_keys(store: &Store) -> Result<Vec<String>, Error> {
    let tx = store.read().await?;
    let secrets = tx.secrets().of(SecretScope::Installation).await?;
    Ok(secrets.into_iter().filter(|secret| secret.uses.contains(&SecretUse::Agent)).map(|secret| secret.name).collect())
}

/// Says that an agent's key comes from the vault, where it does: the vault's wins over the environment's.
pub fn note_vault(agent: &mut AgentInfo, keys: &[String]) {
    if vault::key_names(agent.provider).any(|name| keys.iter().any(|key| key == name)) {
        agent.key = Some(KeyOrigin::Vault);
    }
}

/// Looks for the agents, or at what was found a moment ago.
pub(crate) async fn detect(cx: &Cx) -> Vec<AgentInfo> {
    let now = cx.clock.now();
    let cached = cx.detected.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, agents)) = cached.filter(|(at, _)| now.millis_since(*at) < GOOD_FOR_MS) {
        return agents;
    }
    let mut agents = Vec::new();
    for agent in cx.agents.iter() {
        agents.push(agent.detect().await);
    }
    *cx.detected.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, agents.clone()));
    agents
}
