//! When tokens were used: counted in memory and written from time to time, so that reading does not write.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use protocol::{Timestamp, TokenId};

use crate::{Cx, Error};

/// Uses that are not written yet. A crash loses those since the last writing, half a minute at most.
#[derive(Debug, Default)]
pub struct TokenUses(Mutex<HashMap<TokenId, (i64, Timestamp)>>);

impl TokenUses {
    /// Counts a request.
    pub fn count(&self, token: TokenId, now: Timestamp) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, last) = uses.entry(token).or_insert((0, now));
        *requests += 1;
        *last = now;
    }

    fn take(&self) -> HashMap<TokenId, (i64, Timestamp)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what was counted since the last time.
pub async fn write_token_uses(cx: &Cx) -> Result<(), Error> {
    let uses = cx.token_uses.take();
    if uses.is_empty() {
        return Ok(());
    }
    let tx = cx.store.begin().await?;
    for (token, (requests, last)) in uses {
        tx.tokens().used(token, requests, last).await?;
    }
    Ok(tx.commit().await?)
}
