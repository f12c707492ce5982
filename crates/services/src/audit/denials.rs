//! Requests that were denied. They are written behind the answers, together, and within a budget: whoever sends a flood of
//! them slows nobody down and does not fill the disk.

use std::{
    collections::{BTreeMap, btree_map},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    actor::{Actor, Origin},
    audit::{Details, Entry, Outcome, key},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Cx, Error};

/// Requests that may wait to be written; further ones are counted.
const WAITING: usize = 1_024;
/// How long requests are gathered before they are written.
const GATHER: Duration = Duration::from_secs(1);
/// Entries that may be written at once after a quiet time.
const BURST: i64 = 300;
/// Ids of requests in one entry: whoever is shown a number finds what it was, as long as there is no flood.
const MOST_IDS: usize = 50;
/// How often another entry may be written.
const REFILL_MS: i64 = 1_000;

/// A request that was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who it was, if it is known.
    pub actor: Option<Actor>,
    /// What was asked for: a method and an address without its query, `sign_in`, or `sign_out`.
    pub what: String,
    pub status: u16,
    pub error: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Requests that wait to be written.
#[derive(Debug)]
pub struct Denials {
    sender: mpsc::Sender<Denied>,
    receiver: Mutex<Option<mpsc::Receiver<Denied>>>,
    /// Those that found no room.
    lost: AtomicU64,
}

impl Default for Denials {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: Mutex::new(Some(receiver)), lost: AtomicU64::new(0) }
    }
}

