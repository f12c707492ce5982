//! Numbers and names in what test runners print.

use std::sync::LazyLock;

use regex::Regex;

use super::{TestCount, text::one_line, text::pattern};

const MAX_NAMES: usize = 10;

/// Where counts stand: lines of the first runner that is recognised, added up over packages. Groups `p`, `f`, `s`, and `n` for all.
static RUNNERS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let sources = [
        // cargo test
        r"(?m)^test result: \w+\. (?P<p>\d+) passed; (?P<f>\d+) failed; (?P<s>\d+) ignored",
        // cargo nextest
        r"(?m)^\s*Summary \[[^\]]*\]\s+\d+(?:/\d+)? tests? run: (?P<p>\d+) passed(?: \([^)]*\))?(?:, (?P<f>\d+) failed)?(?:, (?P<s>\d+) skipped)?",
        // Maven and Gradle
        r"(?m)^(?:\[\w+\] )?Tests run: (?P<n>\d+), Failures: (?P<f>\d+), Errors: (?P<e>\d+), Skipped: (?P<s>\d+)\s*$",
        // RSpec
        r"(?m)^(?P<n>\d+) examples?, (?P<f>\d+) failures?(?:, (?P<s>\d+) pending)?",
        // minitest
        r"(?m)^(?P<n>\d+) (?:runs|tests), \d+ assertions, (?P<f>\d+) failures, (?P<e>\d+) errors(?:, (?P<s>\d+) skips)?",
        // bats in its short form
        r"(?m)^(?P<n>\d+) tests?, (?P<f>\d+) failures?(?:, (?P<s>\d+) skipped)?",
    ];
    sources.into_iter().map(pattern).collect()
});

static UNITTEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^Ran (\d+) tests? in "));
static UNITTEST_PART: LazyLock<Regex> = LazyLock::new(|| pattern(r"(failures|errors|skipped|unexpected successes)=(\d+)"));
static UNITTEST_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(?:OK|FAILED|NO TESTS RAN)(?: \(.*\))?$"));

/// Jest, vitest: `Tests:  1 failed, 2 passed, 3 total`, `Tests  2 passed | 1 failed (3)`.
static JEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*Tests:?\s+((?:\d+ [a-z]+(?:, | \| )?)+.*)$"));
static MOCHA: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*(\d+) (passing|failing|pending)\b"));
/// `node --test`, in TAP and in words.
static NODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)\s*$"));
static GO_TEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*--- (PASS|FAIL|SKIP): "));
static GO_PACKAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(ok|FAIL)[ \t]+\S+[ \t]+(?:[\d.]+s|\(cached\))(.*)$"));
static TAP: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(ok|not ok)\b(?: +\d+)?(.*)$"));
static TAP_PLAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^1\.\.(\d+)"));
/// pytest's last line, and what scripts print.
static WORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i-u:\b(\d+) (?:tests? )?(passed|passing|failed|failures?|failing|errors?|skipped|deselected)\b)")
});
static WORDS_REVERSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i-u:\b(passed|failed|skipped|pass|fail): ?(\d+)\b)"));

static NAMES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let sources = [
        r"(?m)^test (\S+)(?: - should panic)? \.\.\. FAILED",
        r"(?m)^FAILED (\S+::\S+)",
        r"(?m)^ERROR (\S+\.py\S*)",
        r"(?m)^(?:FAIL|ERROR): (\w+ \([^)]*\))",
        r"(?m)^\s*--- FAIL: (\S+)",
        r"(?m)^\s*not ok \d+ -? ?([^#\n]+)",
        r"(?m)^\s*● (.+ › .+)$",
        r"(?m)^\s*(?:✕|✗|✖|×) (.+?)(?: \([\d.]+ ?m?s\))?$",
        r"(?m)^\s*FAIL \[[^\]]*\] (.+)$",
        r"(?m)^\s+\d+\) (.+)$",
        r"(?mi-u)^(?:FAIL|FAILED|NOT OK)[: ]+([A-Za-z0-9_/.][ -~]*)$",
    ];
    sources.into_iter().map(pattern).collect()
});

static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)^(error(?:\[E\d+\])?: .+|\S+\.\w+:\d+(?::\d+)?:? .+|\S+\(\d+,\d+\): error .+|\s+\d+:\d+\s+error\s+.+|",
        r"(?:Syntax|Type|Name|Import|Indentation)Error: .+|make: \*\*\* .+)$",
    ))
});

/// How many tests ran, or `None` when the output does not say.
pub(super) fn read(output: &str) -> Option<TestCount> {
    let listed = RUNNERS.iter().find_map(|regex| sum(regex, output));
    listed
        .or_else(|| unittest(output))
        .or_else(|| jest(output))
        .or_else(|| node(output))
        .or_else(|| mocha(output))
        .or_else(|| go(output))
        .or_else(|| words(output))
        .or_else(|| tap(output))
        .or_else(|| super::NO_TESTS.is_match(output).then(TestCount::default))
}

/// Names of tests that failed, at most ten.
pub(super) fn failing_names(output: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for captures in NAMES.iter().flat_map(|regex| regex.captures_iter(output)) {
        let name = captures.get(1).map(|name| one_line(name.as_str(), 160)).unwrap_or_default();
        let is_count = name.starts_with(|letter: char| letter.is_ascii_digit());
        if !name.is_empty() && !is_count && !names.iter().any(|known| known.contains(&name) || name.contains(known.as_str())) {
            names.push(name);
        }
        if names.len() == MAX_NAMES {
            break;
        }
    }
    names
}

/// Lines in which a compiler or linter says what is wrong, at most nine.
pub(super) fn complaints(output: &str) -> Vec<String> {
    let lines = COMPLAINT.find_iter(output).map(|line| one_line(line.as_str(), 200));
    lines.take(MAX_NAMES - 1).collect()
}

