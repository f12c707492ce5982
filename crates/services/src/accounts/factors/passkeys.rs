//! Passkeys (WebAuthn): at which address they count, and what the library is told. Questions to browsers lie in the database,
//! each for one answer of one browser.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::factors::{self as rules, RelyingParty};
use serde::{Serialize, de::DeserializeOwned};
use store::{FactorRow, PasskeyRow, Thing};
use webauthn_rs::prelude::{Passkey, Url, Webauthn, WebauthnBuilder, WebauthnError};

use crate::Error;

/// What a browser answers is shorter, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// The passkeys of this server, or why there can be none.
#[derive(Clone, Debug)]
pub struct Passkeys(Result<Arc<Known>, String>);

#[derive(Debug)]
struct Known {
    party: RelyingParty,
    library: Webauthn,
}

impl Passkeys {
    /// Of a server that browsers reach at that address. `is_served` says whether it answers pages of an origin.
    pub fn new(public_url: &str, is_served: impl FnOnce(&str) -> bool) -> Self {
        Self(rules::relying_party(public_url).and_then(|party| {
            let unusable =
                || format!("Passkeys cannot be used at {}, the address that this server is set up with.", party.origin);
            if !is_served(&party.origin) {
                return Err(unusable());
            }
            let library = library(&party).map_err(|_| unusable())?;
            Ok(Arc::new(Known { party, library }))
        }))
    }

    /// Where no browser comes, as on the command line.
    pub fn nowhere() -> Self {
        Self(Err("Passkeys belong to a server.".to_owned()))
    }

    /// Whether a page that was asked for under `host` can use them. The error says why not and what to do, for a person.
    pub fn at(&self, host: &str) -> Result<(), String> {
        let known = self.0.as_ref().map_err(Clone::clone)?;
        if known.party.is_at(host) {
            return Ok(());
        }
        Err(format!("Passkeys count at {} alone: open this page there.", known.party.origin))
    }

    pub(super) fn library(&self) -> Result<&Webauthn, Error> {
        self.0.as_ref().map(|known| &known.library).map_err(|why| Error::Conflict(why.clone()))
    }
}

fn library(party: &RelyingParty) -> Result<Webauthn, WebauthnError> {
    let origin = Url::parse(&party.origin).map_err(|_| WebauthnError::Configuration)?;
    let lasts = Duration::from_millis(rules::ANSWER_MS.unsigned_abs());
    WebauthnBuilder::new(&party.id, &origin)?.rp_name("loki").timeout(lasts).build()
}

/// What a browser sent, if it is what it should be.
pub(super) fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, String> {
    let nonsense = || "what was sent is no passkey".to_owned();
    if answer.len() > LONGEST_ANSWER {
        return Err(nonsense());
    }
    serde_json::from_str(answer).map_err(|_| nonsense())
}

/// How something of the library's is stored.
pub(super) fn stored(what: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(what).map_err(|error| Error::Internal(format!("a passkey could not be written: {error}")))
}

/// What was stored, once more.
pub(super) fn restored<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Internal(format!("a passkey could not be read: {error}")))
}

/// What its device calls a passkey, as it is stored.
pub(super) fn credential(id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// The passkeys among these factors.
pub(super) fn passkeys(rows: &[FactorRow]) -> Result<Vec<(&FactorRow, &PasskeyRow, Passkey)>, Error> {
    let passkeys = rows.iter().filter_map(|row| match &row.thing {
        Thing::Passkey(passkey) => Some((row, passkey)),
        Thing::App(_) | Thing::PlainApp(_) => None,
    });
    passkeys.map(|(row, passkey)| Ok((row, passkey, restored(&passkey.public)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_at_another_address_is_told_where_passkeys_count() {
        let local = Passkeys::new("http://127.0.0.1:57374", |origin| origin == "http://localhost:57374");
        assert_eq!(local.at("localhost:57374"), Ok(()));
        assert!(local.at("127.0.0.1:57374").unwrap_err().contains("http://localhost:57374"));

        for (url, served, named) in [
            ("http://192.0.2.7:57374", true, "--public-url"),
            ("http://127.0.0.1:80", false, "http://localhost:80"),
            ("http://loki.example.org", true, "https"),
        ] {
            let none = Passkeys::new(url, |_| served);
            assert!(none.at("localhost").unwrap_err().contains(named), "{url}");
            assert!(none.library().is_err());
        }
    }
}
