//! Mail's rules: what there is to write about, how long it is tried, and what may be said of a failure.

mod letters;

pub use letters::{Letter, Notice, invitation, new_password, no_password, notice, trial};

use protocol::timestamp::{DAY_MS, HOUR_MS};

use crate::text::joined;

/// A mail that could not be sent for so long is given up, in milliseconds.
pub const TRIED_FOR_MS: i64 = DAY_MS;
/// The pause after the first failure, in milliseconds.
const FIRST_PAUSE_MS: i64 = 5_000;
/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: i64 = HOUR_MS;
/// Longer words of a server are cut.
const LONGEST_SAID: usize = 300;
/// So many hexadecimal digits in a row may be a secret of ours.
const SECRET_DIGITS: usize = 32;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A link for a new password.
    NewPassword,
    Invitation,
    /// Something about the account was changed.
    Notice,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewPassword => "new_password",
            Self::Invitation => "invitation",
            Self::Notice => "notice",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::NewPassword, Self::Invitation, Self::Notice].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody typed an address; whose it is was not looked up yet.
    Asked,
    /// Written and sealed; it goes out when it is due.
    Waiting,
    /// The server has it.
    Sent,
    /// The server refused it for good.
    Refused,
    /// It could not be sent in time.
    GivenUp,
}

impl State {
    const ALL: [Self; 5] = [Self::Asked, Self::Waiting, Self::Sent, Self::Refused, Self::GivenUp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// How long to wait after that many attempts failed, in milliseconds: longer and longer, an hour at most.
pub fn pause_ms(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(20);
    FIRST_PAUSE_MS.saturating_mul(1 << doubled).min(LONGEST_PAUSE_MS)
}

/// A server's words as they may be kept and shown: one line, not too long, without what could be the secret of a link.
pub fn said(words: &str) -> String {
    let line: String = words.chars().map(|letter| if crate::names::is_unseen(letter) { ' ' } else { letter }).collect();
    let line = joined(&line);
    let (mut shown, mut digits) = (String::new(), String::new());
    for letter in line.chars().chain(std::iter::once(' ')) {
        if letter.is_ascii_hexdigit() {
            digits.push(letter);
            continue;
        }
        shown.push_str(if digits.len() < SECRET_DIGITS { &digits } else { crate::vault::MASK });
        digits.clear();
        shown.push(letter);
    }
    let shown = shown.trim_end();
    if shown.chars().count() <= LONGEST_SAID {
        return shown.to_owned();
    }
    shown.chars().take(LONGEST_SAID).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        for (attempts, seconds) in [(0, 5), (1, 5), (2, 10), (3, 20), (8, 640), (10, 2_560), (11, 3_600), (u32::MAX, 3_600)] {
            assert_eq!(pause_ms(attempts), seconds * 1_000, "{attempts}");
        }
    }

    #[test]
    fn what_a_server_says_is_one_line_without_secrets() {
        let secret = "0123456789abcdef".repeat(4);
        let cases = [
            ("550 no such user", "550 no such user".to_owned()),
            ("550-no\r\n550 such\tuser \u{202e}", "550-no 550 such user".to_owned()),
            (
                &format!("554 blocked: http://a.example/reset?token={secret}"),
                "554 blocked: http://a.example/reset?token=[secret]".to_owned(),
            ),
            (&"é".repeat(400), format!("{}…", "é".repeat(300))),
            ("", String::new()),
        ];
        for (words, expected) in cases {
            assert_eq!(said(words), expected.replace("[secret]", crate::vault::MASK), "{words}");
        }
    }

    #[test]
    fn kinds_and_states_are_stored_by_name() {
        for kind in [Kind::NewPassword, Kind::Invitation, Kind::Notice] {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!((Kind::parse("spam"), State::parse("lost")), (None, None));
    }
}
