//! What the project's checks stand on: packages, installed from the committed lock files by the package managers. The only step of
//! the checks that has the network; it runs no script of a package where the package manager can leave that out.

use std::{path::PathBuf, time::Duration};

use domain::{
    gates::{
        Finding,
        checks::{self as detection, Check, Install, Manager},
        outcomes,
    },
    ports::sandbox::{Exit, Job, JobLimits, Network, Output},
};
use protocol::runs::{GateVerdict, LogKind};
use services::Error;
use tokio_util::sync::CancellationToken;

use super::{Subject, commands};
use crate::output;

/// Wall time of one step of an installation.
const WALL: Duration = Duration::from_mins(10);
/// The home of package managers, and their caches, in the run's folder.
const HOME: &str = "packages";

/// What was installed for the checks of one subject, and what could not be.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// Caches of packages that checks read, with the variables that lead there.
    caches: Vec<PathBuf>,
    env: Vec<(Manager, String, String)>,
    failed: Vec<Failed>,
}

#[derive(Debug)]
struct Failed {
    install: Install,
    /// The step and what came of it; none where there is no lock file.
    step: Option<(String, Output)>,
}

/// Installs what is not there yet. That it fails is no verdict by itself: the checks may not need it.
pub(super) async fn install(subject: &Subject<'_>, files: &[String], cancel: &CancellationToken) -> Result<Dependencies, Error> {
    let mut dependencies = Dependencies::default();
    if !subject.cx.settings.installs {
        return Ok(dependencies);
    }
    // Each run has its own: what an agent's packages leave there is no other run's to trust.
    let home = subject.cx.settings.run_dir(subject.record.id).join(HOME);
    for install in detection::installs(files, &|path| files::read(&subject.worktree, path)) {
        let folder = files::resolve(&subject.worktree, &install.dir);
        let is_there = |name: &str| folder.as_deref().is_some_and(|folder| folder.join(name).is_dir());
        if install.manager.folder().is_some_and(is_there) {
            continue;
        }
        if install.steps.is_empty() {
            dependencies.failed.push(Failed { install, step: None });
            continue;
        }
        tokio::fs::create_dir_all(&home).await?;
        let step = run(subject, &install, home.clone(), cancel).await?;
        if let (None, Some((variable, name))) = (&step, install.manager.cache()) {
            let cache = home.join(name);
            let settings = [(variable, cache.to_string_lossy().into_owned())].into_iter();
            let offline = install.manager.offline().map(|(name, value)| (name, value.to_owned()));
            let settings = settings.chain(offline).map(|(name, value)| (install.manager, name.to_owned(), value));
            dependencies.env.extend(settings);
            dependencies.caches.push(cache);
        }
        dependencies.failed.extend(step.map(|step| Failed { install, step: Some(step) }));
    }
    Ok(dependencies)
}

/// Carries the steps out; returns the first that failed.
async fn run(
    subject: &Subject<'_>,
    install: &Install,
    home: PathBuf,
    cancel: &CancellationToken,
) -> Result<Option<(String, Output)>, Error> {
    for step in &install.steps {
        let shown = step.join(" ");
        let folder = subject.worktree.join(&install.dir);
        let argv = ["env".into(), "-C".into(), folder.into_os_string()].into_iter().chain(step.iter().map(Into::into)).collect();
        let mut env = subject.cx.settings.install_env.clone();
        env.extend([("CI".to_owned(), "true".to_owned()), ("NO_COLOR".to_owned(), "1".to_owned())]);
        if let Some((variable, name)) = install.manager.cache() {
            env.push((variable.to_owned(), home.join(name).to_string_lossy().into_owned()));
        }
        let job = Job {
            argv,
            workspace: subject.worktree.clone(),
            readable: vec![subject.git_data.clone()],
            home: Some(home.clone()),
            env,
            network: Network::Host,
            limits: JobLimits::for_checks(WALL),
        };
        let mut output = commands::start(subject.cx, job, cancel).await?;
        output.text = subject.given.masks().mask(output.text);
        let mut log = output::Output::of_check(subject.cx, subject.record);
        log.push(LogKind::Tool, format!("$ {shown}\n"));
        log.push(LogKind::Output, output.text.clone());
        log.finish().await?;
        if output.exit != Exit::Code(0) {
            return Ok(Some((shown, output)));
        }
    }
    Ok(None)
}

impl Dependencies {
    /// The check as it finds the packages that were installed, and what else it may read.
    pub(super) fn prepared(&self, subject: &Subject<'_>, check: &Check) -> (Check, Vec<PathBuf>) {
        let mut check = check.clone();
        let ours = self.env.iter().filter(|(manager, ..)| manager.serves(&check.tool));
        check.env.extend(ours.map(|(_, name, value)| (name.clone(), value.clone())));
        let python = [check.dir.as_str(), ".venv/bin/python"].join("/");
        let has_venv = subject.worktree.join(python.trim_start_matches('/')).exists();
        if has_venv {
            let words = std::iter::once(&mut check.argv).chain(&mut check.alternatives).filter_map(|argv| argv.first_mut());
            words.filter(|word| *word == "python3").for_each(|word| ".venv/bin/python".clone_into(word));
        }
        (check, self.caches.clone())
    }

    /// What a check's finding means where something that it stands on is missing.
    pub(super) fn explained(&self, check: &Check, finding: Finding) -> Finding {
        if matches!(finding.verdict, GateVerdict::Passed | GateVerdict::NotApplicable) {
            return finding;
        }
        let is_for = |failed: &&Failed| {
            failed.install.manager.serves(&check.tool)
                && (failed.install.dir.is_empty() || check.dir == failed.install.dir || check.dir.is_empty())
        };
        match self.failed.iter().find(is_for) {
            None => finding,
            Some(Failed { install, step: None }) => outcomes::no_lock_file(&finding, &install.dir),
            Some(Failed { step: Some((step, output)), .. }) => outcomes::not_installed(&finding, step, output.exit, &output.text),
        }
    }
}
