//! What the project's own commands came to, read from their exit and output. A command that did not run, or whose tests cannot
//! be counted, is never green.

mod counts;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use protocol::runs::GateVerdict;
use regex::Regex;

use super::{
    Finding,
    checks::{Check, CheckKind},
    text,
};
use crate::ports::sandbox::Exit;

/// How much of the end of an output is read, in bytes.
const MAX_READ: usize = 256 * 1024;

/// How many of its last lines are evidence.
const EVIDENCE_LINES: usize = 80;

/// How many tests ran, as far as the output says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestCount {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl TestCount {
    /// Tests that really ran.
    pub fn ran(self) -> u32 {
        self.passed.saturating_add(self.failed)
    }
}

static NO_TOOL: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(concat!(
        r"(?m)(?:^bwrap: execvp |No module named '?(?:pytest|unittest)'?\s*$|^error: no such command: `|",
        r"is not installed for the toolchain|^error: rustup could not choose a version of |^error: toolchain '[^']+' is not installed|",
        r"^make: (?:\w+): No such file or directory)",
    ))
});
static OFFLINE: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(concat!(
        r"(?:Could not resolve host|failed to download from|dial tcp: lookup |getaddrinfo EAI_AGAIN|getaddrinfo ENOTFOUND|",
        r"no matching package named .* found|you're using offline mode)",
    ))
});
/// Beyond `OFFLINE`, what package managers say when nobody answers. The project's own tests may say it for other reasons.
static NO_REGISTRY: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(
        r"(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Temporary failure in name resolution|Failed to establish a new connection|Connection refused|error sending request|spurious network error)",
    )
});
static NO_TESTS: LazyLock<Regex> =
    LazyLock::new(|| text::pattern(r"(?m)(?:no tests ran|NO TESTS RAN|^No tests? (?:files )?found|^Ran 0 tests)"));
/// What node says of a file that it cannot load, which counts as one failed test. Errors within tests are indented or named
/// below the test.
static NOT_LOADED: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(concat!(
        r"(?m)^(?:# )?(?:(?:SyntaxError|ReferenceError)(?: \[\w+\])?: |Error \[ERR_MODULE_NOT_FOUND\]: |Error: Cannot find module |",
        r"TypeError \[ERR_UNKNOWN_FILE_EXTENSION\]: |Error \[ERR_REQUIRE_ESM\]: )",
    ))
});

/// Judges a run of tests: green only when it ended well and says that at least one test ran.
pub fn judge_tests(check: &Check, exit: Exit, output: &str) -> (Finding, Option<TestCount>) {
    let shown = readable(output);
    let count = counts::read(&shown);
    let name = name(check);
    if let Some(finding) = not_run(check, exit, &shown) {
        return (finding, count);
    }

    let ran = count.map_or(0, TestCount::ran);
    let failed = count.map_or(0, |count| count.failed);
    let finding = match exit {
        Exit::Code(0) if failed > 0 => {
            failure(&shown, &format!("{name}: {failed} of {ran} tests failed, although it ended with exit code 0"))
        }
        Exit::Code(0) if !check.counts => own_words(check, &shown),
        Exit::Code(0) if ran > 0 => {
            let skipped = count.map(|count| count.skipped).filter(|skipped| *skipped > 0);
            let skipped = skipped.map(|skipped| format!(", {skipped} skipped")).unwrap_or_default();
            Finding::passed(&format!("{name}: {} passed{skipped}", tests(ran))).with_evidence(&last_lines(&shown, 20))
        }
        Exit::Code(0) if count.is_some() => no_tests(check, &shown),
        Exit::Code(0) => uncounted(check, &shown),
        Exit::Code(_) if check.is_guess && failed > 0 && NOT_LOADED.find_iter(&shown).count() >= failed as usize => {
            not_loaded(check, &shown)
        }
        Exit::Code(_) if ran == 0 && NO_TESTS.is_match(&shown) => no_tests(check, &shown),
        Exit::Code(_) if ran == 0 && OFFLINE.is_match(&shown) => offline(check, &shown),
        _ if failed > 0 => failure(&shown, &format!("{name}: {failed} of {} failed", tests(ran))),
        _ => failure(&shown, &format!("{name}: {}", ended(exit))),
    };
    (finding, count)
}

