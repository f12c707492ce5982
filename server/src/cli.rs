//! The command line: a server, chores on its data directory, and a client of a running one.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod audit;
mod client;
mod control;
mod demo_agent;
mod doctor;
mod logs;
mod mail;
mod offline;
mod print;
mod receipt;
mod secret;
mod serve;
mod start;
mod status;
mod team;
mod template;
mod token;
mod vault;

use crate::{assets::Site, config::ServeArgs};

/// Turns a spec into verified, committed code
#[derive(Debug, Parser)]
#[command(name = "loki", version, propagate_version = false, disable_help_subcommand = true)]
#[command(
    after_help = "Commands that talk to a server read its address from --server or LOKI_SERVER and an API token from LOKI_TOKEN.\n\
    Exit codes: 0 done, 1 error, 2 usage, 20 stuck or needs a human."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server
    Serve(Box<ServeArgs>),
    /// Print a new one-time link for making the first account
    SetupLink(offline::LinkArgs),
    /// Make accounts, invite people and reset passwords
    #[command(subcommand)]
    User(offline::UserCommand),
    /// Make, show, replace and end API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Set, show and remove secrets on a server
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Change the key that secrets are sealed with
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// See whether mail arrives
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Make teams, add people, and print links that invite
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// Prove the audit trail and take it along
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Start a run on a server
    Start(Box<start::StartArgs>),
    /// Show what a server is doing, or how one run stands
    Status(status::StatusArgs),
    /// Pause a run after the step it is in
    Pause(control::ControlArgs),
    /// Let a paused run go on
    Resume(control::ControlArgs),
    /// Stop a run for good
    Stop(control::ControlArgs),
    /// Show what a run said
    Logs(logs::LogsArgs),
    /// Show templates
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Check receipts
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// Say what is installed, what is missing and what to do
    Doctor(doctor::DoctorArgs),
    /// Speak the Agent Client Protocol as the built-in demo agent
    #[command(hide = true)]
    DemoAgent(demo_agent::DemoAgentArgs),
}

/// How a command that did what it was asked ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    /// It was done, and what it found is not good.
    Bad,
    /// A person has to look.
    NeedsHuman,
}

