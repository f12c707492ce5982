//! People change their own password, with the present one in hand.

use domain::{actor::Actor, mail::Notice};
use protocol::access::ChangePassword;

use super::{logins, passwords, sign_in};
use crate::{Cx, Error, audit::done, mail};

/// Sets another password for whoever asks. Their other logins end, and a link that would reset the password counts no more.
/// Returns how many logins ended. A wrong present password is slowed down and on record like a wrong sign-in.
pub async fn change_password(cx: &Cx, actor: &Actor, command: ChangePassword) -> Result<usize, Error> {
    let Actor::User { id, login, name, email, from, .. } = actor else {
        return Err(Error::Invalid("only a person who is signed in has a password".to_owned()));
    };
    if !has_password(cx, actor).await? {
        let text = "your account has no password; ask an admin for a link that sets one";
        return Err(Error::Conflict(text.to_owned()));
    }
    let shown = match sign_in(cx, email, &command.current_password, from).await {
        Ok(user) => user,
        Err(Error::Unauthorized(_)) => return Err(Error::Invalid("the present password is not right".to_owned())),
        Err(other) => return Err(other),
    };
    let password_hash = passwords::hash(cx, &command.new_password, (email, name)).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    // While passwords were hashed, the account may have got another one, by a link: whoever knew the one before sets none.
    let account = tx.accounts().by_id(*id).await?;
    if account.is_none_or(|account| account.privileges != shown.privileges) {
        return Err(Error::Conflict("your account was changed at the same time: load the page anew, then try again".to_owned()));
    }
    tx.accounts().set_password(*id, &password_hash).await?;
    tx.identities().use_reset(*id).await?;
    tx.factors().end_waiting_of(*id).await?;
    let ended = logins::delete(cx, &tx, *id, |data| data.id != *login).await?;
    mail::notice(cx, &tx, *id, (Notice::PasswordChanged, actor)).await?;
    crate::events::logins_changed(cx, &tx, *id);
    tx.record(done(cx, actor, "change password", id));
    tx.commit().await?;
    cx.nudges.access();
    Ok(ended.len())
}

/// Whether whoever asks signs in with a password.
pub async fn has_password(cx: &Cx, actor: &Actor) -> Result<bool, Error> {
    let Some(id) = actor.user_id() else { return Ok(false) };
    let tx = cx.store.read().await?;
    Ok(tx.accounts().by_id(id).await?.is_some_and(|user| !user.password_hash.is_empty()))
}
