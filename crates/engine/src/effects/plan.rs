//! From the spec to tasks: by rules, without asking a model.

use domain::{
    complexity,
    gates::checks::{self, Checks},
    runs::{Input, RunRecord, TaskState},
    specs,
};
use protocol::runs::{Phase, TaskStatus};
use services::{Cx, Error, vault};

use super::Outcome;
use crate::journal::Extra;

/// Files that are looked at to tell how much there is to do.
const MOST_FILES: usize = 50_000;

pub(super) async fn plan(cx: &Cx, record: &RunRecord) -> Result<Outcome, Error> {
    // A run may have been queued while the vault did not open, or before a secret was set: then its spec is as it was typed, and
    // titles and criteria of the tasks are shown.
    let text = vault::given(cx, record.project_id).await?.masks().mask(record.spec.clone());
    let is_changed = text != record.spec;
    let record = &RunRecord { spec: text, ..record.clone() };
    let spec = super::spec(record)?;
    let worktree = super::worktree(record)?;
    let repository = super::repository(cx, record).await?;
    let files = cx.vcs.files(&repository, super::tip(record)?, MOST_FILES).await?;
    let read = |path: &str| files::read(&worktree, path);
    let facts = complexity::code_facts(files.iter().map(String::as_str), read);
    let tier = complexity::tier(&facts, &spec);
    let tasks: Vec<TaskState> = spec
        .tasks
        .iter()
        .map(|draft| TaskState {
            number: draft.number,
            title: draft.title.clone(),
            depends_on: draft.depends_on.clone(),
            status: TaskStatus::Pending,
            attempts: 0,
            commit: None,
            note: None,
            subject: specs::commit_subject(draft),
        })
        .collect();
    let found = checks::detect(&files, &read);
    let summaries = summaries(record, &tasks, (&found, &absent(&files, &read)));
    let input = Input::Planned { tier, phases: complexity::phases(tier).to_vec(), tasks, summaries };
    let extra = if is_changed { Extra::Spec(record.spec.clone()) } else { Extra::None };
    Ok(Outcome { input, extra, over_budget: None })
}

/// What each phase before the work came to.
fn summaries(record: &RunRecord, tasks: &[TaskState], (found, absent): (&Checks, &str)) -> Vec<(Phase, String)> {
    let branch = record.state.branch.as_deref().unwrap_or_default();
    let dependent = tasks.iter().filter(|task| !task.depends_on.is_empty()).count();
    let examples = super::spec(record)
        .map_or(0, |spec| spec.tasks.iter().flat_map(|task| &task.examples).filter(|example| example.is_checkable()).count());
    vec![
        (Phase::Bootstrap, format!("Worktree on branch {branch}")),
        (
            Phase::Discovery,
            format!("{} tasks read from the spec, {examples} examples that can be carried out{absent}", tasks.len()),
        ),
        (Phase::Architecture, format!("{dependent} tasks build on others; {}", describe(found))),
        (Phase::DeepenPlan, "The order of the tasks follows from what they build on".to_owned()),
        (Phase::Infrastructure, describe(found)),
    ]
}

/// What the repository names and the worktree does not hold: submodules, which loki does not fetch, and contents of Git LFS.
fn absent(files: &[String], read: &dyn Fn(&str) -> Option<String>) -> String {
    let lines = |name: &str| read(name).unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let submodules: Vec<String> = lines(".gitmodules")
        .iter()
        .filter_map(|line| line.strip_prefix("path")?.trim_start().strip_prefix('=').map(|path| path.trim().to_owned()))
        .filter(|path| files.contains(path))
        .collect();
    let has_pointers = lines(".gitattributes").iter().any(|line| !line.starts_with('#') && line.contains("filter=lfs"));
    let mut words = String::new();
    if !submodules.is_empty() {
        words.push_str(&format!("; the submodules {} are empty here, loki does not fetch them", submodules.join(", ")));
    }
    if has_pointers {
        words.push_str("; files of Git LFS are the pointers that git keeps, not their contents");
    }
    words
}

fn describe(found: &Checks) -> String {
    let tools: Vec<String> = found.tests.iter().map(|check| check.argv.join(" ")).collect();
    if tools.is_empty() { "no tests of the project's own yet".to_owned() } else { format!("tests by {}", tools.join(", ")) }
}
