//! Lists by position.

use std::str::FromStr;

use protocol::page::PageQuery;

use crate::Error;

/// A page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// Rows on the page, in range.
pub(crate) fn limit(query: &PageQuery) -> Result<u32, Error> {
    match query.limit.unwrap_or(50) {
        limit @ 1..=200 => Ok(limit),
        limit => Err(Error::Invalid(format!("`limit` must be from 1 to 200, not {limit}"))),
    }
}

/// Where the page begins, typed.
pub(crate) fn after<T: FromStr>(query: &PageQuery) -> Result<Option<T>, Error> {
    let unknown = |_| Error::Invalid("`after` is no cursor of this list: use the `next` of the page before".to_owned());
    query.after.as_deref().map(|text| text.parse().map_err(unknown)).transpose()
}

/// Cuts one row more than wanted off and says where to go on.
pub(crate) fn cut<T>(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(cursor);
    Page { items: rows, next }
}
