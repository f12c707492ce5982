//! Reading runs and what they left.

use std::path::{Path, PathBuf};

use domain::{
    access::{self, Action},
    actor::Actor,
    ports::vcs::Snapshot,
    reach::require_somewhere,
    runs::RunRecord,
    sort::Sort,
    vault::Masks,
};
use protocol::{
    Envelope, Event, ProjectId, RunId, Timestamp,
    events::kinds,
    page::PageQuery,
    receipts::Receipt,
    runs::{Diff, FileDiff, LogEntry, LogPage, Run, RunView, Timeline},
};
use store::{RunsPage, Tx};

use super::load;
use crate::{
    Cx, Error,
    page::{self, Page},
    projects, vault,
};

/// Pieces of the log that a page shows first.
const FIRST_LOG: u64 = 400;
/// Changed lines of one file from which on it is folded.
const FOLD_LINES: u32 = 2_000;
/// Iterations that a page gets, the newest ones.
const SHOWN_ITERATIONS: usize = 200;
/// Iterations whose gates a page gets with what they saw, the newest ones.
const WITH_EVIDENCE: usize = 20;
/// Stands where a page does not get what a gate saw.
const NO_EVIDENCE: &str = "Not shown for older iterations; GET /api/v2/runs/{id}/timeline has it.";

/// Which runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    pub project: Option<ProjectId>,
    /// Only those that are not over.
    pub active: bool,
    /// Only those that ended then or later.
    pub ended_since: Option<Timestamp>,
}

/// A run as it stands; not found where the actor may not know of its project.
pub async fn get(cx: &Cx, actor: &Actor, id: RunId) -> Result<Run, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let tx = cx.store.read().await?;
    Ok(load(&tx, actor, id, Action::ReadRuns).await?.view())
}

/// Runs of projects that the actor may know; without `sort`, newest first.
pub async fn list(cx: &Cx, actor: &Actor, filter: RunFilter, sort: Option<Sort>, query: &PageQuery) -> Result<Page<Run>, Error> {
    access::require(actor, Action::ReadRuns)?;
    let limit = page::limit(query)?;
    let order = page::order(query, sort)?;
    let wanted = RunsPage {
        visible: actor.reach().visible(),
        project: filter.project,
        active: filter.active,
        ended_since: filter.ended_since,
        order: order.clone(),
        limit: u64::from(limit) + 1,
    };
    let tx = &cx.store.read().await?;
    let key = |id, sort| async move { tx.runs().sorted_by(id, sort).await };
    let page = page::cut_in_order(tx.runs().list(wanted).await?, limit, &order, |record: &RunRecord| record.id, key).await?;
    Ok(page.map(|record| record.view_at(cx.clock.now())))
}

/// Everything that the run page shows first, at one position of the event log.
pub async fn view(cx: &Cx, actor: &Actor, id: RunId) -> Result<RunView, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let tx = cx.store.read().await?;
    let record = load(&tx, actor, id, Action::ReadRuns).await?;
    let mut newest = tx.events().newest_of_run(id, kinds::AGENT_OUTPUT, FIRST_LOG + 1).await?;
    let log_has_more = u64::try_from(newest.len()).unwrap_or(u64::MAX) > FIRST_LOG;
    if log_has_more {
        newest.remove(0);
    }
    Ok(RunView {
        timeline: newest_part(read_timeline(&tx, &record).await?),
        run: record.view(),
        log: newest.iter().filter_map(entry).collect(),
        log_has_more,
        receipt: tx.run_parts().receipt(id).await?,
        seq: tx.events().last_seq().await?,
    })
}

/// Phases, iterations, tasks and gates of a run, all of them, however long it went on.
pub async fn timeline(cx: &Cx, actor: &Actor, id: RunId) -> Result<Timeline, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let tx = cx.store.read().await?;
    let record = load(&tx, actor, id, Action::ReadRuns).await?;
    read_timeline(&tx, &record).await
}

/// The log from its beginning, or from a position.
pub async fn log(cx: &Cx, actor: &Actor, id: RunId, query: &PageQuery) -> Result<LogPage, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let limit = page::limit(query)?;
    let after = page::position(query.after.as_deref())?.unwrap_or(0);
    let tx = cx.store.read().await?;
    load(&tx, actor, id, Action::ReadRuns).await?;
    let rows = tx.events().of_run(id, kinds::AGENT_OUTPUT, after, u64::from(limit) + 1).await?;
    let page = page::cut(rows, limit, |row| row.seq.to_string());
    Ok(LogPage { entries: page.items.iter().filter_map(entry).collect(), next: page.next })
}

/// The receipt of a run; absent until it is sealed.
pub async fn receipt(cx: &Cx, actor: &Actor, id: RunId) -> Result<Option<Receipt>, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let tx = cx.store.read().await?;
    load(&tx, actor, id, Action::ReadRuns).await?;
    Ok(tx.run_parts().receipt(id).await?)
}

