//! The gates, carried out: what they need is gathered here, what they say comes from `domain::gates`.

mod commands;
mod dependencies;
mod examples;
mod scratch;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Instant};

use domain::{
    gates::{
        self, Finding, GateName,
        acceptance::{self, Proof},
        checks::{self as detection, Checks},
        config::{self, Config},
        coverage, diff, scope, secrets, test_integrity,
    },
    ports::vcs::ChangedFile,
    runs::{RunRecord, Verification},
    specs::TaskDraft,
    vault::Masks,
};
use protocol::{
    receipts::ExampleFact,
    runs::{Gate, GateVerdict},
};
use services::{Cx, Error, vault::Given};
use tokio_util::sync::CancellationToken;

use commands::Commands;

/// The iteration number of the gates that check the whole.
pub(crate) const WHOLE: u32 = 0;
/// Changed files that the gates read.
const MOST_CHANGED: usize = 2_000;
/// Files among which a project's own checks are looked for.
const MOST_FILES: usize = 50_000;

/// What is to be checked.
pub(crate) struct Subject<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) record: &'a RunRecord,
    pub(crate) repository: PathBuf,
    /// Git's own data, which the project's commands may read.
    pub(crate) git_data: PathBuf,
    /// What git knows the tree by: the repository, or the run's worktree for what is not committed yet.
    pub(crate) objects: PathBuf,
    /// The folder with the work's files, which the project's commands run in: the run's worktree or a clean copy.
    pub(crate) worktree: PathBuf,
    /// The commit that the work is compared with.
    pub(crate) from: String,
    /// The tree with the work; the folder holds it.
    pub(crate) tree: String,
    pub(crate) iteration: u32,
    /// The tasks whose examples must hold.
    pub(crate) tasks: Vec<&'a TaskDraft>,
    /// The project's secrets: what its commands are given, and what nobody is shown.
    pub(crate) given: Given,
}

/// The gates as they come in, each with the time that it took.
struct Judged {
    iteration: u32,
    config: Config,
    masks: Masks,
    findings: Vec<(GateName, Finding)>,
    gates: Vec<Gate>,
    /// No file differs from before.
    unchanged: bool,
}

impl Judged {
    fn add(&mut self, name: GateName, finding: Finding, since: Instant) {
        let finding = if self.config.is_enabled(name) { finding } else { Finding::not_applicable("Disabled by the team") };
        let finding = finding.masked(&self.masks);
        let blocking = self.config.is_blocking(name);
        let took = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.gates.push(finding.clone().into_gate(name, self.iteration, blocking, took));
        self.findings.push((name, finding));
    }

    fn has_failed(&self, name: GateName) -> bool {
        self.findings.iter().any(|(other, finding)| *other == name && finding.verdict == GateVerdict::Failed)
    }

    fn verification(self, examples: Vec<(u32, ExampleFact)>) -> Verification {
        let blocks = |(name, finding): &&(GateName, Finding)| {
            self.config.is_blocking(*name)
                && (finding.verdict == GateVerdict::Failed
                    || finding.verdict == GateVerdict::Inconclusive && !finding.hints.is_empty())
        };
        let open: Vec<(GateName, Finding)> = self.findings.iter().filter(blocks).cloned().collect();
        let wanting = !open.is_empty() && open.iter().all(|(_, finding)| finding.verdict == GateVerdict::Inconclusive);
        let unchanged = self.unchanged;
        Verification { gates: self.gates, findings: gates::findings_text(&open), wanting, examples, unchanged }
    }
}

/// What comes of work with a path that is too long to be looked at.
pub(crate) fn path_too_long(record: &RunRecord, path: &str, masks: &Masks) -> Verification {
    let finding = scope::path_too_long(path).masked(masks);
    let open = [(GateName::Scope, finding.clone())];
    Verification {
        gates: vec![finding.into_gate(GateName::Scope, record.state.iteration, GateName::Scope.blocking(), 0)],
        findings: gates::findings_text(&open),
        wanting: false,
        examples: Vec::new(),
        unchanged: false,
    }
}

