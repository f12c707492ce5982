//! Requests that were denied. They are written behind the answers, together, and within a budget: whoever sends a flood of
//! them slows nobody down, does not fill the disk, and hides nothing of people and tokens that are known: those wait and are
//! written apart from strangers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map},
    net::IpAddr,
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

/// Requests that may wait to be written, of who is known and of strangers; further ones are counted.
const WAITING: usize = 1_024;
/// How long requests are gathered before they are written.
const GATHER: Duration = Duration::from_secs(1);
/// Entries that may be written at once after a quiet time, for who is known and for strangers.
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
#[derive(Debug, Default)]
pub struct Denials {
    known: Queue,
    strangers: Queue,
    /// Those that found no room.
    lost: AtomicU64,
}

#[derive(Debug)]
struct Queue {
    sender: mpsc::Sender<Denied>,
    receiver: Mutex<Option<mpsc::Receiver<Denied>>>,
}

impl Default for Queue {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }
}

impl Queue {
    fn receiver(&self) -> Option<mpsc::Receiver<Denied>> {
        self.receiver.lock().ok().and_then(|mut receiver| receiver.take())
    }
}

impl Denials {
    /// Notes a request; never waits.
    pub fn note(&self, denied: Denied) {
        let queue = if denied.actor.is_some() { &self.known } else { &self.strangers };
        if queue.sender.try_send(denied).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes what is noted until `stopping` fires, and then the rest.
pub async fn write_denials(cx: Cx, stopping: CancellationToken) {
    let (Some(mut known), Some(mut strangers)) = (cx.denials.known.receiver(), cx.denials.strangers.receiver()) else { return };
    let mut budgets = Budgets::new(cx.clock.now().millis());
    loop {
        let mut noted = Vec::new();
        let ends = tokio::select! {
            () = stopping.cancelled() => true,
            Some(denied) = known.recv() => {
                noted.push(denied);
                false
            }
            Some(denied) = strangers.recv() => {
                noted.push(denied);
                false
            }
        };
        if !ends {
            let _ = stopping.run_until_cancelled(tokio::time::sleep(GATHER)).await;
        }
        for receiver in [&mut known, &mut strangers] {
            while let Ok(denied) = receiver.try_recv() {
                noted.push(denied);
            }
        }
        let lost = cx.denials.lost.swap(0, Ordering::Relaxed);
        let entries = entries(noted, lost, &mut budgets, cx.clock.now().millis());
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
    fn refill(&mut self, now: i64) {
        let more = (now - self.since).max(0) / REFILL_MS;
        self.since += more * REFILL_MS;
        self.left = (self.left + more).min(BURST);
    }

    fn room(&self) -> usize {
        usize::try_from(self.left).unwrap_or(0)
    }

    /// Takes as many as there is room for off the front of what is to be written.
    fn take<T>(&mut self, from: &mut Vec<T>, most: usize) -> Vec<T> {
        let taken: Vec<T> = from.drain(..from.len().min(most).min(self.room())).collect();
        self.left -= i64::try_from(taken.len()).unwrap_or(i64::MAX);
        taken
    }
}

/// One each, so that whoever sends requests without a name takes no room from those that have one.
struct Budgets {
    known: Budget,
    strangers: Budget,
}

impl Budgets {
    fn new(now: i64) -> Self {
        let budget = || Budget { left: BURST, since: now };
        Self { known: budget(), strangers: budget() }
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

/// One entry for all requests that are alike, as far as there is room. Strangers' that find none are told by address and status,
/// and whatever is left over after that in one entry.
fn entries(noted: Vec<Denied>, lost: u64, budgets: &mut Budgets, now: i64) -> Vec<Entry> {
    budgets.known.refill(now);
    budgets.strangers.refill(now);
    let (known, strangers): (Vec<Denied>, Vec<Denied>) = noted.into_iter().partition(|denied| denied.actor.is_some());
    let (mut known, mut strangers) = (gathered(known), gathered(strangers));
    let room = budgets.strangers.room();
    // Half of the room is kept for the addresses of those that find none.
    let singly = if strangers.len() > room { room / 2 } else { room };

    let mut entries: Vec<Entry> = budgets.known.take(&mut known, usize::MAX).into_iter().map(entry).collect();
    entries.extend(budgets.strangers.take(&mut strangers, singly).into_iter().map(entry));
    let mut surplus = by_address(strangers);
    let told = budgets.strangers.take(&mut surplus, usize::MAX);
    entries.extend(told.into_iter().map(|(from, count)| others(now, Some(from), count)));

    let rest =
        lost + known.iter().map(|alike| alike.others + 1).sum::<u64>() + surplus.iter().map(|(_, count)| count).sum::<u64>();
    if rest > 0 {
        entries.push(others(now, None, rest));
    }
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// Those that are alike together, in a fixed order.
fn gathered(noted: Vec<Denied>) -> Vec<Alike> {
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
    alike.into_values().collect()
}

/// Where requests came from, and how they were answered.
type Place = (Option<IpAddr>, u16);

/// How many came from where, the most first.
fn by_address(surplus: Vec<Alike>) -> Vec<(Place, u64)> {
    let mut counts: BTreeMap<Place, u64> = BTreeMap::new();
    for alike in surplus {
        *counts.entry((alike.first.origin.address, alike.first.status)).or_default() += alike.others + 1;
    }
    let mut counts: Vec<(Place, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

/// The entry for requests that have none of their own.
fn others(now: i64, from: Option<Place>, count: u64) -> Entry {
    let details = Details {
        address: from.and_then(|(address, _)| address).map(|address| address.to_string()),
        status: from.map(|(_, status)| status),
        count: Some(count),
        error: "more than are listed one by one".to_owned(),
        ..Details::default()
    };
    Entry { details, ..blank(now, "request", "others") }
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
        let entries = entries(vec![denied(1), denied(2), denied(1), denied(1)], 0, &mut Budgets::new(9), 9);
        let told: Vec<_> = entries.iter().map(|entry| (entry.resource_id.as_str(), entry.details.count)).collect();
        assert_eq!(told, [("GET /api/1", Some(3)), ("GET /api/2", None)]);
    }

    #[test]
    fn an_entry_keeps_the_numbers_of_its_requests_and_no_more_than_some() {
        let numbered = |number: usize| {
            let origin = Origin { request_id: format!("r-{number}"), ..Origin::default() };
            Denied { origin, ..denied(1) }
        };
        let entries = entries((0..1_000).map(numbered).collect(), 0, &mut Budgets::new(9), 9);
        assert_eq!((entries.len(), entries[0].details.count), (1, Some(1_000)));
        assert_eq!(entries[0].details.request_id, "r-0");
        let others: Vec<String> = (1..MOST_IDS).map(|number| format!("r-{number}")).collect();
        assert_eq!(entries[0].details.request_ids, others);
    }

    #[test]
    fn a_flood_costs_no_more_entries_than_the_budget_has() {
        let mut budgets = Budgets::new(0);
        let mut written = 0;
        let mut counted = 0;
        for second in 0..600 {
            let now = second * 1_000;
            let entries = entries((0..500).map(denied).collect(), 7, &mut budgets, now);
            written += entries.len();
            counted += entries.iter().map(|entry| entry.details.count.unwrap_or(1)).sum::<u64>();
        }
        // The one for all the others is written in each round.
        assert!(written <= usize::try_from(BURST).unwrap() + 2 * 600, "{written}");
        assert_eq!(counted, 600 * 507);
    }
    #[test]
    fn strangers_take_no_room_from_who_is_known() {
        let mut budgets = Budgets::new(0);
        let mut noted: Vec<Denied> = (0..1_000).map(denied).collect();
        noted.push(Denied { actor: Some(Actor::Automation), status: 403, ..denied(1_000) });

        let entries = entries(noted, 0, &mut budgets, 0);

        let known: Vec<_> = entries.iter().filter(|entry| entry.actor != "nobody").collect();
        assert_eq!((known.len(), known[0].resource_id.as_str()), (1, "GET /api/1000"));
        assert_eq!(entries.iter().map(|entry| entry.details.count.unwrap_or(1)).sum::<u64>(), 1_001);
    }

    #[test]
    fn strangers_that_find_no_room_are_told_by_address_and_status() {
        let from = |number: usize, address: &str| {
            let origin = Origin { address: Some(address.parse().unwrap()), ..Origin::default() };
            Denied { origin, ..denied(number) }
        };
        let noted =
            (0..500).map(|number| from(number, "203.0.113.7")).chain((500..600).map(|number| from(number, "203.0.113.9")));

        let entries = entries(noted.collect(), 0, &mut Budgets::new(0), 0);

        let others: Vec<_> = entries.iter().filter(|entry| entry.resource_id == "others").collect();
        let told: Vec<_> = others.iter().map(|entry| (entry.details.address.as_deref(), entry.details.status)).collect();
        assert!(told.contains(&(Some("203.0.113.7"), Some(401))), "{told:?}");
        assert_eq!(entries.iter().map(|entry| entry.details.count.unwrap_or(1)).sum::<u64>(), 600);
    }
}
