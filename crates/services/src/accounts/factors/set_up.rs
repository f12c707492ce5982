//! Setting up an authenticator app: a secret that counts once a code showed that the app has it.

use domain::{
    actor::Actor,
    audit::Changes,
    factors::{self as rules, Given},
    vault::Binding,
};
use protocol::{
    FactorId,
    factors::{BeginFactor, ConfirmedFactor, FactorKind, FactorSetUp},
};
use store::{FactorRow, Tx};

use super::{
    Takes,
    add::{added, require_room},
    apps, counting, person, prove, prove_again, recovery,
};
use crate::{Cx, Error, accounts::sign_in::slowed, audit::done};

/// Begins to set up a factor, in place of one that was begun before and never confirmed.
pub async fn begin_factor(cx: &Cx, actor: &Actor, new: BeginFactor) -> Result<FactorSetUp, Error> {
    if new.kind != FactorKind::Totp {
        return Err(Error::Invalid("kind is totp here; passkeys are added at /api/v2/factors/passkeys".to_owned()));
    }
    let name = rules::name(&new.name.unwrap_or_default(), new.kind).map_err(Error::Invalid)?;
    let user = prove_again(cx, actor, new.proof.as_deref()).await?;
    let mut random = [0; rules::SECRET_BYTES];
    cx.ids.random(&mut random);
    let (secret, id) = (rules::secret(random), FactorId(cx.ids.uuid()));
    let tx = crate::accounts::begin(cx, actor).await?;
    let row = FactorRow {
        id,
        user_id: user.id,
        name,
        thing: apps::sealed(cx, &tx, &Binding::factor(user.id, id), &secret).await?,
        last_step: None,
        created_at: cx.clock.now(),
        confirmed_at: None,
        last_used_at: None,
    };
    let shown = shown(&row, &secret, &user.email)?;
    let (counting, begun): (Vec<_>, Vec<_>) =
        tx.factors().of(user.id).await?.into_iter().partition(|row| row.confirmed_at.is_some());
    require_room(&counting)?;
    for begun in begun {
        tx.factors().delete(begun.id).await?;
    }
    tx.factors().insert(&row).await?;
    let changes = Changes::default().field("kind", "", row.thing.kind().as_str()).field("name", "", &row.name);
    crate::events::logins_changed(cx, &tx, user.id);
    tx.record(done(cx, actor, "begin factor", row.id).with(changes));
    tx.commit().await?;
    Ok(shown)
}

/// The factor that the actor is setting up, if there is one that can still be confirmed.
pub async fn factor_set_up(cx: &Cx, actor: &Actor) -> Result<Option<FactorSetUp>, Error> {
    let Actor::User { id, email, .. } = actor else { return Ok(None) };
    let tx = cx.store.read().await?;
    let Some(begun) = tx.factors().of(*id).await?.into_iter().find(|row| is_open(cx, row)) else { return Ok(None) };
    apps::secret(cx, &begun)?.map(|secret| shown(&begun, &secret, email)).transpose()
}

fn is_open(cx: &Cx, row: &FactorRow) -> bool {
    row.confirmed_at.is_none() && row.created_at.plus_millis(rules::SET_UP_MS) > cx.clock.now()
}

fn shown(row: &FactorRow, secret: &str, email: &str) -> Result<FactorSetUp, Error> {
    let broken = || Error::Internal("the secret could not be shown".to_owned());
    let url = rules::url(secret, email).ok_or_else(broken)?;
    Ok(FactorSetUp {
        id: row.id,
        name: row.name.clone(),
        secret: secret.to_owned(),
        qr_svg: rules::svg(&url).ok_or_else(broken)?,
        url,
        expires_at: row.created_at.plus_millis(rules::SET_UP_MS),
    })
}

/// Makes a factor count. With the first one come recovery codes, which are in this answer alone.
pub async fn confirm_factor(cx: &Cx, actor: &Actor, id: FactorId, code: &str) -> Result<ConfirmedFactor, Error> {
    let (user, from) = person(actor)?;
    let Actor::User { email, .. } = actor else { return Err(gone()) };
    let row = {
        let tx = cx.store.read().await?;
        begun(cx, &tx, actor, id).await?
    };
    let now = cx.clock.now();
    let look = async {
        let step = match (Given::of(code), apps::secret(cx, &row)?) {
            (Given::Code(code), Some(secret)) => rules::step(&secret, &code, now, None),
            _ => None,
        };
        Ok(step.ok_or_else(|| "a code did not confirm an authenticator app".to_owned()))
    };
    let step = slowed(cx, prove::guess(user, &from), (&from, Some(email)), prove::wrong(Takes::Codes), look).await?;

    let (codes, rows) = recovery::new_codes(cx, user).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let before = counting(&tx, user).await?;
    let row = begun(cx, &tx, actor, id).await?;
    // The code that confirms is used up as well.
    if !tx.factors().confirm(id, step, now).await? {
        return Err(gone());
    }
    // Others may have been added since this one was begun.
    require_room(&before)?;
    let codes = if before.is_empty() { (codes, rows) } else { Default::default() };
    added(cx, tx, actor, FactorRow { confirmed_at: Some(now), ..row }, codes).await
}

async fn begun(cx: &Cx, tx: &Tx, actor: &Actor, id: FactorId) -> Result<FactorRow, Error> {
    let (user, _) = person(actor)?;
    let found = tx.factors().of(user).await?.into_iter().find(|row| row.id == id && is_open(cx, row));
    found.ok_or_else(gone)
}

fn gone() -> Error {
    Error::NotFound("nothing is being set up under that id; begin again".to_owned())
}
