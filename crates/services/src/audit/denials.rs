//! Requests that were refused: denied, or invalid. They are written behind the answers, together, and within budgets: whoever
//! sends a flood of them slows nobody down, does not fill the disk, and hides nothing of anybody else. Every person and every
//! token waits, is counted and is written apart from all others; strangers are one together.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{
    actor::{Actor, Origin},
    audit::{About, Details, Entry, Outcome, key},
    errors::explain,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{Cx, Error};

/// Requests of one source that may wait to be written; further ones are counted.
const WAITING: usize = 1_024;
/// How long requests are gathered before they are written.
const GATHER: Duration = Duration::from_secs(1);
/// Entries that one source may have written at once after a quiet time.
const BURST: i64 = 300;
/// Ids of requests in one entry: whoever is shown a number finds what it was, as long as there is no flood.
const MOST_IDS: usize = 50;
/// How often another entry of one source may be written.
const REFILL_MS: i64 = 1_000;
/// Asked for more than is listed one by one.
const OTHERS: &str = "others";
/// How the trail names strangers.
const NOBODY: &str = "nobody";
const TOO_MANY: u16 = 429;

/// A request that was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedRequest {
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

impl DeniedRequest {
    fn is_login(&self) -> bool {
        matches!(self.what.as_str(), "sign_in" | "sign_out")
    }
}

/// Requests that wait to be written.
#[derive(Debug, Default)]
pub struct Denials {
    waiting: Mutex<Waiting>,
    news: Notify,
}

/// By how the trail names who sent them.
type Waiting = BTreeMap<String, Source>;

/// What one person, one token, or strangers sent.
#[derive(Debug, Default)]
struct Source {
    actor: Option<Actor>,
    noted: Vec<DeniedRequest>,
    /// How many requests found no room.
    lost: u64,
}

impl Source {
    fn add(&mut self, denied: DeniedRequest) {
        if self.noted.len() < WAITING {
            self.noted.push(denied);
        } else {
            self.lost += 1;
        }
    }
}

fn add(waiting: &mut Waiting, denied: DeniedRequest) {
    let name = denied.actor.as_ref().map_or_else(|| NOBODY.to_owned(), key);
    let new = || Source { actor: denied.actor.clone(), ..Source::default() };
    waiting.entry(name).or_insert_with(new).add(denied);
}

impl Denials {
    /// Notes a request; never waits for it to be written.
    pub fn note(&self, denied: DeniedRequest) {
        add(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner), denied);
        self.news.notify_one();
    }

    fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what is noted until `stopping` fires, and then the rest.
