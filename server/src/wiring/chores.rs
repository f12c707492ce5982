//! What a running server does by the clock: removing what is over, and writing down what it gathered.

use std::time::Duration;

use domain::errors::explain;
use services::{Cx, audit::When};
use tokio_util::sync::CancellationToken;

/// Removes logins that are over and replaces keys that have signed for long enough, now and once an hour.
pub(super) async fn sweep(cx: Cx, stopping: CancellationToken) {
    loop {
        if let Err(error) = cx.access_keys.rotate(&*cx.ids, cx.clock.now()) {
            tracing::warn!(%error, "the keys of access tokens could not be replaced");
        }
        if let Err(error) = remove_expired(&cx).await {
            tracing::warn!(error = %explain(&error), "old logins could not be removed");
        }
        if let Err(error) = services::mail::forget(&cx).await {
            tracing::warn!(error = %explain(&error), "old mail could not be forgotten");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(Duration::from_hours(1)) => {}
        }
    }
}

/// Writes when tokens were used, twice a minute and at the end.
pub(super) async fn write_token_uses(cx: Cx, stopping: CancellationToken) {
    loop {
        let ends = tokio::select! {
            () = stopping.cancelled() => true,
            () = tokio::time::sleep(Duration::from_secs(30)) => false,
        };
        services::accounts::write_token_uses(&cx).await;
        if ends {
            return;
        }
    }
}

async fn remove_expired(cx: &Cx) -> Result<(), store::StoreError> {
    let tx = cx.store.begin().await?;
    tx.logins().delete_expired(cx.clock.now()).await?;
    tx.commit().await
}

/// How often the end of the audit trail is noted outside of the database.
const ANCHORED: Duration = Duration::from_secs(5);
/// So many times a minute.
const A_MINUTE: u64 = 12;

/// Keeps the end of the audit trail outside of the database, signs checkpoints when they are due and at the end, and once an hour
/// removes what is older than `days`.
pub(super) async fn keep_audit(cx: Cx, days: Option<u32>, stopping: CancellationToken) {
    for time in 1_u64.. {
        if let Some(days) = days.filter(|_| time % (60 * A_MINUTE) == 1)
            && let Err(error) = services::audit::prune(&cx, days).await
        {
            tracing::warn!(error = %explain(&error), "old entries of the audit trail could not be removed");
        }
        let ends = tokio::select! {
            () = stopping.cancelled() => true,
            () = tokio::time::sleep(ANCHORED) => false,
        };
        if !ends && time % A_MINUTE != 0 {
            // What is wrong with it is told by the next checkpoint, not every few seconds.
            if let Err(error) = services::audit::follow(&cx).await {
                tracing::debug!(error = %explain(&error), "the end of the audit trail was not noted");
            }
            continue;
        }
        let when = if ends { When::Now } else { When::Due };
        if let Err(error) = services::audit::checkpoint(&cx, when).await {
            tracing::warn!(error = %explain(&error), "the audit trail has no new checkpoint");
        }
        if ends {
            return;
        }
    }
}