/// Judges a build or a linter.
pub fn judge_command(check: &Check, exit: Exit, output: &str) -> Finding {
    let shown = readable(output);
    if let Some(finding) = not_run(check, exit, &shown) {
        return finding;
    }

    let name = name(check);
    match exit {
        Exit::Code(0) => Finding::passed(&format!("{name}: done")).with_evidence(&last_lines(&shown, 20)),
        Exit::Code(_) if OFFLINE.is_match(&shown) => offline(check, &shown),
        _ => {
            let hints = counts::complaints(&shown);
            let summary = format!("{name}: {}", ended(exit));
            let first = hints.first().cloned();
            let what = match check.kind {
                CheckKind::Lint => "Make the linter content",
                _ => "Make it build",
            };
            let lead = format!("{what}: `{}` {}.", text::one_line(&check.argv.join(" "), 100), ended(exit));
            let finding = Finding::failed(&first.map_or(summary.clone(), |first| format!("{summary}: {first}")));
            finding.with_evidence(&last_lines(&shown, EVIDENCE_LINES)).with_hints([lead].into_iter().chain(hints))
        }
    }
}

/// The finding on a check that did not pass, where what it stands on could not be installed by `command` before.
pub fn not_installed(finding: &Finding, command: &str, exit: Exit, output: &str) -> Finding {
    let shown = readable(output);
    let command = text::one_line(command, 100);
    let evidence = format!("$ {command}\n{}\n\n{}", last_lines(&shown, EVIDENCE_LINES / 2), finding.evidence);
    let is_missing = tool_missing(exit, &shown);
    let is_offline = OFFLINE.is_match(&shown) || NO_REGISTRY.is_match(&shown);
    if is_missing || is_offline || matches!(exit, Exit::TimedOut | Exit::Cancelled) {
        let why = if is_missing { "is not installed on loki's machine" } else { "could not reach its registry" };
        let summary = format!("{}: the project's packages are missing, since `{command}` {why}", finding.summary);
        return Finding::inconclusive(&summary).with_evidence(&evidence);
    }
    let summary = format!("`{command}` {}, and without the packages: {}", ended(exit), finding.summary);
    let hint = format!("Commit a lock file from which `{command}` installs everything: {}", last_lines(&shown, 1));
    Finding::failed(&summary).with_evidence(&evidence).with_hints([hint].iter().chain(&finding.hints))
}

/// The finding on a check that did not pass, where packages are named and no lock file is there to install them from.
pub fn no_lock_file(finding: &Finding, dir: &str) -> Finding {
    let place = if dir.is_empty() { "package.json".to_owned() } else { format!("{dir}/package.json") };
    let hint = format!("{place} names packages and no lock file is committed: commit it, checks install from nothing else.");
    let evidence = finding.evidence.clone();
    let summary = format!("{place} has no lock file beside it, so its packages are missing: {}", finding.summary);
    Finding::failed(&summary).with_evidence(&evidence).with_hints([hint].iter().chain(&finding.hints))
}

/// The finding on a check whose first command is not installed, so that another one ran in its place.
pub fn in_place_of(finding: Finding, missing: &[String], ran: &[String]) -> Finding {
    if finding.verdict == GateVerdict::Passed {
        return finding;
    }
    let (missing, ran) = (module(missing), module(ran));
    let summary = format!("{}; {missing} is not installed on the machine that loki runs on", finding.summary);
    let hint =
        format!("{missing} is not installed, so that {ran} ran in its place: it finds only tests that are written for it.");
    let with_summary = Finding { summary: text::one_line(&summary, super::MAX_SUMMARY), ..finding };
    if with_summary.hints.is_empty() {
        return with_summary;
    }
    let hints: Vec<String> = std::iter::once(hint).chain(with_summary.hints.iter().cloned()).collect();
    with_summary.with_hints(hints)
}

/// What a command is known by: of `python3 -m pytest`, pytest.
fn module(argv: &[String]) -> String {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let name = match words.as_slice() {
        [_, "-m", module, ..] | [module, ..] => *module,
        [] => "",
    };
    text::one_line(name, 60)
}

/// Whether the command itself is not installed, so that the check's next alternative is to be tried.
pub fn tool_missing(exit: Exit, output: &str) -> bool {
    match exit {
        Exit::Code(126 | 127) => true,
        Exit::Code(code) => code != 0 && NO_TOOL.is_match(text::end_within(output, 4096)),
        Exit::Signal(_) | Exit::TimedOut | Exit::Cancelled => false,
    }
}

