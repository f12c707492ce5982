//! Looking for tokens by words, page by page, and how they stand.

use domain::{
    actor::Actor,
    sort::{Cursor, Sort, name_key, time_key},
};
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
    /// Another token took its place; it counts for a while yet.
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

/// Which tokens are looked for.
#[derive(Clone, Copy, Debug)]
pub struct TokenSearch<'a> {
    pub which: Which,
    /// Name, description, maker, role, scopes and addresses together hold every word of it.
    pub text: &'a str,
    /// Newest first without one.
    pub sort: Option<Sort>,
}

/// Tokens that are looked for, page by page.
pub async fn search_tokens(cx: &Cx, actor: &Actor, wanted: TokenSearch<'_>, query: &PageQuery) -> Result<Page<Token>, Error> {
    let words: Vec<String> = wanted.text.split_whitespace().map(name_key).collect();
    let mut found = list_tokens(cx, actor, wanted.which).await?;
    found.retain(|token| {
        let about = about(token);
        words.iter().all(|word| about.contains(word))
    });
    if let Some(sort) = wanted.sort {
        return page::of_whole(found, query, sort, |token| Cursor { key: key(token, sort), id: token.id });
    }
    let (limit, after) = (page::limit(query)?, page::after::<TokenId>(query)?);
    if let Some(after) = after {
        // The one before may be gone meanwhile; ids are in the order in which they were made.
        found.retain(|token| token.id.0 < after.0);
    }
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1));
    Ok(page::cut(found, limit, |token| token.id.to_string()))
}

/// What it is sorted by: who was never used stands before all others, what lasts for ever behind them.
fn key(token: &Token, sort: Sort) -> String {
    let at = |time: Option<Timestamp>, none: &str| time.map_or_else(|| none.to_owned(), time_key);
    match sort.by.name {
        "name" => name_key(&token.name),
        "may" => {
            let scopes = || token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
            token.role.map_or_else(scopes, |role| role.as_str().to_owned())
        }
        "used" => at(token.last_used, ""),
        _ => at([token.expires_at, token.rotation_expires_at].into_iter().flatten().min(), "~"),
    }
}

fn about(token: &Token) -> String {
    let scopes = token.scopes.iter().map(|scope| scope.as_str());
    let words = [token.name.as_str(), &token.description, &token.created_by, token.role.map_or("", Role::as_str)];
    let words = words.into_iter().chain(scopes).chain(token.allowed_ips.iter().map(String::as_str));
    name_key(&words.collect::<Vec<_>>().join(" "))
}
