//! From claims to who somebody is.

use std::collections::BTreeMap;

use domain::sign_in::Identity;
use openidconnect::{AdditionalClaims, IdTokenClaims, UserInfoClaims, core::CoreGenderClaim};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// More groups than a person is in.
const MOST_GROUPS: usize = 1_000;
/// Longer names of a session are none.
const LONGEST_SID: usize = 255;

/// Claims that are not in the standard, like groups.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl AdditionalClaims for Claims {}

/// What an ID token says.
pub(super) fn identity(claims: &IdTokenClaims<Claims, CoreGenderClaim>, groups_claim: &str) -> Identity {
    let others = claims.additional_claims();
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    Identity {
        subject: claims.subject().as_str().to_owned(),
        email: claims.email().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        email_verified: claims.email_verified().unwrap_or(false),
        name: name.unwrap_or_default(),
        groups: others.words(groups_claim),
        organisations: Vec::new(),
        hosted_domain: others.others.get("hd").and_then(Value::as_str).map(str::to_owned),
        sid: others.others.get("sid").and_then(Value::as_str).filter(|sid| sid.len() <= LONGEST_SID).map(str::to_owned),
        id_token: None,
        shown_at: claims.auth_time().map(|at| Timestamp::from_millis(at.timestamp_millis())),
    }
}

/// Whether the token says something about groups.
pub(super) fn has(claims: &IdTokenClaims<Claims, CoreGenderClaim>, groups_claim: &str) -> bool {
    claims.additional_claims().find(groups_claim).is_some()
}

/// Adds what the provider says elsewhere. Address and verification are taken together: one place's word does not verify
/// another place's address.
pub(super) fn complete(identity: &mut Identity, more: &UserInfoClaims<Claims, CoreGenderClaim>, groups_claim: &str) {
    if !identity.email_verified
        && let Some(email) = more.email()
    {
        identity.email = email.as_str().to_owned();
        identity.email_verified = more.email_verified().unwrap_or(false);
    }
    if identity.name.is_empty()
        && let Some(name) = more.name().and_then(|name| name.get(None))
    {
        identity.name = name.as_str().to_owned();
    }
    if identity.groups.is_empty() {
        identity.groups = more.additional_claims().words(groups_claim);
    }
}

impl Claims {
    /// A claim by its name, or by the way to it where it lies deeper: `realm_access.roles`.
    fn find(&self, name: &str) -> Option<&Value> {
        if let Some(value) = self.others.get(name) {
            return Some(value);
        }
        let mut steps = name.split('.');
        let first = self.others.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    }

    /// A claim that is a word or a list of words.
    fn words(&self, name: &str) -> Vec<String> {
        match self.find(name) {
            Some(Value::String(word)) => vec![word.clone()],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_found_by_name_or_by_the_way_to_them() {
        let claims: Claims = serde_json::from_value(json!({
            "groups": ["a", 7, "b"],
            "one": "c",
            "https://example.org/groups": ["d"],
            "realm_access": {"roles": ["e"]},
        }))
        .unwrap();
        let cases: [(&str, &[&str]); 6] = [
            ("groups", &["a", "b"]),
            ("one", &["c"]),
            ("https://example.org/groups", &["d"]),
            ("realm_access.roles", &["e"]),
            ("realm_access", &[]),
            ("nothing", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(claims.words(name), expected, "{name}");
        }
    }

    /// An ID token as Google writes it; `hd` stands there for accounts of a Workspace alone.
    fn of_google(hd: Option<Value>) -> Identity {
        let mut claims = json!({
            "iss": "https://accounts.google.com", "aud": "1234.apps.googleusercontent.com",
            "sub": "110169484474386276334", "iat": 1_800_000_000, "exp": 1_800_003_600, "nonce": "n",
            "email": "ada@example.org", "email_verified": true, "name": "Ada Lovelace",
        });
        if let Some(hd) = hd {
            claims["hd"] = hd;
        }
        identity(&serde_json::from_value(claims).unwrap(), "groups")
    }

    #[test]
    fn a_workspace_of_google_is_what_the_token_says_and_not_the_address() {
        let without = Identity {
            subject: "110169484474386276334".to_owned(),
            email: "ada@example.org".to_owned(),
            email_verified: true,
            name: "Ada Lovelace".to_owned(),
            groups: Vec::new(),
            organisations: Vec::new(),
            hosted_domain: None,
            sid: None,
            id_token: None,
            shown_at: None,
        };
        let with = Identity { hosted_domain: Some("example.org".to_owned()), ..without.clone() };
        let cases = [
            (None, &without),
            (Some(json!("example.org")), &with),
            // What is no word says nothing.
            (Some(json!(true)), &without),
            (Some(json!(["example.org"])), &without),
        ];
        for (hd, expected) in cases {
            assert_eq!(of_google(hd.clone()), *expected, "{hd:?}");
        }
    }
}
