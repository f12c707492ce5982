//! Holds the wire to `wire/events.jsonl`, one recorded event of each type: whoever reads events, also a page that was loaded
//! before an upgrade, relies on these shapes, so a change of them is a line of that file.

use std::collections::BTreeSet;

use crate::Envelope;

const EVENTS: &str = include_str!("../wire/events.jsonl");

// S3-04
#[test]
fn each_type_of_event_has_the_shape_that_is_written_down() {
    let mut kinds = BTreeSet::new();
    for line in EVENTS.lines() {
        let written: serde_json::Value = serde_json::from_str(line).unwrap();
        let envelope: Envelope = serde_json::from_value(written.clone()).unwrap();
        let event = envelope.event().unwrap_or_else(|| panic!("{} is not read", envelope.kind));
        assert_eq!(event.kind(), envelope.kind);
        assert_eq!(event.data(), written["data"], "{} has another shape", envelope.kind);
        assert_eq!(serde_json::to_value(&envelope).unwrap(), written);
        assert!(kinds.insert(envelope.kind), "a type is there twice");
    }

    // The constants by which `Event::kind` names them, so that a new type needs its line.
    let source = include_str!("events.rs");
    let known: BTreeSet<String> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> "))
        .map(|(_, name)| name.trim_start_matches("kinds::").trim_end_matches(',').to_lowercase())
        .collect();
    assert_eq!(kinds, known);
}
