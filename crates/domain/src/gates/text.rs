//! Text that strangers wrote, made fit to show: without escapes, cut at whole characters. Also lines that were added.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;

use crate::{ports::vcs::ChangedFile, text::joined};

/// A pattern that stands in our own source. Each is held by the tests of its module.
#[expect(clippy::expect_used, reason = "a constant pattern of our own, and a test builds every one of them")]
pub(super) fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern is valid")
}

static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\x1b\[[0-?]*[ -/]*[@-~]",
        r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?",
        r"|\x1b[ -/]*[0-~]?",
        r"|\x{9b}[0-?]*[ -/]*[@-~]",
    ))
});

/// Without terminal escapes and control characters; of a line that was rewritten by carriage returns, the last state.
pub(super) fn plain(text: &str) -> String {
    let text = ESCAPES.replace_all(text, "").replace("\r\n", "\n");
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = line.rsplit('\r').find(|part| !part.is_empty()).unwrap_or_default();
        lines.push(line.chars().filter(|letter| *letter == '\t' || !is_unprintable(*letter)).collect::<String>());
    }
    lines.join("\n")
}

/// One line of at most `most` characters; what is longer ends in an ellipsis.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut line = joined(&plain(text));
    if line.chars().count() > most {
        line = line.chars().take(most.saturating_sub(1)).collect::<String>().trim_end().to_owned();
        line.push('…');
    }
    line
}

/// At most `most` bytes: the beginning and the end, with a line between that says what is missing.
pub(super) fn cut_middle(text: &str, most: usize) -> String {
    const BETWEEN: &str = "\n… (cut) …\n";
    if text.len() <= most {
        return text.to_owned();
    }

    let room = most.saturating_sub(BETWEEN.len());
    let head = start_within(text, room / 4);
    let tail = end_within(text, room - room / 4);
    format!("{head}{BETWEEN}{tail}")
}

/// The longest beginning of at most `most` bytes.
pub(super) fn start_within(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// The longest end of at most `most` bytes.
pub(super) fn end_within(text: &str, most: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(most))..).unwrap_or_default()
}

/// Lines that are in the file now and were not before, with their numbers from 1. A line that only moved is not new: lines
/// are matched by their text, which takes linear time on any input.
pub(super) fn added_lines(file: &ChangedFile) -> Vec<(usize, &str)> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for line in file.before.as_deref().unwrap_or_default().lines() {
        *known.entry(line).or_default() += 1;
    }
    let after = file.after.as_deref().unwrap_or_default();
    let added = after.lines().enumerate().filter(|(_, line)| match known.get_mut(line) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    });
    added.map(|(index, line)| (index + 1, line)).collect()
}

/// How many lines were added and removed together.
pub(super) fn changed_line_count(file: &ChangedFile) -> usize {
    let count = |text: &Option<String>| text.as_deref().unwrap_or_default().lines().count();
    let added = added_lines(file).len();
    let kept = count(&file.after).saturating_sub(added);
    added + count(&file.before).saturating_sub(kept)
}

fn is_unprintable(letter: char) -> bool {
    // Besides control characters, those that turn the direction of what follows around.
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_control_characters_are_gone() {
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;javascript:x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("10%\r50%\r100%", "100%"),
            ("one\r\ntwo", "one\ntwo"),
            ("a\u{0}b\u{8}c\td", "abc\td"),
            ("\u{202e}txt.exe", "txt.exe"),
            ("half \u{1b}[", "half "),
            ("\u{1b}", ""),
        ];
        for (raw, clean) in cases {
            assert_eq!(plain(raw), clean, "{raw:?}");
        }
    }

    #[test]
    fn text_is_cut_at_whole_characters() {
        let long = "é".repeat(10_000);

        assert!(cut_middle(&long, 101).len() <= 101);
        assert_eq!(one_line("a\n  b", 10), "a b");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(start_within("éé", 3), "é");
        assert_eq!(end_within("éé", 3), "é");
    }

    #[test]
    fn a_line_that_moved_is_not_added() {
        let file = ChangedFile {
            path: "a".into(),
            before: Some("one\ntwo\nthree".into()),
            after: Some("three\none\nfour\none".into()),
            opaque: false,
            link: None,
        };

        assert_eq!(added_lines(&file), [(3, "four"), (4, "one")]);
        assert_eq!(changed_line_count(&file), 3);
    }
}
