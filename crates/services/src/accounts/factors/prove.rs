//! Whether a code or a password is the person's; guesses are slowed down for the account and the address.

use domain::{
    actor::{Actor, Origin},
    audit::Changes,
    factors::{self as rules, Given},
    mail::Notice,
};
use protocol::UserId;
use store::UserRow;
use subtle::ConstantTimeEq as _;

use super::{apps, counting, recovery};
use crate::{
    Cx, Error,
    accounts::{
        passwords,
        sign_in::{Guess, slowed},
    },
    audit::done,
    mail,
};

/// What counts as a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Anything,
    /// Where the password was asked for already.
    Codes,
}

/// Uses a proof up. A wrong one is [`Error::Invalid`], goes on record and makes the next one wait.
pub(super) async fn prove(cx: &Cx, user: &UserRow, proof: (&Given, Takes), from: &Origin) -> Result<(), Error> {
    let look = async {
        let is_right = match is_right(cx, user, proof).await {
            // The vault's key may have been changed between the secret and the key: then the second look finds both new.
            Err(Error::Unavailable(_)) => is_right(cx, user, proof).await,
            other => other,
        };
        Ok(is_right?.then_some(()).ok_or_else(|| "wrong second factor".to_owned()))
    };
    slowed(cx, guess(user.id, from), (from, Some(&user.email)), wrong(proof.1), look).await
}

/// A guess at what that person has.
pub(super) fn guess(user: UserId, from: &Origin) -> Guess {
    Guess::at(format!("factor {user}"), from)
}

/// The refusal of a proof: the same words whatever was wrong with it.
pub(super) fn wrong(takes: Takes) -> Error {
    let words = match takes {
        Takes::Anything => "that is neither your password nor a code that counts; a code counts once, while it is shown",
        Takes::Codes => "that does not count: it is wrong, too late, or was used before. Type the code that is shown now",
    };
    Error::Invalid(words.to_owned())
}

async fn is_right(cx: &Cx, user: &UserRow, (given, takes): (&Given, Takes)) -> Result<bool, Error> {
    match given {
        Given::Code(code) => takes_code(cx, user, code).await,
        Given::Recovery(code) => takes_recovery(cx, user, code).await,
        Given::Password(password) if takes == Takes::Anything && !user.password_hash.is_empty() => {
            passwords::verify(&cx.hashing, password, Some(user.password_hash.clone())).await
        }
        Given::Password(_) => Ok(false),
    }
}

async fn takes_code(cx: &Cx, user: &UserRow, code: &str) -> Result<bool, Error> {
    let now = cx.clock.now();
    let tx = cx.store.begin().await?;
    let mut unreadable = None;
    for factor in counting(&tx, user.id).await? {
        let secret = match apps::secret(cx, &factor) {
            Ok(Some(secret)) => secret,
            Ok(None) => continue,
            Err(error) => {
                unreadable = Some(error);
                continue;
            }
        };
        if let Some(step) = rules::step(&secret, code, now, factor.last_step)
            && tx.factors().take_step(factor.id, step, now).await?
        {
            tx.commit().await?;
            return Ok(true);
        }
    }
    unreadable.map_or(Ok(false), |error| Err(apps::unreadable(&error, user.id)))
}

async fn takes_recovery(cx: &Cx, user: &UserRow, code: &str) -> Result<bool, Error> {
    let rows = {
        let tx = cx.store.read().await?;
        tx.factors().recovery(user.id).await?
    };
    let Some(salt) = rows.first().map(|row| row.salt.clone()) else { return Ok(false) };
    let hash = recovery::hash(cx, code, &salt).await?;
    let Some(row) = rows.iter().find(|row| bool::from(row.hash.as_bytes().ct_eq(hash.as_bytes()))) else { return Ok(false) };
    let tx = cx.store.begin().await?;
    if !tx.factors().use_recovery(row.id).await? {
        return Ok(false);
    }
    mail::notice(cx, &tx, user.id, (Notice::RecoveryCodeUsed, &Actor::Automation)).await?;
    let changes = Changes::default().field("left", rows.len(), rows.len() - 1);
    tx.record(done(cx, &Actor::Automation, "use recovery_code", user.id).with(changes));
    tx.commit().await?;
    Ok(true)
}
