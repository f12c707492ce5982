//! Bearer tokens that were found good, kept while nothing was committed and never longer than a second: a script that
//! asks often costs one database query a second, and a token that is revoked here stops at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use services::{
    Cx,
    accounts::{self, KnownToken},
};
use sha2::{Digest as _, Sha256};

use crate::{
    error::HttpError,
    fresh::{Fresh, Moment},
};

/// More tokens than this in one second are asked of the database again.
const MOST: usize = 1024;

type Key = [u8; 32];

/// Tokens by the hash of their secret.
#[derive(Debug, Default)]
pub struct TokenCache(Mutex<HashMap<Key, Arc<Fresh<Arc<KnownToken>>>>>);

impl TokenCache {
    /// The token behind a secret.
    pub async fn authenticate(&self, cx: &Cx, secret: &str, issuer: &str) -> Result<Arc<KnownToken>, HttpError> {
        let key: Key = Sha256::digest(secret.as_bytes()).into();
        let Some(slot) = self.slot(key, cx) else { return ask(cx, secret, issuer).await };
        let found = slot.get(&cx.nudges, ask(cx, secret, issuer)).await;
        if found.is_err() {
            self.forget(&key, &slot);
        }
        found
    }

    /// Where that token is kept; nothing when too many are in use.
    fn slot(&self, key: Key, cx: &Cx) -> Option<Arc<Fresh<Arc<KnownToken>>>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&key) {
            return Some(Arc::clone(slot));
        }
        if slots.len() >= MOST {
            let now = Moment::now(&cx.nudges);
            slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.holds(now));
        }
        (slots.len() < MOST).then(|| Arc::clone(slots.entry(key).or_default()))
    }

    /// Guesses take no room.
    fn forget(&self, key: &Key, slot: &Arc<Fresh<Arc<KnownToken>>>) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.get(key).is_some_and(|kept| Arc::ptr_eq(kept, slot)) {
            slots.remove(key);
        }
    }
}

async fn ask(cx: &Cx, secret: &str, issuer: &str) -> Result<Arc<KnownToken>, HttpError> {
    let found = if secret.starts_with("loki_") {
        accounts::authenticate_token(cx, secret).await
    } else {
        accounts::authenticate_access_token(cx, secret, issuer).await
    };
    match found {
        Ok(token) => Ok(Arc::new(token)),
        Err(services::Error::Unauthorized(_) | services::Error::NotFound(_)) => Err(HttpError::bad_token()),
        Err(other) => Err(other.into()),
    }
}
