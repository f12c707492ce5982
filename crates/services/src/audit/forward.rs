//! Sending the trail on: entries behind a stored position, a bounded number at a time. Nobody who writes an entry waits for
//! it, and an entry that could not be sent is sent later: each goes out at least once.

use domain::audit::Row;
use store::{StoreError, Tx};

use crate::Cx;

/// The setting that holds the position.
const POSITION: &str = "audit_syslog_position";
/// Entries in memory at most.
const BATCH: u64 = 500;

/// The next entries that were not sent yet, oldest first; from the oldest that is kept when none was.
pub async fn next(cx: &Cx) -> Result<Vec<Row>, StoreError> {
    let tx = cx.store.read().await?;
    tx.audit().after(position(&tx).await?, BATCH).await
}

/// Up to where everything was sent.
async fn position(tx: &Tx) -> Result<i64, StoreError> {
    let stored = tx.accounts().setting(POSITION).await?;
    Ok(stored.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Notes that everything up to `seq` was sent. Of servers that send the same entries, the slower one takes nothing back.
pub async fn sent(cx: &Cx, seq: i64) -> Result<(), StoreError> {
    let tx = cx.store.begin().await?;
    if position(&tx).await? >= seq {
        return Ok(());
    }
    tx.accounts().set_setting(POSITION, &seq.to_string()).await?;
    tx.commit().await
}
