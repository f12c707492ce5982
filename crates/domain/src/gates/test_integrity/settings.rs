//! Settings that decide whether tests run at all: scripts of packages, make targets, runners' own files, workflows.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::text::{self, pattern};
use crate::ports::vcs::ChangedFile;

static CANNOT_FAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(?:exit 0|true|:|echo\b[^&|;]*|printf\b[^&|;]*|node -e ["'][^"']*["'])$"#));
static RUNS_TESTS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:tests?|spec|ava|cypress|jasmine|jest|karma|mocha|playwright|tap|tape|uvu|vitest)\b"));
static SWALLOWS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\|\|\s*(?:true|:|exit 0|echo\b.*)|;\s*(?:exit 0|true))\s*$"));
static DESELECTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"--ignore(?:-glob)?\b|--deselect\b|--collect-only\b|--co\b|(?:addopts|-q|\s)\s*=?.*\s-k\s|^\s*(?:norecursedirs|python_files)\s*=.*\b(?:none|test)\b\s*$",
    )
});
static CONFTEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bcollect_ignore(?:_glob)?\b|\bpytest_ignore_collect\b|\bitems\s*(?:\[:\]\s*=|\.clear\s*\()|\bpytest_deselected\b|\bmark\s*\.\s*(?:skip|xfail)\b|\bexitstatus\s*=\s*0|\bpytest\s*\.\s*exit\s*\(|\bos\._exit\s*\(",
    )
});
static CARGO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(?:test|harness|autotests)\s*=\s*false"));
static WORKFLOW: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*-?\s*continue-on-error\s*:\s*true|^\s*-?\s*allow_failure\s*:\s*true"));

static NODE_SETTINGS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\s*(?:script-shell|node-options|scripts-prepend-node-path)\s*="));
/// Modules that run tests, or that Python loads before anything else. A file of the project comes before the installed one.
const RUNNERS: [&str; 8] = ["_pytest", "pluggy", "pytest", "runpy", "sitecustomize", "unittest", "usercustomize", "venv"];

/// Whether a new file, or a link, takes the place of what runs the tests.
pub(super) fn stands_in(file: &ChangedFile) -> Option<String> {
    if file.before.is_some() || file.after.is_none() && file.link.is_none() {
        return None;
    }
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let module = match name {
        "__init__.py" | "__main__.py" => folder.rsplit('/').next()?,
        _ => name.strip_suffix(".py").unwrap_or(if file.link.is_some() { name } else { "" }),
    };
    if RUNNERS.contains(&module) {
        return Some(format!("it stands in for Python's module {module}, which runs the tests"));
    }
    // Make takes these before the Makefile that everybody reads.
    matches!(name, "GNUmakefile" | "makefile").then(|| "make takes it instead of Makefile: name it Makefile".to_owned())
}

/// What was done to the running of tests in this file: a line, and what is wrong with it.
pub(super) fn problems(file: &ChangedFile) -> Vec<(usize, String)> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match name {
        "package.json" => package(file),
        "Makefile" | "makefile" | "GNUmakefile" => makefile(file),
        "conftest.py" => added(file, &CONFTEST, "tests are left out or made to pass for all"),
        "pytest.ini" | "pyproject.toml" | "setup.cfg" | "tox.ini" | ".pytest.ini" => {
            added(file, &DESELECTS, "tests are left out")
        }
        ".npmrc" => added(file, &NODE_SETTINGS, "scripts are run by something else"),
        "Cargo.toml" => added(file, &CARGO, "tests are turned off"),
        _ if matches!(extension, "yml" | "yaml") => added(file, &WORKFLOW, "a failure no longer counts"),
        _ => Vec::new(),
    }
}

fn added(file: &ChangedFile, regex: &Regex, what: &str) -> Vec<(usize, String)> {
    let lines =
        text::added_lines(file).into_iter().filter(|(_, line)| !line.trim_start().starts_with('#') && regex.is_match(line));
    lines.map(|(number, line)| (number, format!("{what}: {}", text::one_line(line, 80)))).collect()
}