fn sum(regex: &Regex, output: &str) -> Option<TestCount> {
    let mut total: Option<TestCount> = None;
    for captures in regex.captures_iter(output) {
        let group = |name| captures.name(name).map_or(0, |group| number(group.as_str()));
        let failed = group("f").saturating_add(group("e"));
        let passed = match captures.name("n") {
            Some(all) => number(all.as_str()).saturating_sub(failed).saturating_sub(group("s")),
            None => group("p"),
        };
        let total = total.get_or_insert_default();
        total.passed = total.passed.saturating_add(passed);
        total.failed = total.failed.saturating_add(failed);
        total.skipped = total.skipped.saturating_add(group("s"));
    }
    total
}

fn unittest(output: &str) -> Option<TestCount> {
    let mut ran =
        UNITTEST.captures_iter(output).filter_map(|captures| captures.get(1)).map(|count| number(count.as_str())).peekable();
    ran.peek()?;
    let all = ran.fold(0u32, u32::saturating_add);
    let mut count = TestCount::default();
    for captures in UNITTEST_END.find_iter(output).flat_map(|end| UNITTEST_PART.captures_iter(end.as_str())) {
        let (Some(part), Some(of)) = (captures.get(1), captures.get(2)) else { continue };
        let counted = if part.as_str() == "skipped" { &mut count.skipped } else { &mut count.failed };
        *counted = counted.saturating_add(number(of.as_str()));
    }
    count.passed = all.saturating_sub(count.failed).saturating_sub(count.skipped);
    Some(count)
}

fn jest(output: &str) -> Option<TestCount> {
    let mut total: Option<TestCount> = None;
    for line in JEST.captures_iter(output).filter_map(|captures| captures.get(1)) {
        let total = total.get_or_insert_default();
        add_words(total, line.as_str());
    }
    total
}

fn node(output: &str) -> Option<TestCount> {
    let mut total: Option<TestCount> = None;
    for captures in NODE.captures_iter(output) {
        let (Some(kind), Some(count)) = (captures.get(1), captures.get(2)) else { continue };
        add(total.get_or_insert_default(), kind.as_str(), number(count.as_str()));
    }
    total
}

fn mocha(output: &str) -> Option<TestCount> {
    let mut total: Option<TestCount> = None;
    for captures in MOCHA.captures_iter(output) {
        let (Some(count), Some(kind)) = (captures.get(1), captures.get(2)) else { continue };
        add(total.get_or_insert_default(), kind.as_str(), number(count.as_str()));
    }
    total
}

/// With `-v` each test is named; without, a package that is `ok` and had something to run counts as one.
fn go(output: &str) -> Option<TestCount> {
    let mut packages = TestCount::default();
    let mut seen = output.contains("[no test files]");
    for captures in GO_PACKAGE.captures_iter(output) {
        seen = true;
        let part = |index| captures.get(index).map_or("", |group| group.as_str());
        let is_empty = part(2).contains("[no test");
        match part(1) {
            "ok" if !is_empty => packages.passed = packages.passed.saturating_add(1),
            "FAIL" => packages.failed = packages.failed.saturating_add(1),
            _ => {}
        }
    }
    let mut named = TestCount::default();
    for captures in GO_TEST.captures_iter(output) {
        add(&mut named, captures.get(1).map_or("", |group| group.as_str()), 1);
    }
    // Without `-v` only failures are named, so that the packages say more about what passed.
    let best = TestCount { passed: named.passed.max(packages.passed), failed: named.failed.max(packages.failed), ..named };
    (seen || named.ran() > 0).then_some(best)
}

/// The last line that counts anything in words.
fn words(output: &str) -> Option<TestCount> {
    let line = output.lines().rev().find(|line| WORDS.is_match(line) || WORDS_REVERSED.is_match(line))?;
    let mut count = TestCount::default();
    add_words(&mut count, line);
    for captures in WORDS_REVERSED.captures_iter(line) {
        let (Some(kind), Some(of)) = (captures.get(1), captures.get(2)) else { continue };
        add(&mut count, kind.as_str(), number(of.as_str()));
    }
    Some(count)
}

fn tap(output: &str) -> Option<TestCount> {
    let mut count = TestCount::default();
    for captures in TAP.captures_iter(output) {
        let rest = captures.get(2).map_or("", |group| group.as_str()).to_lowercase();
        let kind = match captures.get(1).map_or("", |group| group.as_str()) {
            _ if rest.contains("# skip") || rest.contains("# todo") => "skipped",
            "ok" => "passed",
            _ => "failed",
        };
        add(&mut count, kind, 1);
    }
    let plan = TAP_PLAN.captures(output)?.get(1).map_or(0, |plan| number(plan.as_str()));
    // Tests that were planned and never reported did not pass.
    let missing = plan.saturating_sub(count.ran().saturating_add(count.skipped));
    count.failed = count.failed.saturating_add(missing);
    Some(count)
}

fn add_words(count: &mut TestCount, line: &str) {
    for captures in WORDS.captures_iter(line) {
        let (Some(of), Some(kind)) = (captures.get(1), captures.get(2)) else { continue };
        add(count, kind.as_str(), number(of.as_str()));
    }
}

fn add(count: &mut TestCount, kind: &str, of: u32) {
    let part = match kind.to_lowercase().as_str() {
        "passed" | "passing" | "pass" => &mut count.passed,
        "failed" | "failing" | "fail" | "failure" | "failures" | "error" | "errors" | "cancelled" => &mut count.failed,
        _ => &mut count.skipped,
    };
    *part = part.saturating_add(of);
}

/// A number too large for its type is a hostile one; it counts as nothing.
fn number(digits: &str) -> u32 {
    digits.parse().unwrap_or_default()
}
