//! Another master key: every data key is wrapped anew, in one transaction; the values themselves stay as they are.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    vault::MasterKey,
};
use store::SecretRow;

use super::{keyring, wrong_key};
use crate::{Cx, Error, audit::record_changes};

/// Puts `to` into force and answers how many secrets are sealed with it now that were not before. It can be done again: what is
/// done already stays. The keys before it must be at hand until this is over.
pub async fn rotate(cx: &Cx, actor: &Actor, to: &MasterKey) -> Result<u64, Error> {
    access::require(actor, Action::ManageAllSecrets)?;
    let ring = keyring(cx)?;
    let tx = cx.store.begin().await?;
    let before = tx.secrets().hold_master().await?;
    let mut count = 0;
    for row in tx.secrets().all().await? {
        if row.sealed.master == to.id() {
            continue;
        }
        let key = ring.find(&row.sealed.master);
        let key = key.ok_or_else(|| Error::Unavailable(wrong_key(&ring, &row.sealed.master)))?;
        let mut nonce = [0; 12];
        cx.ids.random(&mut nonce);
        let sealed = key.rewrap(to, (row.scope, &row.name), &row.sealed, nonce).map_err(|_| {
            let text =
                format!("the secret {} does not open: it was altered. Remove it, or set it again, and then rotate", row.name);
            Error::Unavailable(text)
        })?;
        tx.secrets().update(&SecretRow { sealed, ..row }).await?;
        count += 1;
    }
    if before.as_deref() == Some(to.id().as_str()) && count == 0 {
        return Ok(0);
    }
    tx.secrets().set_master(&to.id()).await?;
    // Ids of keys tell nothing of them.
    let changes = Changes::default().field("id", before.unwrap_or_default(), to.id()).field("secrets", "", count);
    record_changes(cx, &tx, actor, ("rotate vault", ""), changes).await?;
    tx.commit().await?;
    Ok(count)
}
