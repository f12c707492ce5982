//! What a provider says when somebody signed out there: what a logout token has to hold to be believed, and which logins it
//! ends (OpenID Connect Back-Channel Logout 1.0). Whoever asks has checked the signature with the issuer's keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use protocol::Timestamp;
use serde_json::{Map, Value};

/// Longer tokens are none: they name a person and a session.
const LONGEST: usize = 16 << 10;
/// Longer names of persons, sessions and tokens are none.
const LONGEST_NAME: usize = 255;
/// The event that a logout token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Clocks differ: a token from further ahead was not made for now.
const AHEAD_SECONDS: i64 = 5 * 60;
/// A token that expired longer ago than clocks differ counts no more.
const LATE_SECONDS: i64 = 60;
/// Whatever its expiry says, an older token counts no more, so that used ones need not be remembered for longer.
const OLDEST_SECONDS: i64 = 10 * 60;

/// Why a logout token is not believed; for the log and the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    #[error("the logout token is no signed token")]
    Unreadable,
    #[error("the logout token is of another kind (typ)")]
    OtherKind,
    #[error("the logout token has critical fields (crit), which nobody knows here")]
    Critical,
    #[error("the logout token is another issuer's")]
    Issuer,
    #[error("the logout token is for another audience")]
    Audience,
    #[error("the logout token does not say when it was issued and expires")]
    NoTimes,
    #[error("the logout token is from the future")]
    FromTheFuture,
    #[error("the logout token has expired, or is too old")]
    Expired,
    #[error("the logout token tells of no logout (events)")]
    NoEvent,
    #[error("the logout token has a nonce, so it is an ID token")]
    Nonce,
    #[error("the logout token names neither a person nor a session")]
    Nobody,
    #[error("the logout token has no name of its own (jti)")]
    NoName,
}

/// A token whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Unverified<'a> {
    /// The algorithm that it says it is signed with.
    pub algorithm: String,
    /// The name of the key that it says it is signed with.
    pub key: Option<String>,
    /// What is signed.
    pub message: &'a str,
    pub signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// Whom a logout token has to come from and to be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
}

/// What a believed logout token ends. A person, a session of theirs, or both are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutEnding {
    /// The token's own name, which counts once.
    pub token: String,
    /// Whose sessions end, by the provider's name of the person.
    pub subject: Option<String>,
    /// Which session ends.
    pub sid: Option<String>,
    /// From then on the token would not be believed any more.
    pub counts_until: Timestamp,
}

impl<'a> Unverified<'a> {
    /// Takes a token in compact form apart (RFC 7515). Encrypted ones are not taken.
    pub fn parse(text: &'a str) -> Result<Self, NotBelieved> {
        if text.len() > LONGEST {
            return Err(NotBelieved::Unreadable);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(NotBelieved::Unreadable)?;
        let (header, claims) = message.split_once('.').ok_or(NotBelieved::Unreadable)?;
        let (header, claims) = (object(header)?, object(claims)?);
        if header.contains_key("crit") {
            return Err(NotBelieved::Critical);
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        if !header.get("typ").is_none_or(is_logout_token) {
            return Err(NotBelieved::OtherKind);
        }
        Ok(Self {
            algorithm: text("alg").unwrap_or_default().to_owned(),
            key: text("kid").map(str::to_owned),
            message,
            signature: BASE64.decode(signature).map_err(|_| NotBelieved::Unreadable)?,
            claims,
        })
    }

    /// What the token ends. The signature has been checked by now.
    pub fn believe(&self, expected: Expected<'_>, now: Timestamp) -> Result<LogoutEnding, NotBelieved> {
        let claims = &self.claims;
        if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
            return Err(NotBelieved::Issuer);
        }
        if !claims.get("aud").is_some_and(|audience| is_for(audience, expected.client_id)) {
            return Err(NotBelieved::Audience);
        }
        // Whoever could pass an ID token off as a logout token could sign people out, and the other way round (section 2.4).
        if claims.contains_key("nonce") {
            return Err(NotBelieved::Nonce);
        }
        if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
            return Err(NotBelieved::NoEvent);
        }
        let counts_until = counts_until(claims, now)?;
        let (subject, sid) = (name(claims, "sub")?, name(claims, "sid")?);
        if subject.is_none() && sid.is_none() {
            return Err(NotBelieved::Nobody);
        }
        let token = name(claims, "jti").ok().flatten().ok_or(NotBelieved::NoName)?;
        Ok(LogoutEnding { token, subject, sid, counts_until })
    }
}

