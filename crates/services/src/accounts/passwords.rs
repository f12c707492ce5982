//! Passwords: Argon2id at OWASP's parameters (19 MiB, 2 passes, 1 lane), rules after NIST SP 800-63B.

use std::sync::{Arc, LazyLock};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::passwords::{self as rules, Weakness};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Cx, Error};

/// Hashings at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Hashings that may wait for their turn; more are sent away.
const WAITING: usize = 16;

/// Where passwords are hashed: a few at a time with a short queue, so that strangers can use up neither memory nor the cores.
#[derive(Clone, Debug)]
pub struct HashingRoom {
    queue: Arc<Semaphore>,
    seats: Arc<Semaphore>,
}

impl Default for HashingRoom {
    fn default() -> Self {
        Self { queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)), seats: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// A seat in the room. It goes along with the work, which outlives a caller that went away.
#[derive(Debug)]
struct Seat {
    _queued: OwnedSemaphorePermit,
    _working: OwnedSemaphorePermit,
}

impl HashingRoom {
    async fn enter(&self) -> Result<Seat, Error> {
        let full = |_| Error::TooMany { retry_after_seconds: 1 };
        let queued = Arc::clone(&self.queue).try_acquire_owned().map_err(full)?;
        let closed = |_| Error::Internal("the room for hashing is closed".to_owned());
        let working = Arc::clone(&self.seats).acquire_owned().await.map_err(closed)?;
        Ok(Seat { _queued: queued, _working: working })
    }
}

fn argon() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Checks a new password of the person with that email address and name against the rules, and hashes it.
pub(super) async fn hash(cx: &Cx, password: &str, (email, name): (&str, &str)) -> Result<String, Error> {
    let password = rules::accept(password, email, name).map_err(weak)?;
    if was_breached(cx, &password).await {
        return Err(weak(Weakness::Breached));
    }
    let mut salt = [0; 16];
    cx.ids.random(&mut salt);
    digest(&cx.hashing, password, salt).await
}

fn weak(weakness: Weakness) -> Error {
    Error::Invalid(weakness.to_string())
}

/// Whether the list of breached passwords knows it. A list that does not answer keeps nobody out.
async fn was_breached(cx: &Cx, password: &str) -> bool {
    let Some(breaches) = &cx.breaches else { return false };
    let (prefix, rest) = rules::breach_key(password);
    match breaches.range(&prefix).await {
        Ok(range) => rules::is_breached(&range, &rest),
        Err(error) => {
            tracing::warn!(error, "the list of breached passwords does not answer; a new password was taken without it");
            false
        }
    }
}

/// Hashes a secret, on a thread of its own because it takes a while by design.
pub(super) async fn digest(room: &HashingRoom, secret: String, salt: [u8; 16]) -> Result<String, Error> {
    let seat = room.enter().await?;
    let hashed = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        argon().hash_password_with_salt(secret.as_bytes(), &salt).map(|hash| hash.to_string())
    });
    match hashed.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(Error::Internal(format!("a secret could not be hashed: {error}"))),
        Err(error) => Err(Error::Internal(format!("a secret could not be hashed: {error}"))),
    }
}

/// Whether `password` is the one behind `stored`. Without a stored hash it takes as long and says no, so that nobody can
/// tell by the clock which addresses have an account.
pub(super) async fn verify(room: &HashingRoom, password: &str, stored: Option<String>) -> Result<bool, Error> {
    static NOBODY: LazyLock<String> = LazyLock::new(|| {
        argon().hash_password_with_salt(b"nobody has this password", &[7; 16]).map(|hash| hash.to_string()).unwrap_or_default()
    });
    let Ok(password) = rules::normal(password) else { return Ok(false) };
    let seat = room.enter().await?;
    let checked = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        let exists = stored.is_some();
        let text = stored.unwrap_or_else(|| NOBODY.clone());
        let matches = PasswordHash::new(&text).is_ok_and(|hash| argon().verify_password(password.as_bytes(), &hash).is_ok());
        matches && exists
    });
    Ok(checked.await.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_few_passwords_are_hashed_at_once_some_wait_and_more_are_sent_away() {
        let room = HashingRoom::default();
        let mut working = Vec::new();
        for _ in 0..AT_ONCE {
            working.push(room.enter().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(room.enter())).collect();
        for one in &mut waiting {
            assert!(futures_ready(one.as_mut()).await.is_none());
        }

        assert!(matches!(room.enter().await, Err(Error::TooMany { retry_after_seconds: 1 })));

        working.pop();
        let first = waiting.remove(0).await;
        assert!(first.is_ok());
        assert!(futures_ready(Box::pin(room.enter()).as_mut()).await.is_none(), "one seat in the queue is free again");
    }

    /// Polls once.
    async fn futures_ready<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
