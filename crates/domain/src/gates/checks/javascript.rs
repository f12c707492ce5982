//! Packages of npm, pnpm, yarn and bun: the scripts that a package names, run by the tool whose lock file is there.

use serde_json::{Map, Value};

use super::{
    Check, CheckKind, Checks,
    detect::{Project, is_below},
};

/// What npm writes into a package that has no tests.
const NO_TESTS: &str = "no test specified";

/// Signs of a script at the top that runs those of the packages below.
const FANS_OUT: [&str; 10] =
    ["--prefix", "--workspace", " -w", " -ws", "turbo", "nx ", "lerna", " -r ", "--filter", "concurrently"];

struct Package<'a> {
    dir: &'a str,
    manifest: Map<String, Value>,
}

impl Package<'_> {
    fn script(&self, name: &str) -> Option<&str> {
        let script = self.manifest.get("scripts")?.get(name)?.as_str()?.trim();
        (!script.is_empty() && !script.contains(NO_TESTS)).then_some(script)
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
            checks.add(Check::new(kind, package.dir, argv));
        }
    }
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
