//! What the tests stand on: the real binary as a process, people and tokens that use it, projects and runs.
#![expect(clippy::expect_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes and wait for them")]
#![expect(clippy::return_self_not_must_use, reason = "what is set up is started on the same line")]

pub mod actor;
pub mod answer;
pub mod app;
pub mod authenticator;
pub mod browser;
pub mod command;
pub mod door;
pub mod identity_provider;
pub mod journal;
pub mod passkey;
pub mod postgres;
pub mod processes;
pub mod project;
pub mod run;
pub mod server;
pub mod smtp;
pub mod socket;
pub mod specs;
pub mod team;
pub mod tls_front;

pub use actor::Actor;
pub use answer::Answer;
pub use app::{Setup, TestApp};
pub use browser::Browser;
pub use project::ProjectHandle;
pub use run::RunHandle;

use std::time::{Duration, Instant};

/// Longer than anything takes that works; nothing waits this long otherwise.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again and again until there is something; fails with `what` when nothing comes.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "it did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
