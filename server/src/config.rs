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
pub mod mail;
mod served_at;
pub mod sign_in;
pub mod syslog;
pub mod vault_key;

use clap::{Args, ValueEnum};
use domain::{access_tokens::AllowedAddresses, rate_limits::RateLimits, teams::NewProjects};

/// Where a server listens that is told nothing else.
const LISTEN: &str = "127.0.0.1:57374";
/// How it is reached then.
pub const ADDRESS: &str = "http://127.0.0.1:57374";

/// What `loki serve` can be told.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "LOKI_LISTEN", default_value = LISTEN)]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub data: DataArgs,
    /// A folder below which projects may be opened by path (may be given several times)
    #[arg(long = "allow-root", env = "LOKI_ALLOW_ROOT", value_delimiter = ':', value_name = "DIR")]
    pub allow_root: Vec<PathBuf>,
    /// A host of the server's own network that projects may be cloned from, like `git.example.org` or 10.0.0.7 (may be given several
    /// times)
    #[arg(long = "allow-clone-from", env = "LOKI_ALLOW_CLONE_FROM", value_delimiter = ',', value_name = "HOST", value_parser = hosts::clone_host)]
    pub allow_clone_from: Vec<String>,
    /// Run agents and checks without isolation; every page then says so
    #[arg(long, env = "LOKI_NO_SANDBOX")]
    pub no_sandbox: bool,
    /// Never give the network to a project's checks, not even to install what its lock files name
    #[arg(long, env = "LOKI_NO_INSTALL")]
    pub no_install: bool,
    /// Who loki's commits are by
    #[arg(long, env = "LOKI_COMMIT_NAME", default_value = "loki", value_name = "NAME", value_parser = committer)]
    pub commit_name: String,
    /// The address in loki's commits
    #[arg(long, env = "LOKI_COMMIT_EMAIL", default_value = "loki@localhost", value_name = "EMAIL", value_parser = committer)]
    pub commit_email: String,
    /// An SSH key (Ed25519 or RSA, without a passphrase) that loki's commits are signed with
    #[arg(long, env = "LOKI_COMMIT_SIGNING_KEY", value_name = "FILE")]
    pub commit_signing_key: Option<PathBuf>,
    /// Runs that work at the same time; others wait
    #[arg(long, env = "LOKI_MAX_RUNS", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub max_runs: u16,
    /// Seconds that an agent may be silent before it counts as stalled
    #[arg(long, env = "LOKI_STALL_SECONDS", value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub stall_seconds: u32,
    /// How the log on standard error is written
    #[arg(long, env = "LOKI_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// The address under which browsers reach this server, when it is another than the one it listens on
    #[arg(long, env = "LOKI_PUBLIC_URL", value_name = "URL", value_parser = hosts::public_url)]
    pub public_url: Option<String>,
    /// Another name under which this server may be asked, like `loki.example.org` (may be given several times)
    #[arg(long = "allow-host", env = "LOKI_ALLOW_HOST", value_delimiter = ',', value_name = "HOST[:PORT]", value_parser = hosts::allowed_host)]
    pub allow_host: Vec<String>,
    /// TLS ends in front of this server: cookies are Secure and browsers are told to stay with https
    #[arg(long, env = "LOKI_TLS_TERMINATED")]
    pub tls_terminated: bool,
    /// Addresses and networks of proxies whose X-Forwarded-For is believed, like 10.0.0.0/8 [default: this machine's own with
    /// --tls-terminated, else none]
    #[arg(long, env = "LOKI_TRUSTED_PROXIES", value_delimiter = ',', value_name = "ADDRESS[/BITS]", value_parser = network)]
    pub trusted_proxies: Option<Vec<String>>,
    /// Requests a minute for each user and token, and sockets that they may have open, like
    /// control=10,write=30,read=60,sign-in=10,sockets=32, which is the default; a figure, or the whole, may be off
    #[arg(long, env = "LOKI_LIMITS", value_name = "NAME=N,…", default_value = "", hide_default_value = true, value_parser = RateLimits::parse)]
    pub limits: RateLimits,
    /// Days after which entries of the audit trail are removed; they stay when absent
    #[arg(long, env = "LOKI_AUDIT_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub audit_days: Option<u32>,
    /// Where every entry of the audit trail is sent on to as syslog (RFC 5424): `tls://HOST:PORT`; on this machine also
    /// `tcp://HOST:PORT`, `udp://HOST:PORT` and `unix:/PATH`
    #[arg(long, env = "LOKI_AUDIT_SYSLOG", value_name = "TARGET", value_parser = syslog::SyslogTarget::parse)]
    pub audit_syslog: Option<syslog::SyslogTarget>,
    /// The authorities whose certificates count for `tls://`, in PEM [default: the system's, like
    /// /etc/ssl/certs/ca-certificates.crt or /etc/pki/tls/certs/ca-bundle.crt]
    #[arg(long, env = "LOKI_AUDIT_SYSLOG_CA", value_name = "FILE")]
    pub audit_syslog_ca: Option<PathBuf>,
    /// Let `tcp://` and `udp://` lead to another machine, in plain text, where the network between is trusted
    #[arg(long, env = "LOKI_AUDIT_SYSLOG_PLAIN")]
    pub audit_syslog_plain: bool,
    /// Whom a new project belongs to when nothing is said: everybody in the installation sees it, or only whoever makes it
    #[arg(long, env = "LOKI_NEW_PROJECTS", value_enum, default_value_t = NewProjectsOf::Installation)]
    pub new_projects: NewProjectsOf,
}

