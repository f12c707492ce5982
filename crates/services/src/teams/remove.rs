//! Removing teams and people without orphans: what belongs to them goes to an heir, or stays in the way.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    vault::SecretScope,
};
use protocol::{TeamId, UserId, teams::Owner};
use store::Tx;

use super::{load, members, tell};
use crate::{Cx, Error, audit::done, projects};

/// Removes a team, which gives nobody more than who removes it has. Its projects go to the heir; without one there must be none.
pub async fn delete(cx: &Cx, actor: &Actor, id: TeamId, heir: Option<Owner>) -> Result<(), Error> {
    let tx = crate::accounts::begin(cx, actor).await?;
    let team = load(&tx, actor, id, Action::ManageTeam).await?;
    let members = members::read(&tx, id).await?.into_iter().map(|member| member.role);
    let shares = tx.sharing().with_team(id).await?.into_iter().map(|share| share.role);
    for role in members.chain(shares) {
        access::within(actor.reach().in_team(id), access::of_role(role))?;
    }
    projects::hand_over(cx, &tx, actor, Owner::Team(id), heir).await?;
    tx.sharing().remove_with_team(id).await?;
    tx.invitations().remove_of_team(id).await?;
    tx.secrets().delete_of(SecretScope::Team(id)).await?;
    tell(cx, &tx, id).await?;
    tx.teams().delete(id).await?;
    tx.record(done(cx, actor, "delete team", id).about(id).with(Changes::default().field("name", &team.name, "")));
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

/// Takes a person who is about to be removed out of everything, in the removal's transaction: their projects go to the heir
/// (without one there must be none), they leave their teams, and what was shared with them is not any more. The caller has
/// checked that the actor may remove them, and nudges `access` after the commit.
pub async fn part_with(cx: &Cx, tx: &Tx, actor: &Actor, user: UserId, heir: Option<Owner>) -> Result<(), Error> {
    projects::hand_over(cx, tx, actor, Owner::User(user), heir).await?;
    tx.sharing().remove_with_user(user).await?;
    for row in tx.teams().of_user(user).await? {
        let before = members::read(tx, row.team_id).await?;
        tx.teams().remove_member(row.team_id, user, &row.source).await?;
        members::keep_an_admin(tx, row.team_id, &before).await?;
        tell(cx, tx, row.team_id).await?;
    }
    Ok(())
}
