//! Signing in with e-mail and password, slowed down for whoever guesses.

use std::{collections::HashMap, sync::Mutex};

use domain::actor::Origin;
use protocol::Timestamp;

use super::{UserRecord, passwords};
use crate::{Cx, Error, audit::Denied};

/// Attempts before the first wait.
const FREE_ATTEMPTS: u32 = 6;
/// The longest wait between two attempts.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// Remembered accounts and addresses; the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// Attempts by account and by address that were not right, in memory: a restart forgives.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, (u32, Timestamp)>>);

impl Attempts {
    /// Counts an attempt as failed before it is looked at, so that many at once count one after the other. The error is how
    /// many seconds to wait before the next one is taken.
    pub(super) fn begin(&self, keys: &[String], now: Timestamp) -> Result<(), u64> {
        let Ok(mut counted) = self.0.lock() else { return Err(1) };
        let millis = keys.iter().filter_map(|key| counted.get(key)).map(|(count, last)| {
            let over = count.saturating_add(1).saturating_sub(FREE_ATTEMPTS);
            let pause = if over == 0 { 0 } else { 1_000_i64.checked_shl(over.min(20)).unwrap_or(LONGEST_WAIT_MS) };
            pause.min(LONGEST_WAIT_MS) - now.millis_since(*last)
        });
        let longest = millis.max().unwrap_or(0).max(0);
        let seconds = u64::try_from((longest + 999) / 1_000).unwrap_or(0);
        if seconds > 0 {
            return Err(seconds);
        }
        if counted.len() >= REMEMBERED {
            forget_oldest(&mut counted, now);
        }
        for key in keys {
            let entry = counted.entry(key.clone()).or_insert((0, now));
            *entry = (entry.0.saturating_add(1), now);
        }
        Ok(())
    }

    /// The attempt turned out right, or was not looked at.
    pub(super) fn undo(&self, keys: &[String]) {
        let Ok(mut counted) = self.0.lock() else { return };
        for key in keys {
            if let Some((count, _)) = counted.get_mut(key) {
                *count = count.saturating_sub(1);
            }
        }
        counted.retain(|key, (count, _)| *count > 0 || !keys.contains(key));
    }

    pub(super) fn succeeded(&self, account: &str) {
        if let Ok(mut counted) = self.0.lock() {
            counted.remove(account);
        }
    }
}

/// Makes room: whatever no longer slows anybody down, and if that is not enough, the older half.
fn forget_oldest(counted: &mut HashMap<String, (u32, Timestamp)>, now: Timestamp) {
    counted.retain(|_, (_, last)| now.millis_since(*last) < LONGEST_WAIT_MS);
    if counted.len() < REMEMBERED {
        return;
    }
    let mut times: Vec<i64> = counted.values().map(|(_, last)| last.millis()).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    counted.retain(|_, (_, last)| last.millis() > median);
}

/// The person of that e-mail address and password. Where it comes from counts for slowing down guesses, which are on record.
pub async fn sign_in(cx: &Cx, email: &str, password: &str, from: &Origin) -> Result<UserRecord, Error> {
    let email = email.trim().to_lowercase();
    let account: String = format!("account {}", email.chars().take(254).collect::<String>());
    let keys = [account.clone(), address_key(from)];
    if let Err(retry_after_seconds) = cx.attempts.begin(&keys, cx.clock.now()) {
        note(cx, 429, "too many attempts".to_owned(), from);
        return Err(Error::TooMany { retry_after_seconds });
    }
    match look(cx, &email, password).await {
        Ok(Looked::Right(user)) => {
            cx.attempts.undo(&keys);
            cx.attempts.succeeded(&account);
            Ok(user)
        }
        Ok(Looked::Wrong(account)) => {
            // What was typed may be a password in the wrong field, so only accounts that are there are named.
            let whose = account.map_or_else(|| "no account".to_owned(), |account| format!("the account {account}"));
            note(cx, 401, format!("wrong e-mail address or password, for {whose}"), from);
            Err(Error::Unauthorized("that e-mail address and password do not belong together".to_owned()))
        }
        Err(error) => {
            cx.attempts.undo(&keys);
            Err(error)
        }
    }
}

/// Under which guesses from there are counted.
pub(super) fn address_key(from: &Origin) -> String {
    from.address.map_or_else(|| "address unknown".to_owned(), |address| format!("address {address}"))
}

/// Puts a refused sign-in on record.
pub(super) fn note(cx: &Cx, status: u16, error: String, from: &Origin) {
    let at = cx.clock.now().millis();
    cx.denials.note(Denied { at, actor: None, what: "sign_in".to_owned(), status, error, origin: from.clone() });
}

enum Looked {
    Right(UserRecord),
    /// The e-mail address of the account that it was meant for, if there is one.
    Wrong(Option<String>),
}

async fn look(cx: &Cx, email: &str, password: &str) -> Result<Looked, Error> {
    let found = {
        let tx = cx.store.read().await?;
        tx.accounts().by_email(email).await?
    };
    // Who has no password, or is switched off, is answered like somebody who is not there, and as slowly.
    let counts = found.as_ref().filter(|user| user.switched_off_at.is_none() && !user.password_hash.is_empty());
    let stored = counts.map(|user| user.password_hash.clone());
    let right = passwords::verify(&cx.hashing, password, stored).await?;
    Ok(match found {
        Some(user) if right => Looked::Right(user.into()),
        other => Looked::Wrong(other.map(|user| user.email)),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn keys() -> [String; 2] {
        ["account ada@example.org".to_owned(), "address 203.0.113.7".to_owned()]
    }

    #[tokio::test]
    async fn of_fifty_wrong_sign_ins_at_once_only_the_free_ones_are_looked_at() {
        let attempts = Arc::new(Attempts::default());
        let now = Timestamp::from_millis(1_000_000);
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let attempts = Arc::clone(&attempts);
            guesses.spawn(async move {
                let began = attempts.begin(&keys(), now);
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
            assert_eq!(attempts.begin(&keys(), Timestamp::from_millis(now)), Ok(()));
        }
        for wait in [2, 4, 8] {
            assert_eq!(attempts.begin(&keys(), Timestamp::from_millis(now)), Err(wait));
            now += i64::try_from(wait).unwrap() * 1_000;
            assert_eq!(attempts.begin(&keys(), Timestamp::from_millis(now)), Ok(()));
        }
        attempts.succeeded("account ada@example.org");
        let elsewhere = ["account ada@example.org".to_owned(), "address 198.51.100.1".to_owned()];
        assert_eq!(attempts.begin(&elsewhere, Timestamp::from_millis(now)), Ok(()));
    }

    #[test]
    fn attempts_that_are_taken_back_leave_nothing() {
        let attempts = Attempts::default();
        for _ in 0..20 {
            assert_eq!(attempts.begin(&keys(), Timestamp::from_millis(0)), Ok(()));
            attempts.undo(&keys());
        }
        assert!(attempts.0.lock().unwrap().is_empty());
    }

    #[test]
    fn when_too_many_are_remembered_the_newest_stay() {
        let attempts = Attempts::default();
        for number in 0..=REMEMBERED {
            let now = Timestamp::from_millis(i64::try_from(number).unwrap());
            assert_eq!(attempts.begin(&[format!("address {number}")], now), Ok(()));
        }
        let remembered = attempts.0.lock().unwrap();
        assert!(remembered.len() < REMEMBERED && remembered.contains_key("address 9999"), "{}", remembered.len());
    }
}