impl LogoutEnding {
    /// Whether it ends a login of that person that was made in that session at the provider. A login whose session has no
    /// name ends with its person: ending one too many is better than leaving one.
    pub fn ends(&self, subject: &str, sid: Option<&str>) -> bool {
        let same_person = self.subject.as_deref().map(|named| named == subject);
        match (self.sid.as_deref(), sid) {
            (Some(named), Some(sid)) => named == sid && same_person != Some(false),
            (Some(_), None) | (None, _) => same_person == Some(true),
        }
    }
}

fn object(part: &str) -> Result<Map<String, Value>, NotBelieved> {
    let bytes = BASE64.decode(part).map_err(|_| NotBelieved::Unreadable)?;
    serde_json::from_slice(&bytes).map_err(|_| NotBelieved::Unreadable)
}

/// `logout+jwt`, as section 2.4 wants it, or the `JWT` of issuers that type none of their tokens.
fn is_logout_token(kind: &Value) -> bool {
    let kind = kind.as_str().unwrap_or_default().to_ascii_lowercase();
    matches!(kind.strip_prefix("application/").unwrap_or(&kind), "logout+jwt" | "jwt")
}

/// An audience is a word or a list; nobody else may be in it.
fn is_for(audience: &Value, client_id: &str) -> bool {
    match audience {
        Value::String(named) => named == client_id,
        Value::Array(list) => !list.is_empty() && list.iter().all(|named| named.as_str() == Some(client_id)),
        _ => false,
    }
}

fn counts_until(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, NotBelieved> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64).ok_or(NotBelieved::NoTimes);
    let (issued, expires, now) = (seconds("iat")?, seconds("exp")?, now.millis() / 1_000);
    if issued > now + AHEAD_SECONDS {
        return Err(NotBelieved::FromTheFuture);
    }
    let until = issued.saturating_add(OLDEST_SECONDS).min(expires.saturating_add(LATE_SECONDS));
    if until <= now {
        return Err(NotBelieved::Expired);
    }
    Ok(Timestamp::from_millis(until.saturating_mul(1_000)))
}

