//! A value kept in memory for as long as nothing was committed, and never longer than a second.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use store::Commits;

/// Another process may change the database too (the command line does), so nothing is kept longer.
pub const MOST: Duration = Duration::from_secs(1);

/// How long the others wait for the one that reads. Where the database does not answer, they would be held up one after the other.
const TURN: Duration = Duration::from_secs(1);

/// Marks a moment of this server: how many commits there were, and when.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    commits: u64,
    at: Instant,
}

impl Moment {
    /// Taken before a value is read, so that a commit during the reading makes the value stale and not fresh.
    pub fn now(commits: &Commits) -> Self {
        Self { commits: commits.so_far(), at: Instant::now() }
    }

    /// Whether what was read at `earlier` still holds at `self`.
    pub fn still_holds(self, earlier: Self) -> bool {
        self.commits == earlier.commits && self.at.saturating_duration_since(earlier.at) < MOST
    }
}

/// A value with the moment at which its reading began. However many ask at once for one that is stale, one of them reads
/// unless that takes long.
#[derive(Debug)]
pub struct Cached<T> {
    kept: Mutex<Option<(Moment, T)>>,
    reading: tokio::sync::Mutex<()>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { kept: Mutex::new(None), reading: tokio::sync::Mutex::new(()) }
    }
}

impl<T: Clone> Cached<T> {
    /// The value in memory if it still holds, else what `read` gives, which is kept. The reading is on the heap: most requests find
    /// the value and would carry its room along through everything that they go through.
    pub async fn get<E, F>(&self, commits: &Commits, read: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let asked = Moment::now(commits);
        if let Some(value) = self.kept(asked) {
            return Ok(value);
        }
        let _alone = tokio::time::timeout(TURN, self.reading.lock()).await;
        // Whoever had the turn before may have begun to read after this was asked: then that is news enough.
        if let Some(value) = self.kept(asked) {
            return Ok(value);
        }

        let began = Moment::now(commits);
        let value = Box::pin(read()).await?;
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((began, value.clone()));
        Ok(value)
    }

    /// Whether the value is there and holds at `now`.
    pub fn holds(&self, now: Moment) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().is_some_and(|(read_at, _)| now.still_holds(*read_at))
    }

    fn kept(&self, asked: Moment) -> Option<T> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = kept.as_ref()?;
        (asked.still_holds(*read_at) || read_at.at > asked.at).then(|| value.clone())
    }
}

/// More than these in one second are asked of the database again.
const SLOTS: usize = 1024;

/// Values by what they are found with.
#[derive(Debug)]
pub struct CachedBy<K, T>(Mutex<HashMap<K, Arc<Cached<T>>>>);

impl<K, T> Default for CachedBy<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T: Clone> CachedBy<K, T> {
    /// The value in memory if it still holds, else what `read` gives. Only what was found is kept: guesses take no room.
    pub async fn get<E, F>(&self, key: K, commits: &Commits, read: impl FnOnce() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let Some(slot) = self.slot(&key, commits) else { return Box::pin(read()).await };
        let found = slot.get(commits, read).await;
        if found.is_err() {
            self.forget(&key, &slot);
        }
        found
    }

    /// Where that value is kept; nothing when too many are in use.
    fn slot(&self, key: &K, commits: &Commits) -> Option<Arc<Cached<T>>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            return Some(Arc::clone(slot));
        }
        if slots.len() >= SLOTS {
            let now = Moment::now(commits);
            slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.holds(now));
        }
        (slots.len() < SLOTS).then(|| Arc::clone(slots.entry(key.clone()).or_default()))
    }

    fn forget(&self, key: &K, slot: &Arc<Cached<T>>) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.get(key).is_some_and(|kept| Arc::ptr_eq(kept, slot)) {
            slots.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn a_value_is_read_again_only_after_a_commit() {
        let (cached, commits) = (Cached::default(), Commits::default());
        let read = async |value: u8| cached.get(&commits, async || Ok::<_, Infallible>(value)).await.unwrap();

        assert_eq!([read(1).await, read(2).await], [1, 1]);
        commits.one_more();
        assert_eq!([read(3).await, read(4).await], [3, 3]);
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_reads() {
        let (cached, commits) = (Cached::default(), Commits::default());
        let reads = std::sync::atomic::AtomicU32::new(0);
        let ask = || {
            cached.get(&commits, async || {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
            })
        };

        let values = futures::future::try_join_all((0..20).map(|_| ask())).await.unwrap();

        assert_eq!(values, [0; 20]);
    }

    #[tokio::test]
    async fn a_reader_who_fails_or_leaves_hands_its_turn_on() {
        let (cached, commits) = (Cached::default(), Commits::default());
        assert_eq!(cached.get(&commits, async || Err::<u8, _>("broken")).await, Err("broken"));
        {
            let mut leaving = std::pin::pin!(cached.get(&commits, std::future::pending::<Result<u8, &str>>));
            assert!(futures::poll!(leaving.as_mut()).is_pending());
        }
        assert_eq!(cached.get(&commits, async || Ok::<_, &str>(3)).await, Ok(3));
    }
}
