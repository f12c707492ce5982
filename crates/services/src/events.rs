//! The event log, as far as an actor may see it.

use std::collections::HashMap;

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::{Envelope, EventSeq, ProjectId, teams::Owner};

use crate::{Cx, Error};

/// Events after a position that the actor may know of, oldest first.
pub async fn read(cx: &Cx, actor: &Actor, after: EventSeq, limit: u32) -> Result<Vec<Envelope>, Error> {
    access::require(actor, Action::ReadEvents)?;
    let tx = cx.store.read().await?;
    Ok(tx.events().seen_by(actor.reach().visible(), after, u64::from(limit)).await?)
}

/// The position of the newest event.
pub async fn last_seq(cx: &Cx) -> Result<EventSeq, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.events().last_seq().await?)
}

/// Whom the projects of those events belong to now, also when they are gone. For loki itself, which tells sockets apart by it.
pub async fn owners(cx: &Cx, envelopes: &[Envelope]) -> Result<HashMap<ProjectId, Owner>, Error> {
    let mut ids: Vec<ProjectId> = envelopes.iter().filter_map(|envelope| envelope.scope.project_id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tx = cx.store.read().await?;
    Ok(tx.sharing().owners(&ids).await?)
}
