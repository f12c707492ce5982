//! The work on one prompt: from reading it to the closing words, with everything told as it happens.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use agent_client_protocol::Error;
use tokio::process::Command;

use crate::{
    Options,
    acp::Updates,
    builder::{self, Build, Change, TestTools, Worktree},
    misbehaviour::{self, Kind, Misbehaviour},
    prompt::Task,
};

/// How long the tests may take; they are done in a fraction of a second.
const TEST_LIMIT: Duration = Duration::from_mins(1);

/// How much of the tests' output is shown, in characters.
const SHOWN_OUTPUT: usize = 8_000;

/// A prompt that is carried out.
pub(crate) struct Work {
    worktree: Worktree,
    task: Task,
    misbehaviour: Option<Misbehaviour>,
    home: Option<PathBuf>,
    spends: Option<f64>,
    updates: Updates,
}

impl Work {
    pub(crate) fn new(root: PathBuf, prompt: &str, options: &Options, misbehaved: &AtomicBool, updates: Updates) -> Self {
        let task = Task::read(prompt);
        let asked =
            if options.allow_misbehaviour_from_prompt { task.misbehaviour().and_then(|kind| kind.parse().ok()) } else { None };
        let misbehaviour: Option<Misbehaviour> = asked.or(options.misbehaviour);
        let misbehaviour = misbehaviour.filter(|misbehaviour| {
            !misbehaviour.once
                || match &options.home {
                    Some(home) => misbehaviour::first_time(misbehaviour.kind, home),
                    None => !misbehaved.swap(true, Ordering::Relaxed),
                }
        });
        Self { worktree: Worktree::new(root), task, misbehaviour, home: options.home.clone(), spends: options.spends, updates }
    }

    /// Whether a cancellation is to be ignored.
    pub(crate) fn cannot_be_asked_to_stop(&self) -> bool {
        self.misbehaviour.is_some_and(|misbehaviour| misbehaviour.kind == Kind::Stall)
    }

    /// Carries the prompt out. An error means that the client cannot be reached any more, or is the misbehaviour asked for.
    pub(crate) async fn carry_out(&mut self) -> Result<(), Error> {
        self.answer().await?;
        self.spend(1.0).await
    }

    /// Reports what was spent by now, as a share of what the prompt costs.
    async fn spend(&self, share: f64) -> Result<(), Error> {
        match self.spends {
            Some(usd) => self.updates.spent(usd, share).await,
            None => Ok(()),
        }
    }

    async fn answer(&mut self) -> Result<(), Error> {
        let Some(misbehaviour) = self.misbehaviour else { return self.work().await };
        let amount = misbehaviour.amount;
        match misbehaviour.kind {
            Kind::Silent => return Ok(()),
            Kind::Stall => std::future::pending().await,
            Kind::Empty => return self.updates.say("All done: everything is built and all tests pass.\n").await,
            Kind::Unrelated => {
                self.append("README.md", "Reviewed and improved.\n").await?;
                return self.updates.say("All done: everything is built and all tests pass.\n").await;
            }
            Kind::Flood => self.flood(amount.unwrap_or(100)).await?,
            Kind::HalfUtf8 => self.updates.outbox().write_raw(b"\xe2\x82\n"),
            Kind::Escapes => {
                let text = "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}\u{1b}]8;;http://x.invalid\u{1b}\\link\u{1b}]8;;\u{1b}\\\u{1b}]52;c;aGk=\u{7}\u{9b}5A\n";
                self.updates.say(text).await?;
            }
            Kind::Slow => self.work_slowly(amount.unwrap_or(30)).await?,
            Kind::Outside => {
                for line in misbehaviour::try_outside(self.worktree.root(), self.home.as_deref()) {
                    self.updates.say(format!("{line}\n")).await?;
                }
            }
            Kind::Orphan => self.leave_orphan().await?,
            Kind::Unauthorized => return Err(Error::new(-32000, "Authentication required: the key has expired")),
            Kind::RateLimited => {
                let named = amount.map(|seconds| format!(", try again in {seconds} s")).unwrap_or_default();
                return Err(Error::new(429, format!("Too many requests{named}")));
            }
            Kind::Unreachable => return Err(Error::new(503, "The model is not to be reached")),
            Kind::FailingTest | Kind::DeletedTest | Kind::AssertTrue | Kind::SkipTest | Kind::Key | Kind::Crash => {}
        }
        self.work().await
    }

