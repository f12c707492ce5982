//! What may end an effect in its middle: a wish to stop, the wall time, a lost lease, the end of the server.

use std::{path::Path, time::Duration};

use domain::runs::{Asker, Effect, RunRecord, Wish, limits};
use services::Cx;
use tokio_util::sync::CancellationToken;

use crate::{
    control_files::{self, Appeared},
    dispatcher::LEASE_MS,
};

/// How often control files are looked at.
const FILES_EVERY: Duration = Duration::from_millis(250);
/// How often the lease is renewed, in ticks of [`FILES_EVERY`].
const RENEW_EVERY: u32 = 32;

/// Why an effect was cut short.
#[derive(Debug)]
pub(crate) enum Interrupt {
    Wish(Wish, Asker),
    Limit(String),
    LeaseLost,
    Shutdown,
}

/// Waits for whatever comes first; a wish to pause waits for the end of the step and is not among it.
pub(crate) async fn watch(cx: &Cx, record: &RunRecord, effect: &Effect, stop: &CancellationToken) -> Interrupt {
    let left = Duration::from_millis(u64::try_from(record.state.millis_left()).unwrap_or(0));
    let wall = async {
        if is_closing(effect) || record.state.ending.is_some() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(left).await;
    };
    tokio::select! {
        () = stop.cancelled() => Interrupt::Shutdown,
        () = wall => Interrupt::Limit(limits::counted(record.state.ceilings.minutes, "minute")),
        interrupt = watch_wishes(cx, record, effect) => interrupt,
    }
}

/// What only writes down the result is cut short neither by the clock nor by a wish.
fn is_closing(effect: &Effect) -> bool {
    matches!(effect, Effect::Commit { .. } | Effect::Deliver | Effect::Seal | Effect::Claim)
}

async fn watch_wishes(cx: &Cx, record: &RunRecord, effect: &Effect) -> Interrupt {
    // What was there before would have been granted before the effect began.
    let appeared = Appeared::during(effect);
    let mut nudged = cx.nudges.watch_engine();
    let mut ticks: u32 = 0;
    loop {
        let woken = tokio::select! {
            changed = nudged.changed() => changed.is_ok(),
            () = tokio::time::sleep(FILES_EVERY) => false,
        };
        ticks = ticks.wrapping_add(1);
        if ticks.is_multiple_of(RENEW_EVERY) && !renew(cx, record).await {
            return Interrupt::LeaseLost;
        }
        if is_closing(effect) {
            continue;
        }
        let worktree = record.state.worktree.as_deref().map(Path::new);
        if let Some(stop @ Wish::Stop { .. }) = worktree.and_then(|worktree| control_files::wish(worktree, appeared)) {
            return Interrupt::Wish(stop, Asker::File);
        }
        // With several machines, a wish may have been written by another one: then only the tick shows it.
        if (woken || ticks.is_multiple_of(4))
            && let Some(stop @ Wish::Stop { .. }) = stored_wish(cx, record).await
        {
            return Interrupt::Wish(stop, Asker::Person);
        }
    }
}

async fn stored_wish(cx: &Cx, record: &RunRecord) -> Option<Wish> {
    let tx = cx.store.read().await.ok()?;
    tx.runs().by_id(record.id).await.ok()??.wish
}

/// Whether the run is still ours. A database that does not answer does not take it away: the journal has the last word.
pub(crate) async fn renew(cx: &Cx, record: &RunRecord) -> bool {
    let now = cx.clock.now();
    let until = now.plus_millis(LEASE_MS);
    let Ok(tx) = cx.store.begin().await else { return true };
    let ours = tx.runs().claim(record.id, &cx.settings.instance, now, until).await.unwrap_or(true);
    tx.commit().await.is_err() || ours
}
