//! What loki writes to people. Names that others chose stand in it, so they are cleaned and bounded: a letter is loki's, not
//! theirs.

use protocol::Timestamp;

use crate::{actor::Origin, devices::device, names, text::joined};

/// A longer name says nothing more.
const LONGEST_NAME: usize = 100;

/// A mail's words.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    pub text: String,
}

impl Letter {
    /// Subject and text as one, to be sealed.
    pub fn whole(&self) -> String {
        format!("{}\n{}", self.subject, self.text)
    }

    /// What [`Self::whole`] made.
    pub fn read(whole: &str) -> Option<Self> {
        let (subject, text) = whole.split_once('\n')?;
        Some(Self { subject: subject.to_owned(), text: text.to_owned() })
    }
}

/// A change of an account that its owner is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    PasswordChanged,
    /// By a link, which also ended every login.
    PasswordReset,
    FactorAdded,
    FactorRemoved,
    /// By an admin, all of them.
    FactorsReset,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
    ProviderLinked,
    ProviderUnlinked,
}

impl Notice {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PasswordChanged => ("Your password was changed", "Your password was changed."),
            Self::PasswordReset => {
                ("Your password was set by a link", "A link for a new password was used, and every login before it ended.")
            }
            Self::FactorAdded => ("A second factor was added", "A second factor was added to your account."),
            Self::FactorRemoved => ("A second factor was removed", "A second factor was removed from your account."),
            Self::FactorsReset => (
                "Your second factors were taken away",
                "An admin took the second factors of your account away. Signing in takes one step until you set one up.",
            ),
            Self::RecoveryCodesReplaced => {
                ("You have new recovery codes", "Recovery codes were made for your account; those before count no more.")
            }
            Self::RecoveryCodeUsed => ("A recovery code was used", "Somebody signed in with a recovery code of your account."),
            Self::ProviderLinked => ("A way to sign in was added", "A provider was linked to your account, to sign in with."),
            Self::ProviderUnlinked => ("A way to sign in was removed", "A provider was unlinked from your account."),
        }
    }
}

/// The link with which a person gives themselves a new password.
pub fn new_password(site: &str, link: &str, until: Timestamp) -> Letter {
    Letter {
        subject: "A new password for loki".to_owned(),
        text: format!(
            "Somebody asked for a new password for your account on {site}.\n\nIf that was you, open this link. It works once, \
             until {}:\n\n{link}\n\nIf it was not you, do nothing: your password stays as it is.\n",
            moment(until)
        ),
    }
}

/// To somebody who asked for a new password and signs in otherwise.
pub fn no_password(site: &str) -> Letter {
    Letter {
        subject: "Signing in to loki".to_owned(),
        text: format!(
            "Somebody asked for a new password for your account on {site}.\n\nYour account has no password: sign in with your \
             provider, at {site}/login. If you need a password, ask an admin for a link.\n\nIf it was not you, do nothing.\n"
        ),
    }
}

/// An invitation with its link, `by` somebody, into a team if one is named.
pub fn invitation(site: &str, (by, team): (&str, Option<&str>), link: &str, until: Timestamp) -> Letter {
    let by = shown(by).map_or_else(|| "You are invited".to_owned(), |name| format!("{name} invites you"));
    let place = match team {
        None => format!("to loki on {site}"),
        Some(team) => {
            let named = shown(team).map_or_else(|| "to a team".to_owned(), |name| format!("to the team \"{name}\""));
            format!("{named} on {site}")
        }
    };
    Letter {
        subject: "An invitation to loki".to_owned(),
        text: format!(
            "{by} {place}.\n\nOpen this link to take it up. It works once, until {}:\n\n{link}\n\nIf you know nothing of this, do \
             nothing.\n",
            moment(until)
        ),
    }
}

