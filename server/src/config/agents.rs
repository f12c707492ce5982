//! Which agent executables to use, and which of the server's variables reach them and nothing else.

use std::{collections::BTreeMap, path::PathBuf};

use super::{ConfigError, variable};

/// What Claude Code may need to reach its model.
const CLAUDE: [&str; 5] =
    ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_MODEL"];
/// What common ACP agents may need to reach theirs.
const ACP: [&str; 7] = [
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "OPENROUTER_API_KEY",
];

/// The agents' executables and the variables that are handed on to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentsConfig {
    /// `LOKI_AGENT_CLAUDE`: Claude Code's executable, when it is not the `claude` on the PATH.
    pub claude: Option<PathBuf>,
    /// `LOKI_AGENT_ACP`: a command that speaks the Agent Client Protocol, split into words.
    pub acp: Option<Vec<String>>,
    /// Names of variables that the ACP agent is given: the usual keys and those in `LOKI_AGENT_ENV`.
    pub acp_variables: Vec<String>,
    /// `LOKI_DEMO_AGENT_ARGS`: arguments for the demo agent; tests make it misbehave.
    pub demo_args: Vec<String>,
    /// Variables for the agents' processes alone.
    pub env: BTreeMap<String, String>,
    /// Where executables are looked for.
    pub search_path: Vec<PathBuf>,
    /// `LOKI_TOOLCHAINS` and the usual places: toolchains outside of the system's folders, visible to jobs read-only.
    pub toolchains: Vec<PathBuf>,
    /// Variables without which a toolchain is not found by its own programs: the home of a job is not its owner's.
    pub toolchain_env: Vec<(String, String)>,
}

impl AgentsConfig {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let more = variable("LOKI_AGENT_ENV").unwrap_or_default();
        let more = more.split(',').map(str::trim).filter(|name| !name.is_empty());
        let acp_variables: Vec<String> = ACP.into_iter().chain(more).map(str::to_owned).collect();
        let names = CLAUDE.into_iter().chain(acp_variables.iter().map(String::as_str));
        let env = names.filter_map(|name| variable(name).map(|value| (name.to_owned(), value))).collect();
        let path = variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned());
        Ok(Self {
            claude: variable("LOKI_AGENT_CLAUDE").map(PathBuf::from),
            acp: variable("LOKI_AGENT_ACP").map(|command| split(&command)).transpose()?,
            acp_variables,
            demo_args: variable("LOKI_DEMO_AGENT_ARGS").map(|words| split(&words)).transpose()?.unwrap_or_else(unhurried),
            env,
            toolchains: toolchains(),
            toolchain_env: rustup(),
            search_path: path.split(':').filter(|folder| folder.starts_with('/')).map(PathBuf::from).collect(),
        })
    }
}

/// The demo is there to be watched: at full speed it would be over before the page is open.
fn unhurried() -> Vec<String> {
    vec!["--pace".to_owned(), "150".to_owned()]
}

/// Of `~/.cargo` only the programs: its other files hold registry credentials.
fn toolchains() -> Vec<PathBuf> {
    let given = variable("LOKI_TOOLCHAINS").unwrap_or_default();
    let given = given.split(':').filter(|folder| folder.starts_with('/')).map(PathBuf::from);
    let cargo = own_folder("CARGO_HOME", ".cargo").map(|folder| folder.join("bin"));
    given.chain(cargo).chain(own_folder("RUSTUP_HOME", ".rustup")).collect()
}

/// Rustup's `cargo` looks for its toolchains in the home of whoever starts it, unless it is told. It is also told not to install
/// others: their folder cannot be written to.
fn rustup() -> Vec<(String, String)> {
    let Some(home) = own_folder("RUSTUP_HOME", ".rustup").filter(|folder| folder.is_dir()) else { return Vec::new() };
    let told = [("RUSTUP_HOME", home.to_string_lossy().into_owned()), ("RUSTUP_AUTO_INSTALL", "0".to_owned())];
    let chosen = variable("RUSTUP_TOOLCHAIN").map(|name| ("RUSTUP_TOOLCHAIN", name));
    told.into_iter().chain(chosen).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The folder that a variable names, or the usual one in the home of the server's user.
fn own_folder(name: &str, usual: &str) -> Option<PathBuf> {
    let given = variable(name).map(PathBuf::from);
    given.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(usual))).filter(|folder| folder.is_absolute())
}

/// Splits a command into words at spaces; single and double quotes keep a word together. Nothing is expanded.
fn split(command: &str) -> Result<Vec<String>, ConfigError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, space) if space.is_whitespace() => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    match (quote, words.is_empty()) {
        (Some(open), _) => Err(ConfigError::AgentCommand(format!("a {open} is not closed"))),
        (None, true) => Err(ConfigError::AgentCommand("it names no command".to_owned())),
        (None, false) => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_command_is_split_into_words() {
        let cases: [(&str, &[&str]); 4] = [
            ("gemini --acp", &["gemini", "--acp"]),
            ("  '/opt/my agents/x'   --name \"a b\" ", &["/opt/my agents/x", "--name", "a b"]),
            ("x ''", &["x", ""]),
            ("a\"b c\"d", &["ab cd"]),
        ];
        for (command, expected) in cases {
            assert_eq!(split(command).unwrap(), expected, "{command}");
        }
        assert!(split("x 'y").is_err());
        assert!(split("   ").is_err());
    }
}