/// The script `test` and those that npm runs before and after it: what one of them did, another may do.
fn package(file: &ChangedFile) -> Vec<(usize, String)> {
    const NAMES: [&str; 3] = ["pretest", "test", "posttest"];
    let scripts = |text: &Option<String>| {
        let manifest: Value = text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        NAMES.map(|name| {
            let script = manifest.get("scripts")?.get(name)?.as_str()?.trim().to_owned();
            (!script.contains("no test specified")).then_some(script)
        })
    };
    let (before, after) = (scripts(&file.before), scripts(&file.after));
    let is_real = |script: &Option<String>| script.as_deref().is_some_and(|script| !is_neutral(script));
    // A hook may go, or move, unless it ran tests that nothing runs now.
    let is_gone = |(before, after_it): (&Option<String>, &Option<String>)| {
        let runs = |script: &str| RUNS_TESTS.is_match(script) && !after.iter().flatten().any(|other| other.contains(script));
        after_it.is_none() && is_real(before) && before.as_deref().is_some_and(runs)
    };
    // Without `test`, npm runs no hook of it.
    let works = |[before, test, after]: &[Option<String>; 3]| test.is_some() && [before, test, after].into_iter().any(is_real);
    let nothing_is_left = works(&before) && !works(&after);
    let is_removed = nothing_is_left || before.iter().zip(&after).any(is_gone);
    // A hook that prints a word is no harm beside a test command that can fail.
    let emptied = NAMES.iter().zip(before.iter().zip(&after)).find_map(|(name, (before, after))| {
        let after = after.as_deref().filter(|after| is_neutral(after) && before.as_deref() != Some(*after))?;
        (*name == "test" || is_real(before)).then_some(after)
    });
    match emptied {
        Some(script) => vec![(1, format!("the test command cannot fail: {}", text::one_line(script, 80)))],
        None if is_removed && file.after.is_some() => vec![(1, "the test command was removed".to_owned())],
        None => Vec::new(),
    }
}

fn is_neutral(script: &str) -> bool {
    let is_empty = |part: &str| CANNOT_FAIL.is_match(part.trim());
    script.split("&&").all(is_empty) || SWALLOWS.is_match(script)
}

/// The recipe of the target `test`: emptied, without effect, or with its failure ignored.
fn makefile(file: &ChangedFile) -> Vec<(usize, String)> {
    let (before, after) = (recipe(file.before.as_deref()), recipe(file.after.as_deref()));
    let works = |recipe: &Recipe| !recipe.needs.is_empty() || recipe.lines.iter().any(|line| !is_idle(line));
    let problem = match (&before, &after) {
        (Some(before), None) if works(before) && file.after.is_some() => Some((1, "the test target was removed".to_owned())),
        (before, Some(after)) if !works(after) && before.as_ref().is_none_or(works) => {
            Some((after.number, "the test target does nothing".to_owned()))
        }
        (before, Some(after)) => {
            let known = |line: &String| before.as_ref().is_some_and(|before| before.lines.contains(line));
            let ignored = after
                .lines
                .iter()
                .find(|line| (line.starts_with('-') || SWALLOWS.is_match(line)) && !known(line) && !is_idle(line));
            ignored.map(|line| (after.number, format!("a failure of the test target is ignored: {}", text::one_line(line, 80))))
        }
        _ => None,
    };
    problem.into_iter().collect()
}

struct Recipe {
    number: usize,
    needs: String,
    lines: Vec<String>,
}

fn recipe(text: Option<&str>) -> Option<Recipe> {
    let mut lines = text?.lines().enumerate().skip_while(|(_, line)| !line.starts_with("test:") && !line.starts_with("test :"));
    let (index, head) = lines.next()?;
    let (needs, inline) = head.split_once(':')?.1.split_once(';').unwrap_or((head.split_once(':')?.1, ""));
    let body = lines.take_while(|(_, line)| line.starts_with('\t') || line.trim().is_empty()).map(|(_, line)| line.trim());
    let lines = std::iter::once(inline.trim()).chain(body).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Some(Recipe { number: index + 1, needs: needs.trim().to_owned(), lines })
}

fn is_idle(line: &str) -> bool {
    let line = line.trim_start_matches(['@', '-', '+']).trim();
    line.is_empty() || line.starts_with('#') || CANNOT_FAIL.is_match(line)
}
