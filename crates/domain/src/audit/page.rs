//! Many rows as one text, as the database puts them together for a walk over the whole chain.

use super::Row;

/// Rows joined by separators. No field of a row that was written here has one in it: a row with more or fewer fields than it
/// should have, or a page with more or fewer rows than were counted, was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many rows the database counted.
    pub rows: i64,
    pub text: String,
}

impl Page {
    /// The unit separator of ASCII.
    pub const BETWEEN_FIELDS: char = '\u{1f}';
    /// The record separator of ASCII.
    pub const BETWEEN_ROWS: char = '\u{1e}';
    /// The columns, in the order of the text.
    pub const FIELDS: [&str; 9] = ["seq", "at", "actor", "action", "resource_type", "resource_id", "outcome", "details", "hash"];

    /// The rows, one after the other. The error says which of them is none.
    pub fn into_rows(self) -> impl Iterator<Item = Result<Row, String>> {
        let counted = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let there = if self.text.is_empty() { 0 } else { self.text.split(Self::BETWEEN_ROWS).count() };
        let wrong = (there != counted).then(|| Err(format!("{counted} entries were counted and {there} are there")));
        let rows: Vec<Result<Row, String>> =
            if wrong.is_some() || there == 0 { Vec::new() } else { self.text.split(Self::BETWEEN_ROWS).map(read).collect() };
        wrong.into_iter().chain(rows)
    }
}

fn read(text: &str) -> Result<Row, String> {
    let mut fields = text.split(Page::BETWEEN_FIELDS);
    let mut next = || fields.next().ok_or_else(|| "an entry has too few fields".to_owned());
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{text:?} is no number"));
    let row = Row {
        seq: number(next()?)?,
        at: number(next()?)?,
        actor: next()?.to_owned(),
        action: next()?.to_owned(),
        resource_type: next()?.to_owned(),
        resource_id: next()?.to_owned(),
        outcome: next()?.to_owned(),
        details: next()?.to_owned(),
        hash: next()?.to_owned(),
    };
    if fields.next().is_some() { Err(format!("entry {} has a separator in one of its fields", row.seq)) } else { Ok(row) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: i64, text: &str) -> Vec<Result<i64, String>> {
        let page = Page { rows, text: text.replace('|', "\u{1f}").replace('/', "\u{1e}") };
        page.into_rows().map(|row| row.map(|row| row.seq)).collect()
    }

    #[test]
    fn a_page_has_the_rows_that_were_counted_and_each_its_fields() {
        let good = "1|2|a|b|c|d|e|{}|h/2|2|a|b|c|d|e|{}|h";
        assert_eq!(rows(2, good), [Ok(1), Ok(2)]);
        assert!(rows(0, "").is_empty());
        // A row that was put into a field of another one.
        assert!(rows(1, good)[0].as_ref().unwrap_err().contains("1 entries were counted and 2 are there"));
        assert!(rows(1, "1|2|a|b|c|d|e|{}|h|x")[0].as_ref().unwrap_err().contains("separator"));
        assert!(rows(1, "1|2|a")[0].as_ref().unwrap_err().contains("too few"));
        assert!(rows(1, "x|2|a|b|c|d|e|{}|h")[0].is_err());
        assert!(rows(3, "")[0].is_err());
    }
}
