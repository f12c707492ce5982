//! What a project needs besides its own files, and how the package manager of each part installs it from the committed lock file.

use serde_json::Value;

use super::detect::{Project, is_below};

/// What a package manager has to do before the checks of one folder can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Install {
    /// Relative to the repository's top; empty for the top.
    pub dir: String,
    pub manager: Manager,
    /// One after the other, in that folder; without any, a lock file is missing.
    pub steps: Vec<Vec<String>>,
}

/// The kinds of packages that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Node,
    Python,
    Cargo,
    Go,
}

impl Manager {
    /// The folder beside the manifest that an installation fills, where there is one.
    pub fn folder(self) -> Option<&'static str> {
        match self {
            Self::Node => Some("node_modules"),
            Self::Python => Some(".venv"),
            Self::Cargo | Self::Go => None,
        }
    }

    /// Where the cache of packages is below the home of the installation, and the variable that says so.
    pub fn cache(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Cargo => Some(("CARGO_HOME", "cargo")),
            Self::Go => Some(("GOMODCACHE", "go")),
            Self::Node | Self::Python => None,
        }
    }

    /// What keeps it from asking the network in the checks themselves.
    pub fn offline(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Cargo => Some(("CARGO_NET_OFFLINE", "true")),
            Self::Go => Some(("GOPROXY", "off")),
            Self::Node | Self::Python => None,
        }
    }

    /// Whether a check that is started by `tool` stands on what this installs.
    pub fn serves(self, tool: &str) -> bool {
        let tools: &[&str] = match self {
            Self::Node => &["npm", "pnpm", "yarn", "bun", "node", "npx"],
            Self::Python => &["python3", "python", "pytest", "ruff", "uv", "poetry"],
            Self::Cargo => &["cargo"],
            Self::Go => &["go"],
        };
        // Make and scripts may start anything.
        tools.contains(&tool) || matches!(tool, "make" | "sh" | "bash")
    }
}

/// Finds what is to be installed.
pub(super) fn detect(project: &Project<'_>) -> Vec<Install> {
    let mut installs = Vec::new();
    node(project, &mut installs);
    python(project, &mut installs);
    for dir in project.folders_with("Cargo.lock") {
        if project.read(dir, "Cargo.lock").is_some_and(|lock| lock.contains("source = \"registry+")) {
            installs.push(install(dir, Manager::Cargo, &[&["cargo", "fetch", "--locked"]]));
        }
    }
    for dir in project.folders_with("go.sum") {
        installs.push(install(dir, Manager::Go, &[&["go", "mod", "download"]]));
    }
    installs
}

fn install(dir: &str, manager: Manager, steps: &[&[&str]]) -> Install {
    let words = |step: &&[&str]| step.iter().map(|word| (*word).to_owned()).collect();
    Install { dir: dir.to_owned(), manager, steps: steps.iter().map(words).collect() }
}

