//! Values that must not be shown: the search for them in all their forms, also where they are wrapped at a line's end, indented,
//! coloured or interrupted by what else only a terminal reads.

mod forms;
mod squeezed;

use std::{ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use zeroize::Zeroizing;

use super::SHORTEST_VALUE;

/// What stands in a secret's place.
pub const MASK: &str = "•••";
/// Beginnings of a secret that are shorter than this do not wait for the rest of it.
const SHORTEST_BEGINNING: usize = 4;
/// The longest beginning that is looked for, in bytes.
const LONGEST_BEGINNING: usize = 4 << 10;

/// Values to be masked; cheap to clone.
#[derive(Clone, Default)]
pub struct Masks(Option<Arc<Known>>);

struct Known {
    /// Names and values.
    secrets: Vec<(String, Zeroizing<String>)>,
    /// Every form of every value, and whose it is.
    forms: Vec<(Zeroizing<String>, usize)>,
    finder: AhoCorasick,
}

/// Masks say how many they are, never what they hide.
impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Masks").field(&self.0.as_ref().map_or(0, |known| known.secrets.len())).finish()
    }
}

impl Masks {
    /// The masks of names and values. Values of fewer than eight characters are left out: masking them would destroy the text
    /// around them.
    pub fn of<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let secrets = secrets.into_iter().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        Self::build(secrets.collect())
    }

    /// The masks with more names and values.
    #[must_use]
    pub fn with<'a>(&self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = self.0.iter().flat_map(|known| &known.secrets).cloned();
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        Self::build(own.chain(more).collect())
    }

    fn build(secrets: Vec<(String, Zeroizing<String>)>) -> Self {
        let mut forms: Vec<(Zeroizing<String>, usize)> = Vec::new();
        for (index, (_, value)) in secrets.iter().enumerate() {
            forms.extend(forms::of(value).into_iter().map(|form| (Zeroizing::new(form), index)));
        }
        if forms.is_empty() {
            return Self::default();
        }
        let mut finder = AhoCorasick::builder();
        finder.match_kind(MatchKind::LeftmostLongest);
        match finder.build(forms.iter().map(|(form, _)| form.as_bytes())) {
            Ok(finder) => Self(Some(Arc::new(Known { secrets, forms, finder }))),
            // Only more than 2^31 bytes of forms fail, which bounded values cannot have.
            Err(_) => Self::default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The text with every value masked.
    pub fn mask(&self, text: String) -> String {
        let Some(known) = &self.0 else { return text };
        let places = joined(known.whole(&text).chain(known.in_pieces(&text).into_iter().flatten()).collect());
        if places.is_empty() {
            return text;
        }
        let (mut masked, mut from) = (String::with_capacity(text.len()), 0);
        for place in places {
            masked.push_str(text.get(from..place.start).unwrap_or_default());
            masked.push_str(MASK);
            from = place.end;
        }
        masked.push_str(text.get(from..).unwrap_or_default());
        masked
    }

    /// Where values are in `text`, in order, each with what stands in it: line ends, indentation, colours.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let Some(known) = &self.0 else { return Vec::new() };
        let around = |pieces: Vec<Range<usize>>| Some(pieces.first()?.start..pieces.last()?.end);
        joined(known.whole(text).chain(known.in_pieces(text).into_iter().filter_map(around)).collect())
    }

    /// The text with every value masked, and also the rest of one that began in another text before it.
    pub fn mask_with_rest(&self, text: String) -> String {
        let ending = |form: &str| {
            let (from, most) = (SHORTEST_VALUE, form.len().saturating_sub(1).min(text.len()));
            (from..=most).rev().find(|length| form.as_bytes().ends_with(text.as_bytes().get(..*length).unwrap_or_default()))
        };
        let rest = self.0.iter().flat_map(|known| &known.forms).filter_map(|(form, _)| ending(form.as_str())).max();
        match rest.and_then(|rest| text.get(rest..)) {
            Some(after) => format!("{MASK}{}", self.mask(after.to_owned())),
            None => self.mask(text),
        }
    }

    /// The name of the first secret whose value is in `text`.
    pub fn find(&self, text: &str) -> Option<&str> {
        let known = self.0.as_ref()?;
        let (_, index) = known.forms.get(known.finder.find(text)?.pattern().as_usize())?;
        known.secrets.get(*index).map(|(name, _)| name.as_str())
    }

    /// Where the longest beginning of a value begins that `text`, which goes on later, ends with; the text's length where it
    /// ends with none.
    pub fn open_tail(&self, text: &str) -> usize {
        let Some(known) = &self.0 else { return text.len() };
        let longest = |text: &str| {
            let lengths = known.forms.iter().filter_map(|(form, _)| beginning(text.as_bytes(), form.as_bytes()));
            lengths.max().unwrap_or(0)
        };
        let mut start = text.len() - longest(text);
        let from = text.ceil_char_boundary(text.len().saturating_sub(2 * LONGEST_BEGINNING));
        let end = text.get(from..).unwrap_or_default();
        for squeezed in squeezed::of(end) {
            start = start.min(from + squeezed.original(squeezed.text.len() - longest(&squeezed.text)));
        }
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        start
    }
}

