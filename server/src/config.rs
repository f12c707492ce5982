//! How a server is set up: from the command line and the environment, read once, here.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

pub mod agents;
pub mod audit_key;
pub mod data_dir;
pub mod hosts;

use clap::{Args, ValueEnum};
use domain::{access_tokens::AllowedAddresses, limits::Limits};

/// What `loki serve` can be told.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "LOKI_LISTEN", default_value = "127.0.0.1:57374")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub data: DataArgs,
    /// A folder below which projects may be opened by path (may be given several times)
    #[arg(long = "allow-root", env = "LOKI_ALLOW_ROOT", value_delimiter = ':', value_name = "DIR")]
    pub allow_root: Vec<PathBuf>,
    /// Run agents and checks without isolation; every page then says so
    #[arg(long, env = "LOKI_NO_SANDBOX")]
    pub no_sandbox: bool,
    /// Runs that work at the same time; others wait
    #[arg(long, env = "LOKI_MAX_RUNS", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub max_runs: u16,
    /// Seconds that an agent may be silent before it counts as stalled
    #[arg(long, env = "LOKI_STALL_SECONDS", value_name = "SECONDS")]
    pub stall_seconds: Option<u32>,
    /// How the log on standard error is written
    #[arg(long, env = "LOKI_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// The address under which browsers reach this server, when it is another than the one it listens on
    #[arg(long, env = "LOKI_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Another name under which this server may be asked, like `loki.example.org` (may be given several times)
    #[arg(long = "allow-host", env = "LOKI_ALLOW_HOST", value_delimiter = ',', value_name = "HOST[:PORT]")]
    pub allow_host: Vec<String>,
    /// TLS ends in front of this server: cookies are Secure and browsers are told to stay with https
    #[arg(long, env = "LOKI_TLS_TERMINATED")]
    pub tls_terminated: bool,
    /// Addresses and networks of proxies whose X-Forwarded-For is believed, like 10.0.0.0/8 [default: this machine's own with
    /// --tls-terminated, else none]
    #[arg(long, env = "LOKI_TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS[/BITS]")]
    pub trusted_proxies: Option<Vec<String>>,
    /// Requests a minute for each user and token, like control=10,write=30,read=60,sign-in=10, which is the default; a figure,
    /// or the whole, may be off
    #[arg(long, env = "LOKI_LIMITS", value_name = "NAME=N,…", default_value = "", hide_default_value = true, value_parser = Limits::parse)]
    pub limits: Limits,
    /// Days after which entries of the audit trail are removed; they stay when absent
    #[arg(long, env = "LOKI_AUDIT_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_days: Option<u32>,
}

/// Where the data is; shared by every command that works on it directly.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// Where loki keeps its data [default: $XDG_DATA_HOME/loki or ~/.local/share/loki]
    #[arg(long, env = "LOKI_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// sqlite:… or postgres://… [default: loki.db in the data directory]
    #[arg(long, env = "LOKI_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The key that signs checkpoints of the audit trail; made when it is not there [default: audit.key in the data directory]
    #[arg(long, env = "LOKI_AUDIT_KEY_FILE", value_name = "FILE")]
    pub audit_key_file: Option<PathBuf>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// A server's set-up, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub data: DataConfig,
    pub allowed_roots: Vec<PathBuf>,
    pub sandbox: bool,
    pub max_runs: usize,
    /// How long an agent may be silent; the engine's default when absent.
    pub stall: Option<Duration>,
    pub hosts: hosts::AllowedHosts,
    allow_host: Vec<String>,
    /// The address to print and to put into links, without a slash at the end.
    pub public_url: String,
    pub tls: bool,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: AllowedAddresses,
    /// Days after which entries of the audit trail are removed.
    pub audit_days: Option<u32>,
    pub limits: Limits,
    pub agents: agents::AgentsConfig,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct DataConfig {
    pub data_dir: PathBuf,
    pub database_url: String,
    pub audit_key_file: PathBuf,
}

