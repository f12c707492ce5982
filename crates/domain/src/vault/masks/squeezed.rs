//! A text without what interrupts the words in it: what a program wrapped, indented or coloured is whole again.

use std::ops::Range;

/// How the lines of a text are broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// By line ends alone: blanks around them are part of the text.
    Plain,
    /// With an indentation below them, as in YAML, and after a `\` that says that the line goes on.
    Indented,
}

/// A text without its line ends and control sequences.
pub(super) struct Squeezed<'a> {
    pub text: String,
    source: &'a str,
    breaks: Breaks,
}

/// `text` without its line ends and control sequences, and the same without the indentation of its lines; only what differs from
/// the text and from each other.
pub(super) fn of(text: &str) -> Vec<Squeezed<'_>> {
    if !text.contains(['\n', '\r', '\u{1b}']) {
        return Vec::new();
    }
    let mut found: Vec<Squeezed<'_>> = Vec::with_capacity(2);
    for breaks in [Breaks::Plain, Breaks::Indented] {
        let squeezed: String = pieces(text, breaks).filter_map(|piece| text.get(piece)).collect();
        if found.iter().all(|other| other.text != squeezed) {
            found.push(Squeezed { text: squeezed, source: text, breaks });
        }
    }
    found
}

impl Squeezed<'_> {
    /// What `places` of the squeezed text, which come in order and do not overlap, are in the original: each as the pieces of it that
    /// stand between what was left out.
    pub(super) fn originals(&self, places: impl Iterator<Item = Range<usize>>) -> Vec<Vec<Range<usize>>> {
        let mut pieces = pieces(self.source, self.breaks).peekable();
        // Where the next piece begins in the squeezed text.
        let mut at = 0;
        let pieces_of = |place: Range<usize>| {
            let mut found = Vec::new();
            while let Some(piece) = pieces.peek().cloned().filter(|_| at < place.end) {
                let end = at + piece.len();
                if end > place.start {
                    found.push(piece.start + place.start.max(at) - at..piece.start + place.end.min(end) - at);
                }
                if end > place.end {
                    break;
                }
                at = end;
                pieces.next();
            }
            found
        };
        places.map(pieces_of).collect()
    }

    /// Where in the original that byte of the squeezed text is; behind its end where there is none.
    pub(super) fn original(&self, at: usize) -> usize {
        let mut before = 0;
        for piece in pieces(self.source, self.breaks) {
            if at < before + piece.len() {
                return piece.start + at - before;
            }
            before += piece.len();
        }
        self.source.len()
    }
}

/// What is left of `text`, in order.
fn pieces(text: &str, breaks: Breaks) -> impl Iterator<Item = Range<usize>> {
    let rest = move |at: usize| text.as_bytes().get(at..).unwrap_or_default();
    let mut at = 0;
    std::iter::from_fn(move || {
        // Whether blanks that come next indent a line.
        let mut indents = false;
        loop {
            let length = match rest(at) {
                [b' ' | b'\t', ..] if indents => 1,
                rest => gap(rest, breaks),
            };
            if length == 0 {
                break;
            }
            indents |= breaks == Breaks::Indented && !rest(at).starts_with(b"\x1b");
            at += length;
        }
        let start = at;
        while at < text.len() && gap(rest(at), breaks) == 0 {
            at += 1;
        }
        (at > start).then_some(start..at)
    })
}

/// The length of the line end or the control sequence that `text` begins with.
fn gap(text: &[u8], breaks: Breaks) -> usize {
    match text {
        [b'\n' | b'\r', ..] => 1,
        [b'\\', b'\n', ..] if breaks == Breaks::Indented => 2,
        [b'\\', b'\r', b'\n', ..] if breaks == Breaks::Indented => 3,
        [0x1b, rest @ ..] => control_sequence(rest).map_or(0, |length| 1 + length),
        _ => 0,
    }
}

