//! Changing, replacing and ending API tokens.

use std::collections::HashSet;

use domain::{
    access::{self, Action},
    access_tokens::{self as rules, AllowedAddresses},
    actor::Actor,
    audit::Changes,
};
use protocol::{
    TokenId,
    access::{RotateToken, Token, UpdateToken},
    timestamp::HOUR_MS,
};
use store::{TokenRow, Tx};

use super::{LONGEST_DESCRIPTION, Maker, Secret, creator, facts, find, hash, not_there, person_behind, scopes_of, view, within};
use crate::{Cx, Error, audit::done};

/// Replacements of replacements that one rotation follows.
const LONGEST_CHAIN: usize = 100;

/// How a token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEnding {
    /// It stays in the list of all tokens, as revoked.
    Revoke,
    /// Nothing of it stays but the audit trail.
    Delete,
}

impl TokenEnding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Delete => "delete",
        }
    }
}

/// Changes description, addresses and limit of a token, and cuts what it made to them; a token gives no more of them than it has.
pub async fn update_token(cx: &Cx, actor: &Actor, identifier: &str, command: UpdateToken) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    crate::events::tokens_changed(cx, &tx);
    let mut row = find(&tx, identifier).await?;
    within(actor, &scopes_of(&row))?;
    let maker = Maker::of(cx, &tx, actor).await?;
    let before = row.clone();
    if let Some(description) = command.description {
        row.description = rules::words("description", &description, LONGEST_DESCRIPTION).map_err(Error::Invalid)?;
    }
    if let Some(addresses) = command.allowed_ips {
        let wanted = AllowedAddresses::parse(&addresses).map_err(Error::Invalid)?;
        row.allowed_ips = maker.addresses(wanted)?.list();
    }
    match command.rate_limit {
        None => {}
        Some(0) => row.rate_limit = maker.rate(None)?,
        given => row.rate_limit = maker.rate(rules::rate_limit(given).map_err(Error::Invalid)?)?,
    }
    tx.tokens().update(&row).await?;
    let mut told = vec![("update token", row.id, difference(&before, &row))];
    told.extend(narrow(cx, &tx, &row).await?);
    for (what, id, changes) in told {
        tx.record(done(cx, actor, what, id).with(changes));
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(view(row))
}

/// Cuts what a token replaces, and all that any of them made, to its addresses and its limit: nothing that a token made counts
/// where or as often as the token does not. One that would count from nowhere is revoked. What changed is to be put on record.
async fn narrow(cx: &Cx, tx: &Tx, to: &TokenRow) -> Result<Vec<(&'static str, TokenId, Changes)>, Error> {
    let addresses = AllowedAddresses::parse(&to.allowed_ips).map_err(Error::Internal)?;
    let mut told = Vec::new();
    for before in with_all_behind(tx, to.clone()).await? {
        if before.id == to.id || before.revoked_at.is_some() {
            continue;
        }
        let own = AllowedAddresses::parse(&before.allowed_ips).map_err(Error::Internal)?;
        let Some(both) = own.cut(&addresses) else {
            tx.tokens().revoke(before.id, cx.clock.now()).await?;
            told.push(("revoke token", before.id, Changes::went(facts(&before))));
            continue;
        };
        let rate_limit = [before.rate_limit, to.rate_limit].into_iter().flatten().min();
        let row = TokenRow { allowed_ips: both.list(), rate_limit, ..before.clone() };
        if row != before {
            tx.tokens().update(&row).await?;
            told.push(("update token", row.id, difference(&before, &row)));
        }
    }
    Ok(told)
}

/// What of a token can be changed, and was.
fn difference(before: &TokenRow, row: &TokenRow) -> Changes {
    let limit = |row: &TokenRow| row.rate_limit.map_or_else(String::new, |limit| limit.to_string());
    Changes::default()
        .field("description", &before.description, &row.description)
        .field("allowed_ips", before.allowed_ips.join(" "), row.allowed_ips.join(" "))
        .field("rate_limit", limit(before), limit(row))
}

