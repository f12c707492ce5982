//! What happens by itself: runs are claimed and driven, projects prepared, leases kept. Loops without rules of their own;
//! the rules are `domain`'s, the transactions `services`' and this crate's journal.

mod checks;
mod control_files;
mod dispatcher;
mod driver;
mod effects;
mod export;
mod interrupts;
mod journal;
mod output;
mod prompts;
mod sweep;

use domain::errors::explain;
use services::Cx;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The running engine of one server.
#[derive(Debug)]
pub struct Engine {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Engine {
    /// Takes up every run and project that waits, and all that come.
    pub fn start(cx: Cx) -> Self {
        let engine = Self { stop: CancellationToken::new(), tasks: TaskTracker::new() };
        let (stop, tasks) = (engine.stop.clone(), engine.tasks.clone());
        engine.tasks.spawn(sweep_once(cx.clone(), stop.clone()));
        engine.tasks.spawn(sweep::clear_removed(cx.clone(), stop.clone()));
        engine.tasks.spawn(dispatcher::dispatch_runs(cx.clone(), tasks, stop.clone()));
        engine.tasks.spawn(dispatcher::prepare_projects(cx, stop));
        engine
    }

    /// Stops every agent and waits until nothing is left. Runs stay as they were journaled, for whoever takes them up next.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn sweep_once(cx: Cx, stop: CancellationToken) {
    let swept = tokio::select! {
        () = stop.cancelled() => return,
        swept = sweep::sweep(&cx) => swept,
    };
    if let Err(error) = swept {
        tracing::warn!(error = %explain(&error), "what a crash left on the disk could not be looked at");
    }
}
