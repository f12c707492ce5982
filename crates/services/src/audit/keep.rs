//! Keeping the trail: signed checkpoints, and the end of what is older than it has to be.

use domain::audit::{Entry, Link};
use protocol::timestamp::{DAY_MS, HOUR_MS};
use store::Tx;

use super::anchor;
use crate::{Cx, Error};

/// Entries after which the next checkpoint is made before its time.
const ENTRIES: i64 = 1_000;

/// When a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After an hour or a thousand entries.
    Due,
    /// When there is anything new at all.
    Now,
}

/// Signs where the chain ends, unless it was cut off or rewritten. The signature also goes to the log and to the anchor in the
/// data directory, where the database's owner cannot change it.
pub async fn checkpoint(cx: &Cx, when: When) -> Result<(), Error> {
    let anchor = anchor::read(cx).await?;
    let tx = cx.store.read().await?;
    anchor::require(cx, &tx, anchor.as_ref()).await?;
    let (head, last) = (tx.audit().head().await?, tx.audit().last_checkpoint().await?);
    drop(tx);
    let (last_seq, last_at) = last.map_or((0, 0), |last| (last.seq, last.at));
    let now = cx.clock.now().millis();
    let due = head.seq - last_seq >= ENTRIES || now - last_at >= HOUR_MS || when == When::Now;
    if head.seq != last_seq && due {
        let tx = cx.store.begin().await?;
        sign(cx, &tx, &head).await?;
        tx.commit().await?;
    }
    // Also when there was nothing to sign: another server may have signed, or this one ended before it wrote the file.
    anchor::raise(cx, anchor.as_ref()).await
}

async fn sign(cx: &Cx, tx: &Tx, link: &Link) -> Result<(), Error> {
    let checkpoint = cx.audit_key.sign(link, cx.clock.now().millis());
    tx.audit().save_checkpoint(&checkpoint).await?;
    tracing::info!(
        seq = checkpoint.seq,
        hash = checkpoint.hash,
        key = checkpoint.key,
        signature = checkpoint.signature,
        "audit checkpoint"
    );
    Ok(())
}

/// Removes entries that are older than `days`. The last of them is signed first, so that what stays is still proved.
pub async fn prune(cx: &Cx, days: u32) -> Result<u64, Error> {
    let now = cx.clock.now().millis();
    let anchor = anchor::read(cx).await?;
    let tx = cx.store.begin().await?;
    anchor::require(cx, &tx, anchor.as_ref()).await?;
    let Some(end) = tx.audit().last_before(now - i64::from(days) * DAY_MS).await? else { return Ok(0) };
    sign(cx, &tx, &end).await?;
    let removed = tx.audit().remove_through(end.seq).await?;
    tx.audit().remove_checkpoints_before(end.seq).await?;
    let entry =
        Entry::done(now, &domain::actor::Actor::Automation, "prune audit", &format!("{removed} entries through {}", end.seq));
    tx.record(entry);
    tx.commit().await?;
    anchor::raise(cx, anchor.as_ref()).await?;
    Ok(removed)
}
