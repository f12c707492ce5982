//! The anchor: a copy of the newest checkpoint outside of the database, in this server's data directory. Whoever can write the
//! database alone may take checkpoints away together with the entries before them; that they were there stands here.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use domain::audit::Checkpoint;
use protocol::Timestamp;
use store::Tx;

use crate::{Cx, Error};

/// The file's name.
pub(super) const NAME: &str = "audit.last";

/// The checkpoint in the file; nothing when there is no file.
pub(super) async fn read(cx: &Cx) -> io::Result<Option<Checkpoint>> {
    read_in(&cx.settings.data_dir).await
}

/// The same of a data directory whose server may not run.
pub(super) async fn read_in(data_dir: &Path) -> io::Result<Option<Checkpoint>> {
    let path = data_dir.join(NAME);
    on_the_disk(move || load(&path)).await
}

/// Refuses a trail that does not go through the anchor any more: what is signed or removed there would cover up what happened.
pub(super) async fn require(cx: &Cx, tx: &Tx, anchor: Option<&Checkpoint>) -> Result<(), Error> {
    let Some(anchor) = anchor else { return Ok(()) };
    let next = tx.audit().after(anchor.seq.saturating_sub(1), 1).await?.pop();
    let goes_through = match next {
        Some(row) if row.seq == anchor.seq => row.hash == anchor.hash,
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
        anchor.seq,
        Timestamp::from_millis(anchor.at)
    )))
}

/// Puts the newest checkpoint of the database into the file. What the file holds only ever moves forward, and a checkpoint that
/// was not signed by this server's key does not get there. Comes after the commit: a file that lags behind proves less, and
/// nothing wrong.
pub(super) async fn raise(cx: &Cx, anchor: Option<&Checkpoint>) -> Result<(), Error> {
    let Some(newest) = cx.store.read().await?.audit().last_checkpoint().await? else { return Ok(()) };
    let is_ahead = anchor.is_none_or(|anchor| anchor.seq < newest.seq);
    if !is_ahead || newest.check(&[cx.audit_key.public()]).is_err() {
        return Ok(());
    }
    let path = cx.settings.data_dir.join(NAME);
    Ok(on_the_disk(move || save(&path, &newest)).await?)
}

/// Away from the threads that answer requests.
async fn on_the_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?;
    done.map_err(|error| io::Error::new(error.kind(), format!("{NAME} in the data directory: {error}")))
}

fn load(path: &Path) -> io::Result<Option<Checkpoint>> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it was changed: there is no checkpoint in it")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All of the new file or all of the old one, whenever the power goes.
fn save(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let text = serde_json::to_string(checkpoint).map_err(io::Error::other)?;
    let new = path.with_extension("last.new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The new name itself lies in the folder.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
