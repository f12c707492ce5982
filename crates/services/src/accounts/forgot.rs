//! Somebody forgot their password and gives their email address. What they typed is written down whoever it belongs to, so
//! that nobody can tell by answer or clock who has an account; whose it is is looked up afterwards, where mail is sent.

use domain::{
    actor::{Actor, Origin},
    links,
    mail::{self as letters, Kind, State},
};
use protocol::timestamp::HOUR_MS;
use store::{MailRow, Tx, UserRow};

use super::{reset, sign_in, users};
use crate::{Cx, Error, audit::done, mail};

/// How long a link by mail counts, in milliseconds.
const LASTS_MS: i64 = HOUR_MS;
/// Addresses that may wait to be looked up.
const MOST: u64 = 1_000;

/// Has a link for a new password sent to that email address, if somebody has an account with it; the answer is the same if
/// nobody has. Asking again and again is slowed down for the email address and for where it comes from.
pub async fn forgot_password(cx: &Cx, email: &str, from: &Origin) -> Result<(), Error> {
    if !mail::is_set_up(cx) {
        return Err(Error::Conflict("this installation sends no mail: ask an admin for a link".to_owned()));
    }
    let email = users::email(email)?;
    let now = cx.clock.now();
    let guess = sign_in::Guess { what: format!("forgot {email}"), from: format!("forgot from {}", sign_in::address_key(from)) };
    if let Err(retry_after_seconds) = cx.attempts.begin(&guess, now) {
        return Err(Error::TooMany { retry_after_seconds });
    }
    let tx = cx.store.begin().await?;
    if tx.mails().count_asked().await? >= MOST {
        return Err(Error::TooMany { retry_after_seconds: 60 });
    }
    let asked = MailRow {
        id: cx.ids.uuid(),
        kind: Kind::NewPassword,
        recipient: email,
        state: State::Asked,
        letter: None,
        created_at: now,
        expires_at: now.plus_millis(LASTS_MS),
        due_at: now,
        attempts: 0,
        problem: String::new(),
        done_at: None,
    };
    tx.mails().insert(&asked).await?;
    Ok(tx.commit().await?)
}

/// Looks up who gave that address, and writes them a mail. Whoever is not there, or is switched off, gets none.
pub(crate) async fn answer_forgotten(cx: &Cx, asked: &MailRow) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    if !tx.mails().take_asked(asked.id).await? {
        return Ok(());
    }
    let found = tx.accounts().by_email(&asked.recipient).await?;
    if let Some(user) = found.filter(|user| user.switched_off_at.is_none()) {
        write(cx, &tx, &user).await?;
    }
    Ok(tx.commit().await?)
}

async fn write(cx: &Cx, tx: &Tx, user: &UserRow) -> Result<(), Error> {
    let (site, until) = (&cx.settings.served_at.public_url, cx.clock.now().plus_millis(LASTS_MS));
    // Who signs in with a provider alone gets no second way in from whoever reads their mail.
    if user.password_hash.is_empty() {
        let letter = letters::no_password(site);
        mail::put(cx, tx, mail::ToSend { kind: Kind::NewPassword, to: &user.email, letter, until }).await?;
        return Ok(());
    }
    let token = reset::set(cx, tx, user.id, until).await?;
    let letter = letters::new_password(site, &links::reset(site, &token), until);
    mail::put(cx, tx, mail::ToSend { kind: Kind::NewPassword, to: &user.email, letter, until }).await?;
    tx.record(done(cx, &Actor::Automation, "issue password_reset", user.id));
    Ok(())
}
