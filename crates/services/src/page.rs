//! Lists by position.

use std::{fmt::Display, str::FromStr};

use domain::sort::{Cursor, Order, Sort};
use protocol::page::PageQuery;
use store::StoreError;

use crate::Error;

/// A page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page with each item made into something else.
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

/// The words that are looked for.
pub(crate) fn words(text: &str) -> Result<&str, Error> {
    let words = text.trim();
    if words.chars().count() > 200 {
        return Err(Error::Invalid("`q` is too long; at most 200 characters".to_owned()));
    }
    Ok(words)
}

/// Where the page begins, typed.
pub(crate) fn after<T: FromStr>(query: &PageQuery) -> Result<Option<T>, Error> {
    query.after.as_deref().map(|text| text.parse().map_err(|_| no_cursor())).transpose()
}

/// The position that a page begins behind.
pub(crate) fn position(after: Option<&str>) -> Result<Option<i64>, Error> {
    let read = |text: &str| text.parse().ok().filter(|position: &i64| *position >= 0).ok_or_else(no_cursor);
    after.map(read).transpose()
}

/// In which order the list is read, and where the page begins.
pub(crate) fn order<I: Display + FromStr>(query: &PageQuery, sort: Option<Sort>) -> Result<Order<I>, Error> {
    match sort {
        None => Ok(Order::Own(after(query)?)),
        Some(sort) => Ok(Order::Sorted(sort, cursor(query, sort)?)),
    }
}

/// The page of a list that was read as a whole, sorted by what `cursor_of` says of its rows.
///
/// # Errors
/// A page that cannot be: of too many rows, or behind the cursor of another list.
pub fn of_whole<T, I: Display + FromStr + Ord>(
    rows: Vec<T>,
    query: &PageQuery,
    sort: Sort,
    cursor_of: impl Fn(&T) -> Cursor<I>,
) -> Result<Page<T>, Error> {
    let (limit, after) = (limit(query)?, cursor::<I>(query, sort)?);
    let mut rows: Vec<(Cursor<I>, T)> = rows.into_iter().map(|row| (cursor_of(&row), row)).collect();
    rows.sort_by(|(one, _), (other, _)| if sort.descending { other.cmp(one) } else { one.cmp(other) });
    if let Some(after) = after {
        rows.retain(|(cursor, _)| if sort.descending { *cursor < after } else { *cursor > after });
    }
    Ok(cut(rows, limit, |(cursor, _)| cursor.text(sort)).map(|(_, row)| row))
}

fn cursor<I: Display + FromStr>(query: &PageQuery, sort: Sort) -> Result<Option<Cursor<I>>, Error> {
    query.after.as_deref().map(|text| Cursor::read(text, sort).ok_or_else(no_cursor)).transpose()
}

fn no_cursor() -> Error {
    Error::Invalid("`after` is no cursor of this list: use the `next` of the page before".to_owned())
}

/// Cuts one row more than wanted off and says where to go on.
pub(crate) fn cut<T>(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(cursor);
    Page { items: rows, next }
}

/// The page of a list in an order that was asked for, of rows read one beyond its end. Its cursor holds what the last row is
/// sorted by, as `key` reads it.
pub(crate) async fn cut_in_order<T, I, F>(
    rows: Vec<T>,
    limit: u32,
    order: &Order<I>,
    id: impl Fn(&T) -> I,
    key: impl FnOnce(I, Sort) -> F,
) -> Result<Page<T>, Error>
where
    I: Copy + Display + FromStr,
    F: Future<Output = Result<Option<String>, StoreError>>,
{
    let mut page = cut(rows, limit, |row| id(row).to_string());
    if let (Order::Sorted(sort, _), Some(last), true) = (order, page.items.last(), page.next.is_some()) {
        let id = id(last);
        page.next = key(id, *sort).await?.map(|key| Cursor { key, id }.text(*sort));
    }
    Ok(page)
}
