//! The end of a server: asked for by a signal, done within ten seconds.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// What is not done by then is left to the next start, which takes everything up from the journal.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn asked() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
