//! API tokens: `loki_<lookup>_<secret>`, shown once, stored as a salted hash.

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::{
    Timestamp, TokenId,
    access::{Role, Token},
};
use sha2::{Digest, Sha256};
use store::TokenRow;
use subtle::ConstantTimeEq;

use crate::{Cx, Error, context::audit, context::hex};

/// Days that a token lives when nothing is said.
const DEFAULT_DAYS: u32 = 90;
const DAY_MS: i64 = 86_400_000;
/// "Last used" is only as exact as this, so that reading does not write each time.
const TOUCH_EVERY_MS: i64 = 60_000;

/// A token to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub role: Role,
    /// 1 to 3,650; 90 when absent.
    pub expires_days: Option<u32>,
}

/// Makes a token; the second value is the secret, which is not kept.
pub async fn create_token(cx: &Cx, actor: &Actor, new: NewToken) -> Result<(Token, String), Error> {
    access::require(actor, Action::ManageTokens)?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::Invalid("the token needs a name of 1 to 100 characters".to_owned()));
    }
    let days = new.expires_days.unwrap_or(DEFAULT_DAYS);
    if !(1..=3_650).contains(&days) {
        return Err(Error::Invalid(format!("expires_days is {days}; it must be from 1 to 3650")));
    }
    let (mut lookup, mut secret, mut salt) = ([0; 8], [0; 32], [0; 16]);
    cx.ids.random(&mut lookup);
    cx.ids.random(&mut secret);
    cx.ids.random(&mut salt);
    let (lookup, salt) = (hex(&lookup), hex(&salt));
    let full = format!("loki_{lookup}_{}", hex(&secret));
    let now = cx.clock.now();
    let row = TokenRow {
        id: TokenId(cx.ids.uuid()),
        name,
        hash: hash(&salt, &full),
        lookup,
        salt,
        role: new.role,
        created_by: actor.user_id(),
        created_at: now,
        expires_at: Some(Timestamp::from_millis(now.millis() + i64::from(days) * DAY_MS)),
        last_used_at: None,
        revoked_at: None,
    };
    let tx = cx.store.begin().await?;
    tx.tokens().insert(&row).await?;
    audit(cx, &tx, actor, "create token", row.id).await?;
    tx.commit().await?;
    Ok((view(row), full))
}

/// The token behind `secret`, if it is valid now.
pub async fn authenticate_token(cx: &Cx, secret: &str) -> Result<Token, Error> {
    let row = match secret.strip_prefix("loki_").and_then(|rest| rest.split_once('_')) {
        Some((lookup, _)) if secret.len() < 200 => {
            let tx = cx.store.read().await?;
            tx.tokens().by_lookup(lookup).await?
        }
        _ => None,
    };
    let now = cx.clock.now();
    let valid = row.filter(|row| {
        let right: bool = row.hash.as_bytes().ct_eq(hash(&row.salt, secret).as_bytes()).into();
        right && row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now)
    });
    let Some(row) = valid else {
        return Err(Error::Unauthorized("Invalid, expired, or revoked token".to_owned()));
    };
    if row.last_used_at.is_none_or(|last| now.millis_since(last) >= TOUCH_EVERY_MS) {
        let tx = cx.store.begin().await?;
        tx.tokens().touch(row.id, now).await?;
        tx.commit().await?;
    }
    Ok(view(row))
}

/// All tokens that are not revoked.
pub async fn list_tokens(cx: &Cx, actor: &Actor) -> Result<Vec<Token>, Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = cx.store.read().await?;
    Ok(tx.tokens().list().await?.into_iter().map(view).collect())
}

/// Ends a token at once.
pub async fn revoke_token(cx: &Cx, actor: &Actor, id: TokenId) -> Result<(), Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = cx.store.begin().await?;
    let found = tx.tokens().by_id(id).await?.filter(|row| row.revoked_at.is_none());
    if found.is_none() {
        return Err(Error::NotFound("there is no token with that id".to_owned()));
    }
    tx.tokens().revoke(id, cx.clock.now()).await?;
    audit(cx, &tx, actor, "revoke token", id).await?;
    tx.commit().await?;
    // What edges remember of tokens is forgotten with the next wake-up.
    cx.nudges.events();
    Ok(())
}

fn hash(salt: &str, secret: &str) -> String {
    hex(&Sha256::new().chain_update(salt.as_bytes()).chain_update(secret.as_bytes()).finalize())
}

fn view(row: TokenRow) -> Token {
    Token {
        id: row.id,
        name: row.name,
        role: row.role,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}
