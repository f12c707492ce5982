//! Orders that lists can be asked for, and how a page of such a list says where the next one begins.

use std::{fmt::Display, str::FromStr};

use protocol::{
    Timestamp,
    access::Role,
    runs::{RunStatus, Verdict},
};
use unicode_normalization::UnicodeNormalization;

/// A column that a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub values: Values,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Texts,
    /// Databases compare them as such; times are milliseconds.
    Numbers,
    /// In lists that are read as a whole, as [`time_key`] writes them.
    Times,
    Roles,
}

/// What projects can be sorted by.
pub const PROJECTS: &[Column] = &[texts("name"), numbers("runs"), numbers("changed")];
/// What runs can be sorted by.
pub const RUNS: &[Column] = &[texts("state"), texts("run"), numbers("elapsed"), numbers("cost")];
/// What people can be sorted by.
pub const USERS: &[Column] = &[texts("name"), of("role", Values::Roles), numbers("state"), numbers("since")];
/// What teams can be sorted by.
pub const TEAMS: &[Column] = &[texts("name"), numbers("people"), numbers("projects")];
/// What members of a team can be sorted by.
pub const MEMBERS: &[Column] = &[texts("name"), of("role", Values::Roles)];
/// What tokens can be sorted by.
pub const TOKENS: &[Column] = &[texts("name"), texts("may"), times("used"), times("until")];
/// What the audit trail can be sorted by.
pub const AUDIT: &[Column] = &[numbers("when")];
/// What templates can be sorted by.
pub const TEMPLATES: &[Column] = &[texts("name")];
/// What secrets can be sorted by.
pub const SECRETS: &[Column] = &[texts("name"), times("written")];

const TIME_DIGITS: usize = 20;
/// What stands for a time that never was, and for one that never comes.
const NEVER: [&str; 2] = ["", "~"];

const fn of(name: &'static str, values: Values) -> Column {
    Column { name, values }
}

const fn texts(name: &'static str) -> Column {
    of(name, Values::Texts)
}

const fn numbers(name: &'static str) -> Column {
    of(name, Values::Numbers)
}

const fn times(name: &'static str) -> Column {
    of(name, Values::Times)
}

/// An order that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub by: Column,
    /// From its greatest value down.
    pub descending: bool,
}

impl Sort {
    /// Reads the name of one of the columns, with `-` before it for the other way around. Nothing is asked for by an empty text.
    ///
    /// # Errors
    /// What can be asked for, when it is something else.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        if let Some(by) = columns.iter().copied().find(|column| column.name == name) {
            return Ok(Some(Self { by, descending }));
        }
        let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
        Err(format!("`sort` must be one of {}, with - before it for the other way around", known.join(", ")))
    }
}

/// What names are sorted by, byte by byte, on every database and in memory: their small letters without accents. Letters of their
/// own, like `ø` and `ß`, come behind those of ASCII.
pub fn name_key(name: &str) -> String {
    name.to_lowercase().nfd().filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}')).collect()
}

/// What the states of runs are sorted by: the words that people read, which are its verdict's for a run that finished.
pub fn state_key(status: RunStatus, verdict: Option<Verdict>) -> &'static str {
    match (status, verdict) {
        (RunStatus::Finished, Some(Verdict::Verified)) => "verified",
        (RunStatus::Finished, Some(Verdict::VerifiedWithGaps)) => "verified_with_gaps",
        (RunStatus::Finished, Some(Verdict::NotVerified) | None) => "not_verified",
        (status, _) => status.as_str(),
    }
}

/// A time as the value of a column.
pub fn time_key(time: Timestamp) -> String {
    format!("{:0TIME_DIGITS$}", time.millis())
}

/// Where a row stands in a sorted list, and the next page goes on: its value in the column, and its id among rows whose values are
/// alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor<I> {
    pub key: String,
    pub id: I,
}

