//! Whether the trail is as it was written.

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::{Chain, Checkpoint, Link, Page, PublicKey, Row},
};
use protocol::audit::AuditVerdict;

use crate::{Cx, Error};

/// Entries read at once.
const PAGE: i64 = 5_000;

/// Walks over the whole trail, as it is at one moment, and names the first entry that is not as it was written. `keys` are
/// those whose checkpoints count; the server's own when there are none.
pub async fn verify(cx: &Cx, actor: &Actor, keys: &[PublicKey]) -> Result<AuditVerdict, Error> {
    access::require(actor, Action::ReadAudit)?;
    let _alone = cx.verifying.lock().await;
    let own = [cx.audit_key.public()];
    let keys = if keys.is_empty() { &own[..] } else { keys };
    let tx = cx.store.read().await?;
    let checkpoints = tx.audit().checkpoints().await?;
    let head = tx.audit().head().await?;
    let stray = tx.audit().first_seq().await?.filter(|seq| *seq < 1);
    let start = start(tx.audit().after(0, 1).await?.first(), &checkpoints);
    let mut walk = Walk { chain: Chain::after(start.clone()), checked: 0, problem: None, checkpoints, at: 0 };
    walk.pass_checkpoint(&start);
    let mut behind = start.seq;
    let mut page = tx.audit().page_after(behind, PAGE).await?;
    while page.rows > 0 && walk.problem.is_none() {
        // The next rows are read while these are hashed. Where one is missing, the walk ends there.
        behind += page.rows;
        let hashing = tokio::task::spawn_blocking(move || walk.over(page));
        page = tx.audit().page_after(behind, PAGE).await?;
        walk = hashing.await.map_err(|error| Error::Internal(format!("the trail could not be walked over: {error}")))?;
    }
    // Entries count from 1. What stands before that is shown to whoever reads the trail, and in no chain.
    if let Some(seq) = stray {
        walk.problem = Some((seq, format!("entry {seq} was put beside the trail, which begins with 1")));
    }
    Ok(verdict(walk, &start, &head, keys))
}

/// Where the entries that are kept begin: after the first one that is there, if a checkpoint tells what came before it.
fn start(first: Option<&Row>, checkpoints: &[Checkpoint]) -> Link {
    let base = checkpoints.iter().find(|checkpoint| first.is_some_and(|row| row.seq == checkpoint.seq + 1));
    base.map_or_else(Link::genesis, |checkpoint| Link { seq: checkpoint.seq, hash: checkpoint.hash.clone() })
}

fn verdict(walk: Walk, start: &Link, head: &Link, keys: &[PublicKey]) -> AuditVerdict {
    let signatures = walk.checkpoints.iter().find_map(|checkpoint| Some((checkpoint.seq, checkpoint.check(keys).err()?)));
    let last = walk.chain.last().clone();
    let end =
        (last != *head).then(|| (last.seq + 1, format!("entry {} is missing: the trail went on to {}", last.seq + 1, head.seq)));
    let beyond = walk.checkpoints.iter().find(|checkpoint| checkpoint.seq > last.seq);
    let beyond = beyond.map(|checkpoint| {
        (last.seq + 1, format!("entry {} is missing: a checkpoint was signed at {}", last.seq + 1, checkpoint.seq))
    });
    // What the walk found comes first: it is nearest to what was changed.
    let problem = walk.problem.or(beyond).or(end).or(signatures);
    AuditVerdict {
        valid: problem.is_none(),
        entries_checked: walk.checked,
        checkpoints_checked: i64::try_from(walk.checkpoints.len()).unwrap_or(i64::MAX),
        first_seq: (walk.checked > 0).then_some(start.seq + 1),
        last_seq: last.seq,
        head_hash: last.hash,
        first_broken: problem.as_ref().map(|(seq, _)| *seq),
        problem: problem.map(|(_, words)| words),
    }
}

struct Walk {
    chain: Chain,
    checked: i64,
    problem: Option<(i64, String)>,
    checkpoints: Vec<Checkpoint>,
    /// The next checkpoint that lies ahead.
    at: usize,
}

impl Walk {
    fn over(mut self, page: Page) -> Self {
        for row in page.into_rows() {
            if let Err(words) = row.and_then(|row| self.chain.check(row)) {
                self.problem = Some((self.chain.last().seq + 1, words));
                break;
            }
            self.checked += 1;
            let last = self.chain.last();
            if self.checkpoints.get(self.at).is_some_and(|checkpoint| checkpoint.seq <= last.seq) {
                let last = last.clone();
                self.pass_checkpoint(&last);
            }
        }
        self
    }

    /// Looks at the checkpoints up to here.
    fn pass_checkpoint(&mut self, here: &Link) {
        while let Some(checkpoint) = self.checkpoints.get(self.at).filter(|checkpoint| checkpoint.seq <= here.seq) {
            if checkpoint.seq == here.seq && checkpoint.hash != here.hash {
                let words = format!("entry {} is another one than the checkpoint there was signed for", here.seq);
                self.problem = self.problem.take().or(Some((here.seq, words)));
            }
            self.at += 1;
        }
    }
}
