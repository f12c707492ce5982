//! Which packages a project has and which tools look after them.

use std::sync::LazyLock;

use regex::Regex;

use super::{super::text::pattern, Check, CheckKind, Checks, Install, install, javascript, python};

/// The most packages of one kind that are looked at.
const MAX_PACKAGES: usize = 20;

/// Folders that hold other people's packages or data.
const FOREIGN: [&str; 11] =
    ["node_modules", "vendor", "target", "third_party", "fixtures", "testdata", "dist", ".venv", "venv", ".loki", "templates"];

static TARGET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^([A-Za-z0-9_.-]+(?:[ \t]+[A-Za-z0-9_.-]+)*)[ \t]*::?(?:[^=]|$)"));

/// A project's files and their texts.
pub(super) struct Project<'a> {
    pub(super) files: &'a [String],
    read: &'a dyn Fn(&str) -> Option<String>,
}

impl Project<'_> {
    pub(super) fn has(&self, dir: &str, name: &str) -> bool {
        let path = join(dir, name);
        self.files.contains(&path)
    }

    pub(super) fn read(&self, dir: &str, name: &str) -> Option<String> {
        let path = join(dir, name);
        if self.files.contains(&path) { (self.read)(&path) } else { None }
    }

    /// Folders with a file of that name, the shortest first.
    pub(super) fn folders_with(&self, name: &str) -> Vec<&str> {
        let mut folders: Vec<&str> =
            self.files.iter().map(|file| split(file)).filter(|(_, file)| *file == name).map(|(dir, _)| dir).collect();
        folders.retain(|dir| !is_foreign(dir));
        folders.sort_unstable_by_key(|dir| (dir.matches('/').count() + usize::from(!dir.is_empty()), *dir));
        folders.truncate(MAX_PACKAGES);
        folders
    }
}

/// Finds the checks of a project from its `files` (paths relative to the top). `read` gives the text of one of them. Tools of a
/// language go before make, and make before scripts; the same tests are never run twice.
pub fn detect(files: &[String], read: &dyn Fn(&str) -> Option<String>) -> Checks {
    let project = Project { files, read };
    let mut checks = Checks::default();
    cargo(&project, &mut checks);
    go(&project, &mut checks);
    javascript::detect(&project, &mut checks);
    python::detect(&project, &mut checks);
    make(&project, &mut checks);
    script(&project, &mut checks);
    checks
}

/// What is to be installed before the checks can run.
pub fn installs(files: &[String], read: &dyn Fn(&str) -> Option<String>) -> Vec<Install> {
    install::detect(&Project { files, read })
}

pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

pub(super) fn is_foreign(dir: &str) -> bool {
    dir.split('/').any(|segment| FOREIGN.contains(&segment))
}

pub(super) fn is_below(dir: &str, above: &str) -> bool {
    above.is_empty() || dir == above || dir.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn cargo(project: &Project<'_>, checks: &mut Checks) {
    let mut workspaces: Vec<&str> = Vec::new();
    for dir in project.folders_with("Cargo.toml") {
        if workspaces.iter().any(|workspace| is_below(dir, workspace)) {
            continue;
        }
        let manifest = project.read(dir, "Cargo.toml").unwrap_or_default();
        let has_table = |name: &str| manifest.lines().any(|line| line.trim_start().starts_with(name));
        let is_workspace = has_table("[workspace");
        let all: &[&str] = if is_workspace { &["--workspace"] } else { &[] };
        let cargo = |kind, words: &[&str]| Check::new(kind, dir, &[words, all].concat()).with_env("CARGO_TERM_COLOR", "never");
        checks.add(cargo(CheckKind::Build, &["cargo", "build"]));
        let has_lints = has_table("[lints") || has_table("[workspace.lints");
        if has_lints || project.has(dir, "clippy.toml") || project.has(dir, ".clippy.toml") {
            checks.add(cargo(CheckKind::Lint, &["cargo", "clippy", "--all-targets"]));
        }
        checks.add(cargo(CheckKind::Tests, &["cargo", "test"]));
        if is_workspace {
            workspaces.push(dir);
        }
    }
}

fn go(project: &Project<'_>, checks: &mut Checks) {
    for dir in project.folders_with("go.mod") {
        checks.add(Check::new(CheckKind::Build, dir, &["go", "build", "./..."]));
        checks.add(Check::new(CheckKind::Lint, dir, &["go", "vet", "./..."]));
        checks.add(Check::new(CheckKind::Tests, dir, &["go", "test", "./..."]));
    }
}

/// What make offers and no tool of a language does already.
fn make(project: &Project<'_>, checks: &mut Checks) {
    let Some(text) = ["Makefile", "makefile", "GNUmakefile"].iter().find_map(|name| project.read("", name)) else { return };
    let targets: Vec<&str> = TARGET
        .captures_iter(&text)
        .filter_map(|captures| captures.get(1))
        .flat_map(|names| names.as_str().split_whitespace())
        .collect();
    for (kind, target, have) in [
        (CheckKind::Build, "build", checks.build.is_empty()),
        (CheckKind::Lint, "lint", checks.lint.is_empty()),
        (CheckKind::Tests, "test", checks.tests.is_empty()),
    ] {
        if have && targets.contains(&target) {
            checks.add(Check::new(kind, "", &["make", target]));
        }
    }
}

/// A script of tests, unless another check calls it or it calls another check.
fn script(project: &Project<'_>, checks: &mut Checks) {
    const NAMES: [&str; 6] = ["tests/run.sh", "test/run.sh", "tests/run_examples.sh", "run_tests.sh", "tests.sh", "test.sh"];
    const CALLS: [&str; 8] = ["pytest", "unittest", "npm ", "pnpm ", "yarn ", "cargo ", "go test", "make "];
    if checks.tests.iter().any(|check| check.tool == "make") {
        return;
    }
    let Some((name, text)) = NAMES.iter().find_map(|name| project.read("", name).map(|text| (*name, text))) else { return };
    let manifests = ["package.json", "pyproject.toml"].iter().filter_map(|manifest| project.read("", manifest));
    let is_called = manifests.into_iter().any(|manifest| manifest.contains(name));
    if !checks.tests.is_empty() && (is_called || CALLS.iter().any(|call| text.contains(call))) {
        return;
    }
    let is_bash = text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("bash"));
    checks.add(Check::new(CheckKind::Tests, "", &[if is_bash { "bash" } else { "sh" }, name]));
}
