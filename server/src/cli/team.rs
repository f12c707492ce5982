//! `loki team`: teams on the data directory itself, with or without a server running.

use clap::{ArgGroup, Args, Subcommand};
use domain::{actor::Actor, links};
use protocol::{
    TeamId,
    access::Role,
    page::PageQuery,
    teams::{AddMember, Invite, NameTeam, Owner, Team},
};
use services::{Cx, accounts, teams};

use super::{
    Exit, Failure,
    offline::{LinkArgs, MAILED, open, role},
    print::{self, Printed},
};
use crate::config::DataArgs;

#[derive(Debug, Subcommand)]
pub(super) enum TeamCommand {
    /// Show all teams
    List {
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        printed: Printed,
    },
    /// Make a team
    Create {
        #[command(flatten)]
        data: DataArgs,
        /// What no other team is called by
        name: String,
    },
    /// Add somebody who has an account to a team, or give them another role in it
    Add {
        #[command(flatten)]
        data: DataArgs,
        /// Its name or id
        team: String,
        /// Whose account it is
        #[arg(long)]
        email: String,
        /// admin, operator, viewer or auditor
        #[arg(long, value_parser = role, default_value = "viewer")]
        role: Role,
    },
    /// Remove somebody from a team
    Remove {
        #[command(flatten)]
        data: DataArgs,
        /// Its name or id
        team: String,
        /// Whose account it is
        #[arg(long)]
        email: String,
    },
    /// Remove a team; its projects go to the heir
    Delete(DeleteArgs),
    /// Print a link that works once, with which somebody makes an account or joins a team
    InviteLink(InviteArgs),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("heir").args(["heir_team", "heir_installation"]))]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Its name or id
    team: String,
    /// The team that gets its projects, by name or id
    #[arg(long, value_name = "TEAM")]
    heir_team: Option<String>,
    /// Everybody in the installation sees its projects from then on
    #[arg(long)]
    heir_installation: bool,
}

#[derive(Args, Debug)]
pub(super) struct InviteArgs {
    #[command(flatten)]
    link: LinkArgs,
    /// The team that they join, by name or id
    #[arg(long)]
    team: Option<String>,
    /// Their role in the team; viewer when absent
    #[arg(long, value_parser = role, requires = "team")]
    team_role: Option<Role>,
    /// Their role in the installation
    #[arg(long, value_parser = role, default_value = "viewer")]
    role: Role,
    /// Whom it is for; whoever has the link when absent
    #[arg(long)]
    email: Option<String>,
    /// Days that it counts, 1 to 90; 14 when absent
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=90))]
    expires_days: Option<u32>,
}

const ME: Actor = Actor::Automation;

pub(super) async fn run(command: TeamCommand) -> Result<Exit, Failure> {
    match command {
        TeamCommand::List { data, printed } => list(&open(data).await?, printed).await,
        TeamCommand::Create { data, name } => {
            let team = teams::create(&open(data).await?, &ME, NameTeam { name }).await?;
            print::line(&team.id.to_string());
            Ok(Exit::Done)
        }
        TeamCommand::Add { data, team, email, role } => {
            let cx = open(data).await?;
            let id = find(&cx, &team).await?;
            let command = AddMember { user_id: None, email: Some(email), role: Some(role) };
            let member = teams::add_member(&cx, &ME, id, command).await?;
            print::note(&format!("{} is in the team as {}", print::plain(&member.email), member.role.as_str()));
            Ok(Exit::Done)
        }
        TeamCommand::Remove { data, team, email } => {
            let cx = open(data).await?;
            let id = find(&cx, &team).await?;
            let members = teams::members(&cx, &ME, id).await?;
            let member = members.iter().find(|member| member.email == email.trim().to_lowercase());
            let member = member.ok_or_else(|| Failure(format!("{} is not in the team", print::plain(&email))))?;
            teams::remove_member(&cx, &ME, id, member.user_id).await?;
            Ok(Exit::Done)
        }
        TeamCommand::Delete(args) => {
            let cx = open(args.data).await?;
            let id = find(&cx, &args.team).await?;
            let heir = match &args.heir_team {
                Some(team) => Some(Owner::Team(find(&cx, team).await?)),
                None => args.heir_installation.then_some(Owner::Installation),
            };
            teams::delete(&cx, &ME, id, heir).await?;
            Ok(Exit::Done)
        }
        TeamCommand::InviteLink(args) => invite_link(args).await,
    }
}

async fn invite_link(args: InviteArgs) -> Result<Exit, Failure> {
    let InviteArgs { link, team, team_role, role, email, expires_days } = args;
    let (cx, public_url) = link.open().await?;
    let team_id = match &team {
        Some(team) => Some(find(&cx, team).await?),
        None => None,
    };
    let command = Invite { email, role: Some(role), team_id, team_role, expires_days };
    let (invitation, secret) = accounts::invite_by_link(&cx, &ME, command).await?;
    print::line(&links::invite(&public_url, &secret));
    print::note(&format!("It works once, until {}", invitation.expires_at));
    if invitation.mailed {
        print::note(MAILED);
    }
    Ok(Exit::Done)
}

async fn list(cx: &Cx, printed: Printed) -> Result<Exit, Failure> {
    let all = all(cx).await?;
    if printed.json {
        print::json(&all);
    } else {
        for team in all {
            let people = counted(team.members, ["person", "people"]);
            let projects = counted(team.projects, ["project", "projects"]);
            let text = format!("{} · {} · {people} · {projects}", team.id, team.name);
            print::line(&print::one_line(&text));
        }
    }
    Ok(Exit::Done)
}

fn counted(count: u32, [one, more]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

async fn all(cx: &Cx) -> Result<Vec<Team>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = teams::list(cx, &ME, "", None, &PageQuery { after, limit: Some(200) }).await?;
        all.extend(page.teams);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The team of that id or name; no two have the same.
pub(super) async fn find(cx: &Cx, name: &str) -> Result<TeamId, Failure> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let wanted = domain::teams::folded(name);
    let found = all(cx).await?.into_iter().find(|team| domain::teams::folded(&team.name) == wanted);
    found.map(|team| team.id).ok_or_else(|| Failure(format!("there is no team called \"{}\"", print::plain(name))))
}
