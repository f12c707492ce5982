//! What waits for the log, and what is left out of it.

use LogKind::{Engine, Output, Text, Thought, Tool};

use super::*;

const KEY: &str = concat!("AKIA", "Q3EGRZ7YHKLM2N5P");

fn texts(events: &[(LogKind, String)]) -> Vec<(LogKind, &str)> {
    events.iter().map(|(kind, text)| (*kind, text.as_str())).collect()
}

#[test]
fn pieces_of_one_kind_are_one_event() {
    let mut waiting = Waiting::new(Source::Agent);
    for (kind, text) in [(Text, "a "), (Text, "b\n"), (Tool, "$ x\n"), (Text, ""), (Text, "c\n")] {
        waiting.push(kind, text.to_owned());
    }
    assert_eq!(texts(&waiting.take()), [(Text, "a b\n"), (Tool, "$ x\n"), (Text, "c\n")]);
    assert_eq!((waiting.take(), waiting.bytes), (Vec::new(), 0));
}

#[test]
fn a_secret_in_two_pieces_is_masked() {
    let (head, tail) = KEY.split_at(9);
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Text, format!("first\nkey {head}"));
    assert_eq!(texts(&waiting.take()), [(Text, "first\n")]);
    waiting.push(Text, format!("{tail} end\n"));
    assert_eq!(texts(&waiting.take()), [(Text, "key AKIA… end\n")]);

    waiting.push(Text, format!("key {head}"));
    assert_eq!(waiting.take(), []);
    waiting.push(Text, tail.to_owned());
    assert_eq!(texts(&waiting.take_rest()), [(Text, "key AKIA…")]);
}

#[test]
fn a_secret_in_two_pieces_is_masked_however_long_the_second_takes() {
    for secret in [KEY, concat!("ghp", "_0123456789abcdefABCDEF0123456789abcdef"), "Zx9Kq2Lm7Pw4Rt8Vn3Bs6Jd1"] {
        let line = format!("set api_key = \"{secret}\" now\n");
        for cut in line.find(secret).unwrap() - 12..line.len() {
            let (head, tail) = line.split_at(cut);
            let mut waiting = Waiting::new(Source::Agent);
            let mut shown = String::new();
            waiting.push(Text, head.to_owned());
            for _ in 0..30 {
                shown.extend(waiting.take().into_iter().map(|(_, text)| text));
            }
            waiting.push(Text, tail.to_owned());
            shown.extend(waiting.take().into_iter().map(|(_, text)| text));
            shown.extend(waiting.take_rest().into_iter().map(|(_, text)| text));
            assert_eq!(shown, format!("set api_key = \"{}…\" now\n", &secret[..4]), "cut at {cut}");
        }
    }
}

#[test]
fn a_value_of_the_vault_in_two_pieces_is_masked_however_long_the_second_takes() {
    let (value, line) = ("correct horse battery", "say correct horse battery, please\n");
    for cut in 1..line.len() {
        let (head, tail) = line.split_at(cut);
        let mut waiting = Waiting::new(Source::Agent).hiding(&Masks::of([("A", value)]));
        let mut shown = String::new();
        waiting.push(Text, head.to_owned());
        for _ in 0..30 {
            shown.extend(waiting.take().into_iter().map(|(_, text)| text));
        }
        waiting.push(Text, tail.to_owned());
        shown.extend(waiting.take().into_iter().map(|(_, text)| text));
        shown.extend(waiting.take_rest().into_iter().map(|(_, text)| text));
        assert!(shown.ends_with("•••, please\n") && !shown.contains("corr") && shown.len() < 30, "cut at {cut}: {shown}");
    }
}

#[test]
fn a_value_of_the_vault_split_over_kinds_is_masked() {
    let (value, line) = ("correct horse battery", "say correct horse battery, please\n");
    for (first, second) in [(4 + 4, 4 + 9), (4 + 9, 4 + 10), (4 + 4, 4 + 20), (1, 4 + 15)] {
        for waits in [0, 1, 30] {
            let mut waiting = Waiting::new(Source::Agent).hiding(&Masks::of([("A", value)]));
            let mut shown = Vec::new();
            let pieces = [(Thought, &line[..first]), (Text, &line[first..second]), (Tool, &line[second..])];
            for (kind, piece) in pieces {
                waiting.push(kind, piece.to_owned());
                (0..waits).for_each(|_| shown.extend(waiting.take()));
            }
            shown.extend(waiting.take_rest());
            let joined: String = shown.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(joined, "say •••, please\n", "{first} {second} {waits}: {shown:?}");
            assert_eq!(waiting.bytes, 0);
        }
    }
}

#[test]
fn a_wrapped_value_of_the_vault_is_masked_wherever_it_is_cut() {
    let text = "say correct ho\nrse battery\nand more\n";
    let from = text.find("correct").unwrap() + 4;
    for cut in from..text.len() {
        for kind in [Output, Text] {
            let (head, tail) = text.split_at(cut);
            let mut waiting = Waiting::new(Source::Agent).hiding(&Masks::of([("A", "correct horse battery")]));
            let mut shown = String::new();
            waiting.push(Output, head.to_owned());
            for _ in 0..30 {
                shown.extend(waiting.take().into_iter().map(|(_, text)| text));
            }
            waiting.push(kind, tail.to_owned());
            shown.extend(waiting.take_rest().into_iter().map(|(_, text)| text));
            assert_eq!(shown, "say •••\n•••\nand more\n", "cut at {cut} {kind:?}");
        }
    }
}

