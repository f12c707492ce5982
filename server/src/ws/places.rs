//! How many sockets each person and each token has open: each holds a file descriptor, and nobody is to hold them all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::actor::Actor;

use crate::{error::HttpError, guard::limits::Principal};

/// Seconds after which one may try again: a page that was left lets go of its socket within that time.
const TRY_AGAIN: u64 = 30;

/// The open sockets of this process.
#[derive(Clone, Debug)]
pub struct Places {
    /// How many one person or token may have; as many as they like when absent.
    most: Option<u32>,
    taken: Arc<Mutex<HashMap<Principal, u32>>>,
}

/// A socket's place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    of: Option<Principal>,
    taken: Arc<Mutex<HashMap<Principal, u32>>>,
}

impl Places {
    pub fn new(most: Option<u32>) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// A place for one more socket of that actor. Refused with 429 where they have as many as they may.
    pub fn take(&self, actor: &Actor) -> Result<Place, HttpError> {
        let of = self.most.and_then(|most| Some((Principal::of(actor)?, most)));
        if let Some((whose, most)) = of {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let open = taken.entry(whose).or_default();
            if *open >= most {
                let words =
                    format!("{most} live connections are open already, which is as many as one may have. Close one first");
                return Err(HttpError::too_many(words, TRY_AGAIN));
            }
            *open += 1;
        }
        Ok(Place { of: of.map(|(whose, _)| whose), taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(whose) = self.of else { return };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = taken.get_mut(&whose) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                taken.remove(&whose);
            }
        }
    }
}
