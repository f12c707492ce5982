//! Edits stay in scope: the project's own files, in a size that a person can review.

mod places;

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use super::{Finding, text};
use crate::ports::vcs::ChangedFile;

/// The most lines, added and removed together, lock files left out.
pub const MAX_LINES: usize = 5_000;

/// The most files.
pub const MAX_FILES: usize = 200;

/// What a task may touch besides ordinary files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeRules {
    /// The spec that the run works from, if it is a file of the repository.
    pub spec_path: Option<String>,
    /// The task's text asks for automation: workflows, hooks, pipelines.
    pub may_change_ci: bool,
    /// The task's text asks for submodules.
    pub may_change_submodules: bool,
    /// The task's text asks for settings of coding agents.
    pub may_change_agent_settings: bool,
    /// The size of the change is not held against it.
    pub may_be_large: bool,
}

static ASKS_FOR_CI: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(concat!(
        r"(?i-u:\bCI\b|\bCI/CD\b|\bcontinuous (?:integration|delivery|deployment)\b|\bgithub[ -]?actions?\b|\bworkflows?\b|",
        r"\bgitlab[ -]ci\b|\bpre-?commit\b|\bhusky\b|\bgit hooks?\b|\bjenkins\b|\bbuild pipeline\b)",
    ))
});
static ASKS_FOR_SUBMODULES: LazyLock<Regex> = LazyLock::new(|| text::pattern(r"(?i-u:\bsubmodules?\b)"));
static ASKS_FOR_AGENTS: LazyLock<Regex> = LazyLock::new(|| {
    text::pattern(r"(?i-u:\bclaude\b|\bcodex\b|\bgemini\b|\bcursor\b|\bcopilot\b|\bcoding agents?\b|\bMCP\b|\bagent settings\b)")
});

impl ScopeRules {
    /// The rules for a task with this text: what it names, it may touch.
    pub fn for_task(text: &str, spec_path: Option<String>) -> Self {
        Self {
            spec_path,
            may_change_ci: ASKS_FOR_CI.is_match(text),
            may_change_submodules: ASKS_FOR_SUBMODULES.is_match(text),
            may_change_agent_settings: ASKS_FOR_AGENTS.is_match(text),
            may_be_large: false,
        }
    }
}

/// Whether every edit is one that the task may make. A lock file that changed without its manifest is inconclusive.
pub fn judge(changed: &[ChangedFile], rules: &ScopeRules) -> Finding {
    let mut problems: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for file in changed {
        if let Some(problem) = places::problem(file, rules) {
            problems.entry(problem).or_default().push(text::one_line(&file.path, 120));
        }
    }
    let mut evidence: Vec<String> = problems
        .iter()
        .flat_map(|(problem, paths)| paths.iter().take(20).map(move |path| format!("{path}: {problem}")))
        .collect();
    let mut hints: Vec<String> = problems.iter().map(|(problem, paths)| hint(problem, paths)).collect();
    if let Some(size) = too_large(changed, rules) {
        evidence.push(size.clone());
        hints.push(format!("{size}. Do only what this task needs, in the smallest change that does it."));
    }
    if !evidence.is_empty() {
        let more = if evidence.len() > 1 { format!(" (and {} more)", evidence.len() - 1) } else { String::new() };
        let summary = format!("Out of scope: {}{more}", evidence.first().map_or("", String::as_str));
        return Finding::failed(&summary).with_evidence(&evidence.join("\n")).with_hints(hints);
    }

    let locks = places::locks_without_manifest(changed);
    if !locks.is_empty() {
        return Finding::inconclusive(&format!("{} changed without its manifest", locks.join(", ")))
            .with_evidence(&locks.join("\n"))
            .with_hints(locks.iter().map(|lock| format!("{lock} changed, its manifest did not: undo it unless it is needed.")));
    }
    Finding::passed("All edits are in scope")
}

/// Of work with a path that no program can open: it could not be looked at, and was undone.
pub fn path_too_long(path: &str) -> Finding {
    let short = text::one_line(path, 60);
    let hint =
        format!("A path is too long: {short}. All that was changed was undone. Keep files in a few folders with short names.");
    Finding::failed(&format!("A path is too long: {short}")).with_evidence(path).with_hints([hint])
}

fn hint(problem: &str, paths: &[String]) -> String {
    let names = paths.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let more = if paths.len() > 3 { format!(" and {} more", paths.len() - 3) } else { String::new() };
    format!("Undo the change of {names}{more}: {problem}.")
}