/// The run's changes so far: what is committed, and while it works also what was verified last.
pub async fn diff(cx: &Cx, actor: &Actor, id: RunId) -> Result<Diff, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let (record, project) = {
        let tx = cx.store.read().await?;
        let record = load(&tx, actor, id, Action::ReadRuns).await?;
        let project = projects::by_id(&tx, record.project_id).await?;
        (record, project)
    };
    let state = record.state;
    let is_over = state.is_over();
    let repository = Path::new(&project.path);
    let none = Diff { run_id: id, base: None, head: None, files: Vec::new(), truncated: false };
    let Some(base) = state.base else { return Ok(none) };
    // What is not committed is with the worktree alone, which goes a moment after the run ends.
    let at_work = state.worktree.zip(state.tree).filter(|_| !is_over);
    let seen = match &at_work {
        Some((worktree, tree)) => {
            let snapshot = Snapshot { worktree: Path::new(worktree), tree };
            let diff = cx.vcs.diff_to_snapshot(repository, &base, snapshot, FOLD_LINES).await?;
            diff.map(|files| (tree.clone(), files))
        }
        None => None,
    };
    let (head, mut files) = match (seen, state.tip) {
        (Some(seen), _) => seen,
        (None, Some(tip)) => {
            let files = cx.vcs.diff(repository, &base, &tip, FOLD_LINES).await?;
            (tip, files)
        }
        (None, None) => return Ok(none),
    };
    let given = vault::given(cx, project.id).await?;
    for file in &mut files {
        mask(file, given.masks());
    }
    let truncated = files.iter().any(|file| file.folded.as_deref() == Some("too large"));
    Ok(Diff { run_id: id, base: Some(base), head: Some(head), files, truncated })
}

/// A value of the vault that was committed all the same, or is about to be, is not shown.
fn mask(file: &mut FileDiff, masks: &Masks) {
    if masks.is_empty() {
        return;
    }
    let hide = |text: &mut String| *text = masks.mask(std::mem::take(text));
    hide(&mut file.path);
    file.old_path.iter_mut().for_each(hide);
    for hunk in &mut file.hunks {
        hide(&mut hunk.header);
        hunk.lines.iter_mut().for_each(|line| hide(&mut line.text));
    }
}

/// Where the raw transcript lies, if there is one.
pub async fn transcript(cx: &Cx, actor: &Actor, id: RunId) -> Result<Option<PathBuf>, Error> {
    require_somewhere(actor, Action::ReadRuns)?;
    let tx = cx.store.read().await?;
    load(&tx, actor, id, Action::ReadRuns).await?;
    let path = cx.settings.run_dir(id).join("transcript.jsonl");
    Ok(path.is_file().then_some(path))
}

async fn read_timeline(tx: &Tx, record: &RunRecord) -> Result<Timeline, Error> {
    Ok(Timeline {
        run_id: record.id,
        phases: record.state.phases.clone(),
        iterations: tx.run_parts().iterations(record.id).await?,
        tasks: tx.run_parts().tasks(record.id).await?,
        gates: tx.run_parts().gates(record.id).await?,
    })
}

/// What a page needs of a timeline: a long run has more of it than a browser should get at once. Gates of no iteration check
/// the whole and always stay.
fn newest_part(mut timeline: Timeline) -> Timeline {
    let surplus = timeline.iterations.len().saturating_sub(SHOWN_ITERATIONS);
    timeline.iterations.drain(..surplus);
    let oldest = timeline.iterations.first().map_or(0, |iteration| iteration.number);
    let recent = timeline.iterations.iter().rev().nth(WITH_EVIDENCE - 1).map_or(0, |iteration| iteration.number);
    timeline.gates.retain(|gate| gate.iteration == 0 || gate.iteration >= oldest);
    for gate in &mut timeline.gates {
        if gate.iteration != 0 && gate.iteration < recent && !gate.evidence.is_empty() {
            NO_EVIDENCE.clone_into(&mut gate.evidence);
        }
    }
    timeline
}

fn entry(envelope: &Envelope) -> Option<LogEntry> {
    match envelope.event()? {
        Event::AgentOutput { chunk } => Some(LogEntry { seq: envelope.seq, at: envelope.at, chunk }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use protocol::{
        Timestamp,
        runs::{Gate, GateVerdict, Iteration, Phase},
    };

    use super::*;

    fn iteration(number: u32) -> Iteration {
        Iteration {
            number,
            phase: Phase::Development,
            task: None,
            title: String::new(),
            steps: Vec::new(),
            started_at: Timestamp::from_millis(0),
            ended_at: None,
            failed_gates: Vec::new(),
            cost_usd: None,
        }
    }

    fn gate(iteration: u32) -> Gate {
        Gate {
            iteration,
            name: "tests".to_owned(),
            criterion: String::new(),
            verdict: GateVerdict::Passed,
            blocking: true,
            summary: String::new(),
            evidence: "12 passed".to_owned(),
            duration_ms: 0,
            cost_usd: 0.0,
        }
    }

    #[test]
    fn a_page_gets_the_newest_iterations_and_evidence_of_few() {
        let timeline = Timeline {
            run_id: RunId(uuid::Uuid::nil()),
            phases: Vec::new(),
            iterations: (1..=300).map(iteration).collect(),
            tasks: Vec::new(),
            gates: (0..=300).map(gate).collect(),
        };

        let part = newest_part(timeline);

        assert_eq!((part.iterations.len(), part.iterations[0].number), (200, 101));
        assert_eq!(part.gates.len(), 201);
        let shown: Vec<u32> = part.gates.iter().filter(|gate| gate.evidence == "12 passed").map(|gate| gate.iteration).collect();
        assert_eq!(shown, [0].into_iter().chain(281..=300).collect::<Vec<_>>());
    }
}