impl<I: Display + FromStr> Cursor<I> {
    /// As clients have it. It names the column, since in another order it means nothing.
    pub fn text(&self, sort: Sort) -> String {
        format!("{}:{}:{}", sort.by.name, self.id, self.key)
    }

    /// The cursor of that order that a text is; none where it is one of another list.
    pub fn read(text: &str, sort: Sort) -> Option<Self> {
        let (by, rest) = text.split_once(':')?;
        let (id, key) = rest.split_once(':')?;
        if by != sort.by.name || !sort.by.values.can_be(key) {
            return None;
        }
        Some(Self { key: key.to_owned(), id: id.parse().ok()? })
    }
}

impl Values {
    /// Whether a row can have that one.
    fn can_be(self, key: &str) -> bool {
        match self {
            Self::Numbers => key.parse::<i64>().is_ok_and(|number| number.to_string() == key),
            Self::Times => NEVER.contains(&key) || key.len() == TIME_DIGITS && key.bytes().all(|digit| digit.is_ascii_digit()),
            Self::Roles => Role::parse(key).is_some(),
            // PostgreSQL takes no text with a zero in it, and no list has one.
            Self::Texts => !key.contains('\0'),
        }
    }
}

/// In which order a list is read, and behind which row the page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order<I> {
    /// In the list's own.
    Own(Option<I>),
    Sorted(Sort, Option<Cursor<I>>),
}

#[cfg(test)]
mod tests {
    use super::{Cursor, PROJECTS, Sort, Values, name_key, numbers, of, texts, time_key};

    const UP: Sort = Sort { by: texts("name"), descending: false };

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
        let cursor = Cursor { key: "a: b".to_owned(), id: 7_u32 };
        let text = cursor.text(UP);

        assert_eq!(text, "name:7:a: b");
        assert_eq!(Cursor::read(&text, UP), Some(cursor));
        for (text, sort) in
            [(text.as_str(), Sort { by: numbers("runs"), ..UP }), ("7", UP), ("name:7", UP), ("name:x:a", UP), ("name:7:a\0", UP)]
        {
            assert_eq!(Cursor::<u32>::read(text, sort), None, "{text}");
        }
    }

    #[test]
    fn a_cursor_holds_what_its_column_can_hold() {
        let check = |values, keys: &[&str], expected: bool| {
            for key in keys {
                let sort = Sort { by: of("by", values), descending: false };
                assert_eq!(Cursor::<u32>::read(&format!("by:7:{key}"), sort).is_some(), expected, "{values:?}: {key}");
            }
        };

        check(Values::Numbers, &["0", "-1", "1795240925123", "9223372036854775807"], true);
        check(Values::Numbers, &["", "x", "1.0", "01", "+1", " 1", "-", "9223372036854775808", "1\0"], false);
        let time = time_key(protocol::Timestamp::from_millis(1_795_240_925_123));
        check(Values::Times, &["", "~", &time], true);
        check(Values::Times, &["0", "-", "x", "1795240925123", "-0000001795240925123", "000000017952409251234"], false);
        check(Values::Roles, &["admin", "viewer"], true);
        check(Values::Roles, &["", "Admin", "owner"], false);
        check(Values::Texts, &["", "ada: b", "~"], true);
    }

    #[test]
    fn names_are_sorted_by_their_letters_whatever_their_case_and_accents() {
        let mut names = ["zeta", "Éclair", "eta", "Ärger", "alpha", "İz", "Écho", "日本", "Zoë", "ёлка", "Ель"];
        names.sort_by_key(|name| name_key(name));

        assert_eq!(names, ["alpha", "Ärger", "Écho", "Éclair", "eta", "İz", "zeta", "Zoë", "ёлка", "Ель", "日本"]);
        assert_eq!(name_key("E\u{301}CHO"), name_key("écho"));
        assert_eq!(name_key(&name_key("Ǆ Å ẞ ﬁ")), name_key("Ǆ Å ẞ ﬁ"));
    }
}
