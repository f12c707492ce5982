//! Access tokens: JWTs of a quarter of an hour, signed with Ed25519, minted from an API token for calls between services.
//! They can do no more than that token at that moment, and end with it.

mod keys;
mod signatures;

pub use keys::AccessKeys;

use std::collections::HashMap;

use domain::{
    access::{self, Scopes},
    actor::{Actor, Shown},
    audit::Changes,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::{
    Timestamp, TokenId,
    access::{AccessToken, CreateAccessToken, Scope},
};
use serde::{Deserialize, Serialize};

use super::tokens::{KnownToken, find_known};
use crate::{Cx, Error, audit::done};

/// Seconds that one counts.
const LIFE: i64 = 15 * 60;

/// What an access token says (RFC 7519, and `scope` of RFC 8693).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// Whom it is for: the server that issued it, so the same address.
    aud: String,
    /// The API token that it was minted from.
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    scope: String,
}

/// Mints an access token from the API token that asks. `issuer` is the server's public address.
pub async fn mint(cx: &Cx, actor: &Actor, issuer: &str, command: CreateAccessToken) -> Result<AccessToken, Error> {
    // One that mints the next would never end.
    let Actor::Token { id, reach, shown: Shown::Secret, .. } = actor else {
        return Err(Error::Refused("access tokens are minted from an API token".to_owned()));
    };
    // What it may do somewhere at least: where, is asked of the API token again whenever the access token is used.
    let in_question = reach.in_question();
    let owners =
        if in_question.is_empty() { HashMap::new() } else { cx.store.read().await?.sharing().owners(&in_question).await? };
    let own = reach.somewhere(&owners);
    let scopes = command.scopes.unwrap_or_else(|| own.list());
    if scopes.is_empty() {
        return Err(Error::Invalid("`scopes` is empty; there are read, write, control, audit, admin and *".to_owned()));
    }
    access::within(own, Scopes::of(&scopes))?;
    let scope = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    let now = cx.clock.now().millis() / 1_000;
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: issuer.to_owned(),
        sub: id.to_string(),
        iat: now,
        nbf: now,
        exp: now + LIFE,
        jti: cx.ids.uuid().to_string(),
        scope: scope.clone(),
    };
    let (kid, seed) = cx.access_keys.newest()?;
    let header = Header { kid: Some(kid), ..Header::new(Algorithm::EdDSA) };
    let access_token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&seed))
        .map_err(|error| Error::Internal(format!("an access token could not be signed: {error}")))?;
    let tx = crate::accounts::begin(cx, actor).await?;
    let changes =
        Changes::default().field("scopes", "", &scope).field("expires_at", "", Timestamp::from_millis(claims.exp * 1_000));
    tx.record(done(cx, actor, "mint access_token", &claims.jti).with(changes));
    tx.commit().await?;
    Ok(AccessToken { access_token, token_type: "Bearer".to_owned(), expires_in: LIFE, scope })
}

/// The API token behind an access token, with what both allow, if the signature is ours and both are valid now.
pub async fn authenticate_access_token(cx: &Cx, jwt: &str, issuer: &str) -> Result<KnownToken, Error> {
    let now = cx.clock.now().millis() / 1_000;
    let refused = || Error::Unauthorized("Invalid, expired, or revoked token".to_owned());
    let claims = check(&cx.access_keys, jwt, issuer, now).ok_or_else(refused)?;
    let id: TokenId = claims.sub.parse().map_err(|_| refused())?;
    let scopes: Option<Vec<Scope>> = claims.scope.split(' ').map(Scope::parse).collect();
    let known = find_known(cx, id).await?;
    let scopes = known.scopes.and(Scopes::of(&scopes.ok_or_else(refused)?));
    Ok(KnownToken { scopes, shown: Shown::AccessToken, ..known })
}

