//! Another master key: every data key is wrapped anew, in one transaction; the values themselves stay as they are.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::Changes,
    vault::{Binding, Keyring, MasterKey, Sealed},
};
use store::{SecretRow, Tx};

use super::{altered_factor, binding_of, keyring, sealed_app, wrong_key};
use crate::{Cx, Error, audit::done};

/// Puts `to` into force and answers how many secrets are sealed with it now that were not before, those of authenticator apps
/// included. It can be done again: what is done already stays. The keys before it must be at hand until this is over.
pub async fn rotate(cx: &Cx, actor: &Actor, to: &MasterKey) -> Result<u64, Error> {
    access::require(actor, Action::ManageAllSecrets)?;
    let ring = keyring(cx)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let before = tx.secrets().master().await?;
    let mut count = 0;
    for row in tx.secrets().all().await? {
        if row.sealed.master == to.id() {
            continue;
        }
        let altered =
            || format!("the secret {} does not open: it was altered. Remove it, or set it again, and then rotate", row.name);
        let sealed = rewrap(cx, (&ring, to), &Binding::secret(row.scope, &row.name), &row.sealed, altered)?;
        tx.secrets().update(&SecretRow { sealed, ..row }).await?;
        count += 1;
    }
    rewrap_mail(cx, &tx, &ring, to).await?;
    for (row, sealed) in tx.factors().apps().await?.into_iter().filter_map(sealed_app) {
        if sealed.master == to.id() {
            continue;
        }
        let sealed = rewrap(cx, (&ring, to), &binding_of(&row), &sealed, || altered_factor(&row))?;
        tx.factors().seal(row.id, &sealed).await?;
        count += 1;
    }
    if before.as_deref() == Some(to.id().as_str()) && count == 0 {
        return Ok(0);
    }
    tx.secrets().set_master(&to.id()).await?;
    // Ids of keys tell nothing of them.
    let changes = Changes::default().field("id", before.unwrap_or_default(), to.id()).field("secrets", "", count);
    tx.record(done(cx, actor, "rotate vault", "").with(changes));
    tx.commit().await?;
    Ok(count)
}

/// Mail that waits is sealed with the same key. What does not open is left alone: it will not be sent, and holds nothing up.
async fn rewrap_mail(cx: &Cx, tx: &Tx, ring: &Keyring, to: &MasterKey) -> Result<(), Error> {
    for row in tx.mails().waiting().await? {
        let Some(sealed) = row.letter.filter(|sealed| sealed.master != to.id()) else { continue };
        let mut nonce = [0; 12];
        cx.ids.random(&mut nonce);
        let key = ring.find(&sealed.master);
        if let Some(sealed) = key.and_then(|key| key.rewrap(to, &Binding::mail(row.id), &sealed, nonce).ok()) {
            tx.mails().reseal(row.id, &sealed).await?;
        }
    }
    Ok(())
}

/// The envelope under the key `to`; `altered` says what to do when it does not open.
fn rewrap(
    cx: &Cx,
    (ring, to): (&Keyring, &MasterKey),
    binding: &Binding,
    sealed: &Sealed,
    altered: impl FnOnce() -> String,
) -> Result<Sealed, Error> {
    let key = ring.find(&sealed.master).ok_or_else(|| Error::Unavailable(wrong_key(ring, &sealed.master)))?;
    let mut nonce = [0; 12];
    cx.ids.random(&mut nonce);
    key.rewrap(to, binding, sealed, nonce).map_err(|_| Error::Unavailable(altered()))
}
