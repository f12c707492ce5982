//! The newest events, read from the database once for all sockets and kept ready to be sent. A socket has only its
//! position here; whoever is too far behind for the ring reads the database by itself.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use domain::actor::Actor;
use protocol::{Envelope, EventSeq};
use services::Cx;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Events that are kept ready.
const RING: usize = 4096;
/// Their bytes together at most, however few they are then.
const RING_BYTES: usize = 16 << 20;
/// Events read at once.
const PAGE: u32 = 500;
/// Without a nudge the database is looked at this often: another process may have written.
const TICK: Duration = Duration::from_secs(1);

/// An event as it is sent.
#[derive(Clone, Debug)]
pub struct Frame {
    pub seq: EventSeq,
    pub text: Utf8Bytes,
}

impl Frame {
    pub fn new(envelope: &Envelope) -> Option<Self> {
        serde_json::to_string(envelope).ok().map(|text| Self { seq: envelope.seq, text: text.into() })
    }
}

/// The shared ring; cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed {
    ring: Arc<RwLock<Ring>>,
    head: watch::Sender<EventSeq>,
}

#[derive(Debug, Default)]
struct Ring {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// Everything behind this position, up to the newest, is in the ring.
    complete_after: EventSeq,
}

/// What the ring has for a reader.
#[derive(Debug)]
pub enum Next {
    Frames(Vec<Frame>),
    /// The ring begins later than the reader's position.
    TooOld,
}

impl Feed {
    /// A ring that begins at `last`, the newest position there is.
    pub fn new(last: EventSeq) -> Self {
        let ring = Ring { complete_after: last, ..Ring::default() };
        Self { ring: Arc::new(RwLock::new(ring)), head: watch::Sender::new(last) }
    }

    /// The newest position, and a wake-up when it moves.
    pub fn watch(&self) -> watch::Receiver<EventSeq> {
        self.head.subscribe()
    }

    /// The newest position.
    pub fn head(&self) -> EventSeq {
        *self.head.borrow()
    }

    /// At most `most` events behind `position`.
    pub fn after(&self, position: EventSeq, most: usize) -> Next {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if position < ring.complete_after {
            return Next::TooOld;
        }
        let start = ring.frames.partition_point(|frame| frame.seq <= position);
        Next::Frames(ring.frames.iter().skip(start).take(most).cloned().collect())
    }

    fn push(&self, envelopes: &[Envelope]) {
        let Some(last) = envelopes.last().map(|envelope| envelope.seq) else { return };
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        for frame in envelopes.iter().filter_map(Frame::new) {
            ring.bytes += frame.text.len();
            ring.frames.push_back(frame);
        }
        while ring.frames.len() > RING || ring.bytes > RING_BYTES {
            let Some(oldest) = ring.frames.pop_front() else { break };
            ring.bytes -= oldest.text.len();
            ring.complete_after = oldest.seq;
        }
        drop(ring);
        self.head.send_replace(last);
    }

    /// Keeps the ring up to date until `stopping` fires.
    pub async fn run(self, cx: Cx, stopping: CancellationToken) {
        let mut nudged = cx.nudges.watch_events();
        loop {
            nudged.mark_unchanged();
            if let Err(error) = self.read(&cx).await {
                tracing::error!(error = &error as &dyn std::error::Error, "new events could not be read");
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = nudged.changed() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    async fn read(&self, cx: &Cx) -> Result<(), services::Error> {
        loop {
            let envelopes = services::events::read(cx, &Actor::Automation, self.head(), PAGE).await?;
            self.push(&envelopes);
            if envelopes.len() < PAGE as usize {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Scope, Timestamp};

    use super::*;

    fn envelopes(range: std::ops::RangeInclusive<EventSeq>) -> Vec<Envelope> {
        range
            .map(|seq| Envelope {
                seq,
                at: Timestamp::from_millis(0),
                kind: "project_created".to_owned(),
                scope: Scope::default(),
                data: serde_json::Value::Null,
            })
            .collect()
    }

    fn seqs(next: Next) -> Option<Vec<EventSeq>> {
        match next {
            Next::Frames(frames) => Some(frames.into_iter().map(|frame| frame.seq).collect()),
            Next::TooOld => None,
        }
    }

    #[test]
    fn a_reader_gets_what_is_behind_its_position_and_nothing_twice() {
        let feed = Feed::new(10);
        assert_eq!(seqs(feed.after(10, 100)), Some(vec![]));
        assert_eq!(seqs(feed.after(9, 100)), None);

        feed.push(&envelopes(11..=14));
        assert_eq!(feed.head(), 14);
        assert_eq!(seqs(feed.after(10, 2)), Some(vec![11, 12]));
        assert_eq!(seqs(feed.after(12, 100)), Some(vec![13, 14]));
        assert_eq!(seqs(feed.after(14, 100)), Some(vec![]));
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_says_so() {
        let feed = Feed::new(0);
        let count = EventSeq::try_from(RING).unwrap();
        feed.push(&envelopes(1..=count + 3));
        assert_eq!(seqs(feed.after(2, 10)), None);
        assert_eq!(seqs(feed.after(3, 2)), Some(vec![4, 5]));
    }
}
