//! Invitations: a link that works once, an email address that may sign in with a provider, or both; into a team if one is
//! named.

mod accept;
mod standing;

pub use accept::{Invited, NewAccount, accept, accept_with_account, invited};
pub(super) use accept::{join_all, promised};
pub(super) use standing::of_email;

use domain::{
    access::{self, Action, Denied, Scopes},
    actor::Actor,
    audit::Changes,
    links,
    mail::{self as letters, Kind},
    reach::Reach,
    teams as words,
};
use protocol::{
    TeamId,
    access::{Role, Scope},
    page::PageQuery,
    teams::{Invitation, Invite},
    timestamp::DAY_MS,
};
use store::{InvitationRow, InvitationsPage, Inviter, Tx};
use uuid::Uuid;

use super::{one_time, users};
use crate::{Cx, Error, Page, audit::done, mail, page, teams};

/// Lets somebody make an account by signing in with a provider whose provisioning is `invitation`. The invitation counts for
/// 14 days; a second one takes the first one's place. Where mail is set up they get a link besides, which nobody else sees.
pub async fn invite(cx: &Cx, actor: &Actor, email: &str, role: Role) -> Result<Invitation, Error> {
    let command = Invite { email: Some(email.to_owned()), role: Some(role), ..Invite::default() };
    let secret = mail::is_set_up(cx).then(|| one_time::secret::<32>(cx));
    make(cx, actor, command, secret.as_deref()).await
}

/// Makes an invitation with a link, which also goes out by mail when it is for an email address and mail is set up. The link's
/// secret is in this answer and is not kept.
pub async fn invite_by_link(cx: &Cx, actor: &Actor, command: Invite) -> Result<(Invitation, String), Error> {
    let secret = one_time::secret::<32>(cx);
    let invitation = make(cx, actor, command, Some(&secret)).await?;
    Ok((invitation, secret))
}

async fn make(cx: &Cx, actor: &Actor, command: Invite, secret: Option<&str>) -> Result<Invitation, Error> {
    if command.team_id.is_none() {
        access::require(actor, Action::ManageUsers)?;
    }
    let email = command.email.as_deref().map(users::email).transpose()?;
    let days = words::invited_days(command.expires_days).map_err(Error::Invalid)?;
    if command.team_role.is_some() && command.team_id.is_none() {
        return Err(Error::Invalid("team_role goes with team_id".to_owned()));
    }
    let role = command.role.unwrap_or(Role::Viewer);
    let tx = crate::accounts::begin(cx, actor).await?;
    let mut team_name = None;
    let team = match command.team_id {
        Some(team) => {
            team_name = Some(teams::load(&tx, actor, team, Action::ManageTeam).await?.name);
            Some((team, command.team_role.unwrap_or(Role::Viewer)))
        }
        None => None,
    };
    may_give(actor.reach(), role, team)?;
    if let (Some(email), None) = (&email, team) {
        if tx.accounts().by_email(email).await?.is_some() {
            return Err(Error::Conflict(format!("{email} has an account already")));
        }
        for row in of_email(cx, &tx, email).await?.iter().filter(|row| row.team.is_none()) {
            may_take(actor.reach(), row)?;
        }
        tx.invitations().remove_teamless_of(email).await?;
    }
    let now = cx.clock.now();
    tx.invitations().sweep(now).await?;
    let row = InvitationRow {
        id: cx.ids.uuid().to_string(),
        email,
        link_hash: secret.map(one_time::hash),
        role,
        team,
        invited_by: actor.display_name().to_owned(),
        created_at: now,
        expires_at: now.plus_millis(i64::from(days) * DAY_MS),
        made_by: match actor {
            Actor::User { id, .. } => Some(Inviter::User(*id)),
            Actor::Token { id, .. } => Some(Inviter::Token(*id)),
            Actor::Automation => None,
        },
    };
    tx.invitations().insert(&row).await?;
    let mailed = send(cx, &tx, &row, (secret, team_name.as_deref())).await?;
    tell(cx, &tx, &row).await?;
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, actor, "invite user", named(&row)).about(team_of(&row)).with(changes(&row)));
    tx.commit().await?;
    cx.nudges.events();
    Ok(Invitation { mailed, ..view(row) })
}

/// Writes the mail with the link to whom the invitation is for; returns whether there is one.
async fn send(cx: &Cx, tx: &Tx, row: &InvitationRow, (secret, team): (Option<&str>, Option<&str>)) -> Result<bool, Error> {
    let (Some(email), Some(secret)) = (&row.email, secret) else { return Ok(false) };
    let site = &cx.settings.served_at.public_url;
    let letter = letters::invitation(site, (&row.invited_by, team), &links::invite(site, secret), row.expires_at);
    mail::put(cx, tx, mail::ToSend { kind: Kind::Invitation, to: email, letter, until: row.expires_at }).await
}

