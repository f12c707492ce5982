//! Signing in with email and password, slowed down for whoever guesses.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::actor::Origin;
use protocol::{Timestamp, timestamp::DAY_MS};

use super::{UserRecord, passwords};
use crate::{Cx, Error, audit::DeniedRequest};

/// Attempts before the first wait.
const FREE_ATTEMPTS: u32 = 6;
/// The longest wait between two attempts.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// After so long half of the failures are forgotten.
const HALVES_MS: i64 = LONGEST_WAIT_MS;
/// For so long an address is known as one where a person comes from.
const KNOWN_MS: i64 = DAY_MS;
/// Remembered accounts, addresses and accounts at an address; the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// Attempts by account and by address that were not right, in memory: a restart forgives.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, Tally>>);

/// An attempt: at what, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    pub what: String,
    pub from: String,
}

impl Guess {
    /// At `what`, from there.
    pub(super) fn at(what: String, from: &Origin) -> Self {
        Self { what, from: address_key(from) }
    }

    /// Under which attempts at this from there are counted.
    fn pair(&self) -> String {
        format!("{} from {}", self.what, self.from)
    }
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    count: u32,
    last: Timestamp,
    /// Up to when time has halved the count.
    halved: Timestamp,
    /// When an attempt was right; of an account at an address.
    right: Option<Timestamp>,
}

impl Tally {
    fn new(now: Timestamp, halved: Timestamp) -> Self {
        Self { count: 0, last: now, halved, right: None }
    }

    /// With what time has taken away of it.
    fn at(self, now: Timestamp) -> Self {
        let times = (now.millis_since(self.halved) / HALVES_MS).max(0);
        let count = u32::try_from(times).ok().and_then(|times| self.count.checked_shr(times)).unwrap_or(0);
        Self { count, halved: self.halved.plus_millis(times * HALVES_MS), ..self }
    }

    /// Milliseconds before the next attempt is taken.
    fn wait(self, now: Timestamp) -> i64 {
        let over = self.at(now).count.saturating_add(1).saturating_sub(FREE_ATTEMPTS);
        let pause = if over == 0 { 0 } else { 1_000_i64.checked_shl(over.min(20)).unwrap_or(LONGEST_WAIT_MS) };
        pause.min(LONGEST_WAIT_MS) - now.millis_since(self.last)
    }

    fn is_known(self, now: Timestamp) -> bool {
        self.right.is_some_and(|right| now.millis_since(right) < KNOWN_MS)
    }
}

impl Attempts {
    /// Counts an attempt as failed before it is looked at, so that many at once count one after the other. The error is how
    /// many seconds to wait before the next one is taken. Who was right at that address not long ago does not wait for what
    /// others do there.
    pub(super) fn begin(&self, guess: &Guess, now: Timestamp) -> Result<(), u64> {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = guess.pair();
        let is_known = tallies.get(&pair).is_some_and(|tally| tally.is_known(now));
        let judged = [Some(&guess.what), (!is_known).then_some(&guess.from)];
        let waits = judged.into_iter().flatten().filter_map(|key| tallies.get(key)).map(|tally| tally.wait(now));
        let longest = waits.max().unwrap_or(0).max(0);
        let seconds = u64::try_from((longest + 999) / 1_000).unwrap_or(0);
        if seconds > 0 {
            return Err(seconds);
        }
        if tallies.len() >= REMEMBERED {
            forget_oldest(&mut tallies, now);
        }
        let halved = last_halved(&tallies, now);
        for key in [guess.what.clone(), guess.from.clone(), pair] {
            let tally = tallies.entry(key).or_insert_with(|| Tally::new(now, halved));
            let current = tally.at(now);
            *tally = Tally { count: current.count.saturating_add(1), last: now, ..current };
        }
        Ok(())
    }

    /// The attempt was not looked at.
    pub(super) fn undo(&self, guess: &Guess) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [&guess.what, &guess.from, &guess.pair()] {
            take(&mut tallies, key, 1);
        }
    }

    /// The attempt was right: what failed before for the same, here or elsewhere, is forgiven, and the address is not blamed for
    /// what failed from there for the same.
    pub(super) fn succeeded(&self, guess: &Guess, now: Timestamp) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let halved = last_halved(&tallies, now);
        tallies.remove(&guess.what);
        let failed = tallies.get(&guess.pair()).map_or(0, |tally| tally.at(now).count);
        if let Some(from) = tallies.get_mut(&guess.from) {
            *from = from.at(now);
        }
        take(&mut tallies, &guess.from, failed);
        tallies.insert(guess.pair(), Tally { right: Some(now), ..Tally::new(now, halved) });
    }
}

/// When everything that is remembered was last halved: at the same moments, or an address would be forgiven twice what failed
/// from there, by time and by who was right after all.
fn last_halved(tallies: &HashMap<String, Tally>, now: Timestamp) -> Timestamp {
    tallies.values().next().map_or(now, |tally| tally.at(now).halved)
}

