//! The words for states, the same everywhere, with their icons and colours.

use leptos::prelude::*;
use protocol::{
    access::Role,
    projects::{ProjectSource, ProjectStatus},
    runs::{Phase, Run, RunStatus, Verdict},
};

use crate::ui::{Tone, chip};

/// A run's state as people read it, with its colour and icon.
pub fn run_state(status: RunStatus, verdict: Option<Verdict>) -> (Tone, &'static str, &'static str) {
    match (status, verdict) {
        (RunStatus::Queued, _) => (Tone::Neutral, "clock", "queued"),
        (RunStatus::Preparing, _) => (Tone::Working, "spin", "preparing"),
        (RunStatus::Working, _) => (Tone::Working, "spin", "working"),
        (RunStatus::Verifying, _) => (Tone::Working, "spin", "verifying"),
        (RunStatus::Paused, _) => (Tone::Held, "pause", "paused"),
        (RunStatus::NeedsYou, _) => (Tone::Warn, "warn", "needs you"),
        (RunStatus::Finished, Some(Verdict::Verified)) => (Tone::Good, "check", "verified"),
        (RunStatus::Finished, Some(Verdict::VerifiedWithGaps)) => (Tone::Warn, "gaps", "verified with gaps"),
        (RunStatus::Finished, Some(Verdict::NotVerified) | None) => (Tone::Bad, "cross", "not verified"),
        (RunStatus::Stopped, _) => (Tone::Held, "stop", "stopped"),
        (RunStatus::Failed, _) => (Tone::Bad, "cross", "failed"),
    }
}

/// A run's state as a chip.
pub fn run_chip(status: RunStatus, verdict: Option<Verdict>) -> AnyView {
    let (tone, icon, word) = run_state(status, verdict);
    chip(tone, icon, word)
}

/// Whether a project's repository is there yet, as a chip.
pub fn project_chip(status: ProjectStatus) -> AnyView {
    match status {
        ProjectStatus::Preparing => chip(Tone::Working, "spin", "preparing"),
        ProjectStatus::Ready => chip(Tone::Good, "check", "ready"),
        ProjectStatus::Failed => chip(Tone::Bad, "cross", "failed"),
    }
}

/// Where a run is, in a few words.
pub fn where_it_is(run: &Run) -> String {
    match run.status {
        RunStatus::Queued => "waits for a free place".to_owned(),
        RunStatus::Preparing => "making its worktree".to_owned(),
        _ if run.iteration == 0 => run.reason.clone().unwrap_or_default(),
        status if status.is_over() || matches!(status, RunStatus::NeedsYou | RunStatus::Paused) => {
            run.reason.clone().unwrap_or_else(|| {
                let tasks = if run.tasks_total == 1 { "task" } else { "tasks" };
                format!("{} of {} {tasks}, {}", run.tasks_done, run.tasks_total, iterations(run.iteration))
            })
        }
        _ => {
            let step = run.step.map(|step| step.title().to_ascii_lowercase());
            let place = step.or_else(|| run.phase.map(|phase| phase_title(phase).to_ascii_lowercase()));
            format!("iteration {} · {}", run.iteration, place.unwrap_or_default())
        }
    }
}

/// Whether [`where_it_is`] says why a run stands still, or ended without being verified.
pub fn says_why(run: &Run) -> bool {
    let stands = run.status.is_over() || matches!(run.status, RunStatus::NeedsYou | RunStatus::Paused);
    stands && run.reason.is_some() && run.verdict != Some(Verdict::Verified)
}

/// What people call a phase.
pub fn phase_title(phase: Phase) -> &'static str {
    match phase {
        Phase::Bootstrap => "Bootstrap",
        Phase::Discovery => "Discovery",
        Phase::Architecture => "Architecture",
        Phase::DeepenPlan => "Deepen plan",
        Phase::Infrastructure => "Infrastructure",
        Phase::Development => "Development",
        Phase::Qa => "QA",
        Phase::Deployment => "Deployment",
        Phase::Growth => "Growth",
    }
}

/// Where a project came from.
pub fn source_title(source: ProjectSource) -> &'static str {
    match source {
        ProjectSource::New => "New repository",
        ProjectSource::Template => "Template",
        ProjectSource::Folder => "Folder on this machine",
        ProjectSource::GitUrl => "Git clone",
    }
}

/// A role as people read it.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "Admin",
        Role::Operator => "Operator",
        Role::Viewer => "Viewer",
        Role::Auditor => "Auditor",
    }
}

/// What a role is for; the rules are `domain::access`.
pub fn role_meaning(role: Role) -> &'static str {
    match role {
        Role::Admin => "Everything, with people and tokens",
        Role::Operator => "Makes projects and starts runs",
        Role::Viewer => "Looks at projects and runs",
        Role::Auditor => "Looks at projects, runs and the audit trail",
    }
}

/// `1 iteration`, `2 iterations`.
pub fn iterations(count: u32) -> String {
    if count == 1 { "1 iteration".to_owned() } else { format!("{count} iterations") }
}
