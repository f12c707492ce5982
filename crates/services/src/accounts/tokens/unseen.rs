//! Secrets of new tokens, recovery codes and links of invitations on their way to the page of whoever made them: in memory, for one look, for a minute. So they stand in no
//! address, no cookie and no table, and a browser without script sees them too.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use protocol::{LoginId, TeamId, Timestamp, TokenId};

/// How long a secret waits for its page.
const KEPT_MS: i64 = 60_000;
/// More than this wait only when somebody makes tokens without looking; then the new ones are not shown.
const MOST: usize = 1_000;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unseen {
    Token(TokenId),
    /// The recovery codes of the person, with a space between each two.
    RecoveryCodes,
    /// The link of the newest invitation into that team.
    Invitation(TeamId),
}

/// Secrets that wait to be seen, by who may see them.
#[derive(Default)]
pub struct UnseenSecrets(Mutex<HashMap<(LoginId, Unseen), Waiting>>);

struct Waiting {
    secret: String,
    since: Timestamp,
}

impl UnseenSecrets {
    /// Keeps a secret for the login that made it.
    pub fn keep(&self, login: LoginId, what: Unseen, secret: String, now: Timestamp) {
        let mut waiting = self.at(now);
        if waiting.len() < MOST {
            waiting.insert((login, what), Waiting { secret, since: now });
        }
    }

    /// Gives a secret out to the login that made it, once.
    pub fn take(&self, login: LoginId, what: Unseen, now: Timestamp) -> Option<String> {
        self.at(now).remove(&(login, what)).map(|waiting| waiting.secret)
    }

    /// Without those whose time is over.
    fn at(&self, now: Timestamp) -> MutexGuard<'_, HashMap<(LoginId, Unseen), Waiting>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, secret| (0..KEPT_MS).contains(&now.millis_since(secret.since)));
        waiting
    }
}

impl fmt::Debug for UnseenSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secrets do not belong into logs.
        f.write_str("UnseenSecrets")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_secret_is_seen_once_by_who_made_it_and_not_for_long() {
        let (login, other) = (LoginId(Uuid::from_u128(1)), LoginId(Uuid::from_u128(2)));
        let token = Unseen::Token(TokenId(Uuid::from_u128(3)));
        let at = Timestamp::from_millis;
        let unseen = UnseenSecrets::default();

        unseen.keep(login, token, "secret".to_owned(), at(0));
        assert_eq!(unseen.take(other, token, at(1)), None);
        assert_eq!(unseen.take(login, Unseen::RecoveryCodes, at(1)), None);
        assert_eq!(unseen.take(login, token, at(2)).as_deref(), Some("secret"));
        assert_eq!(unseen.take(login, token, at(3)), None);

        unseen.keep(login, token, "secret".to_owned(), at(0));
        assert_eq!(unseen.take(login, token, at(KEPT_MS)), None);
        assert!(!format!("{unseen:?}").contains("secret"));
    }
}