fn too_large(changed: &[ChangedFile], rules: &ScopeRules) -> Option<String> {
    if rules.may_be_large {
        return None;
    }
    if changed.len() > MAX_FILES {
        return Some(format!("{} files changed, more than {MAX_FILES}", changed.len()));
    }
    let lines: usize = changed.iter().filter(|file| !places::is_lock(&file.path)).map(text::changed_line_count).sum();
    (lines > MAX_LINES).then(|| format!("{lines} lines changed, more than {MAX_LINES}"))
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict::{Failed, Inconclusive, Passed};

    use super::*;

    fn added(path: &str) -> ChangedFile {
        ChangedFile { path: path.into(), before: None, after: Some("x\n".into()), opaque: false, link: None }
    }

    fn modified(path: &str) -> ChangedFile {
        ChangedFile { before: Some("y\n".into()), ..added(path) }
    }

    fn link(path: &str, target: &str) -> ChangedFile {
        ChangedFile { link: Some(target.into()), ..added(path) }
    }

    fn blob(path: &str) -> ChangedFile {
        ChangedFile { opaque: true, after: Some(String::new()), ..added(path) }
    }

    // EC-005, EC-006, GI-07
    #[test]
    fn places_outside_the_project_are_refused() {
        let rules = ScopeRules { spec_path: Some("docs/spec.md".into()), ..ScopeRules::default() };
        let cases = [
            (added("src/main.rs"), Passed),
            (modified(".gitignore"), Passed),
            (added(".git/hooks/pre-commit"), Failed),
            (added("sub/.GIT/config"), Failed),
            (added("sub/.git./config"), Failed),
            (added("git~1/config"), Failed),
            (added(".git::$INDEX_ALLOCATION/config"), Failed),
            (added("a/../../etc/passwd"), Failed),
            (added("/etc/passwd"), Failed),
            (added("a\nb"), Failed),
            (modified(".gitmodules"), Failed),
            (added(".loki/session.json"), Failed),
            (modified(".loki/config/quality-gates.json"), Failed),
            (modified("docs/spec.md"), Failed),
            (modified(".github/workflows/ci.yml"), Failed),
            (modified(".gitlab-ci.yml"), Failed),
            (added(".husky/pre-commit"), Failed),
            (modified(".pre-commit-config.yaml"), Failed),
            (added(".claude/settings.json"), Failed),
            (added(".mcp.json"), Failed),
            (modified("CLAUDE.md"), Passed),
            (link("here", "src/main.rs"), Passed),
            (link("a/b/here", "../../README.md"), Passed),
            (link("a/here", "../../outside"), Failed),
            (link("here", "/etc/passwd"), Failed),
            (link("here", ".git/config"), Failed),
            (link("here", "C:\\Windows"), Failed),
            (added("node_modules/a/index.js"), Failed),
            (added("web/node_modules/a/index.js"), Failed),
            (added("target/debug/app"), Failed),
            (added("src/target/mod.rs"), Passed),
            (added("vendor/autoload.php"), Failed),
            (modified("vendor/autoload.php"), Passed),
            (added("app/__pycache__/a.cpython-312.pyc"), Failed),
            (added(".venv/bin/python"), Failed),
            (added("dist/bundle.js"), Failed),
            (added("build/webpack.config.js"), Passed),
            (added("build/static/main.js.map"), Failed),
            (blob("logo.png"), Passed),
            (blob("greet"), Failed),
            (blob("data.sqlite"), Failed),
        ];
        for (file, verdict) in cases {
            let finding = judge(std::slice::from_ref(&file), &rules);
            assert_eq!(finding.verdict, verdict, "{file:?}: {finding:?}");
        }
    }

    #[test]
    fn a_task_may_touch_what_its_text_names() {
        let may = |text: &str, path: &str| judge(&[modified(path)], &ScopeRules::for_task(text, None)).verdict;

        assert_eq!(may("Add a GitHub Actions workflow for the tests", ".github/workflows/ci.yml"), Passed);
        assert_eq!(may("`greet NAME` prints a special greeting", ".github/workflows/ci.yml"), Failed);
        assert_eq!(may("Pin the submodule", ".gitmodules"), Passed);
        assert_eq!(may("Write settings for Claude", ".claude/settings.json"), Passed);
        assert_eq!(may("Add CI and a GitHub workflow", ".loki/config/quality-gates.json"), Failed);
    }

    #[test]
    fn the_size_is_limited_and_lock_files_do_not_count() {
        let long = |path: &str| ChangedFile { after: Some("x\n".repeat(MAX_LINES + 1)), ..added(path) };
        let many: Vec<ChangedFile> = (0..=MAX_FILES).map(|number| added(&format!("src/{number}.rs"))).collect();
        let rules = ScopeRules::default();

        assert_eq!(judge(&[long("src/a.rs")], &rules).verdict, Failed);
        assert_eq!(judge(&[long("package-lock.json"), modified("package.json")], &rules).verdict, Passed);
        assert_eq!(judge(&many, &rules).verdict, Failed);
        assert_eq!(judge(&many, &ScopeRules { may_be_large: true, ..rules }).verdict, Passed);
    }

    #[test]
    fn a_lock_file_without_its_manifest_is_noted() {
        let rules = ScopeRules::default();

        assert_eq!(judge(&[modified("web/package-lock.json")], &rules).verdict, Inconclusive);
        assert_eq!(judge(&[modified("web/package-lock.json"), modified("package.json")], &rules).verdict, Inconclusive);
        assert_eq!(judge(&[modified("web/package-lock.json"), modified("web/package.json")], &rules).verdict, Passed);
        assert_eq!(judge(&[modified("Cargo.lock"), modified("crates/a/Cargo.toml")], &rules).verdict, Passed);
    }
}
