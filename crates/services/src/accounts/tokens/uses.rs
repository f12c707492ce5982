//! When tokens were used: counted in memory and written from time to time, so that reading does not write.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::errors::explain;
use protocol::{Timestamp, TokenId};
use store::StoreError;

use crate::Cx;

/// Uses that are not written yet: how many, and when the last was.
type Uses = HashMap<TokenId, (i64, Timestamp)>;

/// Uses that are not written yet. A crash loses those since the last writing, half a minute at most.
#[derive(Debug, Default)]
pub struct TokenUses(Mutex<Uses>);

impl TokenUses {
    /// Counts a request.
    pub fn count(&self, token: TokenId, now: Timestamp) {
        self.add([(token, (1, now))]);
    }

    fn add(&self, uses: impl IntoIterator<Item = (TokenId, (i64, Timestamp))>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (token, (requests, last)) in uses {
            let known = all.entry(token).or_insert((0, last));
            *known = (known.0 + requests, known.1.max(last));
        }
    }

    fn take(&self) -> Taken<'_> {
        let uses = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Taken { of: self, uses }
    }
}

/// Uses that are being written. Those that are in it when it goes, for whatever reason, are written the next time.
struct Taken<'a> {
    of: &'a TokenUses,
    uses: Uses,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.of.add(self.uses.drain());
    }
}

/// Writes what was counted since the last time. What cannot be written now is told to the log and written the next time: nothing
/// else fails for it.
pub async fn write_token_uses(cx: &Cx) {
    let mut taken = cx.token_uses.take();
    if let Err(error) = write(cx, &mut taken.uses).await {
        tracing::warn!(error = %explain(&error), "when tokens were used could not be written");
    }
}

/// Leaves in `uses` what is to be written later.
async fn write(cx: &Cx, uses: &mut Uses) -> Result<(), StoreError> {
    if uses.is_empty() {
        return Ok(());
    }
    let tx = cx.store.begin().await?;
    for (token, (requests, last)) in uses.iter() {
        tx.tokens().used(*token, *requests, *last).await?;
    }
    tx.commit().await?;
    uses.clear();
    Ok(())
}