/// Why a command did not do what it was asked; for the person who typed it.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    /// With what is behind it, as far as it says more.
    fn of(error: &dyn std::error::Error) -> Self {
        Self(domain::errors::explain(error))
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// Reads the command line and carries it out; `site` is what a server gives to browsers, packed.
pub fn main(site: &'static [u8]) -> ExitCode {
    // Every connection over TLS uses ring. It fails where another was chosen before, which nothing here does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // clap prints help and usage errors by itself and ends with 0 or 2.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::problem(&format!("the runtime could not be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(carry_out(cli.command, site));
    // A task that hangs in a blocking call must not keep the process alive.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    match done {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Bad) => ExitCode::FAILURE,
        Ok(Exit::NeedsHuman) => ExitCode::from(20),
        Err(Failure(text)) => {
            print::problem(&text);
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(command: Command, site: &'static [u8]) -> Result<Exit, Failure> {
    match command {
        Command::Serve(args) => Box::pin(serve::run(*args, Site::of(site))).await,
        Command::SetupLink(args) => offline::setup_link(args).await,
        Command::User(command) => offline::user(command).await,
        Command::Token(command) => Box::pin(token::run(command)).await,
        Command::Secret(command) => Box::pin(secret::run(command)).await,
        Command::Vault(command) => Box::pin(vault::run(command)).await,
        Command::Mail(command) => Box::pin(mail::run(command)).await,
        Command::Team(command) => Box::pin(team::run(command)).await,
        Command::Audit(command) => Box::pin(audit::run(command)).await,
        Command::Start(args) => Box::pin(start::run(*args)).await,
        Command::Status(args) => status::run(args).await,
        Command::Pause(args) => control::run(control::Wish::Pause, args).await,
        Command::Resume(args) => control::run(control::Wish::Resume, args).await,
        Command::Stop(args) => control::run(control::Wish::Stop, args).await,
        Command::Logs(args) => Box::pin(logs::run(args)).await,
        Command::Template(command) => template::run(command).await,
        Command::Receipt(command) => Box::pin(receipt::run(command)).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::DemoAgent(args) => Box::pin(demo_agent::run(args)).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_read_as_documented() {
        let good: [&[&str]; 30] = [
            &["serve", "--listen", "127.0.0.1:0", "--data-dir", "/tmp/x", "--no-sandbox", "--log-format", "json"],
            &["serve", "--allow-root", "/a", "--allow-root", "/b", "--max-runs", "2", "--public-url", "https://loki.example"],
            &["setup-link"],
            &["user", "create", "--email", "a@b.c", "--role", "viewer", "--password-stdin"],
            &["user", "invite", "--email", "a@b.c", "--role", "viewer"],
            &["user", "reset-link", "--email", "a@b.c", "--public-url", "https://loki.example"],
            &["user", "reset-factors", "--email", "a@b.c"],
            &["token", "create", "--name", "ci", "--role", "operator", "--expires-days", "30"],
            &["token", "create", "--name", "ci", "--scope", "read", "--scope", "audit", "--allow-ip", "10.0.0.0/8"],
            &["token", "list", "--all", "--json"],
            &["team", "delete", "Backend", "--heir-team", "Frontend"],
            &["team", "invite-link", "--team", "Backend", "--team-role", "operator", "--expires-days", "3"],
            &["token", "rotate", "ci", "--grace-hours", "0"],
            &["secret", "set", "A", "--project", "x", "--use", "tests", "--use", "agent", "--value-stdin"],
            &["secret", "list"],
            &["vault", "rotate"],
            &["mail", "test", "--to", "a@b.c", "--mail-url", "smtps://loki@mail.example", "--mail-from", "loki@b.c"],
            &["audit", "verify", "--json"],
            &["audit", "export", "--format", "csv"],
            &["start", "spec.md", "--project", "x", "--provider", "demo", "--iterations", "3", "--wait"],
            &["start", "--template", "cli-tool", "--project", "x", "--cost-usd", "1.5"],
            &["start", "--template", "house", "--variable", "who=a=b", "--variable", "when=", "--project", "x"],
            &["start", "--project", "x", "- Make it nice", "--provider", "demo", "--wait"],
            &["start", "- Make it nice", "--project", "x", "--server", "https://loki.example"],
            &["start", "-", "--project", "x"],
            &["status", "--json"],
            &["logs", "0198c000-0000-7000-8000-000000000000", "-f"],
            &["receipt", "verify", "receipt.json", "--repository", "."],
            &["template", "show", "cli-tool"],
            &["demo-agent", "--misbehave", "empty", "--pace", "100", "--spends", "0.25"],
        ];
        for words in good {
            let parsed = Cli::try_parse_from([&["loki"], words].concat());
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
        }
        let bad: [&[&str]; 16] = [
            &[],
            &["token", "create", "--name", "ci"],
            &["token", "create", "--name", "ci", "--role", "viewer", "--scope", "read"],
            &["serve", "--max-runs", "0"],
            &["serve", "--listen", "nowhere"],
            &["user", "create", "--email", "a@b.c", "--role", "king", "--password-stdin"],
            &["user", "create", "--email", "a@b.c", "--role", "admin"],
            &["start", "--project", "x"],
            &["start", "--project", "x", "--wiat"],
            &["start", "-x", "--project", "x"],
            &["start", "Make it", "--variable", "who=you", "--project", "x"],
            &["start", "--variable", "who=you", "--project", "x"],
            &["start", "--template", "house", "--variable", "who", "--project", "x"],
            &["status", "--server", "ftp://loki.example"],
            &["pause", "not-an-id"],
            &["demo-agent", "--misbehave", "nonsense"],
        ];
        for words in bad {
            let error = Cli::try_parse_from([&["loki"], words].concat()).map(|_| ()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{words:?}");
        }
    }
}
