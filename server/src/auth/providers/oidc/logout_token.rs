//! Logout tokens: whether one is signed by the issuer (OpenID Connect Back-Channel Logout 1.0, section 2.6). What it has to say
//! beyond that is `domain::sign_in::logout`.

use domain::sign_in::logout::{Expected, LogoutEnding, Unverified};
use openidconnect::{
    JsonWebKey as _, JsonWebKeySet, JsonWebKeyUse,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use protocol::Timestamp;
use serde_json::Value;

use super::{
    super::{Failure, KnownProvider, refused, word},
    ALGORITHMS,
    metadata::Asker,
};

/// What the token ends, if it is the issuer's and for this client.
pub(in super::super) async fn believe(known: &KnownProvider, token: &str, now: Timestamp) -> Result<LogoutEnding, Failure> {
    let token = Unverified::parse(token).map_err(refused)?;
    let algorithm = algorithm(&token.algorithm)?;
    let rules = &known.config.rules;
    let expected = Expected { issuer: &rules.issuer, client_id: &known.config.client_id };
    // Before the issuer is asked for anything because of it.
    let ending = token.believe(expected, now).map_err(refused)?;
    let metadata = known.oidc.metadata(known, now).await?;
    match is_signed(&token, &algorithm, metadata.jwks()) {
        Some(true) => Ok(ending),
        Some(false) => Err(refused("the logout token's signature is not right")),
        None => {
            // The provider may have new keys since they were read.
            let keys = known.oidc.keys_again(known, Asker::SignOut, now).await?;
            match is_signed(&token, &algorithm, &keys) {
                Some(true) => Ok(ending),
                Some(false) => Err(refused("the logout token's signature is not right")),
                None => Err(refused("the logout token is signed with a key that the provider does not have")),
            }
        }
    }
}

/// The algorithm of that name, if it signs with a private key: never `none`, and none with a secret that others know.
fn algorithm(name: &str) -> Result<CoreJwsSigningAlgorithm, Failure> {
    let known: Option<CoreJwsSigningAlgorithm> = serde_json::from_value(Value::String(name.to_owned())).ok();
    let allowed = known.filter(|algorithm| ALGORITHMS.contains(algorithm));
    allowed.ok_or_else(|| refused(format!("the logout token's algorithm does not count: {}", word(name))))
}

/// Whether one of the keys that it could be signed with made the signature; nothing when there is no such key.
fn is_signed(token: &Unverified<'_>, algorithm: &CoreJwsSigningAlgorithm, keys: &JsonWebKeySet<CoreJsonWebKey>) -> Option<bool> {
    let named = |key: &&CoreJsonWebKey| match &token.key {
        Some(name) => key.key_id().is_some_and(|id| id.as_str() == name),
        None => true,
    };
    let signs = |key: &&CoreJsonWebKey| key.key_use().is_none_or(JsonWebKeyUse::allows_signature);
    let mut tried = keys.keys().iter().filter(named).filter(signs).peekable();
    tried.peek()?;
    Some(tried.any(|key| key.verify_signature(algorithm, token.message.as_bytes(), &token.signature).is_ok()))
}
