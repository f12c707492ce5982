//! Who is in a team.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    reach::require_somewhere,
    teams::{greater, may_lose_admin},
};
use protocol::{
    TeamId, UserId,
    access::Role,
    teams::{AddMember, Member},
};
use store::{MemberRow, Tx};

use super::{BY_HAND, Whom, find, load, tell};
use crate::{Cx, Error, audit::done};

/// The members of a team, by email address.
pub async fn members(cx: &Cx, actor: &Actor, id: TeamId) -> Result<Vec<Member>, Error> {
    require_somewhere(actor, Action::ReadTeams)?;
    let tx = cx.store.read().await?;
    load(&tx, actor, id, Action::ReadTeams).await?;
    read(&tx, id).await
}

/// Takes somebody who has an account into a team, or gives them another role in it.
pub async fn add_member(cx: &Cx, actor: &Actor, id: TeamId, command: AddMember) -> Result<Member, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    load(&tx, actor, id, Action::ManageTeam).await?;
    let user = find(&tx, &Whom { id: command.user_id, email: command.email }).await?;
    give(cx, tx, actor, (id, user.id), command.role.unwrap_or(Role::Viewer)).await
}

/// Gives a member another role.
pub async fn set_role(cx: &Cx, actor: &Actor, id: TeamId, user: UserId, role: Role) -> Result<Member, Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    load(&tx, actor, id, Action::ManageTeam).await?;
    member(&tx, id, user).await?;
    give(cx, tx, actor, (id, user), role).await
}

async fn give(cx: &Cx, tx: Tx, actor: &Actor, (team_id, user_id): (TeamId, UserId), role: Role) -> Result<Member, Error> {
    let before = read(&tx, team_id).await?;
    let had = before.iter().find(|member| member.user_id == user_id).and_then(|member| member.given);
    for given in had.into_iter().chain([role]) {
        access::within(actor.reach().in_team(team_id), access::of_role(given))?;
    }
    let row = MemberRow { team_id, user_id, source: BY_HAND.to_owned(), role, created_at: cx.clock.now() };
    tx.teams().set_member(&row).await?;
    keep_an_admin(&tx, team_id, &before).await?;
    tx.accounts().privileges_changed(user_id).await?;
    let given = member(&tx, team_id, user_id).await?;
    tell(cx, &tx, team_id).await?;
    let changes = Changes::default()
        // Also of a member whose role changes: the entry says whose.
        .field("user", "", user_id)
        .field("role", had.map_or("", Role::as_str), role.as_str());
    tx.record(done(cx, actor, "set_member team", team_id).about(team_id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(given)
}

/// Takes somebody out of a team; everybody may leave by themselves. A role that comes from their groups at a sign-in provider
/// goes when the group goes.
pub async fn remove_member(cx: &Cx, actor: &Actor, id: TeamId, user: UserId) -> Result<(), Error> {
    let leaves = actor.user_id() == Some(user);
    let action = if leaves { Action::ReadTeams } else { Action::ManageTeam };
    let tx = crate::accounts::begin(cx, actor).await?;
    load(&tx, actor, id, action).await?;
    let before = read(&tx, id).await?;
    let had = member(&tx, id, user).await?;
    let Some(role) = had.given else {
        let text = "their groups at a sign-in provider put them into this team: they leave it when the group goes";
        return Err(Error::Conflict(text.to_owned()));
    };
    if !leaves {
        access::within(actor.reach().in_team(id), access::of_role(role))?;
    }
    tx.teams().remove_member(id, user, BY_HAND).await?;
    keep_an_admin(&tx, id, &before).await?;
    tell(cx, &tx, id).await?;
    tx.accounts().privileges_changed(user).await?;
    let changes = Changes::default().field("user", user, "").field("role", role.as_str(), "");
    tx.record(done(cx, actor, "remove_member team", id).about(id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

/// Refuses what left a team with projects without an admin that it had.
pub(super) async fn keep_an_admin(tx: &Tx, id: TeamId, before: &[Member]) -> Result<(), Error> {
    let admins = |members: &[Member]| members.iter().filter(|member| member.role == Role::Admin).count();
    if admins(before) == 0 {
        return Ok(());
    }
    let stay = admins(&read(tx, id).await?);
    if may_lose_admin(tx.teams().count_projects(id).await?, stay) {
        return Ok(());
    }
    let text = "this is the team's only admin, and the team has projects: make somebody else its admin first";
    Err(Error::Conflict(text.to_owned()))
}

async fn member(tx: &Tx, id: TeamId, user: UserId) -> Result<Member, Error> {
    let found = read(tx, id).await?.into_iter().find(|member| member.user_id == user);
    found.ok_or_else(|| Error::NotFound("there is no such member in this team".to_owned()))
}

/// Everybody once, with the roles from both sources.
pub(crate) async fn read(tx: &Tx, id: TeamId) -> Result<Vec<Member>, Error> {
    let mut members: Vec<Member> = Vec::new();
    for (row, name, email) in tx.teams().members(id).await? {
        let by_hand = row.source == BY_HAND;
        match members.last_mut().filter(|last| last.user_id == row.user_id) {
            Some(last) => {
                let part = if by_hand { &mut last.given } else { &mut last.by_rules };
                *part = Some(part.map_or(row.role, |had| greater(had, row.role)));
                last.role = greater(last.role, row.role);
            }
            None => members.push(Member {
                user_id: row.user_id,
                name,
                email,
                role: row.role,
                given: by_hand.then_some(row.role),
                by_rules: (!by_hand).then_some(row.role),
            }),
        }
    }
    Ok(members)
}
