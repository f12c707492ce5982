//! A value kept in memory for as long as nothing was committed, and never longer than a second.

use std::{
    future::Future,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use services::Nudges;

/// Another process may change the database without a nudge (the command line does), so nothing is kept longer.
pub const MOST: Duration = Duration::from_secs(1);

/// Marks a moment of this server: how many commits there were, and when.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    commits: u64,
    at: Instant,
}

impl Moment {
    /// Taken before a value is read, so that a commit during the reading makes the value stale and not fresh.
    pub fn now(nudges: &Nudges) -> Self {
        Self { commits: nudges.events_so_far(), at: Instant::now() }
    }

    /// Whether what was read at `earlier` still holds at `self`.
    pub fn still_holds(self, earlier: Self) -> bool {
        self.commits == earlier.commits && self.at.saturating_duration_since(earlier.at) < MOST
    }
}

/// A value with the moment at which its reading began. However many ask at once for one that is stale, one of them reads.
#[derive(Debug)]
pub struct Fresh<T> {
    kept: Mutex<Option<(Moment, T)>>,
    reading: tokio::sync::Mutex<()>,
}

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self { kept: Mutex::new(None), reading: tokio::sync::Mutex::new(()) }
    }
}

impl<T: Clone> Fresh<T> {
    /// The value in memory if it still holds, else what `read` gives, which is kept.
    pub async fn get<E>(&self, nudges: &Nudges, read: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let asked = Moment::now(nudges);
        if let Some(value) = self.kept(asked) {
            return Ok(value);
        }
        let _alone = self.reading.lock().await;
        // Whoever had the turn before may have begun to read after this was asked: then that is news enough.
        if let Some(value) = self.kept(asked) {
            return Ok(value);
        }

        let began = Moment::now(nudges);
        let value = read.await?;
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn a_value_is_read_again_only_after_a_commit() {
        let (fresh, nudges) = (Fresh::default(), Nudges::default());
        let read = async |value: u8| fresh.get(&nudges, async { Ok::<_, Infallible>(value) }).await.unwrap();

        assert_eq!([read(1).await, read(2).await], [1, 1]);
        nudges.events();
        assert_eq!([read(3).await, read(4).await], [3, 3]);
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_reads() {
        let (fresh, nudges) = (Fresh::default(), Nudges::default());
        let reads = std::sync::atomic::AtomicU32::new(0);
        let ask = || {
            fresh.get(&nudges, async {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
            })
        };

        let values = futures::future::try_join_all((0..20).map(|_| ask())).await.unwrap();

        assert_eq!(values, [0; 20]);
    }

    #[tokio::test]
    async fn a_reader_who_fails_or_leaves_hands_its_turn_on() {
        let (fresh, nudges) = (Fresh::default(), Nudges::default());
        assert_eq!(fresh.get(&nudges, async { Err::<u8, _>("broken") }).await, Err("broken"));
        {
            let mut leaving = std::pin::pin!(fresh.get(&nudges, std::future::pending::<Result<u8, &str>>()));
            assert!(futures::poll!(leaving.as_mut()).is_pending());
        }
        assert_eq!(fresh.get(&nudges, async { Ok::<_, &str>(3) }).await, Ok(3));
    }
}
