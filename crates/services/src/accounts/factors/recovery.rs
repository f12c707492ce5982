//! Recovery codes: ten at a time, shown once, hashed like passwords, each good for one sign-in.

use domain::{actor::Actor, factors as rules, hex, mail::Notice};
use protocol::{UserId, factors::RecoveryCodes};
use store::RecoveryRow;

use super::{counting, person, prove_again};
use crate::{Cx, Error, accounts::passwords, audit::done, mail};

/// New recovery codes for the actor, who proves who they are once more; the ones before count no longer.
pub async fn replace_recovery_codes(cx: &Cx, actor: &Actor, proof: &str) -> Result<RecoveryCodes, Error> {
    let (user, _) = person(actor)?;
    let no_factor = || Error::Conflict("recovery codes come with the first factor: set one up".to_owned());
    {
        let tx = cx.store.read().await?;
        counting(&tx, user).await?.first().ok_or_else(no_factor)?;
    }
    prove_again(cx, actor, Some(proof)).await?;
    let (codes, rows) = new_codes(cx, user).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    counting(&tx, user).await?.first().ok_or_else(no_factor)?;
    tx.factors().replace_recovery(user, &rows).await?;
    mail::notice(cx, &tx, user, (Notice::RecoveryCodesReplaced, actor)).await?;
    crate::events::logins_changed(cx, &tx, user);
    tx.record(done(cx, actor, "replace recovery_codes", user));
    tx.commit().await?;
    Ok(RecoveryCodes { recovery_codes: codes })
}

/// Codes as people see them, and what is stored of them.
pub(super) async fn new_codes(cx: &Cx, user: UserId) -> Result<(Vec<String>, Vec<RecoveryRow>), Error> {
    let mut salt = [0; 16];
    cx.ids.random(&mut salt);
    let salt = hex::encode(&salt);
    let (mut shown, mut rows) = (Vec::new(), Vec::new());
    for _ in 0..rules::RECOVERY_CODES {
        let mut random = [0; rules::RECOVERY_BYTES];
        cx.ids.random(&mut random);
        let code = rules::recovery_code(random);
        let hash = hash(cx, &code, &salt).await?;
        rows.push(RecoveryRow { id: cx.ids.uuid(), user_id: user, salt: salt.clone(), hash });
        shown.push(rules::shown(&code));
    }
    Ok((shown, rows))
}

/// One salt for all codes of a person, so that looking one up takes one slow hash and not ten.
pub(super) async fn hash(cx: &Cx, code: &str, salt: &str) -> Result<String, Error> {
    let broken = || Error::Internal("the salt of recovery codes is none".to_owned());
    let bytes: [u8; 16] = hex::decode(salt).and_then(|bytes| bytes.try_into().ok()).ok_or_else(broken)?;
    passwords::digest(&cx.hashing, code.to_owned(), bytes).await
}
