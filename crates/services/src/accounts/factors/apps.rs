//! Secrets of authenticator apps: sealed under the vault's key, and opened for the moment in which a code is looked at.

use domain::{actor::Actor, audit::Changes, errors::explain, vault::Binding};
use protocol::UserId;
use store::{FactorRow, Thing, Tx};
use zeroize::Zeroizing;

use crate::{Cx, Error, audit::done, vault};

/// A new app's secret as it is stored.
pub(super) async fn sealed(cx: &Cx, tx: &Tx, binding: &Binding, secret: &str) -> Result<Thing, Error> {
    Ok(Thing::App(vault::seal_factor(cx, tx, binding, secret).await?))
}

/// An app's secret, in base 32; none of a passkey.
pub(super) fn secret(cx: &Cx, row: &FactorRow) -> Result<Option<Zeroizing<String>>, Error> {
    match &row.thing {
        Thing::PlainApp(secret) => Ok(Some(Zeroizing::new(secret.clone()))),
        Thing::App(sealed) => vault::open_factor(cx, &Binding::factor(row.user_id, row.id), sealed).map(Some),
        Thing::Passkey(_) => Ok(None),
    }
}

/// Seals the secrets of apps that were set up before secrets were sealed; returns how many there were. Until then their codes
/// count as they did.
pub async fn seal_apps(cx: &Cx) -> Result<u64, Error> {
    let tx = cx.store.begin().await?;
    let mut count = 0_u64;
    for row in tx.factors().apps().await? {
        let Thing::PlainApp(secret) = &row.thing else { continue };
        let sealed = vault::seal_factor(cx, &tx, &Binding::factor(row.user_id, row.id), secret).await?;
        tx.factors().seal(row.id, &sealed).await?;
        count += 1;
    }
    if count > 0 {
        tx.record(done(cx, &Actor::Automation, "seal factors", "").with(Changes::default().field("factors", "", count)));
        tx.commit().await?;
    }
    Ok(count)
}

/// What a person hears whose codes cannot be looked at; the log knows why.
pub(super) fn unreadable(error: &Error, user: UserId) -> Error {
    tracing::error!(error = %explain(error), %user, "codes of an authenticator app cannot be checked");
    let words = "codes of authenticator apps cannot be checked now: this server lacks the key of its vault. Use a recovery code or \
                 a passkey, and tell an admin";
    Error::Unavailable(words.to_owned())
}