impl Known {
    /// Where values are in `text` as it is.
    fn whole(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        self.finder.find_iter(text).map(|found| found.range())
    }

    /// Where values are in `text` without what interrupts them, each as its pieces.
    fn in_pieces(&self, text: &str) -> Vec<Vec<Range<usize>>> {
        squeezed::of(text).iter().flat_map(|squeezed| squeezed.originals(self.whole(&squeezed.text))).collect()
    }
}

/// The places in order, the ones that overlap made one.
fn joined(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    // A few rows that are in order each: a stable sort only puts them into one.
    places.sort_by_key(|place| place.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match joined.last_mut().filter(|last| place.start < last.end) {
            Some(last) => last.end = last.end.max(place.end),
            None => joined.push(place),
        }
    }
    joined
}

/// The length of the longest true beginning of `form` that `text` ends with.
fn beginning(text: &[u8], form: &[u8]) -> Option<usize> {
    let most = form.len().saturating_sub(1).min(text.len()).min(LONGEST_BEGINNING);
    (SHORTEST_BEGINNING..=most).rev().find(|length| form.get(..*length).is_some_and(|start| text.ends_with(start)))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn the_rest_of_a_value_is_masked_where_a_text_begins_with_it() {
        let masks = Masks::of([("A", "correct horse battery")]);
        for (text, expected) in [
            ("horse battery, and more", "•••, and more"),
            (" battery and correct horse battery", "••• and •••"),
            ("battery", "battery"),
            ("the horse battery", "the horse battery"),
            ("correct horse battery", "•••"),
            ("", ""),
        ] {
            assert_eq!(masks.mask_with_rest(text.to_owned()), expected);
        }
        assert_eq!(Masks::default().mask_with_rest("horse battery".to_owned()), "horse battery");
        assert_eq!(masks.places("a correct horse battery").first(), Some(&(2..23)));
    }

    #[test]
    fn a_value_that_is_wrapped_or_coloured_is_masked_and_nothing_around_it() {
        let value = "Zq7KdTr0ub4dor9LmXcvQ2";
        let masks = Masks::of([("A", value), ("B", "correct horse battery")]);
        for (text, expected) in [
            ("a Zq7KdTr0ub4\ndor9LmXcvQ2 b\n", "a •••\n••• b\n"),
            ("a Zq7KdTr0ub4\r\ndor9LmXcvQ2 b", "a •••\r\n••• b"),
            ("Zq7KdTr\u{1b}[1;31m0ub4\u{1b}[0mdor9LmXcvQ2\u{1b}[0m.", "•••\u{1b}[1;31m•••\u{1b}[0m•••\u{1b}[0m."),
            ("correct horse\n battery\ncorrect horse battery\n", "•••\n•••\n•••\n"),
            ("Zq7KdTr0ub4\n\ncorrect horse\n", "Zq7KdTr0ub4\n\ncorrect horse\n"),
            ("key: |\n  Zq7KdTr0ub4\n  dor9LmXcvQ2\n", "key: |\n  •••\n  •••\n"),
            ("key: \"Zq7KdTr0ub4\\\n  dor9LmXcvQ2\"", "key: \"•••\\\n  •••\""),
            ("Zq7KdTr0ub4\n\t \u{1b}[2m dor9LmXcvQ2", "•••\n\t \u{1b}[2m •••"),
            ("Zq7KdTr\u{1b}(B\u{1b}[m0ub4dor9LmXcvQ2", "•••\u{1b}(B\u{1b}[m•••"),
            (
                "\u{1b}]8;;http://a.org\u{1b}\\Zq7KdTr\u{1b}]8;;\u{1b}\\0ub4dor9LmXcvQ2\u{1b}]0;a\u{7}",
                "\u{1b}]8;;http://a.org\u{1b}\\•••\u{1b}]8;;\u{1b}\\•••\u{1b}]0;a\u{7}",
            ),
            ("Zq7KdTr0ub4 dor9LmXcvQ2\nZq7KdTr0ub4 \n", "Zq7KdTr0ub4 dor9LmXcvQ2\nZq7KdTr0ub4 \n"),
        ] {
            assert_eq!(masks.mask(text.to_owned()), expected, "{text:?}");
        }
        let columns = |text: &str, most: usize, line_end: &str| {
            let lines: Vec<&str> = text.as_bytes().chunks(most).map(|line| str::from_utf8(line).unwrap()).collect();
            lines.join(line_end)
        };
        for before in 0..90 {
            let around = format!("{}={value}\nB=1\n", "H".repeat(before));
            for (most, line_end) in [(60, "\n"), (64, "\n"), (76, "\n"), (60, "\n  "), (76, "\r\n\t")] {
                let columns = |text: &str| columns(text, most, line_end);
                let (figures, digits) = (columns(&crate::hex::encode(around.as_bytes())), columns(&STANDARD.encode(&around)));
                let left = |text: String| masks.mask(text).replace(MASK, "").split_whitespace().map(str::len).sum::<usize>();
                // Of base64, the digits at either end that others decide too.
                assert_eq!(left(figures), 2 * (around.len() - value.len()), "{before} {most}");
                assert!(left(digits) <= (around.len() - value.len()).div_ceil(3) * 4 + 4, "{before} {most}");
            }
        }
        assert_eq!(masks.places("a Zq7KdTr0ub4\ndor9LmXcvQ2 b\n").first(), Some(&(2..25)));
    }

    #[test]
    fn a_beginning_is_found_at_the_end_alone() {
        let masks = Masks::of([("A", "correct horse")]);
        for (text, expected) in
            [("say corr", 4), ("say correct hors", 4), ("say cor", 7), ("say correct horse", 17), ("corr x", 6), ("", 0)]
        {
            assert_eq!(masks.open_tail(text), expected, "{text}");
        }
        for (text, expected) in [("say corr\n", 4), ("say cor\nrec", 4), ("say correct\n horse\n", 19), ("corr\nx\n", 7)] {
            assert_eq!(masks.open_tail(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("say corr\n   ", 4),
            ("say cor\n  rec", 4),
            ("say corr\u{1b}[3", 4),
            ("say corr\u{1b}]8;;http://a.org", 4),
            ("say corr\u{1b}]8;;http://a.org\u{7}ect", 4),
            ("say cor   rec", 13),
        ] {
            assert_eq!(masks.open_tail(text), expected, "{text:?}");
        }
        assert_eq!(Masks::default().open_tail("say corr"), 8);
        assert_eq!(Masks::of([("U", "ünïcödé!")]).open_tail("xünï"), 1);
    }

    #[test]
    fn more_can_be_masked_and_nothing_is_told() {
        let masks = Masks::of([("A", "correct horse")]).with([("B", "battery staple")]);
        assert_eq!(masks.mask("correct horse battery staple".to_owned()), "••• •••");
        assert_eq!(format!("{masks:?}"), "Masks(2)");
        assert!(Masks::of([("A", "short")]).is_empty());
    }
}
