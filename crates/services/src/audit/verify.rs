//! Whether the trail is as it was written.

use std::cmp::Ordering;

use domain::{
    access::{self, Action},
    actor::Actor,
    audit::{Chain, Checkpoint, Link, Page, PublicKey, Row},
};
use protocol::{Timestamp, audit::AuditVerdict, timestamp::HOUR_MS};

use super::anchor::{self, Anchor, NAME};
use crate::{Cx, Error};

/// Entries read at once.
const PAGE: i64 = 5_000;
/// A server signs its first checkpoint within a minute; after so long none is missing by chance.
const SIGNED_BY_THEN_MS: i64 = HOUR_MS;

/// How the trail names commands on the data directory, and loki itself.
const BY_ITSELF: &str = "loki";

/// Walks over the whole trail, as it is at one moment, and names the first entry that is not as it was written. `keys` are
/// those whose checkpoints count; the server's own when there are none. What this server keeps of the trail outside of the
/// database has to be in it.
pub async fn verify(cx: &Cx, actor: &Actor, keys: &[PublicKey]) -> Result<AuditVerdict, Error> {
    access::require(actor, Action::ReadAudit)?;
    let _alone = cx.verifying.lock().await;
    let own = [cx.audit_key.public()];
    let keys = if keys.is_empty() { &own[..] } else { keys };
    // Before the database: what is in the file was committed there.
    let anchor = anchor::read(cx).await;
    let tx = cx.store.read().await?;
    let checkpoints = tx.audit().checkpoints().await?;
    let head = tx.audit().head().await?;
    let stray = tx.audit().first_seq().await?.filter(|seq| *seq < 1);
    let start = start(tx.audit().after(0, 1).await?.first(), &checkpoints);
    let (anchor, unreadable) = match anchor {
        Ok(anchor) => (anchor, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let chain = Chain::after(start.clone());
    let mut walk = Walk { chain, checked: 0, problem: None, checkpoints, at: 0, anchor, fits_anchor: None, served_since: None };
    walk.pass(&start);
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
    // What the walk itself finds comes first: it is nearest to what was changed.
    let outside = walk.against_anchor(&start, keys).or(unreadable.map(|words| (None, words)));
    let outside = outside.or_else(|| walk.never_signed(cx.clock.now()));
    Ok(verdict(walk, (&start, &head), keys, outside))
}

/// Where the entries that are kept begin: after the first one that is there, if a checkpoint tells what came before it.
fn start(first: Option<&Row>, checkpoints: &[Checkpoint]) -> Link {
    let base = checkpoints.iter().find(|checkpoint| first.is_some_and(|row| row.seq == checkpoint.seq + 1));
    base.map_or_else(Link::genesis, |checkpoint| Link { seq: checkpoint.seq, hash: checkpoint.hash.clone() })
}

/// What is wrong, at which entry if it is one.
type Problem = (Option<i64>, String);

fn verdict(walk: Walk, (start, head): (&Link, &Link), keys: &[PublicKey], outside: Option<Problem>) -> AuditVerdict {
    let signatures = walk.checkpoints.iter().find_map(|checkpoint| Some((checkpoint.seq, checkpoint.check(keys).err()?)));
    let last = walk.chain.last().clone();
    let end = wrong_end(&last, head);
    let beyond = walk.checkpoints.iter().find(|checkpoint| checkpoint.seq > last.seq);
    let beyond = beyond.map(|checkpoint| {
        (last.seq + 1, format!("entry {} is missing: a checkpoint was signed at {}", last.seq + 1, checkpoint.seq))
    });
    let within = walk.problem.or(beyond).or(end).or(signatures);
    let problem = within.map(|(seq, words)| (Some(seq), words)).or(outside);
    AuditVerdict {
        valid: problem.is_none(),
        entries_checked: walk.checked,
        checkpoints_checked: i64::try_from(walk.checkpoints.len()).unwrap_or(i64::MAX),
        anchor_seq: walk.anchor.map(|anchor| anchor.end.seq),
        first_seq: (walk.checked > 0).then_some(start.seq + 1),
        last_seq: last.seq,
        head_hash: last.hash,
        first_broken: problem.as_ref().and_then(|(seq, _)| *seq),
        problem: problem.map(|(_, words)| words),
    }
}

/// What is wrong with the last entry against what the database notes as the trail's end.
fn wrong_end(last: &Link, head: &Link) -> Option<(i64, String)> {
    let words = match last.seq.cmp(&head.seq) {
        Ordering::Equal if last.hash == head.hash => return None,
        Ordering::Equal => {
            format!("the trail's end is noted with another hash than that of entry {}, which is the last", last.seq)
        }
        Ordering::Less => {
            return Some((last.seq + 1, format!("entry {} is missing: the trail went on to {}", last.seq + 1, head.seq)));
        }
        Ordering::Greater => format!("the trail's end is noted at entry {}, but it goes on to {}", head.seq, last.seq),
    };
    Some((last.seq, words))
}

struct Walk {
    chain: Chain,
    checked: i64,
    problem: Option<(i64, String)>,
    checkpoints: Vec<Checkpoint>,
    /// The next checkpoint that lies ahead.
    at: usize,
    /// What this server keeps outside of the database.
    anchor: Option<Anchor>,
    /// Whether the entry there is the one that was signed; nothing while the walk did not come by.
    fits_anchor: Option<bool>,
    /// When the first entry was written that only a server writes.
    served_since: Option<i64>,
}

impl Walk {
    fn over(mut self, page: Page) -> Self {
        for row in page.into_rows() {
            let checked = row.and_then(|row| {
                if self.served_since.is_none() && row.actor != BY_ITSELF {
                    self.served_since = Some(row.at);
                }
                self.chain.check(row)
            });
            if let Err(words) = checked {
                self.problem = Some((self.chain.last().seq + 1, words));
                break;
            }
            self.checked += 1;
            let last = self.chain.last();
            let is_signed = self.checkpoints.get(self.at).is_some_and(|checkpoint| checkpoint.seq <= last.seq);
            if is_signed || self.anchor.as_ref().is_some_and(|anchor| anchor.end.seq == last.seq) {
                let last = last.clone();
                self.pass(&last);
            }
        }
        self
    }

    /// Looks at the checkpoints up to here, and at the anchor if it is here.
    fn pass(&mut self, here: &Link) {
        while let Some(checkpoint) = self.checkpoints.get(self.at).filter(|checkpoint| checkpoint.seq <= here.seq) {
            if checkpoint.seq == here.seq && checkpoint.hash != here.hash {
                let words = format!("entry {} is another one than the checkpoint there was signed for", here.seq);
                self.problem = self.problem.take().or(Some((here.seq, words)));
            }
            self.at += 1;
        }
        if let Some(Anchor { end, .. }) = self.anchor.as_ref().filter(|anchor| anchor.end.seq == here.seq) {
            self.fits_anchor = Some(end.hash == here.hash);
        }
    }

    /// What the anchor says against the trail. One that lies before the first entry that is kept says nothing: that entry's
    /// own checkpoint does.
    fn against_anchor(&self, start: &Link, keys: &[PublicKey]) -> Option<Problem> {
        let Anchor { checkpoint, end } = self.anchor.as_ref()?;
        let (seq, last) = (end.seq, self.chain.last().seq);
        if let Some(words) = checkpoint.iter().chain([end]).find_map(|signed| signed.check(keys).err()) {
            return Some((None, format!("{NAME} in the data directory cannot be believed: {words}")));
        }
        let on = Timestamp::from_millis(end.at);
        if seq > last {
            let missing = match seq - last {
                1 => "1 entry is missing".to_owned(),
                count => format!("{count} entries are missing"),
            };
            return Some((Some(last + 1), format!("the trail ends before what was signed on {on}: {missing}")));
        }
        if self.fits_anchor == Some(false) {
            return Some((Some(seq), format!("entry {seq} is another one than the one that was signed on {on}")));
        }
        let is_gone = |signed: &&Checkpoint| {
            signed.seq >= start.seq && self.checkpoints.iter().all(|checkpoint| checkpoint.seq != signed.seq)
        };
        checkpoint.as_ref().filter(is_gone).map(|Checkpoint { seq, at, .. }| {
            let on = Timestamp::from_millis(*at);
            (Some(*seq), format!("the checkpoint that was signed at entry {seq} on {on} is missing"))
        })
    }

    /// A trail that a server kept for long was signed.
    fn never_signed(&self, now: Timestamp) -> Option<Problem> {
        let since = self.served_since.filter(|_| self.checkpoints.is_empty() && self.anchor.is_none())?;
        let words = format!(
            "the trail goes back to {} and has no checkpoint: they were taken away, or no server ever kept it for a minute",
            Timestamp::from_millis(since)
        );
        (now.millis() - since >= SIGNED_BY_THEN_MS).then_some((None, words))
    }
}
