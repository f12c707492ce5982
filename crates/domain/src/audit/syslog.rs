//! An entry as a line of syslog (RFC 5424): what other programs gather, with the hash that proves it.

use std::fmt::Write as _;

use protocol::Timestamp;
use serde_json::{Value, json};

use super::Row;

/// "Log audit", the facility for this.
const FACILITY: u8 = 13;
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;
/// RFC 5424, section 6: names are ASCII that can be seen, and no longer than that.
const LONGEST_HOST: usize = 255;
const LONGEST_KIND: usize = 32;

/// The message of `row`, from the machine `host`. What was denied is a warning. The text is one line of JSON: the fields that
/// are hashed, in their own names, and the hash.
pub fn message(row: &Row, host: &str) -> String {
    let severity = if row.outcome == "denied" { WARNING } else { INFORMATIONAL };
    let at = Timestamp::from_millis(row.at);
    let (host, kind) = (word(host, LONGEST_HOST), word(&row.action, LONGEST_KIND));
    let with: Value = serde_json::from_str(&row.details).unwrap_or(Value::Null);
    let text = json!({
        "seq": row.seq, "at": at.to_string(), "actor": row.actor, "action": row.action, "resource_type": row.resource_type,
        "resource_id": row.resource_id, "outcome": row.outcome, "with": with, "hash": row.hash,
    });
    let mut message = String::with_capacity(512);
    let _ = write!(message, "<{}>1 {at} {host} loki - {kind} - {text}", FACILITY * 8 + severity);
    message
}

/// A word of the header; `-` where there is none.
fn word(text: &str, longest: usize) -> String {
    let plain: String = text.chars().filter(char::is_ascii_graphic).take(longest).collect();
    if plain.is_empty() { "-".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        actor::Actor,
        audit::{Changes, Entry, Link},
    };

    #[test]
    fn an_entry_is_one_line_whatever_it_holds() {
        let changes = Changes::default().field("name", "A", "two\nlines \"quoted\" ]");
        let entry = Entry::done(1_700_000_000_123, &Actor::Automation, "update project", &7).with(changes);
        let row = Link::genesis().append(entry);

        let message = message(&row, "loki.example.org");

        let (header, text) = message.split_once(" - {").unwrap();
        assert_eq!(header, "<110>1 2023-11-14T22:13:20.123Z loki.example.org loki - update");
        let value: Value = serde_json::from_str(&format!("{{{text}")).unwrap();
        assert_eq!(value["hash"], row.hash);
        assert_eq!(value["with"]["changes"]["name"]["to"], "two\nlines \"quoted\" ]");
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn what_was_denied_is_a_warning_and_names_are_plain_words() {
        let mut row = Link::genesis().append(Entry::done(0, &Actor::Automation, "sign_in login", &""));
        row.outcome = "denied".to_owned();
        row.action = "ä b\u{7}".to_owned();
        assert!(message(&row, " \n").starts_with("<108>1 1970-01-01T00:00:00.000Z - loki - b - {"), "{}", message(&row, ""));
    }
}
