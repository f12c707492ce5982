//! How many sockets each person and each token has open: each holds a file descriptor, and nobody is to hold them all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::actor::Actor;

use crate::guard::limits::Principal;

/// Milliseconds in which one refusal of each goes on record: pages that are left open try again and again.
const SAID: i64 = 60_000;

/// The open sockets of this process.
#[derive(Clone, Debug)]
pub struct OpenSockets {
    /// How many one person or token may have; as many as they like when absent.
    most: Option<u32>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    taken: HashMap<Principal, u32>,
    /// Whose refusal went on record, and when.
    said: HashMap<Principal, i64>,
}

/// A socket that counts as open until this is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    of: Option<Principal>,
    kept: Arc<Mutex<Kept>>,
}

/// Why there can be no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full {
    /// What to do about it; short enough for a closing frame.
    pub words: String,
    /// Whether it is to go on record.
    pub is_news: bool,
}

impl OpenSockets {
    pub fn new(most: Option<u32>) -> Self {
        Self { most, kept: Arc::default() }
    }

    /// Counts one more socket of that actor, unless they have as many as they may. `now` is in milliseconds.
    pub fn take(&self, actor: &Actor, now: i64) -> Result<OpenSocket, Full> {
        let of = self.most.and_then(|most| Some((Principal::of(actor)?, most)));
        if let Some((whose, most)) = of {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let open = kept.taken.entry(whose).or_default();
            if *open >= most {
                kept.said.retain(|_, at| (0..SAID).contains(&(now - *at)));
                let is_news = !kept.said.contains_key(&whose);
                if is_news {
                    kept.said.insert(whose, now);
                }
                return Err(Full {
                    words: format!("{most} live connections are open, as many as one may have: close one"),
                    is_news,
                });
            }
            *open += 1;
        }
        Ok(OpenSocket { of: of.map(|(whose, _)| whose), kept: Arc::clone(&self.kept) })
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let Some(whose) = self.of else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = kept.taken.get_mut(&whose) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                kept.taken.remove(&whose);
            }
        }
    }
}