/// Makes a new secret in place of a token's; the old one, and what it replaced, still count for a while, so that nothing has to
/// stop. A person renews its lifetime, a token keeps it. Where a person or the command line does it, what they made ends with
/// them: the secret may be known to others. Where a token does it, what they made stays.
pub async fn rotate_token(cx: &Cx, actor: &Actor, identifier: &str, command: RotateToken) -> Result<Token, Error> {
    access::require(actor, Action::ManageTokens)?;
    let hours = rules::grace_hours(command.grace_period_hours).map_err(Error::Invalid)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    crate::events::tokens_changed(cx, &tx);
    let old = find(&tx, identifier).await?;
    within(actor, &scopes_of(&old))?;
    let maker = Maker::of(cx, &tx, actor).await?;
    let now = cx.clock.now();
    if !old.counts(now) || old.rotation_expires_at.is_some() {
        return Err(Error::Conflict("this token is revoked, expired or replaced already: make a new one".to_owned()));
    }
    let (new, secret) = replacement(cx, &old, creator(actor));
    let made_by = if maker.id() == Some(old.id) { old.made_by } else { maker.id() };
    let expires_at = match maker.id() {
        // Else it could live for ever by itself.
        Some(_) => old.expires_at,
        None => new.expires_at,
    };
    let new = maker.bind(TokenRow { created_by: person_behind(&tx, actor).await?, expires_at, ..new })?;
    let new = TokenRow { made_by, ..new };
    tx.tokens().insert(&new).await?;
    let (id, until) = (old.id, now.plus_millis(i64::from(hours) * HOUR_MS));
    let ending = match maker.id() {
        Some(_) => with_replaced(&tx, old).await?,
        None => with_all_behind(&tx, old).await?,
    };
    for mut token in ending {
        token.rotation_expires_at = Some(token.rotation_expires_at.map_or(until, |end| end.min(until)));
        tx.tokens().update(&token).await?;
    }
    let changes = Changes::came(facts(&new)).field("replacement", "", new.id).field("replaced_until", "", until);
    tx.record(done(cx, actor, "rotate token", id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(Token { token: Some(secret), rotation_expires_at: Some(until), ..view(new) })
}

/// A token like `old` with another secret, for as long as the old one was made for; and the secret.
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
        expires_at: old.expires_at.map(|end| now.plus_millis(end.millis_since(old.created_at))),
        last_used_at: None,
        usage_count: 0,
        rotating_from: Some(old.id),
        ..old.clone()
    };
    (new, secret.full)
}

/// Ends a token at once, and with it those that it replaces and all that any of them made.
pub async fn end_token(cx: &Cx, actor: &Actor, identifier: &str, ending: TokenEnding) -> Result<(), Error> {
    access::require(actor, Action::ManageTokens)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    crate::events::tokens_changed(cx, &tx);
    let row = find(&tx, identifier).await?;
    within(actor, &scopes_of(&row))?;
    if ending == TokenEnding::Revoke && row.revoked_at.is_some() {
        return Err(not_there(identifier));
    }
    for token in with_all_behind(&tx, row).await? {
        match ending {
            TokenEnding::Revoke if token.revoked_at.is_some() => continue,
            TokenEnding::Revoke => tx.tokens().revoke(token.id, cx.clock.now()).await?,
            TokenEnding::Delete => tx.tokens().delete(token.id).await?,
        }
        let what = format!("{} token", ending.as_str());
        tx.record(done(cx, actor, what.as_str(), token.id).with(Changes::went(facts(&token))));
    }
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

/// A token, those that it replaces, those that any of them made, and so on.
async fn with_all_behind(tx: &Tx, row: TokenRow) -> Result<Vec<TokenRow>, Error> {
    let mut known = HashSet::from([row.id]);
    let (mut found, mut next) = (Vec::new(), vec![row]);
    while let Some(row) = next.pop() {
        let mut behind = tx.tokens().made_by(row.id).await?;
        if let Some(before) = row.rotating_from {
            behind.extend(tx.tokens().by_id(before).await?);
        }
        next.extend(behind.into_iter().filter(|token| known.insert(token.id)));
        found.push(row);
    }
    Ok(found)
}

/// A token and those that it replaces, the newest first.
async fn with_replaced(tx: &Tx, row: TokenRow) -> Result<Vec<TokenRow>, Error> {
    let mut chain = vec![row];
    while let Some(before) = chain.last().and_then(|row| row.rotating_from).filter(|_| chain.len() < LONGEST_CHAIN) {
        let Some(before) = tx.tokens().by_id(before).await? else { break };
        chain.push(before);
    }
    Ok(chain)
}