pub async fn write_denials(cx: Cx, stopping: CancellationToken) {
    let mut budgets = Budgets::default();
    loop {
        let ends = stopping.run_until_cancelled(cx.denials.news.notified()).await.is_none();
        if !ends {
            let _ = stopping.run_until_cancelled(tokio::time::sleep(GATHER)).await;
        }
        let entries = entries(cx.denials.take(), &mut budgets, cx.clock.now().millis());
        if let Err(error) = write(&cx, entries).await {
            tracing::error!(error = %explain(&error), "denied requests could not be written to the audit trail");
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
    tx.audit().append(entries);
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

/// One for each source, so that nobody takes room from anybody else. What is full again is forgotten.
#[derive(Default)]
struct Budgets(BTreeMap<String, Budget>);

impl Budgets {
    fn refill(&mut self, now: i64) {
        self.0.retain(|_, budget| {
            budget.refill(now);
            budget.left < BURST
        });
    }

    fn of(&mut self, source: String, now: i64) -> &mut Budget {
        self.0.entry(source).or_insert(Budget { left: BURST, since: now })
    }
}

/// Requests that become one entry.
struct Alike {
    first: DeniedRequest,
    others: u64,
    /// Of the others, as far as they are kept.
    ids: Vec<String>,
}

impl Alike {
    fn add(&mut self, other: DeniedRequest) {
        self.others += 1;
        if self.first.what != other.what {
            OTHERS.clone_into(&mut self.first.what);
        }
        if self.ids.len() + 1 < MOST_IDS && !other.origin.request_id.is_empty() {
            self.ids.push(other.origin.request_id);
        }
    }
}

/// The entries of all sources, as they came.
fn entries(waiting: Waiting, budgets: &mut Budgets, now: i64) -> Vec<Entry> {
    budgets.refill(now);
    let of_each = waiting.into_iter().map(|(name, source)| source.entries(budgets.of(name, now), now));
    let mut entries: Vec<Entry> = of_each.flatten().collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

impl Source {
    /// One entry for all requests that are alike, as far as there is room. Those that find none are told by address and status, and
    /// whatever is left over after that in one entry. All of them say who it was.
    fn entries(self, budget: &mut Budget, now: i64) -> Vec<Entry> {
        let Self { actor, noted, lost } = self;
        let mut alike = gathered(noted);
        let room = budget.room();
        // Half of the room is kept for the addresses of those that find none.
        let singly = if alike.len() > room { room / 2 } else { room };

        let mut entries: Vec<Entry> = budget.take(&mut alike, singly).into_iter().map(entry).collect();
        let mut surplus = by_address(alike);
        let told = budget.take(&mut surplus, usize::MAX);
        entries.extend(told.into_iter().map(|(group, count)| others(actor.as_ref(), now, Some(group), count)));
        let rest = lost + surplus.iter().map(|(_, count)| count).sum::<u64>();
        if rest > 0 {
            entries.push(others(actor.as_ref(), now, None, rest));
        }
        entries
    }
}

/// The requests of one source, the ones that are alike together, in a fixed order. Over a limit it does not matter what was asked
/// for, and how long to wait is said differently each time.
fn gathered(noted: Vec<DeniedRequest>) -> Vec<Alike> {
    let mut alike: BTreeMap<_, Alike> = BTreeMap::new();
    for denied in noted {
        let is_over_limit = denied.status == TOO_MANY && !denied.is_login();
        let told = (!is_over_limit).then(|| (denied.what.clone(), denied.error.clone()));
        match alike.entry((told, denied.status, denied.origin.address)) {
            btree_map::Entry::Vacant(place) => {
                place.insert(Alike { first: denied, others: 0, ids: Vec::new() });
            }
            btree_map::Entry::Occupied(mut place) => place.get_mut().add(denied),
        }
    }
    alike.into_values().collect()
}

/// Requests from one address that were answered alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    address: Option<IpAddr>,
    status: u16,
}

/// How many came from where, the most first.
fn by_address(surplus: Vec<Alike>) -> Vec<(Group, u64)> {
    let mut counts: BTreeMap<Group, u64> = BTreeMap::new();
    for alike in surplus {
        let group = Group { address: alike.first.origin.address, status: alike.first.status };
        *counts.entry(group).or_default() += alike.others + 1;
    }
    let mut counts: Vec<(Group, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

/// The entry for requests that have none of their own.
fn others(actor: Option<&Actor>, now: i64, group: Option<Group>, count: u64) -> Entry {
    let details = Details {
        address: group.and_then(|group| group.address).map(|address| address.to_string()),
        status: group.map(|group| group.status),
        count: Some(count),
        error: "more than are listed one by one".to_owned(),
        name: actor.map(Actor::display_name).unwrap_or_default().to_owned(),
        ..Details::default()
    };
    let blank = blank(now, "request", OTHERS);
    let outcome = group.map_or(blank.outcome, |group| Outcome::of_refused(group.status));
    Entry { actor: actor.map_or(blank.actor, key), outcome, details, ..blank }
}

fn blank(at: i64, action: &str, what: &str) -> Entry {
    Entry {
        at,
        actor: NOBODY.to_owned(),
        action: action.to_owned(),
        resource_type: if action == "request" { "route" } else { "login" }.to_owned(),
        resource_id: what.to_owned(),
        outcome: Outcome::Denied,
        details: Details::default(),
        // What was asked for is an address, which anybody can make up.
        about: About::default(),
    }
}

fn entry(Alike { first: denied, others, ids }: Alike) -> Entry {
    let base = if denied.is_login() { blank(denied.at, &denied.what, "") } else { blank(denied.at, "request", &denied.what) };
    let known = denied.actor.as_ref().map(Details::of).unwrap_or_default();
    // Who proves nobody is denied, whatever was wrong with the proof.
    let outcome = if denied.is_login() { base.outcome } else { Outcome::of_refused(denied.status) };
    Entry {
        outcome,
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
    use std::sync::Arc;

    use domain::{access::Scopes, actor::Shown};

    use super::*;

    fn denied(number: usize) -> DeniedRequest {
        DeniedRequest {
            at: i64::try_from(number).unwrap(),
            actor: None,
            what: format!("GET /api/{number}"),
            status: 401,
            error: String::new(),
            origin: Origin::default(),
        }
    }

    /// The entries of a round in which nothing was lost on the way.
    fn written(noted: impl IntoIterator<Item = DeniedRequest>, budgets: &mut Budgets, now: i64) -> Vec<Entry> {
        let mut waiting = Waiting::new();
        noted.into_iter().for_each(|denied| add(&mut waiting, denied));
        entries(waiting, budgets, now)
    }

    fn counted(entries: &[Entry]) -> u64 {
        entries.iter().map(|entry| entry.details.count.unwrap_or(1)).sum()
    }

    fn token(id: &str) -> Actor {
        Actor::Token {
            id: id.parse().unwrap(),
            name: "ci".to_owned(),
            scopes: Scopes::NONE,
            reach: Arc::default(),
            shown: Shown::Secret,
            from: Origin::nowhere(),
        }
    }

    #[test]
    fn requests_that_are_alike_become_one_entry() {
        let entries = written([denied(1), denied(2), denied(1), denied(1)], &mut Budgets::default(), 9);
        let told: Vec<_> = entries.iter().map(|entry| (entry.resource_id.as_str(), entry.details.count)).collect();
        assert_eq!(told, [("GET /api/1", Some(3)), ("GET /api/2", None)]);
    }

    #[test]
    fn what_is_over_a_limit_is_one_entry_whatever_was_asked_for() {
        let over =
            |number: usize| DeniedRequest { status: TOO_MANY, error: format!("Try again in {number} s"), ..denied(number) };
        let sign_in = DeniedRequest { what: "sign_in".to_owned(), ..over(3) };
        let entries = written([over(1), over(2), sign_in, denied(4)], &mut Budgets::default(), 9);
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (entry.action.as_str(), entry.resource_id.as_str(), entry.details.status, entry.details.count))
            .collect();
        let expected = [
            ("request", OTHERS, Some(TOO_MANY), Some(2)),
            ("sign_in", "", Some(TOO_MANY), None),
            ("request", "GET /api/4", Some(401), None),
        ];
        assert_eq!(told, expected);

        let alone = written([over(1), over(1)], &mut Budgets::default(), 9);
        assert_eq!((alone.len(), alone[0].resource_id.as_str()), (1, "GET /api/1"));
    }

    #[test]
    fn an_entry_keeps_the_numbers_of_its_requests_and_no_more_than_some() {
        let numbered = |number: usize| {
            let origin = Origin { request_id: format!("r-{number}"), ..Origin::default() };
            DeniedRequest { origin, ..denied(1) }
        };
        let entries = written((0..1_000).map(numbered), &mut Budgets::default(), 9);
        assert_eq!((entries.len(), entries[0].details.count), (1, Some(1_000)));
        assert_eq!(entries[0].details.request_id, "r-0");
        let others: Vec<String> = (1..MOST_IDS).map(|number| format!("r-{number}")).collect();
        assert_eq!(entries[0].details.request_ids, others);
    }

    #[test]
    fn a_flood_costs_no_more_entries_than_the_budget_has() {
        let mut budgets = Budgets::default();
        let (mut rows, mut requests) = (0, 0);
        for second in 0..600 {
            // More than may wait.
            let entries = written((0..1_100).map(denied), &mut budgets, second * 1_000);
            rows += entries.len();
            requests += counted(&entries);
        }
        // The one for all the others is written in each round.
        assert!(rows <= usize::try_from(BURST).unwrap() + 2 * 600, "{rows}");
        assert_eq!(requests, 600 * 1_100);
    }

    #[test]
    fn a_flood_takes_no_room_from_anybody_else() {
        let flood = token("00000000-0000-7000-8000-000000000001");
        let quiet = token("00000000-0000-7000-8000-000000000002");
        let mut budgets = Budgets::default();
        for second in 0..10 {
            let of_strangers = (0..2_000).map(denied);
            let of_one = (0..2_000).map(|number| DeniedRequest { actor: Some(flood.clone()), status: 403, ..denied(number) });
            written(of_strangers.chain(of_one), &mut budgets, second * 1_000);
        }
        let of = |actor: &Actor, number: usize| DeniedRequest { actor: Some(actor.clone()), status: 403, ..denied(number) };
        let noted = (0..2_000).map(|number| of(&flood, number)).chain([of(&quiet, 7), of(&Actor::Automation, 8)]);

        let entries = written(noted, &mut budgets, 10_000);

        let of_others = entries.iter().filter(|entry| entry.actor != key(&flood));
        let told: Vec<_> =
            of_others.map(|entry| (entry.actor.clone(), entry.resource_id.as_str(), entry.details.status)).collect();
        assert_eq!(told, [(key(&quiet), "GET /api/7", Some(403)), ("loki".to_owned(), "GET /api/8", Some(403))]);
        // Whose flood it is stays known, however much there is of it.
        assert_eq!(counted(&entries), 2_002);
        let floods: Vec<_> = entries.iter().filter(|entry| entry.actor == key(&flood)).collect();
        assert!(floods.len() <= 2 && floods.iter().all(|entry| entry.details.name == "ci"), "{floods:?}");
        assert!(floods.iter().any(|entry| entry.details.status == Some(403)), "{floods:?}");
    }

    #[test]
    fn strangers_that_find_no_room_are_told_by_address_and_status() {
        let from = |number: usize, address: &str| {
            let origin = Origin { address: Some(address.parse().unwrap()), ..Origin::default() };
            DeniedRequest { origin, ..denied(number) }
        };
        let noted =
            (0..500).map(|number| from(number, "203.0.113.7")).chain((500..600).map(|number| from(number, "203.0.113.9")));

        let entries = written(noted, &mut Budgets::default(), 0);

        let others: Vec<_> = entries.iter().filter(|entry| entry.resource_id == OTHERS).collect();
        let told: Vec<_> = others.iter().map(|entry| (entry.details.address.as_deref(), entry.details.status)).collect();
        assert!(told.contains(&(Some("203.0.113.7"), Some(401))), "{told:?}");
        assert_eq!(counted(&entries), 600);
    }
}
