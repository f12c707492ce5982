//! `loki token`: API tokens on the data directory itself, with or without a server running.

use clap::{ArgGroup, Args, Subcommand};
use domain::actor::Actor;
use protocol::{
    ProjectId,
    access::{CreateToken, Role, RotateToken, Scope, Token},
    page::PageQuery,
};
use services::{
    Cx,
    accounts::{self, TokenEnding, Which},
    projects,
};

use super::{
    Exit, Failure,
    offline::{open, role},
    print::{self, Printed},
    start::only,
    team,
};
use crate::config::{DataArgs, network};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make an API token; it is printed once and not kept
    Create(CreateArgs),
    /// Show all tokens, never their secrets
    List {
        #[command(flatten)]
        data: DataArgs,
        /// The revoked ones too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        printed: Printed,
    },
    /// End a token at once, with those that it replaces
    Revoke {
        #[command(flatten)]
        data: DataArgs,
        /// Its id or name
        token: String,
    },
    /// Give a token a new secret; the old one still counts for a while
    Rotate {
        #[command(flatten)]
        data: DataArgs,
        /// Its id or name
        token: String,
        /// How long the old one still counts, 0 to 720; 24 when absent
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(0..=720))]
        grace_hours: Option<u32>,
    },
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("rights").required(true).args(["role", "scope"]))]
pub(super) struct CreateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What it is for
    #[arg(long)]
    name: String,
    /// admin, operator, viewer or auditor
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// read, write, control, audit, admin or * (may be given several times)
    #[arg(long, value_parser = scope)]
    scope: Vec<Scope>,
    /// Days until it ends, 1 to 3650; 90 when absent
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    expires_days: Option<u32>,
    /// An address or network that it counts from, like 10.0.0.0/8 (may be given several times)
    #[arg(long, value_name = "ADDRESS[/BITS]", value_parser = network)]
    allow_ip: Vec<String>,
    /// Requests a minute, in place of the server's own limits
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate_limit: Option<u32>,
    /// A project that it is held to, by its id or name (may be given several times)
    #[arg(long, value_name = "ID|NAME")]
    project: Vec<String>,
    /// A team to whose projects it is held, by its id or name, with the role admin (may be given several times)
    #[arg(long, value_name = "ID|NAME")]
    team: Vec<String>,
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::parse(name).ok_or_else(|| "there are read, write, control, audit, admin and *".to_owned())
}

pub(super) async fn run(command: TokenCommand) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Create(args) => create(args).await,
        TokenCommand::List { data, all, printed } => {
            let which = if all { Which::All } else { Which::NotRevoked };
            let tokens = accounts::list_tokens(&open(data).await?, &Actor::Automation, which).await?;
            if printed.json {
                print::json(&tokens);
            } else {
                for token in &tokens {
                    print::line(&line_of(token));
                }
            }
            Ok(Exit::Done)
        }
        TokenCommand::Revoke { data, token } => {
            accounts::end_token(&open(data).await?, &Actor::Automation, &token, TokenEnding::Revoke).await?;
            print::note(&format!("\"{}\" no longer counts", print::plain(&token)));
            Ok(Exit::Done)
        }
        TokenCommand::Rotate { data, token, grace_hours } => {
            let command = RotateToken { grace_period_hours: grace_hours };
            let new = accounts::rotate_token(&open(data).await?, &Actor::Automation, &token, command).await?;
            let until = new.rotation_expires_at.map(|end| end.to_string()).unwrap_or_default();
            shown_once(&new, &format!("takes the place of the old one, which counts until {until}"));
            Ok(Exit::Done)
        }
    }
}

async fn create(args: CreateArgs) -> Result<Exit, Failure> {
    let cx = open(args.data).await?;
    let (mut projects, mut teams) = (Vec::new(), Vec::new());
    for named in &args.project {
        projects.push(find_project(&cx, named).await?);
    }
    for named in &args.team {
        teams.push(team::find(&cx, named).await?);
    }
    let new = CreateToken {
        name: args.name,
        role: args.role,
        scopes: Some(args.scope).filter(|scopes| !scopes.is_empty()),
        expires_days: args.expires_days,
        description: None,
        allowed_ips: Some(args.allow_ip),
        rate_limit: args.rate_limit,
        projects: Some(projects).filter(|ids| !ids.is_empty()),
        teams: Some(teams).filter(|ids| !ids.is_empty()),
    };
    let token = accounts::create_token(&cx, &Actor::Automation, new).await?;
    let until = token.expires_at.map_or_else(|| "for ever".to_owned(), |end| format!("until {end}"));
    shown_once(&token, &format!("is good {until}, as {}", rights_of(&token)));
    Ok(Exit::Done)
}

/// The project of that id or name.
async fn find_project(cx: &Cx, wanted: &str) -> Result<ProjectId, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = projects::list(cx, &Actor::Automation, None, &PageQuery { after, limit: Some(200) }).await?;
        found
            .extend(page.items.iter().map(|row| &row.project).filter(|project| project.name == wanted).map(|project| project.id));
        after = page.next;
        if after.is_none() {
            return only(wanted, &found);
        }
    }
}

/// The secret alone on standard output, so that it can be put into a variable.
fn shown_once(token: &Token, remark: &str) {
    print::line(token.token.as_deref().unwrap_or_default());
    print::note(&format!("\"{}\" {remark}. It is not shown again", print::plain(&token.name)));
}

fn rights_of(token: &Token) -> String {
    let scopes = || token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    token.role.map_or_else(scopes, |role| role.as_str().to_owned())
}

fn line_of(token: &Token) -> String {
    let until = match (token.revoked, token.rotation_expires_at.or(token.expires_at)) {
        (true, _) => "revoked".to_owned(),
        (false, Some(end)) => format!("until {end}"),
        (false, None) => "for ever".to_owned(),
    };
    let used = token.last_used.map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
    let text = format!("{} · {} · {} · {until} · {used} · by {}", token.id, token.name, rights_of(token), token.created_by);
    print::one_line(&text)
}
