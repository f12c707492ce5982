//! The anchor: where the chain ended not long ago and the newest checkpoint, signed, outside of the database, in this server's data
//! directory. Whoever can write the database alone may take entries off the end, and checkpoints with them; that they were there
//! stands here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use domain::audit::Checkpoint;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::{Cx, Error};

/// The file's name.
pub(super) const NAME: &str = "audit.last";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Anchor {
    /// The newest checkpoint of the database that this server's key signed.
    pub checkpoint: Option<Checkpoint>,
    /// Where the chain ended, signed in the same way; the database has no checkpoint there.
    pub end: Checkpoint,
}

/// Puts where the chain ends by now into the anchor, when it went on and still goes through it. Asked every few seconds, so that
/// what was added longer ago cannot be taken off the end unseen.
pub async fn follow(cx: &Cx) -> Result<(), Error> {
    let anchor = read(cx).await?;
    let tx = cx.store.read().await?;
    let head = tx.audit().head().await?;
    if anchor.as_ref().is_some_and(|anchor| (anchor.end.seq, &anchor.end.hash) == (head.seq, &head.hash)) {
        return Ok(());
    }
    require(cx, &tx, anchor.as_ref()).await?;
    drop(tx);
    raise(cx, anchor.as_ref()).await
}

/// What is in the file; nothing when there is no file.
pub(super) async fn read(cx: &Cx) -> io::Result<Option<Anchor>> {
    read_in(&cx.settings.data_dir).await
}

/// What is in the file of a data directory, whose server may not run; nothing when there is no file.
pub(super) async fn read_in(data_dir: &Path) -> io::Result<Option<Anchor>> {
    let path = data_dir.join(NAME);
    on_the_disk(move || load(&path)).await
}

/// Refuses a trail that does not go through the anchor any more: what is signed or removed there would cover up what happened.
pub(super) async fn require(cx: &Cx, tx: &Tx, anchor: Option<&Anchor>) -> Result<(), Error> {
    let Some(Anchor { end, .. }) = anchor else { return Ok(()) };
    let next = tx.audit().after(end.seq.saturating_sub(1), 1).await?.pop();
    let goes_through = match next {
        Some(row) if row.seq == end.seq => row.hash == end.hash,
        // It was removed when its time was over, which is signed.
        Some(row) => {
            let own = [cx.audit_key.public()];
            let checkpoints = tx.audit().checkpoints().await?;
            checkpoints.iter().any(|checkpoint| checkpoint.seq + 1 == row.seq && checkpoint.check(&own).is_ok())
        }
        None => false,
    };
    if goes_through {
        return Ok(());
    }
    Err(Error::Internal(format!(
        "entry {} of the audit trail is not the one that was signed on {}: nothing is signed or removed until somebody looks into it. \
         \"loki audit verify\" says more; {NAME} of the data directory, moved away, lets the trail go on as it is",
        end.seq,
        Timestamp::from_millis(end.at)
    )))
}

/// Puts the newest checkpoint and the end of the chain into the file. What the file holds only ever moves forward, and a checkpoint
/// that was not signed by this server's key does not get there. Comes after the commit: a file that lags behind proves less, and
/// nothing wrong.
pub(super) async fn raise(cx: &Cx, anchor: Option<&Anchor>) -> Result<(), Error> {
    let tx = cx.store.read().await?;
    let (head, newest) = (tx.audit().head().await?, tx.audit().last_checkpoint().await?);
    drop(tx);
    let own = [cx.audit_key.public()];
    let before = anchor.and_then(|anchor| anchor.checkpoint.as_ref());
    let is_newer = |newest: &Checkpoint| before.is_none_or(|before| before.seq < newest.seq) && newest.check(&own).is_ok();
    let newer = newest.filter(is_newer);
    let old = anchor.map(|anchor| &anchor.end).filter(|end| end.seq >= head.seq);
    if head.seq == 0 || (old.is_some() && newer.is_none()) {
        return Ok(());
    }
    let end = old.cloned().unwrap_or_else(|| cx.audit_key.sign(&head, cx.clock.now().millis()));
    let raised = Anchor { checkpoint: newer.or_else(|| before.cloned()), end };
    let path = cx.settings.data_dir.join(NAME);
    Ok(on_the_disk(move || save(&path, &raised)).await?)
}

/// Away from the threads that answer requests.
async fn on_the_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
    done.map_err(|error| io::Error::new(error.kind(), format!("{NAME} in the data directory: {error}")))
}

fn load(path: &Path) -> io::Result<Option<Anchor>> {
    match fs::read(path) {
        Ok(text) => parse(&text)
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it was changed: there is no checkpoint in it")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Also what earlier versions wrote: the newest checkpoint alone, which says where the chain ended too.
fn parse(text: &[u8]) -> Option<Anchor> {
    let of_one = |checkpoint: Checkpoint| Anchor { end: checkpoint.clone(), checkpoint: Some(checkpoint) };
    serde_json::from_slice(text).ok().or_else(|| serde_json::from_slice(text).ok().map(of_one))
}

/// All of the new file or all of the old one, whenever the power goes.
fn save(path: &Path, anchor: &Anchor) -> io::Result<()> {
    let text = serde_json::to_string(anchor).map_err(io::Error::other)?;
    let new = path.with_extension("last.new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The new name itself lies in the folder.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use domain::audit::{AuditKey, Link};

    use super::*;

    #[test]
    fn what_is_written_is_read_and_so_is_the_checkpoint_of_earlier_versions() {
        let key = AuditKey::new([7; 32]);
        let checkpoint = key.sign(&Link { seq: 3, hash: "a".repeat(64) }, 1);
        let end = key.sign(&Link { seq: 5, hash: "b".repeat(64) }, 2);
        for anchor in [Anchor { checkpoint: Some(checkpoint.clone()), end: end.clone() }, Anchor { checkpoint: None, end }] {
            assert_eq!(parse(&serde_json::to_vec(&anchor).unwrap()), Some(anchor));
        }
        let alone = Anchor { checkpoint: Some(checkpoint.clone()), end: checkpoint.clone() };
        assert_eq!(parse(&serde_json::to_vec(&checkpoint).unwrap()), Some(alone));
        for wrong in ["", "{}", "null", "{\"end\":{}}"] {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