/// Runs every gate. Commands of the project may write where they like: the caller puts the worktree right again.
pub(crate) async fn run(subject: &Subject<'_>, cancel: &CancellationToken) -> Result<Verification, Error> {
    let started = Instant::now();
    let cx = subject.cx;
    let stat = cx.vcs.stat(&subject.objects, &subject.from, &subject.tree).await?;
    let (config, broken_config) = team_config(subject).await?;
    let mut judged = Judged {
        iteration: subject.iteration,
        config,
        masks: subject.given.masks().clone(),
        findings: Vec::new(),
        gates: Vec::new(),
        unchanged: false,
    };
    let files = cx.vcs.files(&subject.objects, &subject.tree, MOST_FILES).await?;
    let mut difference = diff::judge(&stat);
    judged.unchanged = stat.files == 0;
    if judged.unchanged && holds_already(subject, &files, cancel).await? {
        difference = diff::held_already();
    }
    judged.add(GateName::Diff, difference, started);
    if judged.has_failed(GateName::Diff) {
        return Ok(judged.verification(Vec::new()));
    }
    let changed = cx.vcs.changed(&subject.objects, &subject.from, &subject.tree, MOST_CHANGED).await?;
    judge_texts(subject, &changed, &mut judged);
    let found = detection::detect(&files, &|path| files::read(&subject.worktree, path)).configured(&judged.config);
    let dependencies = dependencies::install(subject, &files, cancel).await?;
    let commands = Commands { subject, dependencies: &dependencies, cancel };
    judge_commands(&commands, &found, broken_config, &mut judged).await?;

    let since = Instant::now();
    // Tests of the project may have written over what the examples are about. The copy of the whole was built of tasks that were
    // judged so, and has no repository.
    if subject.iteration != WHOLE {
        cx.vcs.restore(&subject.worktree, &subject.tree).await?;
    }
    let facts = examples::carry_out(subject, &files, cancel).await?;
    let only: Vec<ExampleFact> = facts.iter().map(|(_, fact)| fact.clone()).collect();
    judged.add(GateName::Acceptance, acceptance::judge(&only, proof(subject, &changed)), since);
    Ok(judged.verification(facts))
}

/// Whether every task is proven by examples as it stands, in all that it asks for.
async fn holds_already(subject: &Subject<'_>, files: &[String], cancel: &CancellationToken) -> Result<bool, Error> {
    if subject.tasks.is_empty() || subject.tasks.iter().any(|task| task.examples.is_empty() || !task.unproven.is_empty()) {
        return Ok(false);
    }
    let facts = examples::carry_out(subject, files, cancel).await?;
    let proven = |number: u32| facts.iter().any(|(task, _)| *task == number);
    let held = facts.iter().all(|(_, fact)| fact.held == Some(true));
    Ok(held && subject.tasks.iter().all(|task| proven(task.number)))
}

/// What the tasks could be proven by, other than by an example that holds.
fn proof(subject: &Subject<'_>, changed: &[ChangedFile]) -> Proof {
    if subject.tasks.iter().any(|task| !task.examples.is_empty()) {
        Proof::Examples
    } else if changed.iter().any(|file| test_integrity::is_test_path(&file.path)) {
        Proof::Tests
    } else {
        Proof::Nothing
    }
}

/// The team's settings as they were before the run, so that an agent cannot loosen them.
async fn team_config(subject: &Subject<'_>) -> Result<(Config, Option<Finding>), Error> {
    let base = subject.record.state.base.as_deref().unwrap_or(&subject.from);
    let text = subject.cx.vcs.read(&subject.repository, base, config::PATH, config::MAX_BYTES).await?;
    Ok(match text.map(|text| config::parse(&text)) {
        None => (Config::default(), None),
        Some(Ok(config)) => (config, None),
        Some(Err(error)) => (Config::default(), Some(error.finding())),
    })
}

fn judge_texts(subject: &Subject<'_>, changed: &[ChangedFile], judged: &mut Judged) {
    let text: String = subject.tasks.iter().map(|task| task.requirement.as_str()).collect::<Vec<_>>().join("\n");
    let mut rules = scope::ScopeRules::for_task(&text, Some(services::projects::SPEC_PATH.to_owned()));
    rules.may_be_large = subject.iteration == WHOLE;
    let since = Instant::now();
    judged.add(GateName::Scope, scope::judge(changed, &rules), since);
    let since = Instant::now();
    judged.add(GateName::Secrets, secrets::judge(changed, subject.given.masks()), since);
    let since = Instant::now();
    judged.add(GateName::TestIntegrity, test_integrity::judge(changed), since);
}

async fn judge_commands(
    commands: &Commands<'_>,
    found: &Checks,
    broken_config: Option<Finding>,
    judged: &mut Judged,
) -> Result<(), Error> {
    let since = Instant::now();
    judged.add(GateName::Build, commands.judge_all(&found.build).await?, since);
    let since = Instant::now();
    let lint = commands.judge_all(&found.lint).await?;
    judged.add(GateName::Lint, with_config(lint, broken_config), since);
    let since = Instant::now();
    let (tests, outputs) = commands.judge_tests(&found.tests).await?;
    judged.add(GateName::Tests, tests, since);
    if let Some(threshold) = judged.config.coverage_threshold {
        judged.add(GateName::Coverage, coverage::judge(threshold, &outputs), since);
    }
    Ok(())
}

/// The linter's finding together with that of the team's settings, which no agent can mend: it adds no hints.
fn with_config(lint: Finding, broken_config: Option<Finding>) -> Finding {
    let Some(config) = broken_config else { return lint };
    let config = Finding { hints: Vec::new(), ..config };
    let failed = lint.verdict == GateVerdict::Failed;
    let merged = gates::worst(vec![lint, config.clone()]);
    if !failed {
        return merged;
    }
    let evidence = format!("{}\n\n{}", config.evidence, merged.evidence);
    merged.with_evidence(&evidence)
}
