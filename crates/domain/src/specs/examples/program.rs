//! Which program a command asks for, and where in a project it may lie.

use super::pattern::is_safe_path;

/// What the first words of a command ask to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program of the project, to be looked for with [`program_candidates`]; the arguments start at word 1.
    Own { name: String },
    /// A file of the project that an interpreter runs, like `python3 tool.py`; the arguments start at word 2.
    Script { interpreter: String, file: String },
    /// A build tool or another program of the machine that runs in the worktree, like `make` or `cargo`.
    Tool { name: String },
    /// Nothing that can be carried out by itself: it needs a network, a running service or a person.
    NotRunnable { reason: &'static str },
}

const INTERPRETERS: [&str; 10] = ["python3", "python", "node", "bash", "sh", "ruby", "perl", "php", "bun", "deno"];

const TOOLS: [&str; 17] = [
    "make", "cargo", "go", "npm", "pnpm", "yarn", "pytest", "mvn", "gradle", "dotnet", "just", "tox", "poetry", "rake", "cmake",
    "tsc", "mix",
];

const OUTSIDE: [&str; 14] =
    ["curl", "wget", "ssh", "scp", "docker", "docker-compose", "kubectl", "helm", "git", "pip", "pip3", "npx", "brew", "sudo"];

const SERVES: [&str; 6] = ["start", "dev", "serve", "watch", "preview", "up"];

const INSTALLS: [&str; 6] = ["install", "i", "ci", "add", "publish", "login"];

/// What a command runs, by its first words.
pub fn program(argv: &[String]) -> Program {
    let Some(first) = argv.first() else { return Program::NotRunnable { reason: "there is no command" } };
    let second = argv.get(1).map(String::as_str);
    let name = first.strip_prefix("./").unwrap_or(first);
    if OUTSIDE.contains(&name) {
        return Program::NotRunnable { reason: "the command needs a network, a service or rights that it does not get" };
    }
    if INTERPRETERS.contains(&name) {
        return script(name, argv);
    }
    if TOOLS.contains(&name) {
        let verb = if second == Some("run") { argv.get(2).map(String::as_str) } else { second };
        return match verb {
            Some(verb) if name != "cargo" && name != "go" && SERVES.contains(&verb) => {
                Program::NotRunnable { reason: "the command starts a service that does not end" }
            }
            Some(verb) if INSTALLS.contains(&verb) => Program::NotRunnable { reason: "the command needs a network" },
            _ => Program::Tool { name: name.to_owned() },
        };
    }
    if !is_safe_path(name) {
        return Program::NotRunnable { reason: "the command leads out of the work" };
    }
    Program::Own { name: name.to_owned() }
}

fn script(interpreter: &str, argv: &[String]) -> Program {
    match argv.get(1).map(String::as_str) {
        Some("-m") if interpreter.starts_with("python") => Program::Tool { name: interpreter.to_owned() },
        Some(option) if option.starts_with('-') => {
            Program::NotRunnable { reason: "the command is a program in itself, not of the project" }
        }
        Some(file) => {
            let file = file.strip_prefix("./").unwrap_or(file);
            if !is_safe_path(file) {
                return Program::NotRunnable { reason: "the command leads out of the work" };
            }
            Program::Script { interpreter: interpreter.to_owned(), file: file.to_owned() }
        }
        None => Program::NotRunnable { reason: "the command waits for a person" },
    }
}

/// Where a program of the project may lie in its worktree, most likely first. Empty for a name that leads out of it.
pub fn program_candidates(name: &str) -> Vec<String> {
    let name = name.strip_prefix("./").unwrap_or(name);
    if !is_safe_path(name) {
        return Vec::new();
    }
    if name.contains('/') {
        return vec![name.to_owned()];
    }
    let places = ["", "bin/", "scripts/", "src/", "cmd/", "dist/", "build/", "target/release/", "target/debug/"];
    let endings = ["", ".sh", ".py", ".js", ".rb"];
    let mut candidates: Vec<String> = vec![name.to_owned(), format!("bin/{name}")];
    for place in places {
        for ending in endings {
            let candidate = format!("{place}{name}{ending}");
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
    }
    candidates
}