/// What a token says, if it is one of ours: signed with EdDSA by a key that we have, for us, from us, and neither too early
/// nor too late.
fn check(keys: &AccessKeys, jwt: &str, issuer: &str, now: i64) -> Option<Claims> {
    let header = jsonwebtoken::decode_header(jwt).ok()?;
    let public = keys.public(header.kid.as_deref()?)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_audience(&[issuer]);
    rules.set_issuer(&[issuer]);
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    // The clock is the context's.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Claims>(jwt, &DecodingKey::from_ed_der(&public), &rules).ok()?.claims;
    (claims.nbf <= now && now < claims.exp && claims.exp - claims.nbf <= LIFE).then_some(claims)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use sha2::{Digest as _, Sha256};

    use super::*;

    const ISSUER: &str = "http://127.0.0.1:57374";
    const NOW: i64 = 1_800_000_000;

    fn keys() -> AccessKeys {
        AccessKeys::in_memory(&[[7; 32], [8; 32]])
    }

    fn claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: "0198c000-0000-7000-8000-000000000000".to_owned(),
            iat: NOW,
            nbf: NOW,
            exp: NOW + LIFE,
            jti: "1".to_owned(),
            scope: "read".to_owned(),
        }
    }

    fn signed(kid: &str, seed: [u8; 32], claims: &Claims) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&seed)).unwrap()
    }

    fn by_hand(header: &str, signature: impl Fn(&str) -> Vec<u8>) -> String {
        let text = serde_json::to_string(&claims()).unwrap();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(text));
        let signature = URL_SAFE_NO_PAD.encode(signature(&message));
        format!("{message}.{signature}")
    }

    /// HMAC-SHA-256 (RFC 2104).
    fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
        let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect() };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
    }

    #[test]
    fn what_every_key_that_is_kept_signed_counts() {
        let keys = keys();
        for (kid, seed) in [("k0", [7; 32]), ("k1", [8; 32])] {
            assert_eq!(check(&keys, &signed(kid, seed, &claims()), ISSUER, NOW), Some(claims()), "{kid}");
        }
        assert_eq!(keys.newest().unwrap().0, "k1");
    }

    #[test]
    fn what_somebody_else_made_or_changed_counts_for_nothing() {
        let keys = keys();
        let good = signed("k0", [7; 32], &claims());
        let other = |change: fn(&mut Claims)| {
            let mut claims = claims();
            change(&mut claims);
            signed("k0", [7; 32], &claims)
        };
        let mut parts = good.split('.');
        let (head, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let more = URL_SAFE_NO_PAD.encode(serde_json::to_string(&Claims { scope: "*".to_owned(), ..claims() }).unwrap());
        let public = keys.public("k0").unwrap();
        let cases = [
            ("another key", signed("k0", [9; 32], &claims())),
            ("an unknown key id", signed("k9", [7; 32], &claims())),
            ("another key's id", signed("k1", [7; 32], &claims())),
            ("another issuer", other(|claims| claims.iss = "http://evil.example".to_owned())),
            ("another audience", other(|claims| claims.aud = "http://evil.example".to_owned())),
            ("over", other(|claims| (claims.nbf, claims.exp) = (NOW - LIFE, NOW))),
            ("not yet", other(|claims| (claims.nbf, claims.exp) = (NOW + 1, NOW + LIFE))),
            ("longer than we make them", other(|claims| claims.exp = NOW + LIFE + 1)),
            ("other claims under the same signature", format!("{head}.{more}.{signature}")),
            ("no signature", format!("{head}.{body}.")),
            ("too few parts", format!("{head}.{body}")),
            ("no algorithm", by_hand(r#"{"alg":"none","kid":"k0"}"#, |_| Vec::new())),
            (
                "the public key as a shared secret",
                by_hand(r#"{"alg":"HS256","kid":"k0"}"#, |message| hmac(&public, message.as_bytes())),
            ),
            ("no key id", by_hand(r#"{"alg":"EdDSA"}"#, |_| vec![0; 64])),
            ("nonsense", "a.b.c".to_owned()),
        ];
        for (what, jwt) in cases {
            assert_eq!(check(&keys, &jwt, ISSUER, NOW), None, "{what}");
        }
    }
}