#[test]
fn what_only_began_like_a_value_is_written_as_its_kind() {
    let mut waiting = Waiting::new(Source::Agent).hiding(&Masks::of([("A", "correct horse battery")]));
    waiting.push(Thought, "that is correct".to_owned());
    let held: Vec<_> = (0..5).flat_map(|_| waiting.take()).collect();
    assert_eq!(texts(&held), [(Thought, "that is ")]);
    waiting.push(Text, ". Done\n".to_owned());
    assert_eq!(texts(&waiting.take()), [(Thought, "correct"), (Text, ". Done\n")]);
}

#[test]
fn plain_words_do_not_wait_for_more() {
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Text, "The tests pass. Shall I go on with the next one?".to_owned());
    let shown: String = (0..3).flat_map(|_| waiting.take()).map(|(_, text)| text).collect();
    assert_eq!(shown, "The tests pass. Shall I go on with the next one?");
}

#[test]
fn a_secret_across_the_border_of_two_events_is_masked() {
    for before in CHUNK_BYTES - KEY.len()..CHUNK_BYTES {
        let mut waiting = Waiting::new(Source::Check);
        waiting.push(Output, format!("{} {KEY}\n{}\n", "ab ".repeat(before / 3), "cd ".repeat(100)));
        let joined: String = waiting.take_rest().into_iter().map(|(_, text)| text).collect();
        assert!(joined.contains("AKIA…") && !joined.contains(&KEY[..8]), "{before}");
    }
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Text, format!("{}{KEY} {}", "a ".repeat(CHUNKS * CHUNK_BYTES / 2 - 5), "b ".repeat(3_000)));
    let mut joined = String::new();
    for _ in 0..4 {
        joined.extend(waiting.take().into_iter().map(|(_, text)| text));
    }
    assert!(joined.contains("AKIA…") && !joined.contains(&KEY[..8]));
}

#[test]
fn a_private_key_waits_for_its_end() {
    let begin = concat!("-----", "BEGIN PRIVATE KEY-----\n");
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n";
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Output, format!("before\n{begin}{line}"));
    assert_eq!(texts(&waiting.take()), [(Output, "before\n")]);
    waiting.push(Output, format!("{line}{}after\n", concat!("-----", "END PRIVATE KEY-----\n")));
    let joined: String = waiting.take().into_iter().map(|(_, text)| text).collect();
    assert!(!joined.contains("MIIE") && joined.ends_with("after\n"), "{joined}");
}

#[test]
fn the_beginning_of_a_line_does_not_wait_for_ever() {
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Text, "Shall I".to_owned());
    assert_eq!(waiting.take(), []);
    assert_eq!(texts(&waiting.take()), [(Text, "Shall I")]);

    let mut shown = String::new();
    for _ in 0..10 {
        waiting.push(Text, "more words".to_owned());
        shown.extend(waiting.take().into_iter().map(|(_, text)| text));
    }
    assert!(shown.ends_with("more "), "{shown}");
    assert!(shown.len() >= 50, "{shown}");

    waiting.push(Text, "x".repeat(OPEN_LINE_BYTES * 2));
    assert_ne!(waiting.take(), []);
}

#[test]
fn too_much_of_an_agent_is_cut_at_its_end() {
    let mut waiting = Waiting::new(Source::Agent);
    waiting.push(Text, "é".repeat(WAITING_BYTES));
    waiting.push(Text, "lost\n".to_owned());
    assert_eq!(waiting.bytes, WAITING_BYTES);
    let rest = waiting.take_rest();
    let (kind, said) = rest.last().unwrap();
    assert_eq!((*kind, said.as_str()), (Engine, "262149 bytes were left out here; the raw transcript has them\n"));

    for _ in 0..20 {
        waiting.push(Text, "a ".repeat(WAITING_BYTES / 2));
        waiting.take_rest();
    }
    assert!(waiting.taken <= CALL_BYTES + 1_000);
}

#[test]
fn of_a_check_the_end_is_kept() {
    let mut waiting = Waiting::new(Source::Check);
    waiting.push(Tool, "$ make\n".to_owned());
    waiting.push(Output, format!("{}last line\n", "line\n".repeat(WAITING_BYTES / 5)));
    waiting.push(Engine, "It exited with 1\n".to_owned());
    let events = waiting.take_rest();
    assert_eq!(texts(&events[..2]), [(Tool, "$ make\n"), (Engine, "13 bytes were left out here\n")]);
    let output: String = events.iter().filter(|(kind, _)| *kind == Output).map(|(_, text)| text.as_str()).collect();
    assert!(output.ends_with("line\nlast line\n"));
    assert_eq!(output.len(), WAITING_BYTES - "$ make\n".len());
    assert_eq!(events.last().unwrap().1, "It exited with 1\n");
    assert!(events.iter().all(|(_, text)| text.len() <= CHUNK_BYTES));
}
