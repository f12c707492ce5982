//! Sends what mail there is, behind everything else.

use std::{pin::pin, time::Duration};

use domain::errors::explain;
use services::Cx;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often there is a look for mail.
const LOOK: Duration = Duration::from_secs(1);
/// The longest pause while the database or the vault does not work.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How long a mail that is being sent has left when the server ends. What was not finished then goes out after the next start.
const LAST: Duration = Duration::from_secs(3);

/// Sends mail until `stopping` fires.
pub(super) async fn send(cx: Cx, stopping: CancellationToken) {
    if let Err(error) = services::mail::take_back(&cx).await {
        tracing::warn!(error = %explain(&error), "mail of before the start waits for its lease to end");
    }
    let mut pause = LOOK;
    loop {
        let mut step = pin!(services::mail::step(&cx));
        let done = tokio::select! {
            done = &mut step => done,
            () = stopping.cancelled() => {
                let _ = timeout(LAST, step).await;
                return;
            }
        };
        match done {
            Ok(true) => {
                pause = LOOK;
                continue;
            }
            Ok(false) => pause = LOOK,
            Err(error) => {
                if pause == LOOK {
                    tracing::warn!(error = %explain(&error), "no mail can be sent; it is tried again");
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        if stopping.run_until_cancelled(sleep(pause)).await.is_none() {
            return;
        }
    }
}