/// Scripts of packages are not run: what they would do with the network at hand is nobody's to foresee.
fn node(project: &Project<'_>, installs: &mut Vec<Install>) {
    const NPM: &[&str] = &["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    const PNPM: &[&str] = &["pnpm", "install", "--frozen-lockfile", "--ignore-scripts"];
    const YARN: &[&str] = &["yarn", "install", "--frozen-lockfile", "--ignore-scripts", "--non-interactive"];
    const YARN_2: &[&str] = &["yarn", "install", "--immutable", "--mode=skip-build"];
    const BUN: &[&str] = &["bun", "install", "--frozen-lockfile", "--ignore-scripts"];
    let mut workspaces: Vec<&str> = Vec::new();
    for dir in project.folders_with("package.json") {
        let manifest = project.read(dir, "package.json").and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let Some(manifest) = manifest.filter(needs_packages) else { continue };
        let yarn = if project.has(dir, ".yarnrc.yml") { YARN_2 } else { YARN };
        let locks = [
            ("pnpm-lock.yaml", PNPM),
            ("yarn.lock", yarn),
            ("bun.lock", BUN),
            ("bun.lockb", BUN),
            ("package-lock.json", NPM),
            ("npm-shrinkwrap.json", NPM),
        ];
        let lock = locks.into_iter().find(|(lock, _)| project.has(dir, lock));
        // The packages of a workspace are installed from its top.
        if lock.is_none() && workspaces.iter().any(|top| is_below(dir, top)) {
            continue;
        }
        let is_workspace = manifest.get("workspaces").is_some() || project.has(dir, "pnpm-workspace.yaml");
        if is_workspace {
            workspaces.push(dir);
        }
        let steps: Vec<&[&str]> = lock.into_iter().map(|(_, step)| step).collect();
        installs.push(install(dir, Manager::Node, &steps));
    }
}

fn needs_packages(manifest: &Value) -> bool {
    ["dependencies", "devDependencies", "optionalDependencies", "workspaces"].iter().any(|key| match manifest.get(key) {
        Some(Value::Object(packages)) => !packages.is_empty(),
        Some(Value::Array(packages)) => !packages.is_empty(),
        _ => false,
    })
}

fn python(project: &Project<'_>, installs: &mut Vec<Install>) {
    const LISTS: [&str; 4] = ["requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements-test.txt"];
    // Isolated: modules of the project do not stand in for Python's own while there is a network.
    const VENV: &[&str] = &["python3", "-I", "-m", "venv", "--system-site-packages", ".venv"];
    let mut dirs: Vec<&str> =
        LISTS.iter().chain(&["uv.lock", "poetry.lock"]).flat_map(|name| project.folders_with(name)).collect();
    dirs.sort_unstable();
    dirs.dedup();
    for dir in dirs {
        if project.has(dir, "uv.lock") {
            installs.push(install(dir, Manager::Python, &[&["uv", "sync", "--frozen"]]));
        } else if project.has(dir, "poetry.lock") {
            let poetry = ["env", "POETRY_VIRTUALENVS_IN_PROJECT=true", "poetry", "install", "--no-interaction"];
            installs.push(install(dir, Manager::Python, &[&poetry]));
        } else {
            let lists = LISTS.iter().filter(|list| project.has(dir, list)).flat_map(|list| ["-r", list]);
            let pip = [".venv/bin/python", "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
            let pip: Vec<&str> = pip.into_iter().chain(lists).collect();
            let has_names = LISTS.iter().filter_map(|list| project.read(dir, list)).any(|text| names_packages(&text));
            if has_names {
                installs.push(install(dir, Manager::Python, &[VENV, &pip]));
            }
        }
    }
}

fn names_packages(list: &str) -> bool {
    list.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `dir: step; step` of each installation of a project with these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
        let line = |install: Install| {
            let steps: Vec<String> = install.steps.iter().map(|step| step.join(" ")).collect();
            format!("{}: {}", install.dir, steps.join("; "))
        };
        super::super::installs(&names, &read).into_iter().map(line).collect()
    }

    #[test]
    fn each_lock_file_is_installed_by_its_own_tool() {
        const NEEDS: &str = r#"{"dependencies": {"left-pad": "1"}}"#;
        let npm = "npm ci --ignore-scripts --no-audit --no-fund";
        let check = |files: &[(&str, &str)], expected: &[&str]| assert_eq!(found(files), expected, "{files:?}");
        check(&[("package.json", NEEDS), ("package-lock.json", "{}")], &[&format!(": {npm}")]);
        check(&[("web/package.json", NEEDS), ("web/package-lock.json", "{}")], &[&format!("web: {npm}")]);
        check(&[("package.json", NEEDS)], &[": "]);
        check(&[("package.json", "{}"), ("package-lock.json", "{}")], &[]);
        check(
            &[("package.json", NEEDS), ("yarn.lock", "")],
            &[": yarn install --frozen-lockfile --ignore-scripts --non-interactive"],
        );
        let workspace = r#"{"workspaces": ["a"]}"#;
        check(&[("package.json", workspace), ("package-lock.json", "{}"), ("a/package.json", NEEDS)], &[&format!(": {npm}")]);
        check(
            &[("requirements.txt", "flask==3\n")],
            &[": python3 -I -m venv --system-site-packages .venv; \
               .venv/bin/python -I -m pip install --disable-pip-version-check --no-input -r requirements.txt"],
        );
        check(&[("requirements.txt", "# none\n\n")], &[]);
        check(&[("uv.lock", ""), ("requirements.txt", "a")], &[": uv sync --frozen"]);
        check(&[("Cargo.lock", "source = \"registry+https://x\"")], &[": cargo fetch --locked"]);
        check(&[("Cargo.lock", "version = 4")], &[]);
        check(&[("go.sum", "a"), ("node_modules/a/package.json", NEEDS)], &[": go mod download"]);
    }
}
