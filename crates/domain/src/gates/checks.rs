//! The project's own checks, found from its files: what builds, lints and tests it.

mod detect;
mod install;
mod javascript;
mod python;
mod scripts;
#[cfg(test)]
mod tests;

use super::config::Config;
pub use detect::{detect, installs};
pub use install::{Install, Manager};

/// What a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckKind {
    Build,
    Lint,
    Tests,
}

impl CheckKind {
    /// Wall time in seconds, unless a team's limits say less.
    fn timeout_s(self) -> u64 {
        match self {
            Self::Build | Self::Tests => 600,
            Self::Lint => 300,
        }
    }
}

/// A command of the project, to be run in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub kind: CheckKind,
    /// The folder it runs in, relative to the repository's top; empty for the top.
    pub dir: String,
    pub argv: Vec<String>,
    /// The executable that must be installed.
    pub tool: String,
    pub env: Vec<(String, String)>,
    /// Wall time, in seconds.
    pub timeout_s: u64,
    /// To be tried in this order while `outcomes::tool_missing` says so of the one before.
    pub alternatives: Vec<Vec<String>>,
    /// Whether the counts of tests that it prints are those of a test runner. Where they may be anybody's words, they prove
    /// nothing.
    pub counts: bool,
    /// Whether the project names this command nowhere. Files that it cannot load may need what only the project's own command
    /// has, so that they are no failure.
    pub is_guess: bool,
}

impl Check {
    fn new(kind: CheckKind, dir: &str, argv: &[&str]) -> Self {
        Self::of_words(kind, dir, argv.iter().map(|word| (*word).to_owned()).collect())
    }

    fn of_words(kind: CheckKind, dir: &str, argv: Vec<String>) -> Self {
        let tool = argv.first().cloned().unwrap_or_default();
        // Runners that would watch for changes, ask or colour do none of it where CI is set.
        let env = [("CI", "true"), ("NO_COLOR", "1")].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self {
            kind,
            dir: dir.to_owned(),
            argv,
            tool,
            env,
            timeout_s: kind.timeout_s(),
            alternatives: Vec::new(),
            counts: true,
            is_guess: false,
        }
    }

    #[must_use]
    fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    fn or(mut self, argv: &[&str]) -> Self {
        self.alternatives.push(argv.iter().map(|word| (*word).to_owned()).collect());
        self
    }
}

/// All checks of a project, in the order of its packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    pub build: Vec<Check>,
    pub lint: Vec<Check>,
    pub tests: Vec<Check>,
}

impl Checks {
    /// The checks with the team's own commands in place of those that were found.
    #[must_use]
    pub fn configured(mut self, config: &Config) -> Self {
        let commands = &config.commands;
        let own = |kind, argv: &Option<Vec<String>>| argv.clone().map(|argv| vec![Check::of_words(kind, "", argv)]);
        if let Some(build) = own(CheckKind::Build, &commands.build) {
            self.build = build;
        }
        if let Some(lint) = own(CheckKind::Lint, &commands.lint) {
            self.lint = lint;
        }
        if let Some(tests) = own(CheckKind::Tests, &commands.test) {
            self.tests = tests;
        }
        if let Some(seconds) = config.timeout_seconds {
            let all = self.build.iter_mut().chain(&mut self.lint).chain(&mut self.tests);
            all.for_each(|check| check.timeout_s = seconds);
        }
        self
    }

    fn add(&mut self, check: Check) {
        match check.kind {
            CheckKind::Build => self.build.push(check),
            CheckKind::Lint => self.lint.push(check),
            CheckKind::Tests => self.tests.push(check),
        }
    }
}