/// Whom a new project belongs to when nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NewProjectsOf {
    Installation,
    Maker,
}

impl From<NewProjectsOf> for NewProjects {
    fn from(given: NewProjectsOf) -> Self {
        match given {
            NewProjectsOf::Installation => Self::OfTheInstallation,
            NewProjectsOf::Maker => Self::OfTheirMaker,
        }
    }
}

/// Where the data is; shared by every command that works on it directly.
#[derive(Args, Clone, Debug)]
#[expect(clippy::doc_markdown, reason = "what --help prints")]
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
    /// The key that the vault is sealed with; made when it is not there [default: vault.key in the data directory]. The key
    /// itself may be given as `LOKI_VAULT_KEY` instead
    #[arg(long, env = "LOKI_VAULT_KEY_FILE", value_name = "FILE")]
    pub vault_key_file: Option<PathBuf>,
    /// Where people can sign in besides with a password, in TOML [default: sign-in.toml in the data directory, if it is there]
    #[arg(long, env = "LOKI_SIGN_IN_FILE", value_name = "FILE")]
    pub sign_in_file: Option<PathBuf>,
    /// The keys that sign access tokens; made when they are not there [default: access.keys in the data directory]
    #[arg(long, env = "LOKI_ACCESS_KEYS_FILE", value_name = "FILE")]
    pub access_keys_file: Option<PathBuf>,
    /// Ask there whether a new password turned up in a data breach, by five digits of its SHA-1; like
    /// `https://api.pwnedpasswords.com/range/`
    #[arg(long, env = "LOKI_BREACHED_PASSWORDS_URL", value_name = "URL", value_parser = crate::breaches::address)]
    pub breached_passwords_url: Option<String>,
    #[command(flatten)]
    pub mail: mail::MailArgs,
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
    /// Hosts of the server's own network that projects may be cloned from.
    pub clone_hosts: Vec<String>,
    pub sandbox: bool,
    /// Whether packages are installed from lock files before checks, and the variables for that step.
    pub installs: bool,
    pub install_env: Vec<(String, String)>,
    /// Name and address of loki's commits.
    pub committer: (String, String),
    /// The key that they are signed with.
    pub signing_key: Option<PathBuf>,
    pub max_runs: usize,
    /// How long an agent may be silent.
    pub stall: Duration,
    pub hosts: hosts::AllowedHosts,
    allow_host: Vec<String>,
    /// The address to print and to put into links, without a slash at the end.
    pub public_url: String,
    pub transport: hosts::Transport,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: AllowedAddresses,
    /// Days after which entries of the audit trail are removed.
    pub audit_days: Option<u32>,
    /// Where its entries are sent on to.
    pub audit_syslog: Option<syslog::SyslogTarget>,
    /// Whether they may go to another machine in plain text.
    audit_syslog_plain: bool,
    pub limits: RateLimits,
    log_format: LogFormat,
    /// Whom a new project belongs to when nothing is said.
    pub new_projects: NewProjects,
    /// Where people can sign in besides with a password.
    pub providers: Vec<sign_in::ProviderConfig>,
    pub agents: agents::AgentsConfig,
    /// `LOKI_GALLERY`: whether `/gallery` shows the atoms of the interface, for who works on loki itself.
    pub gallery: bool,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct DataConfig {
    pub data_dir: PathBuf,
    pub database_url: String,
    pub audit_key_file: PathBuf,
    pub vault_keys: vault_key::VaultKeys,
    /// Named on the command line; `sign-in.toml` in the data directory otherwise.
    pub sign_in_file: Option<PathBuf>,
    pub access_keys_file: PathBuf,
    /// The address of a list of breached passwords.
    pub breached_passwords_url: Option<String>,
    /// How mail is sent; absent where none is.
    pub mail: Option<mail::MailConfig>,
}

