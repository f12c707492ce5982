//! Taking an invitation up: with a new account and a password, with the account that one is signed in to, or by signing in
//! with a provider for the first time.

use domain::{
    actor::{Actor, Origin},
    audit::Changes,
};
use protocol::{UserId, access::Role};
use store::{InvitationRow, MemberRow, Tx};

use super::{
    super::{sign_in, users},
    behind, of_email, team_of,
};
use crate::{
    Cx, Error,
    accounts::{NewUser, UserRecord},
    audit::done,
    teams::BY_HAND,
};

/// What an invitation says to whoever opens its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Whom it is for; absent when it is for whoever has the link.
    pub email: Option<String>,
    pub invited_by: String,
    /// The team's name.
    pub team: Option<String>,
}

/// An account to be.
#[derive(Clone)]
pub struct NewAccount {
    /// Counts only when the invitation is for nobody in particular.
    pub email: String,
    pub name: String,
    pub password: String,
}

/// What the link leads to.
pub async fn invited(cx: &Cx, secret: &str) -> Result<Invited, Error> {
    let tx = cx.store.read().await?;
    let row = behind(cx, &tx, secret).await?;
    let team = match row.team {
        Some((team, _)) => tx.teams().by_id(team).await?.map(|team| team.name),
        None => None,
    };
    Ok(Invited { email: row.email, invited_by: row.invited_by, team })
}

/// Makes an account with a password, which joins the team that the invitation names. The link is used up. What is refused counts
/// as a wrong guess from there: a link for nobody in particular would tell who has an account.
pub async fn accept(cx: &Cx, secret: &str, new: NewAccount, from: &Origin) -> Result<UserRecord, Error> {
    let row = {
        let tx = cx.store.read().await?;
        behind(cx, &tx, secret).await?
    };
    let guess = sign_in::Guess::at(format!("invitation {}", row.id), from);
    let too_many = |retry_after_seconds| Error::TooMany { retry_after_seconds };
    cx.attempts.begin(&guess, cx.clock.now()).map_err(too_many)?;
    let made = make_account(cx, secret, row, new).await;
    match &made {
        Ok(_) => cx.attempts.succeeded(&guess, cx.clock.now()),
        Err(Error::Invalid(_)) => {}
        Err(_) => cx.attempts.undo(&guess),
    }
    made
}

async fn make_account(cx: &Cx, secret: &str, row: InvitationRow, new: NewAccount) -> Result<UserRecord, Error> {
    // The same words for an address that is none and for one that has an account.
    let refused = || Error::Invalid("no account can be made with that email address; look whether it is right".to_owned());
    let email = domain::sign_in::email(&row.email.unwrap_or(new.email)).ok_or_else(refused)?;
    // Hashed before the link is used up: a password that is refused leaves the link as it is.
    let user = users::prepare(cx, &NewUser { email, name: new.name, password: new.password, role: row.role }).await?;
    let tx = cx.store.begin().await?;
    // Looked at again under the lock: of two who use the link at once, one wins.
    let row = behind(cx, &tx, secret).await?;
    use_up(&tx, &row).await?;
    if tx.accounts().by_email(&user.email).await?.is_some() {
        return Err(refused());
    }
    tx.accounts().insert(&user).await?;
    join(cx, &tx, user.id, &row).await?;
    let changes = Changes::default().field("role", "", row.role.as_str()).field("invited_by", "", &row.invited_by).field(
        "team",
        "",
        row.team.map_or_else(String::new, |(team, _)| team.to_string()),
    );
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, &Actor::Automation, "create user", user.id).about(team_of(&row)).with(changes));
    tx.commit().await?;
    cx.nudges.events();
    Ok(user.into())
}

/// Joins the team that the invitation names with the account that the actor is signed in to. The account keeps its role in
/// the installation.
pub async fn accept_with_account(cx: &Cx, actor: &Actor, secret: &str) -> Result<(), Error> {
    let Actor::User { id, email, .. } = actor else {
        return Err(Error::Invalid("only a person can take an invitation up".to_owned()));
    };
    let tx = crate::accounts::begin(cx, actor).await?;
    let row = behind(cx, &tx, secret).await?;
    if row.email.as_ref().is_some_and(|invited| invited != email) {
        return Err(Error::Conflict(
            "this invitation is for another email address than the one you are signed in with".to_owned(),
        ));
    }
    let Some((team, role)) = row.team else {
        return Err(Error::Conflict("you have an account already, and this invitation is for a new one".to_owned()));
    };
    use_up(&tx, &row).await?;
    join(cx, &tx, *id, &row).await?;
    let changes = Changes::default().field("user", "", id).field("role", "", role.as_str());
    crate::events::users_changed(cx, &tx);
    tx.record(done(cx, actor, "join team", team).about(team).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

async fn use_up(tx: &Tx, row: &InvitationRow) -> Result<(), Error> {
    if tx.invitations().remove(&row.id).await? {
        return Ok(());
    }
    Err(Error::Unauthorized("this invitation has been used; ask for a new one".to_owned()))
}

/// Gives the role that was promised, unless the person has a greater one that somebody gave them.
async fn join(cx: &Cx, tx: &Tx, user_id: UserId, row: &InvitationRow) -> Result<(), Error> {
    let Some((team_id, role)) = row.team else { return Ok(()) };
    let had = tx.teams().of_user(user_id).await?;
    let had = had.iter().find(|row| row.team_id == team_id && row.source == BY_HAND).map(|row| row.role);
    let role = had.map_or(role, |had| domain::teams::greater(had, role));
    let member = MemberRow { team_id, user_id, source: BY_HAND.to_owned(), role, created_at: cx.clock.now() };
    tx.teams().set_member(&member).await?;
    crate::teams::tell(cx, tx, team_id).await
}

/// Uses up every invitation of an email address that a provider has verified: the person joins their teams.
pub(in crate::accounts) async fn join_all(cx: &Cx, tx: &Tx, user: UserId, email: &str) -> Result<(), Error> {
    for row in of_email(cx, tx, email).await? {
        join(cx, tx, user, &row).await?;
        tx.invitations().remove(&row.id).await?;
    }
    Ok(())
}

/// The greatest role in the installation that those invitations promise.
pub(in crate::accounts) fn promised(rows: &[InvitationRow]) -> Option<Role> {
    rows.iter().map(|row| row.role).reduce(domain::teams::greater)
}
