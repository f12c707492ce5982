//! Putting mail into the queue, in the transaction of what it is about.

use domain::{
    actor::Actor,
    mail::{self as rules, Kind, Letter, Notice, State},
    vault::{Binding, Sealed},
};
use protocol::{Timestamp, UserId};
use store::{MailRow, Tx};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Cx, Error, vault};

/// A letter to somebody.
pub(crate) struct ToSend<'a> {
    pub(crate) kind: Kind,
    pub(crate) to: &'a str,
    pub(crate) letter: Letter,
    /// After this it is worth nothing.
    pub(crate) until: Timestamp,
}

/// Writes a mail down, if mail is set up; returns whether it is. Whoever calls writes the audit entry behind it.
pub(crate) async fn put(cx: &Cx, tx: &Tx, to_send: ToSend<'_>) -> Result<bool, Error> {
    if cx.mailer.is_none() {
        return Ok(false);
    }
    let (now, id) = (cx.clock.now(), cx.ids.uuid());
    let given_up = now.plus_millis(rules::TRIED_FOR_MS);
    let row = MailRow {
        id,
        kind: to_send.kind,
        recipient: to_send.to.to_owned(),
        state: State::Waiting,
        letter: Some(seal(cx, tx, id, &to_send.letter).await?),
        created_at: now,
        expires_at: to_send.until.min(given_up),
        due_at: now,
        attempts: 0,
        problem: String::new(),
        done_at: None,
    };
    tx.mails().insert(&row).await?;
    Ok(true)
}

/// A letter in an envelope of the vault: the links in it count for whoever reads them.
async fn seal(cx: &Cx, tx: &Tx, id: Uuid, letter: &Letter) -> Result<Sealed, Error> {
    let key = vault::master(cx, tx).await?;
    let whole = Zeroizing::new(letter.whole());
    let sealed = key.seal(&Binding::mail(id), &whole, &vault::chance(cx));
    sealed.map_err(|error| Error::Internal(format!("a mail could not be sealed: {error}")))
}

/// Tells the owner of an account what was changed. A vault without its key keeps nobody from changing their password.
pub(crate) async fn notice(cx: &Cx, tx: &Tx, user: UserId, (what, by): (Notice, &Actor)) -> Result<(), Error> {
    if cx.mailer.is_none() {
        return Ok(());
    }
    let Some(row) = tx.accounts().by_id(user).await? else { return Ok(()) };
    let now = cx.clock.now();
    // Whoever did it for somebody else is not told on: the owner learns what, the audit trail knows who.
    let from = by.origin().filter(|_| by.user_id() == Some(user));
    let letter = rules::notice(&cx.settings.served_at.public_url, what, now, from.map(|from| &**from));
    let until = now.plus_millis(rules::TRIED_FOR_MS);
    match put(cx, tx, ToSend { kind: Kind::Notice, to: &row.email, letter, until }).await {
        Err(Error::Unavailable(problem)) => {
            tracing::warn!(problem, %user, "the owner of an account could not be told of a change");
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