/// A name among the claims; one that is there and cannot be one names nobody.
fn name(claims: &Map<String, Value>, claim: &str) -> Result<Option<String>, NotBelieved> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let name = value.as_str().filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains('\0'));
    name.map(|name| Some(name.to_owned())).ok_or(NotBelieved::Nobody)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const EXPECTED: Expected<'_> = Expected { issuer: "https://login.example.org", client_id: "loki" };

    fn token(header: &Value, claims: &Value) -> String {
        format!("{}.{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()), BASE64.encode("signature"))
    }

    fn claims() -> Value {
        json!({
            "iss": "https://login.example.org", "aud": "loki", "iat": NOW, "exp": NOW + 120, "jti": "1",
            "sub": "ada", "sid": "s1", "events": {EVENT: {}},
        })
    }

    fn believed(header: &Value, claims: &Value) -> Result<LogoutEnding, NotBelieved> {
        Unverified::parse(&token(header, claims))?.believe(EXPECTED, Timestamp::from_millis(NOW * 1_000))
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn without(names: &[&str]) -> Value {
        let mut claims = claims();
        for name in names {
            claims.as_object_mut().unwrap().remove(*name);
        }
        claims
    }

    #[test]
    fn a_token_says_what_it_ends() {
        let header = json!({"alg": "ES256", "kid": "k", "typ": "logout+jwt"});
        let ending = believed(&header, &claims()).unwrap();
        let expected = LogoutEnding {
            token: "1".to_owned(),
            subject: Some("ada".to_owned()),
            sid: Some("s1".to_owned()),
            counts_until: Timestamp::from_millis((NOW + 180) * 1_000),
        };
        assert_eq!(ending, expected);
        for good in [
            without(&["sid"]),
            without(&["sub"]),
            with("aud", json!(["loki"])),
            with("iat", json!(NOW + 60)),
            with("exp", json!(NOW - 30)),
            with("exp", json!(i64::MAX)),
            with("iat", json!(NOW - 300)),
            with("events", json!({EVENT: {}, "other": {}})),
        ] {
            assert!(believed(&header, &good).is_ok(), "{good}");
        }
        for kind in ["logout+jwt", "application/logout+jwt", "Logout+JWT", "JWT"] {
            assert!(believed(&json!({"alg": "ES256", "typ": kind}), &claims()).is_ok(), "{kind}");
        }
        assert!(believed(&json!({"alg": "ES256"}), &claims()).is_ok());
    }

    #[test]
    fn what_is_not_as_it_has_to_be_is_not_believed() {
        let header = json!({"alg": "ES256"});
        for (wrong, why) in [
            (with("iss", json!("https://evil.example")), NotBelieved::Issuer),
            (without(&["iss"]), NotBelieved::Issuer),
            (with("aud", json!("other")), NotBelieved::Audience),
            (with("aud", json!(["loki", "other"])), NotBelieved::Audience),
            (with("aud", json!([])), NotBelieved::Audience),
            (without(&["aud"]), NotBelieved::Audience),
            (with("nonce", json!("n")), NotBelieved::Nonce),
            (with("nonce", json!(null)), NotBelieved::Nonce),
            (without(&["events"]), NotBelieved::NoEvent),
            (with("events", json!({})), NotBelieved::NoEvent),
            (with("events", json!({EVENT: true})), NotBelieved::NoEvent),
            (with("events", json!([EVENT])), NotBelieved::NoEvent),
            (without(&["iat"]), NotBelieved::NoTimes),
            (without(&["exp"]), NotBelieved::NoTimes),
            (with("iat", json!("now")), NotBelieved::NoTimes),
            (with("iat", json!(NOW + 600)), NotBelieved::FromTheFuture),
            (with("exp", json!(NOW - 61)), NotBelieved::Expired),
            (with("iat", json!(NOW - 601)), NotBelieved::Expired),
            (without(&["sub", "sid"]), NotBelieved::Nobody),
            (with("sub", json!(7)), NotBelieved::Nobody),
            (with("sid", json!("")), NotBelieved::Nobody),
            (with("sid", json!("x".repeat(256))), NotBelieved::Nobody),
            (without(&["jti"]), NotBelieved::NoName),
            (with("jti", json!("")), NotBelieved::NoName),
        ] {
            assert_eq!(believed(&header, &wrong), Err(why), "{wrong}");
        }
        assert_eq!(believed(&json!({"alg": "ES256", "typ": "at+jwt"}), &claims()), Err(NotBelieved::OtherKind));
        assert_eq!(believed(&json!({"alg": "ES256", "typ": 7}), &claims()), Err(NotBelieved::OtherKind));
        assert_eq!(believed(&json!({"alg": "ES256", "crit": ["b64"]}), &claims()), Err(NotBelieved::Critical));
        for text in ["", ".", "..", "a.b", "e30.e30", "e30.e30.!", "e30.e30.e30.e30.e30", &"x".repeat(LONGEST + 1)] {
            assert!(Unverified::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_session_ends_alone_and_a_person_with_all_of_theirs() {
        let ending = |subject: Option<&str>, sid: Option<&str>| LogoutEnding {
            token: String::new(),
            subject: subject.map(str::to_owned),
            sid: sid.map(str::to_owned),
            counts_until: Timestamp::from_millis(0),
        };
        for (subject, sid, login, ends) in [
            (Some("ada"), None, ("ada", Some("s1")), true),
            (Some("ada"), None, ("ada", None), true),
            (Some("ada"), None, ("eve", Some("s1")), false),
            (None, Some("s1"), ("ada", Some("s1")), true),
            (None, Some("s1"), ("ada", Some("s2")), false),
            (None, Some("s1"), ("ada", None), false),
            (Some("ada"), Some("s1"), ("ada", Some("s1")), true),
            (Some("ada"), Some("s1"), ("ada", Some("s2")), false),
            (Some("ada"), Some("s1"), ("eve", Some("s1")), false),
            (Some("ada"), Some("s1"), ("ada", None), true),
        ] {
            assert_eq!(ending(subject, sid).ends(login.0, login.1), ends, "{subject:?} {sid:?} {login:?}");
        }
    }
}
