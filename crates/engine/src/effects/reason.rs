//! Before and after the agent: what it is told, and what it really changed.

use domain::{
    ports::vcs::VcsError,
    runs::{Input, RunRecord},
};
use services::{Cx, Error, vault};
use store::CallRow;

use super::Outcome;
use crate::{checks, journal::Extra, prompts};

/// Renders the prompt and takes the checkpoint that the call begins from.
pub(super) async fn reason(cx: &Cx, record: &RunRecord, discard: Option<&str>) -> Result<Outcome, Error> {
    let worktree = super::worktree(record)?;
    super::require_room(&worktree)?;
    if let Some(commit) = discard {
        cx.vcs.restore(&worktree, commit).await?;
    }
    let checkpoint = cx.vcs.snapshot(&worktree).await?;
    let spec = super::spec(record)?;
    let prompt = prompts::render(record, &spec)?;
    // A spec that repeats a secret would tell it to a model.
    let given = vault::given(cx, record.project_id).await?;
    let findings = record.state.findings.len();
    let summary = match (record.state.task(), findings) {
        (Some(task), 0) => format!("Task {}: {}", task.number, task.title),
        (Some(task), 1) => format!("Task {}, attempt {}: 1 finding to fix", task.number, task.attempts),
        (Some(task), count) => format!("Task {}, attempt {}: {count} findings to fix", task.number, task.attempts),
        (None, 1) => "1 finding of the check of the whole to fix".to_owned(),
        (None, count) => format!("{count} findings of the check of the whole to fix"),
    };
    let call = CallRow {
        number: record.state.call + 1,
        iteration: record.state.iteration,
        prompt: given.masks().mask(prompt.text),
        scaffold_tokens: prompt.scaffold_tokens,
        asked_at: cx.clock.now(),
    };
    let input = Input::Reasoned { checkpoint, scaffold_tokens: prompt.scaffold_tokens, summary };
    Ok(Outcome { input, extra: Extra::Prompt(call), over_budget: None })
}

/// Looks at what the call left in the worktree.
pub(super) async fn reflect(cx: &Cx, record: &RunRecord) -> Result<Outcome, Error> {
    let worktree = super::worktree(record)?;
    super::require_room(&worktree)?;
    let tree = match cx.vcs.snapshot(&worktree).await {
        Err(VcsError::PathTooLong(path)) if record.state.current.is_some() => return undo(cx, record, &path).await,
        tree => tree?,
    };
    let stat = cx.vcs.stat(&worktree, super::tip(record)?, &tree).await?;
    let summary = match stat.files {
        0 => "Nothing was changed".to_owned(),
        1 => format!("1 file, +{} −{}", stat.added, stat.removed),
        files => format!("{files} files, +{} −{}", stat.added, stat.removed),
    };
    Ok(Input::Reflected { tree, empty: stat.files == 0, summary }.into())
}

/// Goes back to where the call began: what was changed cannot be taken as it is, and what is too long to be looked at cannot stay.
async fn undo(cx: &Cx, record: &RunRecord, path: &str) -> Result<Outcome, Error> {
    let Some(checkpoint) = &record.state.checkpoint else {
        return Err(Error::Internal("the call has no checkpoint".to_owned()));
    };
    cx.vcs.restore(&super::worktree(record)?, checkpoint).await?;
    let given = vault::given(cx, record.project_id).await?;
    Ok(Input::Verified(checks::path_too_long(record, path, given.masks())).into())
}
