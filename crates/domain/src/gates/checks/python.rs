//! Python packages: pytest, or the standard library's runner where pytest is not installed.

use super::{
    Check, CheckKind, Checks,
    detect::{Project, is_below, is_foreign, split},
};

/// Files beside which Python tests are at home.
const MANIFESTS: [&str; 6] = ["pyproject.toml", "pytest.ini", "setup.cfg", "setup.py", "tox.ini", "requirements.txt"];

pub(super) fn detect(project: &Project<'_>, checks: &mut Checks) {
    let tests: Vec<&str> = project.files.iter().map(String::as_str).filter(|path| is_test(path)).collect();
    let mut roots: Vec<&str> = MANIFESTS.iter().flat_map(|name| project.folders_with(name)).collect();
    roots.push("");
    roots.sort_unstable_by_key(|dir| (dir.len(), *dir));
    roots.dedup();
    // Each test belongs to the nearest package around it.
    let home = |test: &str| roots.iter().copied().filter(|root| is_below(split(test).0, root)).max_by_key(|root| root.len());
    for root in &roots {
        let own: Vec<&str> = tests.iter().copied().filter(|test| home(test) == Some(root)).collect();
        if !own.is_empty() || asks_for_pytest(project, root) {
            checks.add(check(project, root, &own));
        }
    }
    for root in roots {
        let pyproject = project.read(root, "pyproject.toml").unwrap_or_default();
        if project.has(root, "ruff.toml") || project.has(root, ".ruff.toml") || pyproject.contains("[tool.ruff") {
            checks.add(Check::new(CheckKind::Lint, root, &["ruff", "check", "--no-cache", "."]));
        }
    }
}

fn is_test(path: &str) -> bool {
    let (dir, name) = split(path);
    let is_python = name.strip_suffix(".py").is_some_and(|stem| stem.starts_with("test_") || stem.ends_with("_test"));
    is_python && !is_foreign(dir)
}

fn asks_for_pytest(project: &Project<'_>, root: &str) -> bool {
    let says = |name, sign: &str| project.read(root, name).is_some_and(|text| text.contains(sign));
    project.has(root, "pytest.ini") || says("pyproject.toml", "[tool.pytest") || says("setup.cfg", "[tool:pytest]")
}

fn check(project: &Project<'_>, root: &str, tests: &[&str]) -> Check {
    // Nothing is left behind in the worktree: no byte code and no cache.
    let has_src = project.files.iter().any(|file| is_below(file, root) && file.contains("src/"));
    let check = Check::new(CheckKind::Tests, root, &["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .with_env("PYTHONDONTWRITEBYTECODE", "1")
        .with_env("PYTHONPATH", if has_src { "src:." } else { "." });
    // The standard runner does not go into folders that are no packages, so that it is told where to start.
    let inside = |test: &str| test.strip_prefix(root).unwrap_or(test).trim_start_matches('/').to_owned();
    let first = tests.first().map(|test| inside(test)).unwrap_or_default();
    let start = split(&first).0;
    let is_package = start.is_empty() || project.has([root, start].join("/").trim_start_matches('/'), "__init__.py");
    if is_package {
        return check.or(&["python3", "-m", "unittest", "discover", "-v"]);
    }
    check.or(&["python3", "-m", "unittest", "discover", "-v", "-s", start])
}
