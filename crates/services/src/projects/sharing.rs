//! Whom a project belongs to and with whom it is shared.

use domain::{
    access::{self, Action, Scopes},
    actor::Actor,
    audit::{About, Changes},
};
use protocol::{
    Event, EventScope, ProjectId, ShareId,
    access::Role,
    projects::Project,
    teams::{Owner, Share, ShareList, ShareProject, TransferProject},
};
use store::{ShareRow, Tx};

use super::load;
use crate::{
    Cx, Error,
    audit::done,
    teams::{self, Whom, find},
};

/// A project shared with more than this many is one of the installation.
const MOST_SHARES: usize = 200;

/// The owner and the shares of a project, for its admins.
pub async fn shares(cx: &Cx, actor: &Actor, id: ProjectId) -> Result<ShareList, Error> {
    let tx = cx.store.read().await?;
    let project = load(&tx, actor, id, Action::ShareProject).await?;
    let shares = tx.sharing().named(id).await?.into_iter().map(view).collect();
    let owner_name = match project.owner {
        Owner::Installation => None,
        Owner::User(user) => tx.accounts().by_id(user).await?.map(|user| user.name),
        Owner::Team(team) => tx.teams().by_id(team).await?.map(|team| team.name),
    };
    Ok(ShareList { owner: project.owner, owner_name, shares })
}

fn view((row, name): (ShareRow, String)) -> Share {
    let ShareRow { id, user_id, team_id, role, created_at, .. } = row;
    Share { id, user_id, team_id, name, role, created_at }
}

