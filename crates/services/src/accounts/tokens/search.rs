//! Looking for tokens by words, page by page, and how they stand.

use domain::actor::Actor;
use protocol::{
    Timestamp, TokenId,
    access::{Role, Token},
    page::PageQuery,
};

use super::{Which, list_tokens};
use crate::{Cx, Error, Page, page};

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It counts.
    Active,
    /// Another one took its place; it counts for a while yet.
    Replaced,
    /// Its time is over.
    Expired,
    Revoked,
}

/// How a token stands at `now`.
pub fn state_of(token: &Token, now: Timestamp) -> TokenState {
    let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
    match token {
        Token { revoked: true, .. } => TokenState::Revoked,
        token if over(token.expires_at) || over(token.rotation_expires_at) => TokenState::Expired,
        Token { rotation_expires_at: Some(_), .. } => TokenState::Replaced,
        _ => TokenState::Active,
    }
}

/// Tokens whose name, description, maker, role, scopes or addresses hold every word of `text`, newest first.
pub async fn search_tokens(cx: &Cx, actor: &Actor, which: Which, text: &str, query: &PageQuery) -> Result<Page<Token>, Error> {
    let (limit, after) = (page::limit(query)?, page::after::<TokenId>(query)?);
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found = list_tokens(cx, actor, which).await?;
    if let Some(after) = after {
        // The one before may be gone meanwhile; ids are in the order in which they were made.
        found.retain(|token| token.id.0 < after.0);
    }
    found.retain(|token| {
        let about = about(token);
        words.iter().all(|word| about.contains(word))
    });
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1));
    Ok(page::cut(found, limit, |token| token.id.to_string()))
}

fn about(token: &Token) -> String {
    let scopes = token.scopes.iter().map(|scope| scope.as_str());
    let words = [token.name.as_str(), &token.description, &token.created_by, token.role.map_or("", Role::as_str)];
    let words = words.into_iter().chain(scopes).chain(token.allowed_ips.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}
