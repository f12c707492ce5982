//! A one-time link with which a person gives themselves a new password.

use domain::{
    access::{self, Action},
    actor::Actor,
    mail::Notice,
};
use protocol::{Timestamp, UserId, timestamp::DAY_MS};
use store::Tx;

use super::{
    UserRecord,
    one_time::{hash, secret},
    passwords,
};
use crate::{Cx, Error, audit::done, mail};

/// How long the link counts.
const LASTS_MS: i64 = DAY_MS;

/// A new one-time secret for the account of that email address; it takes the place of the one before.
pub async fn issue_reset_token(cx: &Cx, actor: &Actor, email: &str) -> Result<String, Error> {
    access::require(actor, Action::ManageUsers)?;
    let email = email.trim().to_lowercase();
    let expires_at = cx.clock.now().plus_millis(LASTS_MS);
    let tx = crate::accounts::begin(cx, actor).await?;
    let nobody = || Error::NotFound(format!("nobody has an account with {email}"));
    let user = tx.accounts().by_email(&email).await?.ok_or_else(nobody)?;
    let token = set(cx, &tx, user.id, expires_at).await?;
    tx.record(done(cx, actor, "issue password_reset", user.id));
    tx.commit().await?;
    Ok(token)
}

/// A new secret for a person's link, in place of the one before.
pub(super) async fn set(cx: &Cx, tx: &Tx, user: UserId, expires_at: Timestamp) -> Result<String, Error> {
    let token = secret::<32>(cx);
    tx.identities().set_reset(user, &hash(&token), expires_at).await?;
    Ok(token)
}

/// Whether the link counts. Who it is for is not told.
pub async fn check_reset_token(cx: &Cx, token: &str) -> Result<(), Error> {
    let tx = cx.store.read().await?;
    tx.identities().reset(&hash(token), cx.clock.now()).await?.map(|_| ()).ok_or_else(refused)
}

/// Sets the password of whose link it is. The link is used up, and every login of theirs ends.
pub async fn reset_password(cx: &Cx, token: &str, password: &str) -> Result<UserRecord, Error> {
    let user = {
        let tx = cx.store.read().await?;
        tx.identities().reset(&hash(token), cx.clock.now()).await?.ok_or_else(refused)?
    };
    let whose = {
        let tx = cx.store.read().await?;
        tx.accounts().by_id(user).await?.ok_or_else(refused)?
    };
    // Hashed before the link is used up: a password that is refused leaves the link as it is.
    let password_hash = passwords::hash(cx, password, (&whose.email, &whose.name)).await?;
    let tx = cx.store.begin().await?;
    // Looked at again under the lock: of two who use the link at once, one wins.
    if tx.identities().reset(&hash(token), cx.clock.now()).await? != Some(user) || !tx.identities().use_reset(user).await? {
        return Err(refused());
    }
    tx.accounts().set_password(user, &password_hash).await?;
    tx.logins().delete_of(user).await?;
    tx.factors().end_waiting_of(user).await?;
    let row = tx.accounts().by_id(user).await?.filter(|row| row.switched_off_at.is_none()).ok_or_else(refused)?;
    mail::notice(cx, &tx, user, (Notice::PasswordReset, &Actor::Automation)).await?;
    crate::events::logins_changed(cx, &tx, user);
    tx.record(done(cx, &Actor::Automation, "reset password", user));
    tx.commit().await?;
    cx.nudges.access();
    Ok(row.into())
}

fn refused() -> Error {
    Error::Unauthorized("this link has been used, replaced, or is too old; ask for a new one".to_owned())
}