/// Takes failures away again.
fn take(tallies: &mut HashMap<String, Tally>, key: &str, failures: u32) {
    let Some(tally) = tallies.get_mut(key) else { return };
    tally.count = tally.count.saturating_sub(failures);
    if tally.count == 0 && tally.right.is_none() {
        tallies.remove(key);
    }
}

/// Makes room: whatever no longer slows anybody down, and if that is not enough, the older half.
fn forget_oldest(tallies: &mut HashMap<String, Tally>, now: Timestamp) {
    tallies.retain(|_, tally| now.millis_since(tally.last) < LONGEST_WAIT_MS || tally.is_known(now));
    if tallies.len() < REMEMBERED {
        return;
    }
    let mut times: Vec<i64> = tallies.values().map(|tally| tally.last.millis()).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    tallies.retain(|_, tally| tally.last.millis() > median);
}

/// The person of that email address and password. Where it comes from counts for slowing down guesses, which are on record.
pub async fn sign_in(cx: &Cx, email: &str, password: &str, from: &Origin) -> Result<UserRecord, Error> {
    let email = email.trim().to_lowercase();
    if email.is_empty() || password.is_empty() {
        note(cx, 401, "no email address or no password".to_owned(), from);
        return Err(wrong());
    }
    let account = format!("account {}", email.chars().take(254).collect::<String>());
    slowed(cx, Guess::at(account, from), (from, None), wrong(), look(cx, &email, password)).await
}

/// Looks at a guess, unless whoever guesses has to wait. What `look` finds wrong with it goes on record, with the email address of
/// the account where it is known beforehand, and makes the next one wait, and the person hears `refusal`; what cannot be looked at
/// does not count.
pub(super) async fn slowed<T>(
    cx: &Cx,
    guess: Guess,
    (from, whose): (&Origin, Option<&str>),
    refusal: Error,
    look: impl Future<Output = Result<Result<T, String>, Error>>,
) -> Result<T, Error> {
    if let Err(retry_after_seconds) = cx.attempts.begin(&guess, cx.clock.now()) {
        note(cx, 429, "too many attempts".to_owned(), from);
        return Err(Error::TooMany { retry_after_seconds });
    }
    match look.await {
        Ok(Ok(found)) => {
            cx.attempts.succeeded(&guess, cx.clock.now());
            Ok(found)
        }
        Ok(Err(why)) => {
            let why = match whose {
                Some(email) => format!("{why}, for the account {email}"),
                None => why,
            };
            note(cx, 401, why, from);
            Err(refusal)
        }
        Err(error) => {
            cx.attempts.undo(&guess);
            if matches!(error, Error::TooMany { .. }) {
                note(cx, 429, "too many sign-ins at the same time".to_owned(), from);
            }
            Err(error)
        }
    }
}

fn wrong() -> Error {
    Error::Unauthorized("that email address and password do not belong together".to_owned())
}

/// Under which guesses from there are counted.
pub(super) fn address_key(from: &Origin) -> String {
    from.address.map_or_else(|| "address unknown".to_owned(), |address| format!("address {address}"))
}

/// Puts a refused sign-in on record.
pub(super) fn note(cx: &Cx, status: u16, error: String, from: &Origin) {
    let at = cx.clock.now().millis();
    cx.denials.note(DeniedRequest { at, actor: None, what: "sign_in".to_owned(), status, error, origin: from.clone() });
}