/// Tells the owner of an account what was changed, when and from where.
pub fn notice(site: &str, what: Notice, at: Timestamp, from: Option<&Origin>) -> Letter {
    let (subject, said) = what.words();
    let address = from.and_then(|from| from.address).map(|address| format!(", from the address {address}"));
    let browser = from.filter(|from| !from.agent.is_empty()).map(|from| format!(" with {}", device(&from.agent)));
    Letter {
        subject: format!("{subject} on loki"),
        text: format!(
            "{said}\n\nWhere: {site}\nWhen: {}{}{}\n\nIf that was you, there is nothing to do. If it was not, choose a new \
             password at once, look at {site}/profile where you are signed in, and tell an admin.\n",
            moment(at),
            address.unwrap_or_default(),
            browser.unwrap_or_default(),
        ),
    }
}

/// A letter that says that mail works.
pub fn trial() -> Letter {
    Letter {
        subject: "loki can send mail".to_owned(),
        text: "This mail was asked for to see whether it arrives. It did.\n".to_owned(),
    }
}

/// A name as it may stand in a letter; nothing when it passes for something else, or would become a link.
fn shown(name: &str) -> Option<String> {
    let visible: String = name.chars().filter(|letter| !names::is_unseen(*letter)).take(LONGEST_NAME).collect();
    let visible = joined(&visible);
    let lower = visible.to_lowercase();
    let leads_away = lower.contains("://") || lower.contains("www.");
    (!visible.is_empty() && !leads_away && names::problem(&visible).is_none()).then_some(visible)
}

/// A moment to the minute, in UTC.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://loki.example.org";

    fn at() -> Timestamp {
        Timestamp::from_millis(1_795_000_000_000)
    }

    #[test]
    fn an_invitation_names_who_where_and_until_when() {
        let letter = invitation(SITE, ("Ada", Some("Backend")), "https://loki.example.org/invite?link=abc", at());
        assert_eq!(
            letter.whole(),
            "An invitation to loki\n\
             Ada invites you to the team \"Backend\" on https://loki.example.org.\n\n\
             Open this link to take it up. It works once, until 2026-11-18 11:06 UTC:\n\n\
             https://loki.example.org/invite?link=abc\n\n\
             If you know nothing of this, do nothing.\n"
        );
    }

    #[test]
    fn a_notice_says_what_when_and_from_where() {
        let from = Origin {
            address: Some("203.0.113.7".parse().unwrap()),
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0".to_owned(),
            request_id: String::new(),
        };
        assert_eq!(
            notice(SITE, Notice::PasswordChanged, at(), Some(&from)).whole(),
            "Your password was changed on loki\n\
             Your password was changed.\n\n\
             Where: https://loki.example.org\n\
             When: 2026-11-18 11:06 UTC, from the address 203.0.113.7 with Firefox on Linux\n\n\
             If that was you, there is nothing to do. If it was not, choose a new password at once, look at \
             https://loki.example.org/profile where you are signed in, and tell an admin.\n"
        );
    }

    #[test]
    fn names_of_others_neither_deceive_nor_lead_away() {
        let cases = [
            ("Ada", "Ada invites you to"),
            ("Ada\r\nBcc: eve@example.org", "AdaBcc: eve@example.org invites you to"),
            ("Ada\u{202e}\u{200b}", "Ada invites you to"),
            ("", "You are invited to"),
            // Cyrillic and Latin letters in one word.
            ("p\u{430}ypal", "You are invited to"),
            ("see http://evil.example", "You are invited to"),
            ("WWW.evil.example", "You are invited to"),
        ];
        for (name, expected) in cases {
            let letter = invitation(SITE, (name, Some(name)), "link", at());
            assert!(letter.text.starts_with(expected), "{name:?}: {}", letter.text);
            assert_eq!(letter.subject, "An invitation to loki");
        }
        let long = invitation(SITE, (&"a".repeat(10_000), None), "link", at()).text;
        assert!(long.len() < 500, "{}", long.len());
    }

    #[test]
    fn a_letter_is_sealed_and_read_as_one() {
        let letter = new_password(SITE, "link", at());
        assert!(Letter::read(&letter.whole()) == Some(letter));
        assert!(Letter::read("no line end").is_none());
    }
}
