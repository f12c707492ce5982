//! Chores on the data directory itself, with or without a server running: the setup link and accounts.

use std::io::Read as _;

use clap::{Args, Subcommand};
use domain::{actor::Actor, links};
use protocol::access::Role;
use services::{Cx, accounts::NewUser, server::ServedAt};

use super::{Exit, Failure, print};
use crate::{
    config::{ADDRESS, DataArgs, DataConfig, agents::AgentsConfig, data_dir, hosts},
    wiring::{Outside, context},
};

/// Longer input is no password.
const LONGEST: u64 = 4096;

/// Where the data is, for a command that prints a link.
#[derive(Args, Debug)]
pub(super) struct LinkArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The address of the server that the link leads to [default: where the server of this data directory was started last]
    #[arg(long, env = "LOKI_PUBLIC_URL", value_name = "URL", value_parser = hosts::public_url)]
    public_url: Option<String>,
}

impl LinkArgs {
    /// The context, and what links begin with.
    pub(super) async fn open(self) -> Result<(Cx, String), Failure> {
        let config = DataConfig::existing(self.data)?;
        let public_url = self.public_url.or_else(|| data_dir::kept_address(&config.data_dir)).unwrap_or_else(|| {
            print::note(&format!(
                "No server was started on this data yet: the link is for {ADDRESS}. For another, give --public-url"
            ));
            ADDRESS.to_owned()
        });
        let agents = AgentsConfig::from_env()?;
        let served_at = ServedAt { public_url: public_url.clone(), ..ServedAt::default() };
        Ok((context(&config, Outside { served_at, ..Outside::without_runs(&agents) }).await?, public_url))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account
    Create {
        #[command(flatten)]
        data: DataArgs,
        /// The email address to sign in with
        #[arg(long)]
        email: String,
        /// What others see; from the email address when absent
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
        link: LinkArgs,
        /// Whose password it is
        #[arg(long)]
        email: String,
    },
    /// Take the second factors and recovery codes of somebody away who has lost them
    ResetFactors {
        #[command(flatten)]
        data: DataArgs,
        /// Whose they are
        #[arg(long)]
        email: String,
    },
    /// Let somebody make an account by signing in with a provider, and where mail is set up also by a link that is sent to them
    Invite {
        #[command(flatten)]
        link: LinkArgs,
        /// The address that the provider knows them by
        #[arg(long)]
        email: String,
        /// admin, operator, viewer or auditor
        #[arg(long, value_parser = role)]
        role: Role,
    },
}

pub(super) fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| "there are admin, operator, viewer and auditor".to_owned())
}

pub(super) async fn setup_link(link: LinkArgs) -> Result<Exit, Failure> {
    let (cx, public_url) = link.open().await?;
    match services::accounts::issue_setup_token(&cx).await? {
        Some(token) => print::line(&links::setup(&public_url, &token)),
        None => return Err(Failure("there are accounts already: `loki user create` makes more".to_owned())),
    }
    Ok(Exit::Done)
}

pub(super) async fn user(command: UserCommand) -> Result<Exit, Failure> {
    match command {
        UserCommand::Create { data, email, name, role, password_stdin: _ } => create(data, email, name, role).await,
        UserCommand::ResetLink { link, email } => reset_link(link, &email).await,
        UserCommand::ResetFactors { data, email } => reset_factors(data, &email).await,
        UserCommand::Invite { link, email, role } => invite(link, &email, role).await,
    }
}

async fn reset_link(link: LinkArgs, email: &str) -> Result<Exit, Failure> {
    let (cx, public_url) = link.open().await?;
    let token = services::accounts::issue_reset_token(&cx, &Actor::Automation, email).await?;
    print::line(&links::reset(&public_url, &token));
    print::note("It works once, for a day, and ends every login of that person");
    Ok(Exit::Done)
}

async fn reset_factors(data: DataArgs, email: &str) -> Result<Exit, Failure> {
    let cx = open(data).await?;
    let removed = services::accounts::reset_factors(&cx, &Actor::Automation, email).await?;
    let email = print::plain(email);
    print::note(&match removed {
        0 => format!("{email} had no second factor, so nothing was taken away"),
        1 => format!("{email} signs in without a second factor now: the one that they had was taken away"),
        several => format!("{email} signs in without a second factor now: the {several} that they had were taken away"),
    });
    Ok(Exit::Done)
}

async fn invite(link: LinkArgs, email: &str, role: Role) -> Result<Exit, Failure> {
    let (cx, _) = link.open().await?;
    let invitation = services::accounts::invite(&cx, &Actor::Automation, email, role).await?;
    print::note(&format!("{email} may sign in with a provider for 14 days, as {}", role.as_str()));
    if invitation.mailed {
        print::note(MAILED);
    }
    Ok(Exit::Done)
}

/// What becomes of a mail that a command wrote.
pub(super) const MAILED: &str = "The link also goes to them by mail; the running server sends it";

async fn create(data: DataArgs, email: String, name: String, role: Role) -> Result<Exit, Failure> {
    let password = from_stdin("password", LONGEST)?;
    // An account may be made before the first start, in place of the setup link.
    let cx = open_new(data).await?;
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

/// The context on data that is there.
pub(super) async fn open(data: DataArgs) -> Result<Cx, Failure> {
    open_config(&DataConfig::existing(data)?).await
}

/// The same, and where there is no data yet, a directory for it is made.
pub(super) async fn open_new(data: DataArgs) -> Result<Cx, Failure> {
    open_config(&DataConfig::new(data)?).await
}

/// The same, where the set-up itself is needed too.
pub(super) async fn open_config(data: &DataConfig) -> Result<Cx, Failure> {
    let agents = AgentsConfig::from_env()?;
    let outside = Outside::without_runs(&agents);
    Ok(context(data, outside).await?)
}
