//! Chores on the data directory itself, with or without a server running: the setup link and accounts.

use std::io::Read as _;

use clap::{Args, Subcommand};
use domain::actor::Actor;
use protocol::access::Role;
use services::{Cx, accounts::NewUser, server::Reach};

use super::{Data, Exit, Failure, print};
use crate::{
    config::{DataConfig, agents::AgentsConfig, hosts},
    wiring::{Outside, context},
};

/// Longer input is no password.
const LONGEST: u64 = 4096;

#[derive(Args, Debug)]
pub(super) struct SetupLinkArgs {
    #[command(flatten)]
    data: Data,
    /// The address of the server that the link leads to
    #[arg(long, env = "LOKI_PUBLIC_URL", default_value = "http://127.0.0.1:57374")]
    public_url: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account
    Create {
        #[command(flatten)]
        data: Data,
        /// The e-mail address to sign in with
        #[arg(long)]
        email: String,
        /// What others see; from the e-mail address when absent
        #[arg(long, default_value = "")]
        name: String,
        /// admin, operator, viewer or auditor
        #[arg(long, value_parser = role)]
        role: Role,
        /// Read the password, at least 12 characters, from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Print a one-time link with which a person gives themselves a new password
    ResetLink {
        #[command(flatten)]
        data: Data,
        /// Whose password it is
        #[arg(long)]
        email: String,
        /// The address of the server that the link leads to
        #[arg(long, env = "LOKI_PUBLIC_URL", default_value = "http://127.0.0.1:57374")]
        public_url: String,
    },
    /// Take the second factors and recovery codes of somebody away who has lost them
    ResetFactors {
        #[command(flatten)]
        data: Data,
        /// Whose they are
        #[arg(long)]
        email: String,
    },
    /// Let somebody make an account by signing in with a provider, and where mail is set up also by a link that is sent to them
    Invite {
        #[command(flatten)]
        data: Data,
        /// The address that the provider knows them by
        #[arg(long)]
        email: String,
        /// admin, operator, viewer or auditor
        #[arg(long, value_parser = role)]
        role: Role,
        /// The address of the server that the link in the mail leads to
        #[arg(long, env = "LOKI_PUBLIC_URL", default_value = "http://127.0.0.1:57374")]
        public_url: String,
    },
}

pub(super) fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| "there are admin, operator, viewer and auditor".to_owned())
}

pub(super) async fn setup_link(args: SetupLinkArgs) -> Result<Exit, Failure> {
    let public_url = checked(&args.public_url)?;
    let cx = open(args.data).await?;
    match services::accounts::issue_setup_token(&cx).await? {
        Some(token) => print::line(&format!("{public_url}/setup?token={token}")),
        None => return Err(Failure("there are accounts already: `loki user create` makes more".to_owned())),
    }
    Ok(Exit::Done)
}

pub(super) async fn user(command: UserCommand) -> Result<Exit, Failure> {
    match command {
        UserCommand::Create { data, email, name, role, password_stdin: _ } => create(data, email, name, role).await,
        UserCommand::ResetLink { data, email, public_url } => reset_link(data, &email, &public_url).await,
        UserCommand::ResetFactors { data, email } => reset_factors(data, &email).await,
        UserCommand::Invite { data, email, role, public_url } => invite(data, &email, role, &public_url).await,
    }
}

async fn reset_link(data: Data, email: &str, public_url: &str) -> Result<Exit, Failure> {
    let public_url = checked(public_url)?;
    let cx = open(data).await?;
    let token = services::accounts::issue_reset_token(&cx, &Actor::Automation, email).await?;
    print::line(&format!("{public_url}/reset?token={token}"));
    print::note("It works once, for a day, and ends every login of that person");
    Ok(Exit::Done)
}

async fn reset_factors(data: Data, email: &str) -> Result<Exit, Failure> {
    let cx = open(data).await?;
    let removed = services::accounts::reset_factors(&cx, &Actor::Automation, email).await?;
    print::note(&format!("{email} signs in without a second factor now; {removed} were taken away"));
    Ok(Exit::Done)
}

async fn invite(data: Data, email: &str, role: Role, public_url: &str) -> Result<Exit, Failure> {
    let cx = open_for(data, checked(public_url)?).await?;
    let invitation = services::accounts::invite(&cx, &Actor::Automation, email, role).await?;
    print::note(&format!("{email} may sign in with a provider for 14 days, as {}", role.as_str()));
    if invitation.mailed {
        print::note(MAILED);
    }
    Ok(Exit::Done)
}

/// What becomes of a mail that a command wrote.
pub(super) const MAILED: &str = "The link also goes to them by mail; the running server sends it";

pub(super) fn checked(public_url: &str) -> Result<String, Failure> {
    hosts::public_url(public_url).ok_or_else(|| Failure("--public-url has to look like https://loki.example.org".to_owned()))
}

async fn create(data: Data, email: String, name: String, role: Role) -> Result<Exit, Failure> {
    let password = from_stdin("password", LONGEST)?;
    let cx = open(data).await?;
    let user = services::accounts::create_user(&cx, &Actor::Automation, NewUser { email, name, password, role }).await?;
    print::line(&user.id.to_string());
    print::note(&format!("{} can sign in as {}", user.email, user.role.as_str()));
    Ok(Exit::Done)
}

/// A secret of at most `longest` bytes from standard input.
pub(super) fn from_stdin(what: &str, longest: u64) -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().take(longest + 1).read_to_string(&mut text)?;
    if text.len() as u64 > longest {
        return Err(Failure(format!("that is too long for a {what}")));
    }
    // `echo` adds a line end that is not meant.
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(secret.to_owned())
}

pub(super) async fn open(data: Data) -> Result<Cx, Failure> {
    open_config(&DataConfig::new(data)?).await
}

/// The same, for links that lead to the server at that address.
pub(super) async fn open_for(data: Data, public_url: String) -> Result<Cx, Failure> {
    let agents = AgentsConfig::from_env()?;
    let reach = Reach { public_url, ..Reach::default() };
    Ok(context(&DataConfig::new(data)?, Outside { reach, ..Outside::without_runs(&agents) }).await?)
}

/// The same, where the set-up itself is needed too.
pub(super) async fn open_config(data: &DataConfig) -> Result<Cx, Failure> {
    let agents = AgentsConfig::from_env()?;
    let outside = Outside::without_runs(&agents);
    Ok(context(data, outside).await?)
}