    async fn work(&mut self) -> Result<(), Error> {
        self.updates.say(format!("Reading the task: {}.\n", lines(self.task.requirement().count()))).await?;
        if !self.task.findings.is_empty() {
            let findings: Vec<&str> = self.task.findings.iter().map(|finding| finding.trim_end_matches('.')).collect();
            self.updates.say(format!("Findings to fix: {}.\n", findings.join("; "))).await?;
        }
        let build = match builder::build(&self.task, &self.worktree, test_tools(self.worktree.root()).await) {
            Ok(build) => build,
            Err(blocked) => {
                let mut text = "I cannot build this task, so I changed nothing.\n".to_owned();
                for blocked in blocked {
                    text.push_str(&format!("BLOCKED: {} — {}\n", blocked.line, blocked.why));
                }
                return self.updates.say(text).await;
            }
        };
        let changes: Vec<Change> = build.changes.iter().filter(|change| self.is_written(change)).cloned().collect();
        let mut failures = Vec::new();
        for change in &changes {
            if let Err(failure) = self.write(change).await? {
                failures.push(failure);
            }
            if self.misbehaviour.is_some_and(|misbehaviour| misbehaviour.kind == Kind::Crash) {
                self.updates.outbox().drained().await;
                crash();
            }
        }
        self.spoil(&build).await?;
        self.spend(0.5).await?;
        let tested = self.test(&build.test_script).await?;
        self.close(&build, &changes, &failures, &tested).await
    }

    /// Whether a change belongs to what is done, given the misbehaviour.
    fn is_written(&self, change: &Change) -> bool {
        let without_tests = self.misbehaviour.is_some_and(|misbehaviour| misbehaviour.kind == Kind::AssertTrue);
        !without_tests || !(change.path.starts_with("tests/") || change.path == "Makefile")
    }

    /// Writes a file and shows it; the inner error is what went wrong, in words.
    async fn write(&mut self, change: &Change) -> Result<Result<(), String>, Error> {
        let call = self.updates.editing(self.worktree.root(), change).await?;
        let written = self.worktree.write(change).map_err(|error| format!("{} could not be written: {error}", change.path));
        self.updates.ended(call, written.is_ok(), written.as_ref().err().cloned()).await?;
        Ok(written)
    }

    /// Adds what the misbehaviour adds to work that is done.
    async fn spoil(&mut self, build: &Build) -> Result<(), Error> {
        match self.misbehaviour.map(|misbehaviour| misbehaviour.kind) {
            Some(Kind::FailingTest) => {
                let before = self.worktree.read(&build.test_script).ok().flatten().unwrap_or_default();
                let after = misbehaviour::with_failing_check(&before);
                self.put(Change { path: build.test_script.clone(), before: Some(before), after, executable: true }).await
            }
            Some(Kind::DeletedTest) => {
                if let Some(test) = misbehaviour::existing_test(self.worktree.root()) {
                    let call = self.updates.running(&format!("rm {}", test.display())).await?;
                    let removed = fs::remove_file(test).is_ok();
                    self.updates.ended(call, removed, None).await?;
                }
                Ok(())
            }
            Some(Kind::AssertTrue) => self.append("tests/test_works.py", "def test_works():\n    assert True\n").await,
            Some(Kind::SkipTest) => {
                let text = "import pytest\n\n\n@pytest.mark.skip(reason=\"later\")\ndef test_later():\n    assert 1 + 1 == 3\n";
                self.append("tests/test_later.py", text).await
            }
            Some(Kind::Key) => self.append("deploy.env", &misbehaviour::key_line()).await,
            _ => Ok(()),
        }
    }

    async fn append(&mut self, path: &str, text: &str) -> Result<(), Error> {
        let before = self.worktree.read(path).ok().flatten();
        let after = format!("{}{text}", before.as_deref().unwrap_or_default());
        self.put(Change { path: path.to_owned(), before, after, executable: false }).await
    }