/// Shares a project with a person or a team, or gives the share that they have another role.
pub async fn share(cx: &Cx, actor: &Actor, id: ProjectId, command: ShareProject) -> Result<Share, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let project = load(&tx, actor, id, Action::ShareProject).await?;
    let (user_id, team_id, name) = match command {
        ShareProject { team_id: Some(team), user_id: None, email: None, .. } => {
            // Whoever shares with a team has to know it.
            let team = teams::load(&tx, actor, team, Action::ReadTeams).await?;
            (None, Some(team.id), team.name)
        }
        ShareProject { team_id: None, user_id, email, .. } => {
            let person = find(&tx, &Whom { id: user_id, email }).await?;
            (Some(person.id), None, person.name)
        }
        _ => return Err(Error::Invalid("say with whom: give one of `user_id`, `email` and `team_id`".to_owned())),
    };
    let role = command.role.unwrap_or(Role::Viewer);
    let there = tx.sharing().of(id).await?;
    let before = there.iter().find(|row| row.user_id == user_id && row.team_id == team_id);
    for given in before.map(|row| row.role).into_iter().chain([role]) {
        access::within(actor.reach().on(id, project.owner), access::of_role(given))?;
    }
    let row = match before {
        Some(before) => {
            tx.sharing().set_role(before.id, role).await?;
            ShareRow { role, ..before.clone() }
        }
        None if there.len() >= MOST_SHARES => {
            return Err(Error::Conflict(format!(
                "the project is shared with {MOST_SHARES} already: share it with a team instead"
            )));
        }
        None => {
            let share = ShareId(cx.ids.uuid());
            let row = ShareRow { id: share, project_id: id, user_id, team_id, role, created_at: cx.clock.now() };
            tx.sharing().insert(&row).await?;
            row
        }
    };
    let had = before.map_or("", |row| row.role.as_str());
    let changes = Changes::default().field("with", "", with(&row)).field("role", had, role.as_str());
    let share = view((row, name));
    tell(cx, &tx, id, &project.name);
    tx.record(done(cx, actor, "share project", id).about(id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(share)
}

/// Takes a share away; open sockets feel it at once.
pub async fn unshare(cx: &Cx, actor: &Actor, id: ProjectId, share: ShareId) -> Result<(), Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let project = load(&tx, actor, id, Action::ShareProject).await?;
    let row = tx.sharing().of(id).await?.into_iter().find(|row| row.id == share);
    let row = row.ok_or_else(|| Error::NotFound("there is no such share of this project".to_owned()))?;
    access::within(actor.reach().on(id, project.owner), access::of_role(row.role))?;
    tx.sharing().remove(share).await?;
    tell(cx, &tx, id, &project.name);
    let changes = Changes::default().field("with", with(&row), "").field("role", row.role.as_str(), "");
    tx.record(done(cx, actor, "unshare project", id).about(id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

fn with(row: &ShareRow) -> String {
    match (row.user_id, row.team_id) {
        (Some(user), _) => format!("user {user}"),
        (None, Some(team)) => format!("team {team}"),
        (None, None) => String::new(),
    }
}

/// Gives a project to another owner. Shares stay as they are.
pub async fn transfer(cx: &Cx, actor: &Actor, id: ProjectId, command: TransferProject) -> Result<Project, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let mut project = load(&tx, actor, id, Action::ShareProject).await?;
    let owner = match command {
        TransferProject { installation: true, team_id: None, user_id: None, email: None } => Owner::Installation,
        TransferProject { installation: false, team_id: Some(team), user_id: None, email: None } => Owner::Team(team),
        TransferProject { installation: false, team_id: None, user_id, email } => {
            Owner::User(find(&tx, &Whom { id: user_id, email }).await?.id)
        }
        _ => return Err(Error::Invalid("say to whom: give one of `user_id`, `email`, `team_id` and `installation`".to_owned())),
    };
    let owner = may_receive(&tx, actor, owner).await?;
    give(cx, &tx, actor, (id, &project.name), (project.owner, owner)).await?;
    tx.commit().await?;
    cx.nudges.access();
    project.owner = owner;
    Ok(project)
}

/// Gives everything that belongs to `from`, which is about to be removed, to the heir. Without an heir there must be nothing.
pub(crate) async fn hand_over(cx: &Cx, tx: &Tx, actor: &Actor, from: Owner, heir: Option<Owner>) -> Result<(), Error> {
    let projects = tx.sharing().owned_by(from).await?;
    if projects.is_empty() {
        return Ok(());
    }
    let Some(heir) = heir else {
        let count = if projects.len() == 1 {
            "1 project still belongs".to_owned()
        } else {
            format!("{} projects still belong", projects.len())
        };
        return Err(Error::Conflict(format!("{count} to it: transfer them first, or name an heir")));
    };
    if heir == from {
        return Err(Error::Invalid("the heir is the one that is to be removed; name another one".to_owned()));
    }
    let heir = may_receive(tx, actor, heir).await?;
    for (id, name) in projects {
        give(cx, tx, actor, (id, &name), (from, heir)).await?;
    }
    Ok(())
}

/// Whether the actor may give a project to that owner: a team in which they may write, a person with an account, or the
/// installation, when their role there may write.
async fn may_receive(tx: &Tx, actor: &Actor, owner: Owner) -> Result<Owner, Error> {
    match owner {
        Owner::Installation => access::require(actor, Action::WriteProject)?,
        Owner::Team(team) => {
            teams::load(tx, actor, team, Action::WriteProject).await?;
        }
        Owner::User(user) => {
            find(tx, &Whom { id: Some(user), email: None }).await?;
        }
    }
    Ok(owner)
}

fn tell(cx: &Cx, tx: &Tx, id: ProjectId, name: &str) {
    tx.events().tell(cx.clock.now(), EventScope::project(id), &Event::ProjectUpdated { name: name.to_owned() });
}

/// Whoever owns a project may do everything with it, so that only who may do that gives it away. The event tells sockets whom
/// the project belongs to from now on, before anything else of it.
async fn give(cx: &Cx, tx: &Tx, actor: &Actor, (id, name): (ProjectId, &str), (from, to): (Owner, Owner)) -> Result<(), Error> {
    access::within(actor.reach().on(id, from), Scopes::ALL)?;
    tx.sharing().set_owner(id, to).await?;
    tell(cx, tx, id, name);
    let changes = Changes::default().field("owner", named(from), named(to));
    // A team that had it reads that it went, too; the rest of it goes along.
    let team = if let Owner::Team(team) = from { Some(team) } else { None };
    tx.record(done(cx, actor, "transfer project", id).about(About { project: Some(id), team }).with(changes));
    Ok(())
}

pub(super) fn named(owner: Owner) -> String {
    match owner {
        Owner::Installation => "installation".to_owned(),
        Owner::User(user) => format!("user {user}"),
        Owner::Team(team) => format!("team {team}"),
    }
}
