//! Setting up an authenticator app: a secret that counts once a code showed that the app has it.

use domain::{
    actor::Actor,
    audit::Changes,
    factors::{self as rules, Given},
    mail::Notice,
};
use protocol::{
    FactorId,
    factors::{BeginFactor, ConfirmedFactor, FactorSetUp},
};
use store::{FactorRow, Tx};

use super::{Takes, counting, later, person, prove, prove_again, recovery, view};
use crate::{Cx, Error, accounts::sign_in, audit::record_changes, mail};

/// Begins to set up a factor, in place of one that was begun before and never confirmed.
pub async fn begin_factor(cx: &Cx, actor: &Actor, new: BeginFactor) -> Result<FactorSetUp, Error> {
    let name = rules::name(&new.name.unwrap_or_default()).map_err(Error::Invalid)?;
    let user = prove_again(cx, actor, new.proof.as_deref()).await?;
    let mut random = [0; rules::SECRET_BYTES];
    cx.ids.random(&mut random);
    let row = FactorRow {
        id: FactorId(cx.ids.uuid()),
        user_id: user.id,
        kind: new.kind,
        name,
        secret: rules::secret(random),
        last_step: None,
        created_at: cx.clock.now(),
        confirmed_at: None,
        last_used_at: None,
    };
    let shown = shown(&row, &user.email)?;
    let tx = cx.store.begin().await?;
    let all = tx.factors().of(user.id).await?;
    if all.iter().filter(|row| row.confirmed_at.is_some()).count() >= rules::MOST {
        return Err(Error::Conflict(format!("you have {} factors, the most that there can be: remove one first", rules::MOST)));
    }
    for begun in all.iter().filter(|row| row.confirmed_at.is_none()) {
        tx.factors().delete(begun.id).await?;
    }
    tx.factors().insert(&row).await?;
    let changes = Changes::default().field("kind", "", row.kind.as_str()).field("name", "", &row.name);
    record_changes(cx, &tx, actor, ("begin factor", row.id), changes).await?;
    tx.commit().await?;
    Ok(shown)
}

/// The factor that the actor is setting up, if there is one that can still be confirmed.
pub async fn factor_set_up(cx: &Cx, actor: &Actor) -> Result<Option<FactorSetUp>, Error> {
    let Actor::User { id, email, .. } = actor else { return Ok(None) };
    let tx = cx.store.read().await?;
    let begun = tx.factors().of(*id).await?.into_iter().find(|row| is_open(cx, row));
    begun.map(|row| shown(&row, email)).transpose()
}

fn is_open(cx: &Cx, row: &FactorRow) -> bool {
    row.confirmed_at.is_none() && later(row.created_at, rules::SET_UP_MS) > cx.clock.now()
}

fn shown(row: &FactorRow, email: &str) -> Result<FactorSetUp, Error> {
    let broken = || Error::Internal("the secret could not be shown".to_owned());
    let url = rules::url(&row.secret, email).ok_or_else(broken)?;
    Ok(FactorSetUp {
        id: row.id,
        name: row.name.clone(),
        secret: row.secret.clone(),
        qr_svg: rules::svg(&url).ok_or_else(broken)?,
        url,
        expires_at: later(row.created_at, rules::SET_UP_MS),
    })
}

/// Makes a factor count. With the first one come recovery codes, which are in this answer alone.
pub async fn confirm_factor(cx: &Cx, actor: &Actor, id: FactorId, code: &str) -> Result<ConfirmedFactor, Error> {
    let (user, from) = person(actor)?;
    let row = {
        let tx = cx.store.read().await?;
        begun(cx, &tx, actor, id).await?
    };
    let own = format!("factor {user}");
    let keys = [own.clone(), sign_in::address_key(&from)];
    let now = cx.clock.now();
    cx.attempts.begin(&keys, now).map_err(|retry_after_seconds| Error::TooMany { retry_after_seconds })?;
    let step = match Given::of(code) {
        Given::Code(code) => rules::step(&row.secret, &code, now, None),
        Given::Recovery(_) | Given::Password(_) => None,
    };
    let Some(step) = step else { return Err(prove::wrong(Takes::Codes)) };
    cx.attempts.undo(&keys);
    cx.attempts.succeeded(&own);

    let (codes, rows) = recovery::new_codes(cx, user).await?;
    let tx = cx.store.begin().await?;
    let is_first = counting(&tx, user).await?.is_empty();
    let row = begun(cx, &tx, actor, id).await?;
    // The code that confirms is used up as well.
    if !tx.factors().confirm(id, step, now).await? {
        return Err(gone());
    }
    if is_first {
        tx.factors().replace_recovery(user, &rows).await?;
    }
    mail::notice(cx, &tx, user, (Notice::FactorAdded, actor)).await?;
    let changes = Changes::default().field("kind", "", row.kind.as_str()).field("name", "", &row.name);
    record_changes(cx, &tx, actor, ("add factor", id), changes).await?;
    tx.commit().await?;
    let factor = view(FactorRow { confirmed_at: Some(now), ..row });
    Ok(ConfirmedFactor { factor, recovery_codes: if is_first { codes } else { Vec::new() } })
}

async fn begun(cx: &Cx, tx: &Tx, actor: &Actor, id: FactorId) -> Result<FactorRow, Error> {
    let (user, _) = person(actor)?;
    let found = tx.factors().of(user).await?.into_iter().find(|row| row.id == id && is_open(cx, row));
    found.ok_or_else(gone)
}

fn gone() -> Error {
    Error::NotFound("nothing is being set up under that id; begin again".to_owned())
}
