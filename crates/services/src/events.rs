//! The event log, as far as an actor may see it.

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::{Envelope, EventSeq};

use crate::{Cx, Error};

/// Events after a position, oldest first.
pub async fn read(cx: &Cx, actor: &Actor, after: EventSeq, limit: u32) -> Result<Vec<Envelope>, Error> {
    access::require(actor, Action::ReadEvents)?;
    let tx = cx.store.read().await?;
    Ok(tx.events().after(after, u64::from(limit)).await?)
}

/// The position of the newest event.
pub async fn last_seq(cx: &Cx) -> Result<EventSeq, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.events().last_seq().await?)
}