/// Why the set-up cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("no home directory is known: give --data-dir")]
    NoHome,
    #[error("the data directory {path} cannot be used: {source}")]
    DataDir { path: PathBuf, source: std::io::Error },
    #[error("another loki works on {path} already: stop it, or give this one another --data-dir")]
    Locked { path: PathBuf },
    #[error("--allow-root {path}: {source}")]
    Root { path: PathBuf, source: std::io::Error },
    #[error("--public-url {0}: write it like https://loki.example.org, without a path")]
    PublicUrl(String),
    #[error("--trusted-proxies: {0}")]
    Proxies(String),
    #[error("the command in LOKI_AGENT_ACP or LOKI_DEMO_AGENT_ARGS cannot be read: {0}")]
    AgentCommand(String),
}

impl Config {
    /// Checks what was given and fills in what was not. Makes the data directory.
    pub fn new(args: ServeArgs) -> Result<Self, ConfigError> {
        let data = DataConfig::new(args.data)?;
        let allowed_roots = args.allow_root.into_iter().map(canonical_root).collect::<Result<_, _>>()?;
        let given = match args.public_url {
            Some(url) => Some(hosts::public_url(&url).ok_or(ConfigError::PublicUrl(url))?),
            None => None,
        };
        let tls = args.tls_terminated || given.as_ref().is_some_and(|url| url.starts_with("https://"));
        let public_url = given.unwrap_or_default();
        let mut config = Self {
            listen: args.listen,
            data,
            allowed_roots,
            sandbox: !args.no_sandbox,
            max_runs: usize::from(args.max_runs),
            stall: args.stall_seconds.map(|seconds| Duration::from_secs(seconds.into())),
            hosts: hosts::AllowedHosts::new(args.listen, &public_url, &args.allow_host, tls),
            allow_host: args.allow_host,
            public_url,
            tls,
            trusted_proxies: trusted_proxies(args.trusted_proxies, args.tls_terminated)?,
            audit_days: args.audit_days,
            limits: args.limits,
            agents: agents::AgentsConfig::from_env()?,
        };
        config.listen_on(args.listen);
        Ok(config)
    }

    /// Takes over the address that is really listened on; with port 0 the system has chosen one.
    pub fn listen_on(&mut self, address: SocketAddr) {
        let was_local = self.public_url.is_empty() || self.public_url == hosts::local_url(self.listen);
        if was_local {
            self.public_url = hosts::local_url(address);
        }
        self.listen = address;
        self.hosts = hosts::AllowedHosts::new(address, &self.public_url, &self.allow_host, self.tls);
    }
}

impl DataConfig {
    /// Fills in the defaults and makes the data directory, for its owner alone.
    pub fn new(args: DataArgs) -> Result<Self, ConfigError> {
        let data_dir = match args.data_dir {
            Some(dir) => dir,
            None => default_data_dir().ok_or(ConfigError::NoHome)?,
        };
        let data_dir = data_dir::prepare(&data_dir)?;
        let database_url = args.database_url.unwrap_or_else(|| sqlite_url(&data_dir));
        let audit_key_file = args.audit_key_file.unwrap_or_else(|| data_dir.join("audit.key"));
        Ok(Self { data_dir, database_url, audit_key_file })
    }
}

/// Where TLS ends in front of the server a proxy is there, and on this machine unless another one is named.
fn trusted_proxies(given: Option<Vec<String>>, tls_terminated: bool) -> Result<AllowedAddresses, ConfigError> {
    let local = || ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec();
    let list = given.unwrap_or_else(|| if tls_terminated { local() } else { Vec::new() });
    AllowedAddresses::parse(&list).map_err(ConfigError::Proxies)
}

fn sqlite_url(data_dir: &Path) -> String {
    format!("sqlite://{}?mode=rwc", data_dir.join("loki.db").display())
}

fn canonical_root(path: PathBuf) -> Result<PathBuf, ConfigError> {
    path.canonicalize().map_err(|source| ConfigError::Root { path, source })
}

fn default_data_dir() -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("loki"))
}

/// An environment variable that is set and not empty. The one place that asks for them.
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