impl Denials {
    /// Notes a request; never waits.
    pub fn note(&self, denied: Denied) {
        if self.sender.try_send(denied).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes what is noted until `stopping` fires, and then the rest.
pub async fn write_denials(cx: Cx, stopping: CancellationToken) {
    let receiver = cx.denials.receiver.lock().ok().and_then(|mut receiver| receiver.take());
    let Some(mut receiver) = receiver else { return };
    let mut budget = Budget { left: BURST, since: cx.clock.now().millis() };
    loop {
        let mut noted = Vec::new();
        let ends = tokio::select! {
            () = stopping.cancelled() => true,
            _ = receiver.recv_many(&mut noted, WAITING) => false,
        };
        if !ends {
            let _ = stopping.run_until_cancelled(tokio::time::sleep(GATHER)).await;
        }
        while let Ok(denied) = receiver.try_recv() {
            noted.push(denied);
        }
        let lost = cx.denials.lost.swap(0, Ordering::Relaxed);
        let now = cx.clock.now().millis();
        let entries = entries(noted, lost, budget.refill(now), now);
        budget.left -= i64::try_from(entries.len()).unwrap_or(i64::MAX);
        if let Err(error) = write(&cx, entries).await {
            tracing::error!(error = &error as &dyn std::error::Error, "denied requests could not be written to the audit trail");
        }
        if ends {
            return;
        }
    }
}

async fn write(cx: &Cx, entries: Vec<Entry>) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let tx = cx.store.begin().await?;
    tx.audit().append(entries).await?;
    Ok(tx.commit().await?)
}

/// How many entries may be written.
struct Budget {
    left: i64,
    since: i64,
}

impl Budget {
    fn refill(&mut self, now: i64) -> i64 {
        let more = (now - self.since).max(0) / REFILL_MS;
        self.since += more * REFILL_MS;
        self.left = (self.left + more).min(BURST);
        self.left
    }
}

/// Requests that become one entry.
struct Alike {
    first: Denied,
    others: u64,
    /// Of the others, as far as they are kept.
    ids: Vec<String>,
}

impl Alike {
    fn add(&mut self, other: Denied) {
        self.others += 1;
        if self.ids.len() + 1 < MOST_IDS && !other.origin.request_id.is_empty() {
            self.ids.push(other.origin.request_id);
        }
    }
}

/// One entry for all requests that are alike, at most `room` of them and one for all the others.
fn entries(noted: Vec<Denied>, lost: u64, room: i64, now: i64) -> Vec<Entry> {
    let mut alike: BTreeMap<_, Alike> = BTreeMap::new();
    for denied in noted {
        let who = denied.actor.as_ref().map(key).unwrap_or_default();
        let kind = (who, denied.what.clone(), denied.status, denied.origin.address, denied.error.clone());
        match alike.entry(kind) {
            btree_map::Entry::Vacant(place) => {
                place.insert(Alike { first: denied, others: 0, ids: Vec::new() });
            }
            btree_map::Entry::Occupied(mut place) => place.get_mut().add(denied),
        }
    }
    let room = usize::try_from(room).unwrap_or(0);
    let mut rest = lost;
    let mut entries: Vec<Entry> = Vec::new();
    for alike in alike.into_values() {
        if entries.len() < room {
            entries.push(entry(alike));
        } else {
            rest += alike.others + 1;
        }
    }
    if rest > 0 {
        let details = Details { count: Some(rest), error: "more than are listed one by one".to_owned(), ..Details::default() };
        entries.push(Entry { details, ..blank(now, "request", "others") });
    }
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn blank(at: i64, action: &str, what: &str) -> Entry {
    Entry {
        at,
        actor: "nobody".to_owned(),
        action: action.to_owned(),
        resource_type: if action == "request" { "route" } else { "login" }.to_owned(),
        resource_id: what.to_owned(),
        outcome: Outcome::Denied,
        details: Details::default(),
    }
}

fn entry(Alike { first: denied, others, ids }: Alike) -> Entry {
    let base = match denied.what.as_str() {
        login @ ("sign_in" | "sign_out") => blank(denied.at, login, ""),
        route => blank(denied.at, "request", route),
    };
    let known = denied.actor.as_ref().map(Details::of).unwrap_or_default();
    Entry {
        actor: denied.actor.as_ref().map_or(base.actor, key),
        details: Details {
            address: denied.origin.address.map(|address| address.to_string()),
            agent: denied.origin.agent,
            count: (others > 0).then_some(others + 1),
            error: denied.error,
            request_id: denied.origin.request_id,
            request_ids: ids,
            status: Some(denied.status),
            ..known
        },
        ..base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(number: usize) -> Denied {
        Denied {
            at: i64::try_from(number).unwrap(),
            actor: None,
            what: format!("GET /api/{number}"),
            status: 401,
            error: String::new(),
            origin: Origin::default(),
        }
    }

    #[test]
    fn requests_that_are_alike_become_one_entry() {
        let entries = entries(vec![denied(1), denied(2), denied(1), denied(1)], 0, 10, 9);
        let told: Vec<_> = entries.iter().map(|entry| (entry.resource_id.as_str(), entry.details.count)).collect();
        assert_eq!(told, [("GET /api/1", Some(3)), ("GET /api/2", None)]);
    }

    #[test]
    fn an_entry_keeps_the_numbers_of_its_requests_and_no_more_than_some() {
        let numbered = |number: usize| {
            let origin = Origin { request_id: format!("r-{number}"), ..Origin::default() };
            Denied { origin, ..denied(1) }
        };
        let entries = entries((0..1_000).map(numbered).collect(), 0, 10, 9);
        assert_eq!((entries.len(), entries[0].details.count), (1, Some(1_000)));
        assert_eq!(entries[0].details.request_id, "r-0");
        let others: Vec<String> = (1..MOST_IDS).map(|number| format!("r-{number}")).collect();
        assert_eq!(entries[0].details.request_ids, others);
    }

    #[test]
    fn a_flood_costs_no_more_entries_than_the_budget_has() {
        let mut budget = Budget { left: BURST, since: 0 };
        let mut written = 0;
        let mut counted = 0;
        for second in 0..600 {
            let now = second * 1_000;
            let entries = entries((0..500).map(denied).collect(), 7, budget.refill(now), now);
            budget.left -= i64::try_from(entries.len()).unwrap();
            written += entries.len();
            counted += entries.iter().map(|entry| entry.details.count.unwrap_or(1)).sum::<u64>();
        }
        // The one for all the others is written in each round.
        assert!(written <= usize::try_from(BURST).unwrap() + 2 * 600, "{written}");
        assert_eq!(counted, 600 * 507);
    }
}
