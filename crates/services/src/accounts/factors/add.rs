//! What adding a factor of any kind comes with.

use domain::{actor::Actor, audit::Changes, factors as rules, mail::Notice};
use protocol::factors::ConfirmedFactor;
use store::{FactorRow, RecoveryRow, Tx};

use super::view;
use crate::{Cx, Error, audit::done, mail};

/// Refuses whoever has as many factors as there can be.
pub(super) fn require_room(counting: &[FactorRow]) -> Result<(), Error> {
    if counting.len() >= rules::MOST {
        return Err(Error::Conflict(format!("you have {} factors, the most that there can be: remove one first", rules::MOST)));
    }
    Ok(())
}

/// Commits that `row` counts now. `codes` come with the first factor: as people see them, and as they are stored.
pub(super) async fn added(
    cx: &Cx,
    tx: Tx,
    actor: &Actor,
    row: FactorRow,
    codes: (Vec<String>, Vec<RecoveryRow>),
) -> Result<ConfirmedFactor, Error> {
    if !codes.1.is_empty() {
        tx.factors().replace_recovery(row.user_id, &codes.1).await?;
    }
    tx.accounts().privileges_changed(row.user_id).await?;
    mail::notice(cx, &tx, row.user_id, (Notice::FactorAdded, actor)).await?;
    let changes = Changes::default().field("kind", "", row.thing.kind().as_str()).field("name", "", &row.name);
    crate::events::logins_changed(cx, &tx, row.user_id);
    tx.record(done(cx, actor, "add factor", row.id).with(changes));
    tx.commit().await?;
    Ok(ConfirmedFactor { factor: view(row), recovery_codes: codes.0 })
}