/// The length of what comes after the escape character that begins a control sequence of a terminal (ECMA-48, 5.4 and 5.6; ECMA-35,
/// 13): a colour, the address of a link, a choice of characters. One that the text ends in goes on in what comes next. None of them
/// has a line end, so that what is no such sequence hides no more than its line.
fn control_sequence(text: &[u8]) -> Option<usize> {
    let (from, between, last) = match text {
        [b']' | b'P' | b'X' | b'^' | b'_', content @ ..] => {
            let length = content.iter().take_while(|byte| **byte >= b' ').count();
            return match content.get(length..)? {
                // Xterm's end of a string beside the standard's.
                [0x07, ..] => Some(length + 2),
                [0x1b, b'\\', ..] => Some(length + 3),
                [] | [0x1b] => Some(text.len()),
                _ => None,
            };
        }
        [b'[', ..] => (1, 0x20_u8..=0x3f, 0x40_u8..=0x7e),
        _ => (0, 0x20..=0x2f, 0x30..=0x7e),
    };
    let length = from + text.iter().skip(from).take_while(|byte| between.contains(*byte)).count();
    match text.get(length) {
        Some(byte) if last.contains(byte) => Some(length + 1),
        Some(_) => None,
        None => Some(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_indentation_and_control_sequences_are_left_out() {
        let cases: [(&str, &[&str]); 14] = [
            ("", &[]),
            ("plain", &[]),
            ("a\r\nb\n", &["ab"]),
            ("\n\n", &[""]),
            ("a\u{1b}[1;31mb\u{1b}[0mc", &["abc"]),
            ("é\n\u{1b}[Kü", &["éü"]),
            (" a b\n  c\td\n\te", &[" a b  c\td\te", " a bc\tde"]),
            ("a\n \u{1b}[32m  b", &["a   b", "ab"]),
            ("a \\\n  b\\\r\nc\\d", &["a \\  b\\c\\d", "a bc\\d"]),
            ("a\u{1b}]8;;http://é.org/\u{1b}\\b\u{1b}]8;;\u{7}c", &["abc"]),
            ("a\u{1b}(B\u{1b}[mb\u{1b}7c\u{1b}P1$r\u{1b}\\d", &["abcd"]),
            // Those that go on in what comes next.
            ("a\u{1b}[12", &["a"]),
            ("a\u{1b}]8;;http://e\u{1b}", &["a"]),
            // A string that a line end or another sequence cuts off is none.
            ("\u{1b}]8;;a\nb\u{1b}]0;c\u{1b}[0md", &["\u{1b}]8;;ab\u{1b}]0;cd"]),
        ];
        for (text, expected) in cases {
            assert_eq!(of(text).iter().map(|squeezed| squeezed.text.as_str()).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn places_are_found_again_piece_by_piece() {
        type Pieces = &'static [&'static [&'static str]];
        let text = "ab\ncd\u{1b}[0mef\n";
        let cases: [(&[(usize, usize)], Pieces); 5] = [
            (&[], &[]),
            (&[(0, 2)], &[&["ab"]]),
            (&[(1, 5)], &[&["b", "cd", "e"]]),
            (&[(0, 1), (1, 3), (3, 4)], &[&["a"], &["b", "c"], &["d"]]),
            (&[(2, 4), (4, 6)], &[&["cd"], &["ef"]]),
        ];
        let squeezed = of(text).remove(0);
        for (places, expected) in cases {
            let found: Vec<Vec<&str>> = squeezed
                .originals(places.iter().map(|(from, to)| *from..*to))
                .into_iter()
                .map(|pieces| pieces.into_iter().map(|piece| &text[piece]).collect())
                .collect();
            assert_eq!(found, expected, "{places:?}");
        }
        assert_eq!([0, 2, 4, 5, 6].map(|at| squeezed.original(at)), [0, 3, 9, 10, text.len()]);
        let indented = of("ab\n  cd").remove(1);
        assert_eq!((indented.originals(std::iter::once(1..3)), indented.original(2)), (vec![vec![1..2, 5..6]], 5));
    }
}
