//! The newest events, read from the database once for all sockets and kept ready to be sent. A socket has only its
//! position here; whoever is too far behind for the ring reads the database by itself.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use domain::{actor::Actor, errors::explain, reach::Reach};
use protocol::{Envelope, EventSeq, ProjectId, TeamId, UserId, access::Scope, teams::Owner};
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
    /// What it is about; whoever may not know of it does not get it.
    project: Option<ProjectId>,
    team: Option<TeamId>,
    person: Option<UserId>,
}

impl Frame {
    pub fn new(envelope: &Envelope) -> Option<Self> {
        serde_json::to_string(envelope).ok().map(|text| Self {
            seq: envelope.seq,
            text: text.into(),
            project: envelope.scope.project_id,
            team: envelope.scope.team_id,
            person: envelope.scope.user_id,
        })
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
    /// Whom the projects of these events belong to, as of the newest event.
    owners: HashMap<ProjectId, Owner>,
}

/// What the ring has for a reader.
#[derive(Debug)]
pub enum Next {
    /// Those that the reader may know of, and where it stands when it has them.
    Frames { frames: Vec<Frame>, until: EventSeq },
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

    /// Of at most `most` events behind `position` those that somebody of that reach may know of.
    pub fn after(&self, position: EventSeq, most: usize, reach: &Reach) -> Next {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        if position < ring.complete_after {
            return Next::TooOld;
        }
        let start = ring.frames.partition_point(|frame| frame.seq <= position);
        let frames = || ring.frames.iter().skip(start).take(most);
        let until = frames().next_back().map_or(position, |frame| frame.seq);
        Next::Frames { frames: frames().filter(|frame| ring.is_seen(frame, reach)).cloned().collect(), until }
    }

    fn push(&self, envelopes: &[Envelope], owners: HashMap<ProjectId, Owner>) {
        let Some(last) = envelopes.last().map(|envelope| envelope.seq) else { return };
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.owners.extend(owners);
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
                tracing::error!(error = %explain(&error), "new events could not be read");
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
            let owners = services::events::owners(cx, &envelopes).await?;
            self.push(&envelopes, owners);
            if envelopes.len() < PAGE as usize {
                return Ok(());
            }
        }
    }
}

impl Ring {
    fn is_seen(&self, frame: &Frame, reach: &Reach) -> bool {
        match (frame.project, frame.team) {
            (Some(project), _) => {
                let owner = self.owners.get(&project).copied();
                owner.is_some_and(|owner| reach.on(project, owner).has(Scope::Read))
            }
            (None, Some(team)) => reach.in_team(team).has(Scope::Read),
            (None, None) => reach.hears_of(frame.person),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{access::Scopes, reach::TokenLimits};
    use protocol::{Timestamp, access::Role};

    use super::*;

    fn envelopes(range: std::ops::RangeInclusive<EventSeq>) -> Vec<Envelope> {
        range
            .map(|seq| Envelope {
                seq,
                at: Timestamp::from_millis(0),
                kind: "project_created".to_owned(),
                scope: protocol::EventScope::default(),
                data: serde_json::Value::Null,
            })
            .collect()
    }

    fn seqs(next: Next) -> Option<Vec<EventSeq>> {
        match next {
            Next::Frames { frames, .. } => Some(frames.into_iter().map(|frame| frame.seq).collect()),
            Next::TooOld => None,
        }
    }

    #[test]
    fn a_reader_gets_what_is_behind_its_position_and_nothing_twice() {
        let feed = Feed::new(10);
        assert_eq!(seqs(feed.after(10, 100, &Reach::EVERYTHING)), Some(vec![]));
        assert_eq!(seqs(feed.after(9, 100, &Reach::EVERYTHING)), None);

        feed.push(&envelopes(11..=14), HashMap::new());
        assert_eq!(feed.head(), 14);
        assert_eq!(seqs(feed.after(10, 2, &Reach::EVERYTHING)), Some(vec![11, 12]));
        assert_eq!(seqs(feed.after(12, 100, &Reach::EVERYTHING)), Some(vec![13, 14]));
        assert_eq!(seqs(feed.after(14, 100, &Reach::EVERYTHING)), Some(vec![]));
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_says_so() {
        let feed = Feed::new(0);
        let count = EventSeq::try_from(RING).unwrap();
        feed.push(&envelopes(1..=count + 3), HashMap::new());
        assert_eq!(seqs(feed.after(2, 10, &Reach::EVERYTHING)), None);
        assert_eq!(seqs(feed.after(3, 2, &Reach::EVERYTHING)), Some(vec![4, 5]));
    }

    #[test]
    fn nobody_gets_what_they_may_not_know_and_goes_on_behind_it() {
        let ids: Vec<ProjectId> = (1..=3).map(|number| ProjectId(uuid::Uuid::from_u128(number))).collect();
        let ada = UserId(uuid::Uuid::from_u128(9));
        let feed = Feed::new(0);
        let mut told = envelopes(1..=5);
        told.iter_mut().zip(&ids).for_each(|(envelope, id)| envelope.scope.project_id = Some(*id));
        // The last two are of the installation, and of Ada alone.
        told[4].scope = protocol::EventScope::person(ada);
        let owners = [(ids[0], Owner::Installation), (ids[1], Owner::User(ada))];
        feed.push(&told, owners.into());
        let seen = |reach: &Reach| match feed.after(0, 10, reach) {
            Next::Frames { frames, until } => (frames.iter().map(|frame| frame.seq).collect::<Vec<_>>(), until),
            Next::TooOld => (vec![], 0),
        };
        let person = |id| Reach::of_person(id, Role::Viewer, domain::reach::Grants::default());

        // The third is of a project of which nothing is known.
        assert_eq!(seen(&person(ada)), (vec![1, 2, 5], 5));
        assert_eq!(seen(&person(UserId(uuid::Uuid::from_u128(8)))), (vec![1], 5));
        assert_eq!(seen(&Reach::NOTHING), (vec![], 5));
        let program = |limits| person(ada).held_to(Scopes::of(&[Scope::Read]), limits);
        assert_eq!(seen(&program(TokenLimits::default())), (vec![1, 2, 5], 5));
        assert_eq!(seen(&program(TokenLimits { projects: [ids[0]].into(), ..TokenLimits::default() })), (vec![1], 5));
        let admin = Reach::of_person(UserId(uuid::Uuid::from_u128(7)), Role::Admin, domain::reach::Grants::default());
        assert_eq!(seen(&admin), (vec![1, 2, 4, 5], 5));
    }
}