/// The finding for a command that did not come to its own end.
fn not_run(check: &Check, exit: Exit, shown: &str) -> Option<Finding> {
    let name = name(check);
    let finding = match exit {
        Exit::TimedOut => Finding::inconclusive(&format!("{name}: took longer than {} s and was stopped", check.timeout_s))
            .with_hints([format!("`{name}` must end by itself within {} s, without waiting for input.", check.timeout_s)]),
        Exit::Cancelled => Finding::inconclusive(&format!("{name}: was stopped before its end")),
        _ if tool_missing(exit, shown) => {
            Finding::inconclusive(&format!("{name}: could not be run; {}", how_to_install(&check.tool)))
        }
        Exit::Code(_) | Exit::Signal(_) => return None,
    };
    Some(finding.with_evidence(&last_lines(shown, EVIDENCE_LINES)))
}

fn failure(shown: &str, summary: &str) -> Finding {
    let names = counts::failing_names(shown);
    let hints: Vec<String> = match names.as_slice() {
        [] => vec![format!("{summary}. Its last line: {}", text::one_line(&last_lines(shown, 1), 150))],
        names => names.iter().map(|name| format!("This test fails: {name}")).collect(),
    };
    Finding::failed(summary).with_evidence(&last_lines(shown, EVIDENCE_LINES)).with_hints(hints)
}

fn no_tests(check: &Check, shown: &str) -> Finding {
    Finding::inconclusive(&format!("{}: no tests ran", name(check)))
        .with_evidence(&last_lines(shown, EVIDENCE_LINES))
        .with_hints(["No test ran. Add tests that prove the requirement, where the project's test command finds them."])
}

fn own_words(check: &Check, shown: &str) -> Finding {
    let summary = "ended well, but runs no test runner that loki knows, and its own words prove nothing";
    Finding::inconclusive(&format!("{}: {summary}", name(check))).with_evidence(&last_lines(shown, EVIDENCE_LINES)).with_hints([
        "Let the script `test` of package.json run a test runner (`node --test`, or the project's own) on files named like `a.test.js`.",
    ])
}

fn not_loaded(check: &Check, shown: &str) -> Finding {
    Finding::inconclusive(&format!("{}: node alone cannot load some of these tests, and all others passed", name(check)))
        .with_evidence(&last_lines(shown, EVIDENCE_LINES))
        .with_hints(["Let the script `test` of package.json run the test runner that these files are written for."])
}

fn uncounted(check: &Check, shown: &str) -> Finding {
    Finding::inconclusive(&format!("{}: ended well, but does not say how many tests ran", name(check)))
        .with_evidence(&last_lines(shown, EVIDENCE_LINES))
        .with_hints(["Let the tests end with a line like `3 passed, 0 failed`, counted while they run."])
}

fn offline(check: &Check, shown: &str) -> Finding {
    Finding::inconclusive(&format!("{}: needs something from the network, which checks do not have", name(check)))
        .with_evidence(&last_lines(shown, EVIDENCE_LINES))
        .with_hints(["Checks run without network: use what is installed already, or nothing but the standard library."])
}

fn name(check: &Check) -> String {
    let command = text::one_line(&check.argv.join(" "), 80);
    if check.dir.is_empty() { command } else { format!("{command} in {}", text::one_line(&check.dir, 60)) }
}

fn tests(count: u32) -> String {
    if count == 1 { "1 test".to_owned() } else { format!("{count} tests") }
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(9) => "was killed (out of memory, or by itself)".to_owned(),
        Exit::Signal(signal) => format!("was ended by signal {signal}"),
        Exit::TimedOut => "took too long".to_owned(),
        Exit::Cancelled => "was stopped".to_owned(),
    }
}

fn how_to_install(tool: &str) -> String {
    let how = match tool {
        "cargo" => "install Rust from https://rustup.rs",
        "npm" | "node" | "npx" => "install Node.js from https://nodejs.org, and the project's packages",
        "pnpm" | "yarn" => "install Node.js and run `corepack enable`",
        "bun" => "install Bun from https://bun.sh",
        "python3" | "python" | "pytest" => "install Python 3, and pytest where the project uses it",
        "go" => "install Go from https://go.dev/dl",
        "make" => "install make",
        _ => return format!("`{}` or something that it calls is not installed", text::one_line(tool, 60)),
    };
    format!("{how} on the machine that loki runs on")
}

fn readable(output: &str) -> String {
    text::plain(text::end_within(output, MAX_READ))
}

fn last_lines(shown: &str, most: usize) -> String {
    let lines: Vec<&str> = shown.trim_end().lines().collect();
    lines.get(lines.len().saturating_sub(most)..).unwrap_or_default().join("\n")
}
