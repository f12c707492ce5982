//! A text without its line ends and colours: what a program wrapped or coloured is whole again in it.

use std::ops::Range;

/// `text` without its line ends and colours; nothing where it has none.
pub(super) fn squeezed(text: &str) -> Option<String> {
    if !text.contains(['\n', '\r', '\u{1b}']) {
        return None;
    }
    Some(pieces(text).filter_map(|piece| text.get(piece)).collect())
}

/// What `places` of the squeezed text, which come in order and do not overlap, are in `text`: each as the pieces of it that stand
/// between line ends and colours.
pub(super) fn originals(text: &str, places: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = Vec<Range<usize>>> {
    let mut pieces = pieces(text).peekable();
    // Where the next piece begins in the squeezed text.
    let mut at = 0;
    places.map(move |place| {
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
    })
}

/// Where in `text` that byte of the squeezed text is; behind its end where there is none.
pub(super) fn original(text: &str, at: usize) -> usize {
    let mut before = 0;
    for piece in pieces(text) {
        if at < before + piece.len() {
            return piece.start + at - before;
        }
        before += piece.len();
    }
    text.len()
}

fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> {
    let gap_at = move |at: usize| gap(text.as_bytes().get(at..).unwrap_or_default());
    let mut at = 0;
    std::iter::from_fn(move || {
        while let length @ 1.. = gap_at(at) {
            at += length;
        }
        let start = at;
        while at < text.len() && gap_at(at) == 0 {
            at += 1;
        }
        (at > start).then_some(start..at)
    })
}

/// The length of the line end or the control sequence of a terminal (ECMA-48, 5.4) that `text` begins with.
fn gap(text: &[u8]) -> usize {
    match text {
        [b'\n' | b'\r', ..] => 1,
        [0x1b, b'[', rest @ ..] => {
            let length = rest.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
            if matches!(rest.get(length), Some(0x40..=0x7e)) { length + 3 } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_colours_are_left_out() {
        for (text, expected) in [
            ("", None),
            ("plain", None),
            ("a\r\nb\n", Some("ab")),
            ("\n\n", Some("")),
            ("a\u{1b}[1;31mb\u{1b}[0mc", Some("abc")),
            ("é\n\u{1b}[Kü", Some("éü")),
            // Escapes of another kind, and those that do not end, are text.
            ("a\u{1b}(Bb\u{1b}[12", Some("a\u{1b}(Bb\u{1b}[12")),
        ] {
            assert_eq!(squeezed(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn places_are_found_again_piece_by_piece() {
        let text = "ab\ncd\u{1b}[0mef\n";
        let cases: [(&[(usize, usize)], &[&[&str]]); 5] = [
            (&[], &[]),
            (&[(0, 2)], &[&["ab"]]),
            (&[(1, 5)], &[&["b", "cd", "e"]]),
            (&[(0, 1), (1, 3), (3, 4)], &[&["a"], &["b", "c"], &["d"]]),
            (&[(2, 4), (4, 6)], &[&["cd"], &["ef"]]),
        ];
        for (places, expected) in cases {
            let found: Vec<Vec<&str>> = originals(text, places.iter().map(|(from, to)| *from..*to))
                .map(|pieces| pieces.into_iter().map(|piece| &text[piece]).collect())
                .collect();
            assert_eq!(found, expected, "{places:?}");
        }
        assert_eq!([0, 2, 4, 5, 6].map(|at| original(text, at)), [0, 3, 9, 10, text.len()]);
    }
}