/// Why the set-up cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("no home directory is known: give --data-dir")]
    NoHome,
    #[error("the data directory {path} cannot be used: {source}")]
    DataDir { path: PathBuf, source: std::io::Error },
    #[error(
        "there is no data of loki in {path}: name the data directory of the server with --data-dir, or start one with `loki serve`"
    )]
    NoData { path: PathBuf },
    #[error("another loki works on {path} already: stop it, or give this one another --data-dir")]
    Locked { path: PathBuf },
    #[error("--allow-root {path}: {source}")]
    Root { path: PathBuf, source: std::io::Error },
    #[error("--trusted-proxies: {0}")]
    Proxies(String),
    #[error("--commit-signing-key {path}: {why}")]
    SigningKey { path: PathBuf, why: String },
    #[error("the command in LOKI_AGENT_ACP or LOKI_DEMO_AGENT_ARGS cannot be read: {0}")]
    AgentCommand(String),
    #[error("--audit-syslog {0} leads to another machine in plain text: use tls://, or allow it with --audit-syslog-plain")]
    PlainSyslog(syslog::SyslogTarget),
    #[error("{0}")]
    SyslogAuthorities(String),
    #[error("{0}")]
    VaultKey(String),
    #[error("{0}")]
    Mail(String),
    #[error(transparent)]
    SignIn(#[from] sign_in::SignInError),
}

impl DataArgs {
    /// The folder that was named, or the usual one.
    pub fn folder(&self) -> Result<PathBuf, ConfigError> {
        self.data_dir.clone().or_else(default_data_dir).ok_or(ConfigError::NoHome)
    }
}

impl Config {
    /// Checks what was given and fills in what was not. Makes the data directory.
    pub fn new(args: ServeArgs) -> Result<Self, ConfigError> {
        let data = DataConfig::new(args.data)?;
        let allowed_roots = args.allow_root.into_iter().map(canonical_root).collect::<Result<_, _>>()?;
        let is_tls = args.tls_terminated || args.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        let transport = if is_tls { hosts::Transport::Tls } else { hosts::Transport::Plain };
        let public_url = args.public_url.unwrap_or_default();
        let audit_syslog = args.audit_syslog.map(|target| target.with_authorities(args.audit_syslog_ca)).transpose();
        let audit_syslog = audit_syslog.map_err(ConfigError::SyslogAuthorities)?;
        if let Some(target) = audit_syslog.as_ref().filter(|target| target.is_plain_abroad() && !args.audit_syslog_plain) {
            return Err(ConfigError::PlainSyslog(target.clone()));
        }
        let mut config = Self {
            listen: args.listen,
            providers: data.providers()?,
            data,
            allowed_roots,
            clone_hosts: args.allow_clone_from.into_iter().filter(|host| !host.is_empty()).collect(),
            sandbox: !args.no_sandbox,
            installs: !args.no_install,
            install_env: install_env(),
            committer: (args.commit_name, args.commit_email),
            signing_key: args.commit_signing_key.as_deref().map(signing_key).transpose()?,
            max_runs: usize::from(args.max_runs),
            stall: Duration::from_secs(args.stall_seconds.into()),
            hosts: hosts::AllowedHosts::new(args.listen, &public_url, &args.allow_host, transport),
            allow_host: args.allow_host,
            public_url,
            transport,
            trusted_proxies: trusted_proxies(args.trusted_proxies, args.tls_terminated)?,
            audit_days: args.audit_days,
            audit_syslog,
            audit_syslog_plain: args.audit_syslog_plain,
            limits: args.limits,
            log_format: args.log_format,
            new_projects: args.new_projects.into(),
            agents: agents::AgentsConfig::from_env()?,
            gallery: variable("LOKI_GALLERY").is_some_and(|value| value == "1"),
        };
        config.listen_on(args.listen);
        Ok(config)
    }

    /// Whether browsers are told to come to this machine itself.
    pub fn is_local(&self) -> bool {
        self.public_url == hosts::local_url(self.listen)
    }

    /// Takes over the address that is really listened on; with port 0 the system has chosen one.
    pub fn listen_on(&mut self, address: SocketAddr) {
        let was_local = self.public_url.is_empty() || self.public_url == hosts::local_url(self.listen);
        if was_local {
            self.public_url = hosts::local_url(address);
        }
        self.listen = address;
        self.hosts = hosts::AllowedHosts::new(address, &self.public_url, &self.allow_host, self.transport);
    }
}

impl DataConfig {
    /// The file that names the providers to sign in with, whether it is there or not.
    fn sign_in_path(&self) -> PathBuf {
        self.sign_in_file.clone().unwrap_or_else(|| self.data_dir.join("sign-in.toml"))
    }

    /// Fills in the defaults and makes the data directory, for its owner alone.
    pub fn new(args: DataArgs) -> Result<Self, ConfigError> {
        Self::in_folder(data_dir::prepare(&args.folder()?)?, args)
    }

