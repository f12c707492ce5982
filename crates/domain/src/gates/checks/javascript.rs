//! Packages of npm, pnpm, yarn and bun: the scripts that a package names, run by the tool whose lock file is there.

use serde_json::{Map, Value};

use super::{
    super::test_integrity,
    Check, CheckKind, Checks,
    detect::{Project, is_below, is_foreign, split},
    scripts::{self, Scripts, Surroundings},
};

/// What npm writes into a package that has no tests.
const NO_TESTS: &str = "no test specified";

/// Signs of a script at the top that runs those of the packages below.
const FANS_OUT: [&str; 10] =
    ["--prefix", "--workspace", " -w", " -ws", "turbo", "nx ", "lerna", " -r ", "--filter", "concurrently"];

/// The most files that node's own runner is given.
const MOST_TESTS: usize = 100;

struct Package<'a> {
    dir: &'a str,
    manifest: Map<String, Value>,
}

impl Package<'_> {
    fn script(&self, name: &str) -> Option<&str> {
        let script = self.manifest.get("scripts")?.get(name)?.as_str()?.trim();
        (!script.is_empty() && !script.contains(NO_TESTS)).then_some(script)
    }

    fn scripts(&self) -> Scripts {
        let scripts = self.manifest.get("scripts").and_then(Value::as_object).into_iter().flatten();
        scripts.filter_map(|(name, script)| Some((name.clone(), script.as_str()?.to_owned()))).collect()
    }

    fn covers(&self, dir: &str, script: &str) -> bool {
        let fans_out = self.manifest.contains_key("workspaces") || FANS_OUT.iter().any(|sign| script.contains(sign));
        dir != self.dir && is_below(dir, self.dir) && (fans_out || script.contains(dir))
    }
}

pub(super) fn detect(project: &Project<'_>, checks: &mut Checks) {
    let parse = |dir| {
        let manifest = serde_json::from_str(&project.read(dir, "package.json")?).ok()?;
        Some(Package { dir, manifest })
    };
    let packages: Vec<Package<'_>> = project.folders_with("package.json").into_iter().filter_map(parse).collect();
    for (kind, script) in [(CheckKind::Build, "build"), (CheckKind::Lint, "lint"), (CheckKind::Tests, "test")] {
        let mut kept: Vec<(&Package<'_>, &str)> = Vec::new();
        for package in &packages {
            let Some(text) = package.script(script) else { continue };
            if !kept.iter().any(|(above, text)| above.covers(package.dir, text)) {
                kept.push((package, text));
            }
        }
        for (package, _) in kept {
            let tool = tool(project, package);
            let argv: &[&str] = if tool == "npm" { &["npm", "run", "--silent", script] } else { &[tool, "run", script] };
            let check = Check::new(kind, package.dir, argv);
            if kind != CheckKind::Tests || runs_tests(project, &packages, package) {
                checks.add(check);
                continue;
            }
            // What the script prints is not the word of a runner: where node's own can run the tests, that one counts.
            let files = node_tests(project, &packages, package);
            checks.add(Check { counts: !files.is_empty(), ..check });
            if !files.is_empty() {
                let words = ["node", "--test"].into_iter().chain(files).map(str::to_owned).collect();
                checks.add(Check { is_guess: true, ..Check::of_words(kind, package.dir, words) });
            }
        }
    }
}

/// Whether the package's script runs a test runner, be it that of the packages below.
fn runs_tests(project: &Project<'_>, packages: &[Package<'_>], package: &Package<'_>) -> bool {
    let told = |package: &Package<'_>, others| {
        let may_be_none = may_be_none(project, package.dir);
        scripts::runs_tests("test", Surroundings { scripts: &package.scripts(), may_be_none, others })
    };
    let below = packages.iter().filter(|other| other.dir != package.dir && is_below(other.dir, package.dir));
    let mut below = below.filter(|other| other.script("test").is_some()).peekable();
    let others = below.peek().is_some() && below.all(|other| told(other, false));
    told(package, others)
}

/// Whether settings of the package in `dir`, or of one above or below it, let a runner end well without tests.
fn may_be_none(project: &Project<'_>, dir: &str) -> bool {
    project.files.iter().map(|path| split(path)).any(|(folder, name)| {
        let is_near = is_below(dir, folder) || is_below(folder, dir);
        let is_settings = name == "package.json" || scripts::is_settings(name);
        is_near
            && is_settings
            && !is_foreign(folder)
            && project.read(folder, name).is_some_and(|text| text.contains("passWithNoTests"))
    })
}

/// The package's own files with tests that node itself can run, relative to its folder.
fn node_tests<'p>(project: &'p Project<'_>, packages: &[Package<'_>], package: &Package<'_>) -> Vec<&'p str> {
    // Packages of a monorepo run the runner that the top has.
    let has_runner = packages
        .iter()
        .filter(|above| is_below(package.dir, above.dir))
        .flat_map(|above| ["dependencies", "devDependencies"].map(|key| above.manifest.get(key).and_then(Value::as_object)))
        .flatten()
        .flat_map(Map::keys)
        .any(|name| name.split(['@', '/']).any(scripts::is_runner));
    let is_own = |path: &str| {
        let dir = split(path).0;
        let nearest = packages.iter().map(|other| other.dir).filter(|other| is_below(dir, other)).max_by_key(|other| other.len());
        nearest == Some(package.dir) && !is_foreign(dir)
    };
    let is_plain = |path: &str| [".js", ".mjs", ".cjs"].iter().any(|extension| path.ends_with(extension));
    let tests = project.files.iter().map(String::as_str).filter(|path| is_plain(path) && test_integrity::is_test_path(path));
    let tests = tests.filter(|path| is_own(path)).filter(|path| {
        let (dir, name) = split(path);
        let is_nodes = || project.read(dir, name).is_some_and(|text| text.contains("node:test"));
        test_integrity::is_strictly_test(path) && !has_runner || is_nodes()
    });
    tests.take(MOST_TESTS).map(|path| path.strip_prefix(package.dir).unwrap_or(path).trim_start_matches('/')).collect()
}

/// By the lock file beside the package or at the top, then by what the package asks for itself.
fn tool(project: &Project<'_>, package: &Package<'_>) -> &'static str {
    const LOCKS: [(&str, &str); 6] = [
        ("pnpm-lock.yaml", "pnpm"),
        ("yarn.lock", "yarn"),
        ("bun.lock", "bun"),
        ("bun.lockb", "bun"),
        ("package-lock.json", "npm"),
        ("npm-shrinkwrap.json", "npm"),
    ];
    for dir in [package.dir, ""] {
        if let Some((_, tool)) = LOCKS.iter().find(|(lock, _)| project.has(dir, lock)) {
            return tool;
        }
    }
    let asked = package.manifest.get("packageManager").and_then(Value::as_str).unwrap_or_default();
    ["pnpm", "yarn", "bun"].into_iter().find(|tool| asked.starts_with(tool)).unwrap_or("npm")
}