/// The person, or for the trail whose password it is not.
async fn look(cx: &Cx, email: &str, password: &str) -> Result<Result<UserRecord, String>, Error> {
    let found = {
        let tx = cx.store.read().await?;
        tx.accounts().by_email(email).await?
    };
    // Who has no password, or is switched off, is answered like somebody who is not there, and as slowly.
    let counts = found.as_ref().filter(|user| user.switched_off_at.is_none() && !user.password_hash.is_empty());
    let stored = counts.map(|user| user.password_hash.clone());
    let right = passwords::verify(&cx.hashing, password, stored).await?;
    Ok(match found {
        Some(user) if right => Ok(user.into()),
        // What was typed may be a password in the wrong field, so only accounts that are there are named.
        Some(user) => Err(format!("wrong email address or password, for the account {}", user.email)),
        None => Err("wrong email address or password, for no account".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn guess_at(name: &str, address: &str) -> Guess {
        Guess { what: format!("account {name}@example.org"), from: format!("address {address}") }
    }

    fn guess() -> Guess {
        guess_at("ada", "203.0.113.7")
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[tokio::test]
    async fn of_fifty_wrong_sign_ins_at_once_only_the_free_ones_are_looked_at() {
        let attempts = Arc::new(Attempts::default());
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let attempts = Arc::clone(&attempts);
            guesses.spawn(async move {
                let began = attempts.begin(&guess(), at(1_000_000));
                // Where the password is hashed, others come in.
                tokio::task::yield_now().await;
                began.is_ok()
            });
        }
        let looked_at = guesses.join_all().await.into_iter().filter(|looked_at| *looked_at).count();
        assert_eq!(looked_at, FREE_ATTEMPTS as usize);
    }

    #[test]
    fn waits_grow_and_a_right_password_forgives() {
        let attempts = Attempts::default();
        let mut now = 0;
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(attempts.begin(&guess(), at(now)), Ok(()));
        }
        for wait in [2, 4, 8] {
            assert_eq!(attempts.begin(&guess(), at(now)), Err(wait));
            now += i64::try_from(wait).unwrap() * 1_000;
            assert_eq!(attempts.begin(&guess(), at(now)), Ok(()));
        }
        attempts.succeeded(&guess(), at(now));
        assert_eq!(attempts.begin(&guess_at("ada", "198.51.100.1"), at(now)), Ok(()));
        // The address has nothing left of it either.
        assert_eq!(attempts.begin(&guess_at("grace", "203.0.113.7"), at(now)), Ok(()));
    }

    #[test]
    fn an_address_from_which_people_mistype_and_then_sign_in_is_not_slowed_down() {
        let attempts = Attempts::default();
        for number in 0..20 {
            let guess = guess_at(&format!("person{number}"), "203.0.113.7");
            for _ in 0..2 {
                assert_eq!(attempts.begin(&guess, at(0)), Ok(()), "person {number}");
            }
            attempts.succeeded(&guess, at(0));
        }
    }

    #[test]
    fn who_signed_in_from_an_address_does_not_wait_for_what_others_do_there() {
        let attempts = Attempts::default();
        assert_eq!(attempts.begin(&guess(), at(0)), Ok(()));
        attempts.succeeded(&guess(), at(0));
        for number in 0..FREE_ATTEMPTS {
            assert_eq!(attempts.begin(&guess_at(&format!("guessed{number}"), "203.0.113.7"), at(1)), Ok(()));
        }
        assert_eq!(attempts.begin(&guess_at("grace", "203.0.113.7"), at(1)), Err(2));
        assert_eq!(attempts.begin(&guess(), at(1)), Ok(()));
        // Guesses at their own account do slow them down.
        for _ in 1..FREE_ATTEMPTS {
            assert_eq!(attempts.begin(&guess(), at(1)), Ok(()));
        }
        assert_eq!(attempts.begin(&guess(), at(1)), Err(2));
        // After a day the address is one like any other.
        let later = at(KNOWN_MS);
        let tally = attempts.0.lock().unwrap().get(&guess().pair()).copied().unwrap();
        assert!(tally.is_known(at(1)) && !tally.is_known(later));
    }

    #[test]
    fn time_halves_what_failed() {
        let attempts = Attempts::default();
        for _ in 0..FREE_ATTEMPTS {
            assert_eq!(attempts.begin(&guess(), at(0)), Ok(()));
        }
        assert_eq!(attempts.begin(&guess(), at(0)), Err(2));
        // Three of six are left, and three more are free.
        for _ in 0..FREE_ATTEMPTS / 2 {
            assert_eq!(attempts.begin(&guess(), at(HALVES_MS)), Ok(()));
        }
        assert_eq!(attempts.begin(&guess(), at(HALVES_MS)), Err(2));
        assert_eq!(attempts.0.lock().unwrap()["address 203.0.113.7"].at(at(100 * HALVES_MS)).count, 0);
    }

    #[test]
    fn what_an_account_is_forgiven_takes_nothing_else_from_its_address() {
        let attempts = Attempts::default();
        let count = |now| attempts.0.lock().unwrap()["address 203.0.113.7"].at(at(now)).count;
        assert_eq!(attempts.begin(&guess_at("grace", "203.0.113.7"), at(0)), Ok(()));
        for _ in 0..4 {
            assert_eq!(attempts.begin(&guess(), at(HALVES_MS / 2)), Ok(()));
        }
        assert_eq!((count(HALVES_MS / 2), count(HALVES_MS)), (5, 2));
        // The four have become two, at the address as at the account.
        assert_eq!(attempts.begin(&guess_at("grace", "203.0.113.7"), at(HALVES_MS)), Ok(()));
        attempts.succeeded(&guess(), at(HALVES_MS));
        assert_eq!(count(HALVES_MS), 1);
    }

    #[test]
    fn attempts_that_are_taken_back_leave_nothing() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            assert_eq!(attempts.begin(&guess(), at(0)), Ok(()));
            attempts.undo(&guess());
        }
        assert!(attempts.0.lock().unwrap().is_empty());
    }

    #[test]
    fn when_too_many_are_remembered_the_newest_stay() {
        let attempts = Attempts::default();
        for number in 0..=REMEMBERED {
            let now = at(i64::try_from(number).unwrap());
            let guess = guess_at(&format!("person{number}"), &format!("number {number}"));
            assert_eq!(attempts.begin(&guess, now), Ok(()));
        }
        let remembered = attempts.0.lock().unwrap();
        assert!(remembered.len() <= REMEMBERED + 2 && remembered.contains_key("address number 10000"), "{}", remembered.len());
    }
}