/// Nobody gives more than they have. Who makes no accounts otherwise invites with the least role, and only into a team.
fn may_give(own: &Reach, role: Role, team: Option<(TeamId, Role)>) -> Result<(), Denied> {
    if own.in_installation().has(Action::ManageUsers.scope()) {
        access::within(own.in_installation(), access::of_role(role))?;
    } else if team.is_none() || role != Role::Viewer {
        return Err(Denied { needs: Scope::Admin });
    }
    let Some((team, role)) = team else { return Ok(()) };
    access::within(own.in_team(team), Scopes::of(&[Action::ManageTeam.scope()]).or(access::of_role(role)))
}

/// Nobody takes an invitation away that gives more than they have.
fn may_take(own: &Reach, row: &InvitationRow) -> Result<(), Denied> {
    access::within(own.in_installation(), access::of_role(row.role))?;
    let Some((team, role)) = row.team else { return Ok(()) };
    access::within(own.in_installation().or(own.in_team(team)), access::of_role(role))
}

fn team_of(row: &InvitationRow) -> Option<TeamId> {
    row.team.map(|(team, _)| team)
}

fn named(row: &InvitationRow) -> String {
    row.email.clone().unwrap_or_else(|| row.id.clone())
}

fn changes(row: &InvitationRow) -> Changes {
    let changes = Changes::default().field("role", "", row.role.as_str());
    match row.team {
        Some((team, role)) => changes.field("team", "", team).field("team_role", "", role.as_str()),
        None => changes,
    }
}

/// The invitations that still count and whose makers could make them still, newest first: a team's, or all of them for who
/// manages the accounts; with `words`, those that have them in their email address or in the name of their maker.
pub async fn invitations(
    cx: &Cx,
    actor: &Actor,
    team: Option<TeamId>,
    words: &str,
    query: &PageQuery,
) -> Result<Page<Invitation>, Error> {
    let tx = cx.store.read().await?;
    match team {
        Some(team) => {
            teams::load(&tx, actor, team, Action::ManageTeam).await?;
        }
        None => access::require(actor, Action::ManageUsers)?,
    }
    let (limit, words) = (page::limit(query)?, page::words(words)?);
    let mut after = page::after::<Uuid>(query)?.map(|id| id.to_string());
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (now, mut found) = (cx.clock.now(), Vec::new());
    // What stands no more is passed over, and those behind it fill the page.
    while found.len() <= most {
        let part = InvitationsPage { team, words, now, after: after.as_deref(), limit: u64::from(limit) + 1 };
        let rows = tx.invitations().list(part).await?;
        let is_last = rows.len() <= most;
        after = rows.last().map(|row| row.id.clone());
        found.extend(standing::of(cx, &tx, rows).await?);
        if is_last {
            break;
        }
    }
    Ok(page::cut(found, limit, |row| row.id.clone()).map(view))
}

/// Takes an invitation back.
pub async fn withdraw(cx: &Cx, actor: &Actor, id: &str) -> Result<(), Error> {
    let missing = "there is no such invitation";
    let tx = crate::accounts::begin(cx, actor).await?;
    let row = tx.invitations().by_id(id).await?.ok_or_else(|| Error::NotFound(missing.to_owned()))?;
    if !access::may(actor, Action::ManageUsers) {
        let team = row.team.ok_or_else(|| Error::Hidden(missing.to_owned()))?.0;
        // Of a team that is not theirs, they do not know the invitations either.
        let refused = |error: Error| match error {
            Error::Store(_) | Error::Busy(_) | Error::Away(_) | Error::Full(_) => error,
            _ => Error::Hidden(missing.to_owned()),
        };
        teams::load(&tx, actor, team, Action::ManageTeam).await.map_err(refused)?;
    }
    may_take(actor.reach(), &row)?;
    tx.invitations().remove(id).await?;
    tell(cx, &tx, &row).await?;
    let gone = Changes::default().field("role", row.role.as_str(), "");
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, actor, "withdraw invitation", named(&row)).about(team_of(&row)).with(gone));
    tx.commit().await?;
    cx.nudges.events();
    Ok(())
}

/// Tells the team into which it invites, if it names one.
async fn tell(cx: &Cx, tx: &Tx, row: &InvitationRow) -> Result<(), Error> {
    match row.team {
        Some((team, _)) => teams::tell(cx, tx, team).await,
        None => Ok(()),
    }
}

fn view(row: InvitationRow) -> Invitation {
    Invitation {
        id: row.id,
        email: row.email,
        role: row.role,
        team_id: row.team.map(|(team, _)| team),
        team_role: row.team.map(|(_, role)| role),
        invited_by: row.invited_by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        link: None,
        mailed: false,
    }
}

/// The invitation behind a link's secret, while it counts and whoever made it could make it still.
async fn behind(cx: &Cx, tx: &Tx, secret: &str) -> Result<InvitationRow, Error> {
    let refused = || Error::Unauthorized("this invitation has been used, withdrawn or is too old; ask for a new one".to_owned());
    let found = tx.invitations().by_link(&one_time::hash(secret), cx.clock.now()).await?.into_iter().collect();
    standing::of(cx, tx, found).await?.pop().ok_or_else(refused)
}