    async fn put(&mut self, change: Change) -> Result<(), Error> {
        // A file that cannot be written shows as a failed call; misbehaviour has no more to say about it.
        self.write(&change).await.map(|_| ())
    }

    /// Runs the tests and shows what they print; gives the result in one sentence.
    async fn test(&mut self, script: &str) -> Result<String, Error> {
        let command = format!("sh {script}");
        let call = self.updates.running(&command).await?;
        let ran = tokio::time::timeout(TEST_LIMIT, output(self.worktree.root(), &[script])).await;
        let (succeeded, shown, sentence) = match ran {
            Ok(Ok(output)) => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                let closing = text.lines().rev().find(|line| line.contains(" passed")).unwrap_or("no result").to_owned();
                (output.status.success(), last(&text), format!("Its tests ran with `{command}`: {closing}."))
            }
            Ok(Err(error)) => (false, String::new(), format!("Its tests could not be run: {error}.")),
            Err(_) => (false, String::new(), format!("Its tests did not end within {} seconds.", TEST_LIMIT.as_secs())),
        };
        self.updates.ended(call, succeeded, Some(shown)).await?;
        Ok(sentence)
    }

    async fn close(&mut self, build: &Build, changes: &[Change], failures: &[String], tested: &str) -> Result<(), Error> {
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        let examples = if build.examples == 1 { "1 example".to_owned() } else { format!("{} examples", build.examples) };
        let mut text = if paths.is_empty() {
            format!("Nothing was left to change: the files follow from the {examples} of this task already. {tested}\n")
        } else {
            format!("Built {examples} into {}. {tested}\n", paths.join(", "))
        };
        for line in &build.replaced {
            text.push_str(&format!("An earlier requirement no longer holds: {line}\n"));
        }
        for note in build.beside.iter().chain(failures) {
            text.push_str(&format!("Note: {note}.\n"));
        }
        self.updates.say(text).await
    }

    async fn flood(&mut self, megabytes: u64) -> Result<(), Error> {
        let line = "All work and no play makes a dull agent.\n".repeat(1_599);
        for _ in 0..megabytes * 16 {
            self.updates.say(line.clone()).await?;
        }
        Ok(())
    }

    async fn work_slowly(&mut self, seconds: u64) -> Result<(), Error> {
        let steps = u32::try_from(seconds.saturating_mul(10)).unwrap_or(u32::MAX);
        for step in 1..=steps {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.updates.say(format!("Thinking, step {step}.\n")).await?;
            self.spend(f64::from(step) / f64::from(steps) / 2.0).await?;
        }
        Ok(())
    }

    async fn leave_orphan(&mut self) -> Result<(), Error> {
        let mut command = Command::new("setsid");
        command.args(["sleep", "600"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = command.spawn().map(|child| child.id());
        self.updates
            .say(match started {
                Ok(id) => format!("orphan: started process {}\n", id.unwrap_or_default()),
                Err(error) => format!("orphan: refused ({error})\n"),
            })
            .await
    }
}

/// Ends this process as if from outside; where even that is refused, with the exit code that shells give for it.
fn crash() -> ! {
    if rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).is_ok() {
        std::thread::park_timeout(Duration::from_secs(1));
    }
    std::process::exit(137)
}

/// Which test programs there are.
async fn test_tools(root: &Path) -> TestTools {
    // Starting Python takes longer than everything else together, so it is asked only when there is no make.
    let question = "if command -v make; then exit 0; fi; python3 -c 'import pytest' && echo pytest";
    let answer = output(root, &["-c", question]).await.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let answer = answer.unwrap_or_default();
    TestTools { make: answer.contains("make"), pytest: answer.contains("pytest") }
}

/// Runs the shell in the worktree; it is killed when nobody waits for it any more.
async fn output(root: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("sh").args(arguments).current_dir(root).stdin(Stdio::null()).kill_on_drop(true).output().await
}

fn last(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(SHOWN_OUTPUT);
    text.chars().skip(skipped).collect()
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}
