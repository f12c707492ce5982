//! What this server is doing.

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::health::{SessionStatus, Status};

use crate::{Cx, Error};

/// The active runs of projects that the actor may know, and the server's own state.
pub async fn get(cx: &Cx, actor: &Actor) -> Result<Status, Error> {
    access::require(actor, Action::ReadStatus)?;
    let tx = cx.store.read().await?;
    let sessions: Vec<SessionStatus> = tx
        .runs()
        .active_seen_by(actor.reach().visible())
        .await?
        .into_iter()
        .map(|record| {
            let run = record.view();
            SessionStatus {
                session_id: run.id,
                project_id: run.project_id,
                status: run.status,
                phase: run.phase,
                iteration: run.iteration,
                provider: run.provider,
                worktree: run.worktree,
                started_at: run.started_at,
            }
        })
        .collect();
    let uptime = cx.clock.now().millis_since(cx.settings.started_at) / 1_000;
    Ok(Status {
        status: if sessions.is_empty() { "idle" } else { "running" }.to_owned(),
        version: cx.settings.version.to_owned(),
        uptime_seconds: u64::try_from(uptime).unwrap_or(0),
        active_sessions: u32::try_from(sessions.len()).unwrap_or(u32::MAX),
        sessions,
    })
}
