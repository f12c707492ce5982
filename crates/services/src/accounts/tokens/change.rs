//! Changing, replacing and ending API tokens.

use domain::{
    access::{self, Action},
    access_tokens::{self as rules, AllowedAddresses},
    actor::Actor,
    audit::Changes,
};
use protocol::{
    TokenId,
    access::{RotateToken, Token, UpdateToken},
};
use store::{TokenRow, Tx};

use super::{LONGEST_DESCRIPTION, Secret, creator, find, hash, later, not_there, person_behind, scopes_of, view, within};
use crate::{Cx, Error, audit::record_changes, context::audit};

const HOUR_MS: i64 = 3_600_000;
/// Replacements of replacements that one ending follows.
const LONGEST_CHAIN: usize = 100;

/// How a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It stays in the list of all tokens, as revoked.
    Revoke,
    /// Nothing of it stays but the audit trail.
    Delete,
}

impl Ending {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Delete => "delete",
        }
    }
}

/// Changes description, addresses and limit of a token.
pub async fn update_token(cx: &Cx, actor: &Actor, identifier: &str, command: UpdateToken) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = cx.store.begin().await?;
    let mut row = find(&tx, identifier).await?;
    within(actor, &scopes_of(&row))?;
    let before = row.clone();
    if let Some(description) = command.description {
        row.description = rules::words("description", &description, LONGEST_DESCRIPTION).map_err(Error::Invalid)?;
    }
    if let Some(addresses) = command.allowed_ips {
        row.allowed_ips = AllowedAddresses::parse(&addresses).map_err(Error::Invalid)?.list();
    }
    match command.rate_limit {
        None => {}
        Some(0) => row.rate_limit = None,
        given => row.rate_limit = rules::rate_limit(given).map_err(Error::Invalid)?,
    }
    tx.tokens().update(&row).await?;
    let limit = |row: &TokenRow| row.rate_limit.map_or_else(String::new, |limit| limit.to_string());
    let changes = Changes::default()
        .field("description", &before.description, &row.description)
        .field("allowed_ips", before.allowed_ips.join(" "), row.allowed_ips.join(" "))
        .field("rate_limit", limit(&before), limit(&row));
    crate::events::tokens_changed(cx, &tx).await?;
    record_changes(cx, &tx, actor, ("update token", row.id), changes).await?;
    tx.commit().await?;
    cx.nudges.access();
    Ok(view(row))
}

/// Makes a new secret in place of a token's; the old one still counts for a while, so that nothing has to stop.
pub async fn rotate_token(cx: &Cx, actor: &Actor, identifier: &str, command: RotateToken) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    let hours = rules::grace_hours(command.grace_period_hours).map_err(Error::Invalid)?;
    let tx = cx.store.begin().await?;
    let mut old = find(&tx, identifier).await?;
    within(actor, &scopes_of(&old))?;
    let now = cx.clock.now();
    if !old.counts(now) || old.rotation_expires_at.is_some() {
        return Err(Error::Conflict("this token is revoked, expired or replaced already: make a new one".to_owned()));
    }
    let (new, secret) = replacement(cx, &old, creator(actor));
    let new = TokenRow { created_by: person_behind(&tx, actor).await?, ..new };
    tx.tokens().insert(&new).await?;
    old.rotation_expires_at = Some(later(now, i64::from(hours) * HOUR_MS));
    tx.tokens().update(&old).await?;
    crate::events::tokens_changed(cx, &tx).await?;
    audit(cx, &tx, actor, "rotate token", old.id).await?;
    tx.commit().await?;
    cx.nudges.access();
    Ok(Token { token: Some(secret), rotation_expires_at: old.rotation_expires_at, ..view(new) })
}

/// The same with another secret, for as long as the old one was made for.
fn replacement(cx: &Cx, old: &TokenRow, creator: String) -> (TokenRow, String) {
    let secret = Secret::new(cx);
    let now = cx.clock.now();
    let new = TokenRow {
        id: TokenId(cx.ids.uuid()),
        hash: hash(&secret.salt, &secret.full),
        lookup: secret.lookup,
        salt: secret.salt,
        creator,
        created_at: now,
        expires_at: old.expires_at.map(|end| later(now, end.millis_since(old.created_at))),
        last_used_at: None,
        usage_count: 0,
        rotating_from: Some(old.id),
        ..old.clone()
    };
    (new, secret.full)
}

/// Ends a token at once, and those that it replaces with it.
pub async fn end_token(cx: &Cx, actor: &Actor, identifier: &str, ending: Ending) -> Result<(), Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = cx.store.begin().await?;
    let row = find(&tx, identifier).await?;
    if ending == Ending::Revoke && row.revoked_at.is_some() {
        return Err(not_there(identifier));
    }
    crate::events::tokens_changed(cx, &tx).await?;
    for token in with_replaced(&tx, row).await? {
        match ending {
            Ending::Revoke if token.revoked_at.is_some() => continue,
            Ending::Revoke => tx.tokens().revoke(token.id, cx.clock.now()).await?,
            Ending::Delete => tx.tokens().delete(token.id).await?,
        }
        audit(cx, &tx, actor, &format!("{} token", ending.as_str()), token.id).await?;
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

async fn with_replaced(tx: &Tx, row: TokenRow) -> Result<Vec<TokenRow>, Error> {
    let mut chain = vec![row];
    while let Some(before) = chain.last().and_then(|row| row.rotating_from).filter(|_| chain.len() < LONGEST_CHAIN) {
        let Some(before) = tx.tokens().by_id(before).await? else { break };
        chain.push(before);
    }
    Ok(chain)
}
