//! The chain: the hash of an entry is SHA-256 over its canonical JSON, which holds the hash of the one before.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Entry;
use crate::hex;

/// What the first entry has before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry as it stands in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its position: 1 is the first, none is left out.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    pub outcome: String,
    /// Canonical JSON, an object.
    pub details: String,
    /// In hex.
    pub hash: String,
}

impl Row {
    /// The hash that it has behind an entry of that hash, in hex.
    pub fn digest(&self, previous: &str) -> String {
        hex::encode(&Sha256::digest(self.canonical(previous).as_bytes()))
    }

    /// The text that is hashed: JSON without spaces, its names sorted. The details come last, so that no text of theirs can
    /// pass for another field.
    pub fn canonical(&self, previous: &str) -> String {
        let mut text = String::with_capacity(320 + self.details.len());
        text.push_str("{\"action\":");
        quote(&mut text, &self.action);
        text.push_str(",\"actor\":");
        quote(&mut text, &self.actor);
        let _ = write!(text, ",\"at\":{}", self.at);
        for (name, value) in [
            ("outcome", self.outcome.as_str()),
            ("prev", previous),
            ("resource_id", &self.resource_id),
            ("resource_type", &self.resource_type),
        ] {
            text.push_str(",\"");
            text.push_str(name);
            text.push_str("\":");
            quote(&mut text, value);
        }
        let _ = write!(text, ",\"seq\":{},\"with\":", self.seq);
        text.push_str(&self.details);
        text.push('}');
        text
    }
}

/// A JSON string (RFC 8259), with the escapes that RFC 8785 writes.
fn quote(text: &mut String, value: &str) {
    text.push('"');
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            8 => "\\b",
            12 => "\\f",
            0..=31 => "",
            _ => continue,
        };
        text.push_str(value.get(plain..at).unwrap_or_default());
        if escape.is_empty() {
            let _ = write!(text, "\\u{byte:04x}");
        } else {
            text.push_str(escape);
        }
        plain = at + 1;
    }
    text.push_str(value.get(plain..).unwrap_or_default());
    text.push('"');
}

/// The end of the chain: what the next entry is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub seq: i64,
    pub hash: String,
}

impl Link {
    /// Before the first entry.
    pub fn genesis() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }

    /// Appends `entry`: its row, and the chain goes on from there.
    pub fn append(&mut self, entry: Entry) -> Row {
        let mut row = Row {
            seq: self.seq + 1,
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            resource_type: entry.resource_type,
            resource_id: entry.resource_id,
            outcome: entry.outcome.as_str().to_owned(),
            // Strings and numbers alone; that they cannot be written is not possible.
            details: serde_json::to_string(&entry.details).unwrap_or_default(),
            hash: String::new(),
        };
        row.hash = row.digest(&self.hash);
        *self = Self { seq: row.seq, hash: row.hash.clone() };
        row
    }
}

/// Walks over a chain and says where it is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    last: Link,
}

impl Chain {
    /// A walk that begins behind `last`.
    pub fn after(last: Link) -> Self {
        Self { last }
    }

    /// The last entry that was looked at.
    pub fn last(&self) -> &Link {
        &self.last
    }

    /// Looks at the next row. The error says what is wrong with it.
    pub fn check(&mut self, row: Row) -> Result<(), String> {
        let expected = self.last.seq + 1;
        if row.seq != expected {
            return Err(format!("entry {expected} is missing: the next one is {}", row.seq));
        }
        if row.digest(&self.last.hash) != row.hash {
            return Err(format!("entry {expected} was changed, or the one before it: its hash does not fit"));
        }
        self.last = Link { seq: row.seq, hash: row.hash };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{actor::Actor, audit::Changes};

    fn entries(count: i64) -> (Vec<Row>, Link) {
        let mut link = Link::genesis();
        let rows = (1..=count).map(|at| link.append(Entry::done(at, &Actor::Automation, "create project", &at))).collect();
        (rows, link)
    }

    fn walk(rows: &[Row]) -> Result<Link, String> {
        let mut chain = Chain::after(Link::genesis());
        for row in rows {
            chain.check(row.clone())?;
        }
        Ok(chain.last().clone())
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        let (rows, end) = entries(5);
        assert_eq!(walk(&rows), Ok(end));
    }

    #[test]
    fn every_change_of_every_field_is_found_at_its_row() {
        let changes: [fn(&mut Row); 9] = [
            |row| row.at += 1,
            |row| row.actor.push('x'),
            |row| row.action.push('x'),
            |row| row.resource_type.push('x'),
            |row| row.resource_id.push('x'),
            |row| row.outcome = "denied".to_owned(),
            |row| row.details = "{}".to_owned(),
            |row| row.hash = GENESIS.to_owned(),
            |row| row.seq = 9,
        ];
        for (number, change) in changes.iter().enumerate() {
            let (mut rows, _) = entries(5);
            change(&mut rows[2]);
            let broken = walk(&rows).unwrap_err();
            assert!(broken.contains("entry 3"), "change {number}: {broken}");
        }
    }

    #[test]
    fn an_entry_that_was_taken_out_or_put_in_is_found() {
        let (mut rows, _) = entries(5);
        rows.remove(1);
        assert!(walk(&rows).unwrap_err().contains("entry 2 is missing"));
        let (mut rows, _) = entries(5);
        rows.swap(1, 2);
        assert!(walk(&rows).unwrap_err().contains("entry 2"));
    }

    #[test]
    fn the_hashed_text_is_json_whatever_the_fields_hold() {
        let odd = "\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}é名";
        let changes = Changes::default().field("name", odd, "B");
        let mut entry = Entry::done(1, &Actor::Automation, "update project", &7).with(changes);
        (entry.actor, entry.resource_id) = (odd.to_owned(), odd.to_owned());
        let row = Link::genesis().append(entry);

        let text = row.canonical(GENESIS);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();

        assert_eq!((value["actor"].as_str(), value["resource_id"].as_str()), (Some(odd), Some(odd)));
        assert_eq!(value["with"]["changes"]["name"]["from"], odd);
        let names: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(row.hash, hex::encode(&Sha256::digest(text.as_bytes())));
    }
}
