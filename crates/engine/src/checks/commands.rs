//! The project's own commands, in the sandbox and without network: it is the agent's code by now.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    gates::{
        self, Finding,
        checks::Check,
        outcomes::{self},
    },
    ports::sandbox::{Exit, Job, JobLimits, Network, Output},
};
use protocol::{runs::LogKind, secrets::SecretUse};
use services::{Cx, Error};
use tokio_util::sync::CancellationToken;

use super::{Subject, dependencies::Dependencies};
use crate::output;

/// What is kept of a command's output, in bytes.
const KEEP: usize = 256 << 10;

/// What the project's commands are run with.
pub(super) struct Commands<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) dependencies: &'a Dependencies,
    pub(super) cancel: &'a CancellationToken,
}

impl Commands<'_> {
    /// Build and lint commands.
    pub(super) async fn judge_all(&self, checks: &[Check]) -> Result<Finding, Error> {
        let mut findings = Vec::new();
        for check in checks {
            findings.push(if let Some(finding) = missing_folder(&self.subject.worktree, check) {
                finding
            } else {
                let (output, _) = self.run(check).await?;
                self.dependencies.explained(check, outcomes::judge_command(check, output.exit, &output.text))
            });
        }
        Ok(if findings.is_empty() { Finding::not_applicable("The project has none") } else { gates::worst(findings) })
    }

    /// Test commands and what they printed; without any, nothing is proven.
    pub(super) async fn judge_tests(&self, checks: &[Check]) -> Result<(Finding, Vec<String>), Error> {
        let (mut findings, mut outputs) = (Vec::new(), Vec::new());
        for check in checks {
            findings.push(if let Some(finding) = missing_folder(&self.subject.worktree, check) {
                finding
            } else {
                let (output, alternative) = self.run(check).await?;
                let finding = match alternative.and_then(|index| check.alternatives.get(index)) {
                    None => outcomes::judge_tests(check, output.exit, &output.text).0,
                    Some(argv) => {
                        let ran = Check { argv: argv.clone(), ..check.clone() };
                        let finding = outcomes::judge_tests(&ran, output.exit, &output.text).0;
                        outcomes::in_place_of(finding, &check.argv, argv)
                    }
                };
                outputs.push(output.text);
                self.dependencies.explained(check, finding)
            });
        }
        if findings.is_empty() {
            let missing = Finding::inconclusive("The project has no tests that loki can find");
            let missing = missing.with_hints(["Add automated tests that prove the task and that run by one command"]);
            return Ok((missing, outputs));
        }
        Ok((gates::worst(findings), outputs))
    }

    /// Runs a check, or the first of its alternatives whose tool is installed, of which the index is returned.
    async fn run(&self, check: &Check) -> Result<(Output, Option<usize>), Error> {
        let (check, caches) = self.dependencies.prepared(self.subject, check);
        let first = self.run_one(&check, &check.argv, &caches).await?;
        if !outcomes::tool_missing(first.exit, &first.text) {
            return Ok((first, None));
        }
        for (index, alternative) in check.alternatives.iter().enumerate() {
            let output = self.run_one(&check, alternative, &caches).await?;
            if !outcomes::tool_missing(output.exit, &output.text) {
                return Ok((output, Some(index)));
            }
        }
        Ok((first, None))
    }

    async fn run_one(&self, check: &Check, argv: &[String], caches: &[PathBuf]) -> Result<Output, Error> {
        let subject = self.subject;
        let shown = argv.join(" ");
        let shown = if check.dir.is_empty() { shown } else { format!("{shown} (in {})", check.dir) };
        // `env` goes to a package's own folder without a shell, and answers for a tool that is not there, as a finding.
        let folder = subject.worktree.join(&check.dir);
        let argv = ["env".into(), "-C".into(), folder.into_os_string()].into_iter().chain(argv.iter().map(Into::into)).collect();
        let mut job = job(subject, argv, check.env.clone(), Duration::from_secs(check.timeout_s));
        job.readable.extend_from_slice(caches);
        let mut output = start(subject.cx, job, self.cancel).await?;
        // Here, before anything is cut out of it: half a secret is known to nobody.
        output.text = subject.given.masks().mask(output.text);
        let mut log = output::Output::of_check(subject.cx, subject.record);
        log.push(LogKind::Tool, format!("$ {shown}\n"));
        log.push(LogKind::Output, output.text.clone());
        if output.exit != Exit::Code(0) {
            log.push(LogKind::Engine, format!("{}\n", words(output.exit)));
        }
        log.finish().await?;
        Ok(output)
    }
}

/// A package's folder is there when the checks begin; a build may remove it or put a link in its place.
fn missing_folder(worktree: &Path, check: &Check) -> Option<Finding> {
    let is_there = files::resolve(worktree, &check.dir).is_some_and(|folder| folder.is_dir());
    (!is_there).then(|| Finding::failed(&format!("{} is gone after the build", check.dir)))
}

/// A process of the project, with the worktree, the secrets that are meant for it, and nothing else.
pub(super) fn job(subject: &Subject<'_>, argv: Vec<std::ffi::OsString>, own: Vec<(String, String)>, wall: Duration) -> Job {
    let mut env = subject.given.env(SecretUse::Tests);
    env.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
    env.extend(own);
    Job {
        argv,
        workspace: subject.worktree.clone(),
        readable: vec![subject.git_data.clone()],
        home: None,
        env,
        network: Network::Off,
        limits: JobLimits::for_checks(wall),
    }
}

pub(super) async fn start(cx: &Cx, job: Job, cancel: &CancellationToken) -> Result<Output, Error> {
    cx.sandbox.run(job, KEEP, cancel).await.map_err(|error| Error::Unavailable(error.to_string()))
}

fn words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("It exited with {code}"),
        Exit::Signal(signal) => format!("It was ended by signal {signal}"),
        Exit::TimedOut => "It took too long and was ended".to_owned(),
        Exit::Cancelled => "It was stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::gates::{checks, config::Config};

    use super::*;

    #[test]
    fn a_package_that_a_build_removed_or_linked_is_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["web/package.json".to_owned()];
        let read = |_: &str| Some(r#"{"scripts":{"test":"node --test"}}"#.to_owned());
        let found = checks::detect(&files, &read).configured(&Config::default());
        let check = found.tests.first().unwrap();
        assert_eq!(check.dir, "web");

        let gone = Some(Finding::failed("web is gone after the build"));
        assert_eq!(missing_folder(folder.path(), check), gone);
        std::os::unix::fs::symlink("/", folder.path().join("web")).unwrap();
        assert_eq!(missing_folder(folder.path(), check), gone);
        std::fs::remove_file(folder.path().join("web")).unwrap();
        std::fs::create_dir(folder.path().join("web")).unwrap();
        assert_eq!(missing_folder(folder.path(), check), None);
        assert_eq!(missing_folder(folder.path(), &Check { dir: String::new(), ..check.clone() }), None);
    }
}
