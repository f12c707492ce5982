//! Time, ids and small chores of a running server.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{
    errors::explain,
    ports::clock::{Clock, Ids},
};
use protocol::Timestamp;
use services::{Cx, audit::When};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The system's generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemIds;

impl SystemIds {
    fn uuid_at(self, since_epoch: Duration) -> Uuid {
        let mut random = [0; 10];
        self.random(&mut random);
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        self.uuid_at(since_epoch())
    }

    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Going on with foreseeable secrets would be worse than ending.
            tracing::error!(%error, "the system gives no random numbers");
            std::process::abort();
        }
    }
}

/// A name that this data directory keeps, so that a restarted server knows its own leases.
pub(crate) fn instance(data_dir: &Path, ids: &dyn Ids) -> io::Result<String> {
    let path = data_dir.join("instance");
    match fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = ids.uuid().to_string();
    let mut file = fs::File::create(&path)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    Ok(name)
}

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

async fn remove_expired(cx: &Cx) -> Result<(), store::StoreError> {
    let tx = cx.store.begin().await?;
    tx.logins().delete_expired(cx.clock.now()).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2-10
    #[test]
    fn ids_are_of_version_7_and_sort_by_time() {
        let at = |millis| SystemIds.uuid_at(Duration::from_millis(millis));
        // What is chance in them decides nothing, however often.
        for millis in 1_767_225_600_000..1_767_225_600_100 {
            let (first, next) = (at(millis), at(millis + 1));
            assert!(first < next, "{first} {next}");
            assert_eq!(first.get_version_num(), 7);
            assert_ne!(first, at(millis));
        }
    }

    #[test]
    fn a_data_directory_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let first = instance(folder.path(), &SystemIds).unwrap();
        assert_eq!(instance(folder.path(), &SystemIds).unwrap(), first);
    }
}
