//! Second factors: set up, confirmed, taken away, and asked for at the second step of signing in.

mod add;
mod add_passkey;
mod apps;
mod passkeys;
mod prove;
mod recovery;
mod second_step;
mod set_up;

pub use add_passkey::{begin_passkey, confirm_passkey};
pub use apps::seal_apps;
pub use passkeys::Passkeys;
pub use recovery::replace_recovery_codes;
pub use second_step::{Answer, Entered, Offer, ask_for_passkey, finish_second_step, second_step, second_step_waits};
pub use set_up::{begin_factor, confirm_factor, factor_set_up};

use std::sync::Arc;

use domain::{
    access::{self, Action},
    actor::{Actor, Origin},
    audit::Changes,
    factors::Given,
    mail::Notice,
};
use protocol::{
    FactorId, UserId,
    factors::{Factor, FactorList},
};
use store::{FactorRow, Tx, UserRow};

use super::{fresh::require_fresh, users::has_no_less};
use crate::{Cx, Error, audit::done, mail};
use prove::{Takes, prove};

/// The factors of the actor that count, oldest first.
pub async fn list_factors(cx: &Cx, actor: &Actor) -> Result<FactorList, Error> {
    let (user, _) = person(actor)?;
    let tx = cx.store.read().await?;
    let rows = tx.factors().of(user).await?;
    let left = tx.factors().recovery(user).await?.len();
    let factors = rows.into_iter().filter(|row| row.confirmed_at.is_some()).map(view).collect();
    Ok(FactorList { factors, recovery_codes_left: left as u64 })
}

/// Takes a factor away from the actor, who proves who they are once more.
pub async fn remove_factor(cx: &Cx, actor: &Actor, id: FactorId, proof: &str) -> Result<(), Error> {
    let (user, _) = person(actor)?;
    let gone = || Error::NotFound("there is no such factor".to_owned());
    let owned = |rows: Vec<FactorRow>| rows.into_iter().find(|row| row.id == id && row.confirmed_at.is_some());
    {
        let tx = cx.store.read().await?;
        owned(tx.factors().of(user).await?).ok_or_else(gone)?;
    }
    prove_again(cx, actor, Some(proof)).await?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let row = owned(tx.factors().of(user).await?).ok_or_else(gone)?;
    tx.factors().delete(id).await?;
    if counting(&tx, user).await?.is_empty() {
        // Codes that stand in for a factor are none without one.
        tx.factors().replace_recovery(user, &[]).await?;
        tx.factors().end_waiting_of(user).await?;
    }
    mail::notice(cx, &tx, user, (Notice::FactorRemoved, actor)).await?;
    tx.accounts().privileges_changed(user).await?;
    let changes = Changes::default().field("kind", row.thing.kind().as_str(), "").field("name", &row.name, "");
    crate::events::logins_changed(cx, &tx, user);
    tx.record(done(cx, actor, "remove factor", id).with(changes));
    Ok(tx.commit().await?)
}

/// Takes all factors and recovery codes of somebody away who has lost them; returns how many factors there were.
pub async fn reset_factors(cx: &Cx, actor: &Actor, email: &str) -> Result<u64, Error> {
    access::require(actor, Action::ManageUsers)?;
    let email = email.trim().to_lowercase();
    let nobody = || Error::NotFound(format!("nobody has an account with {email}"));
    let tx = crate::accounts::begin(cx, actor).await?;
    let user = tx.accounts().by_email(&email).await?.ok_or_else(nobody)?;
    has_no_less(&tx, actor, &user).await?;
    let rows = tx.factors().of(user.id).await?;
    let removed = rows.iter().filter(|row| row.confirmed_at.is_some()).count() as u64;
    for row in rows {
        tx.factors().delete(row.id).await?;
    }
    tx.factors().replace_recovery(user.id, &[]).await?;
    tx.factors().end_waiting_of(user.id).await?;
    if removed > 0 {
        mail::notice(cx, &tx, user.id, (Notice::FactorsReset, actor)).await?;
    }
    tx.accounts().privileges_changed(user.id).await?;
    let changes = Changes::default().field("factors", removed, 0);
    crate::events::logins_changed(cx, &tx, user.id);
    tx.record(done(cx, actor, "reset factors", user.id).with(changes));
    tx.commit().await?;
    Ok(removed)
}

/// Whether the actor has a password or a second factor to show.
pub(super) async fn can_prove(cx: &Cx, actor: &Actor) -> Result<bool, Error> {
    let (id, _) = person(actor)?;
    let tx = cx.store.read().await?;
    Ok(account(&tx, id).await?.1)
}

/// The person, and whether they have anything to show.
async fn account(tx: &Tx, id: UserId) -> Result<(UserRow, bool), Error> {
    let user = tx.accounts().by_id(id).await?.ok_or_else(|| Error::NotFound("the account is gone".to_owned()))?;
    let can = !user.password_hash.is_empty() || !counting(tx, id).await?.is_empty();
    Ok((user, can))
}

/// The actor shows who they are by a password or a code. Whoever has neither signed in a short while ago.
pub(super) async fn prove_again(cx: &Cx, actor: &Actor, proof: Option<&str>) -> Result<UserRow, Error> {
    let (id, from) = person(actor)?;
    let user = {
        let tx = cx.store.read().await?;
        let (user, can_prove) = account(&tx, id).await?;
        if !can_prove {
            require_fresh(cx, &tx, actor).await?;
            return Ok(user);
        }
        user
    };
    let proof = proof.filter(|proof| !proof.trim().is_empty());
    let proof = proof.ok_or_else(|| Error::Invalid("type your password, or a code of your second factor".to_owned()))?;
    prove(cx, &user, (&Given::of(proof), Takes::Anything), &from).await?;
    Ok(user)
}

/// The factors of a person that count.
async fn counting(tx: &Tx, user: UserId) -> Result<Vec<FactorRow>, Error> {
    let mut rows = tx.factors().of(user).await?;
    rows.retain(|row| row.confirmed_at.is_some());
    Ok(rows)
}

fn person(actor: &Actor) -> Result<(UserId, Arc<Origin>), Error> {
    match actor {
        Actor::User { id, from, .. } => Ok((*id, Arc::clone(from))),
        Actor::Token { .. } | Actor::Automation => {
            Err(Error::Invalid("only a person has second factors; sign in with a browser".to_owned()))
        }
    }
}

fn view(row: FactorRow) -> Factor {
    Factor {
        id: row.id,
        kind: row.thing.kind(),
        name: row.name,
        created_at: row.confirmed_at.unwrap_or(row.created_at),
        last_used: row.last_used_at,
    }
}
