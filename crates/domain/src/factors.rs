//! Second factors: which codes of an authenticator app count (TOTP, RFC 6238), what recovery codes look like, and for whom
//! passkeys are.

mod passkeys;
mod qr;

pub use passkeys::{RelyingParty, relying_party};
pub use qr::svg;

use protocol::{Timestamp, factors::FactorKind};
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a secret, as RFC 4226 recommends them.
pub const SECRET_BYTES: usize = 20;
/// Recovery codes that a person gets.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of chance that a recovery code takes; 50 bits of them are used.
pub const RECOVERY_BYTES: usize = 7;
/// Factors that a person may have.
pub const MOST: usize = 5;
/// How long an authenticator app may take to be set up, in milliseconds.
pub const SET_UP_MS: i64 = 15 * 60 * 1_000;
/// How long a browser may take to answer with a passkey, in milliseconds; as long as it waits for its person.
pub const ANSWER_MS: i64 = 5 * 60 * 1_000;

/// Seconds that a code is shown.
const PERIOD: u64 = 30;
/// Codes before and after the one of now that count: clocks are not exact.
const SKEW: u16 = 1;
const DIGITS: usize = 6;
const RECOVERY_LETTERS: usize = 10;
const LONGEST_NAME: usize = 60;
/// Without letters that are taken for others (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What somebody typed to prove who they are.
#[derive(Clone, PartialEq, Eq)]
pub enum Given {
    /// Six digits of an authenticator app.
    Code(String),
    /// A recovery code in its plain form.
    Recovery(String),
    /// Anything else can only be a password.
    Password(String),
}

impl Given {
    /// Tells by the shape what it is; passwords are longer than codes.
    pub fn of(text: &str) -> Self {
        let bare: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        if bare.len() == DIGITS && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Code(bare);
        }
        match recovery(&bare) {
            Some(code) if text.trim().chars().count() < crate::passwords::SHORTEST => Self::Recovery(code),
            _ => Self::Password(text.to_owned()),
        }
    }
}

/// A secret as authenticator apps take it: base 32 without padding.
pub fn secret(random: [u8; SECRET_BYTES]) -> String {
    Secret::from(random).to_base32()
}

/// The address in the QR code, with the account's email address.
pub fn url(secret: &str, email: &str) -> Option<String> {
    let builder = builder(secret)?.with_issuer(Some("loki")).with_account_name(email.replace(':', "_"));
    builder.build().ok()?.to_url().ok()
}

/// The time step whose code this is, when it is one of now and later than `last`, the step whose code was taken before: each
/// counts once.
pub fn step(secret: &str, code: &str, now: Timestamp, last: Option<i64>) -> Option<i64> {
    let seconds = u64::try_from(now.millis() / 1_000).ok()?;
    let step = i64::try_from(totp(secret)?.check(code, seconds)?).ok()?;
    last.is_none_or(|last| step > last).then_some(step)
}

fn builder(secret: &str) -> Option<Builder> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Some(Builder::new().with_secret(secret).with_skew(SKEW).with_step_duration(PERIOD))
}

fn totp(secret: &str) -> Option<Totp> {
    builder(secret)?.build().ok()
}

/// A recovery code in its plain form, from chance.
pub fn recovery_code(random: [u8; RECOVERY_BYTES]) -> String {
    let bits = random.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let index = |place: usize| usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
    (0..RECOVERY_LETTERS).filter_map(|place| ALPHABET.get(index(place))).map(|letter| char::from(*letter)).collect()
}

/// A recovery code as people see it.
pub fn shown(code: &str) -> String {
    code.split_at_checked(RECOVERY_LETTERS / 2).map_or_else(|| code.to_owned(), |(one, two)| format!("{one}-{two}"))
}

/// The plain form of what was typed as a recovery code.
fn recovery(bare: &str) -> Option<String> {
    let letter = |typed: char| match typed.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    let code: String = bare.chars().map(letter).collect();
    (code.len() == RECOVERY_LETTERS && code.bytes().all(|byte| ALPHABET.contains(&byte))).then_some(code)
}

/// The name of a factor; without one it is called what its kind is.
pub fn name(given: &str, kind: FactorKind) -> Result<String, String> {
    match given.trim() {
        "" => Ok(kind.title().to_owned()),
        name if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) => {
            Err(format!("the name must have at most {LONGEST_NAME} characters, without control characters"))
        }
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // The last six digits of the table in RFC 6238.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")] {
            assert_eq!(step(RFC, code, at(seconds), None), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_a_step_before_and_after_its_own_and_only_once() {
        let (own, code) = (1_111_111_109 / 30, "081804");
        for (off, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            assert_eq!(step(RFC, code, at((own + off) * 30), None).is_some(), counts, "{off}");
        }
        let now = at(own * 30);
        assert_eq!(step(RFC, code, now, Some(own - 1)), Some(own));
        assert_eq!(step(RFC, code, now, Some(own)), None);
        assert_eq!(step(RFC, code, now, Some(own + 1)), None);
        for wrong in ["081805", "81804", "0818040", "", "abcdef"] {
            assert_eq!(step(RFC, wrong, now, None), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_is_told_who_and_where() {
        let secret = secret(*b"12345678901234567890");
        assert_eq!(secret, RFC);
        assert_eq!(
            url(&secret, "ada@example.org").unwrap(),
            format!("otpauth://totp/loki:ada%40example%2Eorg?secret={RFC}&issuer=loki").replace("%2E", ".")
        );
        assert!(url(&secret, "a:b@example.org").is_some());
    }

    #[test]
    fn what_was_typed_is_told_by_its_shape() {
        let code = recovery_code([255, 0, 17, 3, 200, 99, 4]);
        assert_eq!(code.len(), RECOVERY_LETTERS);
        assert!(Given::of(&shown(&code)) == Given::Recovery(code.clone()));
        assert!(Given::of(&format!(" {} ", code.to_uppercase())) == Given::Recovery(code));
        assert!(Given::of("0O1Il-abcde") == Given::Recovery("00111abcde".to_owned()));
        assert!(Given::of("123 456") == Given::Code("123456".to_owned()));
        for password in ["a long enough password", "1234567", "", "abcde-fghiju"] {
            assert!(Given::of(password) == Given::Password(password.to_owned()), "{password}");
        }
    }
}
