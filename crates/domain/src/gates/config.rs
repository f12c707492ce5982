//! The team's own settings of the gates, `.loki/config/quality-gates.json`. The engine reads it from the base commit, so that
//! a run cannot loosen what it is held to.

use serde::Deserialize;

use super::{Finding, GateName};

/// Where the file is, relative to the repository's top.
pub const PATH: &str = ".loki/config/quality-gates.json";

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// What a team set. An absent file is the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Percent, 0 to 100, that the project's test command must report.
    pub coverage_threshold: Option<f64>,
    pub commands: Commands,
    /// Wall time of each command, in seconds, in place of the usual ten and five minutes.
    pub timeout_seconds: Option<u64>,
    /// Gates that are not judged at all.
    pub disabled: Vec<GateName>,
    /// Gates whose failure is shown and does not block.
    pub advisory: Vec<GateName>,
}

/// Commands in place of the detected ones, each program and arguments; no shell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    #[serde(default)]
    pub test: Option<Vec<String>>,
    #[serde(default)]
    pub build: Option<Vec<String>>,
    #[serde(default)]
    pub lint: Option<Vec<String>>,
}

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{PATH} is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The parser's own words, which name the key and the line.
    #[error("{PATH} cannot be used: {0}")]
    Malformed(String),
    #[error("{PATH}: coverage_threshold must be between 0 and 100")]
    Coverage,
    #[error("{PATH}: timeout_seconds must be from 1 to 3600")]
    Timeout,
    #[error("{PATH}: max_critical must be 0: what loki calls critical, a secret in the code, never passes")]
    Critical,
    #[error("{PATH}: commands.{0} must name a program, without control characters")]
    Command(&'static str),
    #[error("{PATH}: there is no gate named `{0}`; the names are {names}", names = gate_names())]
    UnknownGate(String),
    #[error("{PATH}: the gate `{0}` cannot be disabled or made advisory")]
    Fixed(&'static str),
}

impl ConfigError {
    /// The finding that stands in for the gates which the file would have configured.
    pub fn finding(&self) -> Finding {
        Finding::inconclusive(&self.to_string()).with_evidence(&format!("{self}\nThe defaults were used instead."))
    }
}

impl Config {
    pub fn is_enabled(&self, gate: GateName) -> bool {
        !self.disabled.contains(&gate)
    }

    pub fn is_blocking(&self, gate: GateName) -> bool {
        gate.blocking() && !self.advisory.contains(&gate)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    coverage_threshold: Option<f64>,
    #[serde(default)]
    max_critical: Option<u32>,
    #[serde(default)]
    commands: Commands,
    #[serde(default)]
    timeout_seconds: Option<u64>,
    #[serde(default)]
    disabled: Vec<String>,
    #[serde(default)]
    advisory: Vec<String>,
}

/// Reads the file's text strictly: an unknown key or gate is an error, so that a misspelt rule is not one that nobody follows.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    if text.len() > MAX_BYTES {
        return Err(ConfigError::TooLarge);
    }

    if !text.trim_start().starts_with('{') {
        return Err(ConfigError::Malformed("it must be a JSON object".to_owned()));
    }
    let written: Written = serde_json::from_str(text).map_err(|error| ConfigError::Malformed(error.to_string()))?;
    if written.coverage_threshold.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(ConfigError::Coverage);
    }
    if written.timeout_seconds.is_some_and(|seconds| !(1..=3_600).contains(&seconds)) {
        return Err(ConfigError::Timeout);
    }
    if written.max_critical.is_some_and(|most| most > 0) {
        return Err(ConfigError::Critical);
    }
    let commands = &written.commands;
    for (name, command) in [("test", &commands.test), ("build", &commands.build), ("lint", &commands.lint)] {
        if command.as_deref().is_some_and(|argv| !is_command(argv)) {
            return Err(ConfigError::Command(name));
        }
    }

    Ok(Config {
        coverage_threshold: written.coverage_threshold,
        commands: written.commands,
        timeout_seconds: written.timeout_seconds,
        disabled: gates(written.disabled)?,
        advisory: gates(written.advisory)?,
    })
}

fn is_command(argv: &[String]) -> bool {
    argv.first().is_some_and(|program| !program.trim().is_empty()) && !argv.iter().any(|part| part.contains(char::is_control))
}

fn gates(names: Vec<String>) -> Result<Vec<GateName>, ConfigError> {
    let gate = |name: String| match GateName::named(&name) {
        None => Err(ConfigError::UnknownGate(name)),
        Some(gate) if !gate.is_optional() => Err(ConfigError::Fixed(gate.as_str())),
        Some(gate) => Ok(gate),
    };
    names.into_iter().map(gate).collect()
}

fn gate_names() -> String {
    GateName::ALL.map(GateName::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use protocol::runs::GateVerdict;

    use super::*;

    // TW-06
    #[test]
    fn a_whole_file_is_read() {
        let text = r#"{"coverage_threshold": 85, "max_critical": 0, "commands": {"test": ["make", "check"]},
            "disabled": ["lint"], "advisory": ["build"]}"#;

        let config = parse(text).unwrap();

        assert_eq!(config.coverage_threshold, Some(85.0));
        assert_eq!(config.commands.test, Some(vec!["make".to_owned(), "check".to_owned()]));
        assert!(!config.is_enabled(GateName::Lint) && config.is_enabled(GateName::Tests));
        assert!(!config.is_blocking(GateName::Build) && config.is_blocking(GateName::Tests));
        assert_eq!(parse("{}").unwrap(), Config::default());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let cases = [
            (r#"{"coverage": 85}"#, "unknown field `coverage`"),
            (r#"{"commands": {"tests": ["x"]}}"#, "unknown field `tests`"),
            (r#"{"coverage_threshold": 101}"#, "between 0 and 100"),
            (r#"{"max_critical": -1}"#, "invalid value"),
            (r#"{"max_critical": 1}"#, "max_critical must be 0"),
            (r#"{"timeout_seconds": 0}"#, "from 1 to 3600"),
            (r#"{"commands": {"test": []}}"#, "commands.test must name a program"),
            (r#"{"commands": {"lint": ["a\nb"]}}"#, "commands.lint must name a program"),
            (r#"{"disabled": ["linter"]}"#, "no gate named `linter`; the names are diff, scope"),
            (r#"{"disabled": ["secrets"]}"#, "`secrets` cannot be disabled"),
            (r#"{"advisory": ["scope"]}"#, "`scope` cannot be disabled or made advisory"),
            ("", "must be a JSON object"),
            ("{", "EOF while parsing"),
            ("[]", "must be a JSON object"),
        ];
        for (text, message) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(message), "{text}: {error}");
            assert_eq!(error.finding().verdict, GateVerdict::Inconclusive);
        }
        assert_eq!(parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err(), ConfigError::TooLarge);
    }
}
