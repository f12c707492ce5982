//! Whose key signs the trail: servers on one database have to share it.

use std::path::Path;

use domain::audit::PublicKey;
use store::Store;

use super::anchor;
use crate::Error;

/// Says in words that the newest checkpoint is signed by the key of another server. `own` is this server's key; it has none before
/// its first start. A key that this server had until it was replaced is no other server's: it signed the checkpoint of the anchor in
/// `data_dir`.
pub async fn foreign_signer(store: &Store, data_dir: &Path, own: Option<PublicKey>) -> Result<Option<String>, Error> {
    let Some(newest) = store.read().await?.audit().last_checkpoint().await? else { return Ok(None) };
    let own = own.map(|key| key.id());
    // A file that cannot be read is told by whoever verifies the trail.
    let before = anchor::read_in(data_dir).await.ok().flatten().and_then(|anchor| anchor.checkpoint).map(|before| before.key);
    if [&own, &before].into_iter().flatten().any(|key| *key == newest.key) {
        return Ok(None);
    }
    let here = own.map_or_else(|| "has no key yet".to_owned(), |key| format!("signs with {key}"));
    Ok(Some(format!(
        "the newest checkpoint of the audit trail is signed by the key {}, and this server {here}: servers on one database need \
         the same --audit-key-file, or each takes the others' checkpoints for foreign",
        newest.key
    )))
}