    /// The same for a command on data that is there: where there is none, it makes none.
    pub fn existing(args: DataArgs) -> Result<Self, ConfigError> {
        let path = args.folder()?;
        let is_there = if args.database_url.is_some() { path.is_dir() } else { path.join(DATABASE).is_file() };
        if !is_there {
            return Err(ConfigError::NoData { path });
        }
        Self::in_folder(data_dir::prepare(&path)?, args)
    }

    fn in_folder(data_dir: PathBuf, args: DataArgs) -> Result<Self, ConfigError> {
        let database_url = args.database_url.unwrap_or_else(|| sqlite_url(&data_dir));
        let audit_key_file = args.audit_key_file.unwrap_or_else(|| data_dir.join("audit.key"));
        let access_keys_file = args.access_keys_file.unwrap_or_else(|| data_dir.join("access.keys"));
        let vault_keys = vault_key::VaultKeys::from_env(args.vault_key_file, &data_dir).map_err(ConfigError::VaultKey)?;
        Ok(Self {
            data_dir,
            database_url,
            audit_key_file,
            vault_keys,
            access_keys_file,
            sign_in_file: args.sign_in_file,
            breached_passwords_url: args.breached_passwords_url,
            mail: mail::MailConfig::new(args.mail).map_err(ConfigError::Mail)?,
        })
    }

    /// Whether the database is the one in the data directory and no server has made it yet.
    pub fn is_new(&self) -> bool {
        self.database_url == sqlite_url(&self.data_dir) && !self.data_dir.join(DATABASE).exists()
    }

    /// Where people can sign in besides with a password.
    pub fn providers(&self) -> Result<Vec<sign_in::ProviderConfig>, sign_in::SignInError> {
        sign_in::read(self.sign_in_file.as_deref(), &self.sign_in_path(), variable)
    }
}

/// Where TLS ends in front of the server a proxy is there, and on this machine unless another one is named.
fn trusted_proxies(given: Option<Vec<String>>, tls_terminated: bool) -> Result<AllowedAddresses, ConfigError> {
    let local = || ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec();
    let list = given.unwrap_or_else(|| if tls_terminated { local() } else { Vec::new() });
    AllowedAddresses::parse(&list).map_err(ConfigError::Proxies)
}

/// An address or network, as it was given.
pub(crate) fn network(given: &str) -> Result<String, String> {
    AllowedAddresses::parse(&[given]).map(|_| given.to_owned())
}

/// What git takes for a name or an address; an address need not have an `@`.
fn committer(given: &str) -> Result<String, String> {
    let text = given.trim();
    let is_plain =
        (1..=100).contains(&text.chars().count()) && !text.chars().any(|char| char.is_control() || "<>".contains(char));
    if is_plain { Ok(text.to_owned()) } else { Err("it must be one line of 1 to 100 characters without < and >".to_owned()) }
}

/// A key whose signatures are the same each time, told by its public half beside it.
fn signing_key(path: &Path) -> Result<PathBuf, ConfigError> {
    let refused = |path: &Path, why: String| ConfigError::SigningKey { path: path.to_owned(), why };
    let key = path.canonicalize().map_err(|error| refused(path, error.to_string()))?;
    let mut public = key.clone().into_os_string();
    public.push(".pub");
    let text = std::fs::read_to_string(&public);
    let text = text.map_err(|error| refused(path, format!("{} is needed beside it: {error}", Path::new(&public).display())))?;
    if !["ssh-ed25519 ", "ssh-rsa "].iter().any(|kind| text.starts_with(kind)) {
        return Err(refused(path, "it must be an Ed25519 or RSA key, whose signatures are the same each time".to_owned()));
    }
    Ok(key)
}

/// What package managers need to know of this machine: its proxies, registries and certificates.
fn install_env() -> Vec<(String, String)> {
    const NAMES: [&str; 18] = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "all_proxy",
        "npm_config_registry",
        "PIP_INDEX_URL",
        "PIP_CONFIG_FILE",
        "PIP_CERT",
        "UV_INDEX_URL",
        "GOPROXY",
        "GONOSUMDB",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "CARGO_HTTP_CAINFO",
    ];
    NAMES.into_iter().filter_map(|name| variable(name).map(|value| (name.to_owned(), value))).collect()
}

/// The database in the data directory.
const DATABASE: &str = "loki.db";

fn sqlite_url(data_dir: &Path) -> String {
    format!("sqlite://{}?mode=rwc", data_dir.join(DATABASE).display())
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

#[cfg(test)]
mod tests {
    use super::committer;

    #[test]
    fn a_committer_is_one_line_without_angle_brackets() {
        let cases = [
            ("loki@localhost", true),
            ("build-host", true),
            (" Release Bot ", true),
            ("", false),
            (" ", false),
            ("a <b>", false),
            ("a>", false),
            ("a\nb", false),
        ];
        for (given, is_one) in cases {
            assert_eq!(committer(given).is_ok(), is_one, "{given}");
        }
    }
}
