//! Whether something waits for room in the database. It is known in memory alone: where there is no room, nothing can be written.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How much of this server waits until the database, or the disk under it, has room again.
#[derive(Clone, Debug, Default)]
pub struct Room(Arc<AtomicUsize>);

impl Room {
    /// Whether nothing waits.
    pub fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Says that something waits, until what it answers is dropped.
    #[must_use]
    pub fn wait(&self) -> Wait {
        self.0.fetch_add(1, Ordering::Relaxed);
        Wait(Arc::clone(&self.0))
    }
}

/// Something that waits for room.
#[derive(Debug)]
pub struct Wait(Arc<AtomicUsize>);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
