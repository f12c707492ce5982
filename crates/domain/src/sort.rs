//! Orders that lists can be asked for, and how a page of such a list says where the next one begins.

use std::{fmt::Display, str::FromStr};

/// What projects can be sorted by.
pub const PROJECTS: &[&str] = &["name", "runs", "changed"];
/// What people can be sorted by.
pub const USERS: &[&str] = &["name", "role", "state", "since"];
/// What teams can be sorted by.
pub const TEAMS: &[&str] = &["name", "people", "projects"];
/// What members of a team can be sorted by.
pub const MEMBERS: &[&str] = &["name", "role"];
/// What tokens can be sorted by.
pub const TOKENS: &[&str] = &["name", "may", "used", "until"];
/// What the audit trail can be sorted by.
pub const AUDIT: &[&str] = &["when"];
/// What templates can be sorted by.
pub const TEMPLATES: &[&str] = &["name"];
/// What secrets can be sorted by.
pub const SECRETS: &[&str] = &["name", "written"];

/// An order that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The name of a column.
    pub by: &'static str,
    /// From its greatest value down.
    pub descending: bool,
}

impl Sort {
    /// Reads the name of one of the columns, with `-` before it for the other way around. Nothing is asked for by an empty text.
    ///
    /// # Errors
    /// What can be asked for, when it is something else.
    pub fn parse(text: &str, columns: &[&'static str]) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        match columns.iter().copied().find(|column| *column == name) {
            Some(by) => Ok(Some(Self { by, descending })),
            None => Err(format!("`sort` must be one of {}, with - before it for the other way around", columns.join(", "))),
        }
    }
}

/// Where a row stands in a sorted list: its value in the column, and its id among rows whose values are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<I> {
    pub key: String,
    pub id: I,
}

impl<I: Display + FromStr> Place<I> {
    /// The cursor of the page behind this row. It names the column, since in another order it means nothing.
    pub fn cursor(&self, sort: Sort) -> String {
        format!("{}:{}:{}", sort.by, self.id, self.key)
    }

    /// The place that a cursor of that order names; none where it is one of another list.
    pub fn read(cursor: &str, sort: Sort) -> Option<Self> {
        let (by, rest) = cursor.split_once(':')?;
        let (id, key) = rest.split_once(':')?;
        // PostgreSQL takes no text with a zero in it, and no list has one.
        if by != sort.by || key.contains('\0') {
            return None;
        }
        Some(Self { key: key.to_owned(), id: id.parse().ok()? })
    }
}

/// In which order a list is read, and behind which row the page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order<I> {
    /// In the list's own.
    Own(Option<I>),
    Sorted(Sort, Option<Place<I>>),
}

#[cfg(test)]
mod tests {
    use super::{PROJECTS, Place, Sort};

    const UP: Sort = Sort { by: "name", descending: false };

    #[test]
    fn an_order_is_a_column_of_the_list_either_way() {
        let check = |text: &str, expected: Option<Sort>| assert_eq!(Sort::parse(text, PROJECTS), Ok(expected), "{text}");

        check("", None);
        check("name", Some(UP));
        check("-name", Some(Sort { descending: true, ..UP }));
        for unknown in ["-", "--name", "Name", "role", "name,runs"] {
            let problem = Sort::parse(unknown, PROJECTS).expect_err(unknown);
            assert_eq!(problem, "`sort` must be one of name, runs, changed, with - before it for the other way around");
        }
    }

    #[test]
    fn a_cursor_counts_in_its_own_order_alone() {
        let place = Place { key: "a: b".to_owned(), id: 7_u32 };
        let cursor = place.cursor(UP);

        assert_eq!(cursor, "name:7:a: b");
        assert_eq!(Place::read(&cursor, UP), Some(place));
        for (cursor, sort) in
            [(cursor.as_str(), Sort { by: "runs", ..UP }), ("7", UP), ("name:7", UP), ("name:x:a", UP), ("name:7:a\0", UP)]
        {
            assert_eq!(Place::<u32>::read(cursor, sort), None, "{cursor}");
        }
    }
}
