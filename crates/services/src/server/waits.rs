//! What waits for the database. It is known in memory alone: what cannot be written cannot be looked up either.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use store::Lack;

/// How much of this server waits until the database has room again, or answers again.
#[derive(Clone, Debug, Default)]
pub struct Waits(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    room: AtomicUsize,
    answer: AtomicUsize,
}

impl Counts {
    fn of(&self, lack: Lack) -> &AtomicUsize {
        match lack {
            Lack::Room => &self.room,
            Lack::Answer => &self.answer,
        }
    }
}

impl Waits {
    /// Whether something waits for room.
    pub fn for_room(&self) -> bool {
        self.0.room.load(Ordering::Relaxed) > 0
    }

    /// Whether something waits for an answer.
    pub fn for_answer(&self) -> bool {
        self.0.answer.load(Ordering::Relaxed) > 0
    }

    /// Says that something waits, until what it answers is dropped.
    #[must_use]
    pub fn begin(&self, lack: Lack) -> Wait {
        self.0.of(lack).fetch_add(1, Ordering::Relaxed);
        Wait { counts: Arc::clone(&self.0), lack }
    }
}

/// Something that waits.
#[derive(Debug)]
pub struct Wait {
    counts: Arc<Counts>,
    lack: Lack,
}

impl Wait {
    /// What it waits for.
    pub fn lack(&self) -> Lack {
        self.lack
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.counts.of(self.lack).fetch_sub(1, Ordering::Relaxed);
    }
}
