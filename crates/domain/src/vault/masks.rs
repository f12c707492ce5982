//! Values that must not be shown, in all the forms in which they turn up: plain, in JSON, in addresses and pages, in base64, base32
//! and hex; also where they are wrapped at a line's end or coloured.

mod squeezed;

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::SHORTEST_VALUE;

/// What stands in a secret's place.
pub const MASK: &str = "•••";
/// Columns after which programs break base64: `base64` and MIME, PEM.
const COLUMNS: [usize; 2] = [76, 64];
/// The longest value, in bytes, that is looked for with each of its characters written in figures, which takes several times its
/// length.
const LONGEST_SPELT: usize = 1 << 10;
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
    /// Of names and values. Values of fewer than eight characters are left out: masking them would destroy the text around them.
    pub fn of<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let secrets = secrets.into_iter().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        Self::build(secrets.collect())
    }

    /// With more of them.
    #[must_use]
    pub fn with<'a>(&self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = self.0.iter().flat_map(|known| &known.secrets).cloned();
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        Self::build(own.chain(more).collect())
    }

    fn build(secrets: Vec<(String, Zeroizing<String>)>) -> Self {
        let mut forms: Vec<(Zeroizing<String>, usize)> = Vec::new();
        for (index, (_, value)) in secrets.iter().enumerate() {
            forms.extend(forms_of(value).into_iter().map(|form| (Zeroizing::new(form), index)));
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

    /// Where values are in `text`, in order, each with the line ends and colours that stand in it.
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
        if let Some(whole) = squeezed::squeezed(end) {
            start = start.min(from + squeezed::original(end, whole.len() - longest(&whole)));
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

    /// Where values are in `text` without its line ends and colours, each as its pieces.
    fn in_pieces(&self, text: &str) -> Vec<Vec<Range<usize>>> {
        let Some(whole) = squeezed::squeezed(text) else { return Vec::new() };
        squeezed::originals(text, self.whole(&whole)).collect()
    }
}

/// Those places in order, and of those that overlap one.
fn joined(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    // Two rows that are in order each: a stable sort only puts them into one.
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

/// All forms of a value, each once.
fn forms_of(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    let value = value.trim();
    if value.chars().count() < SHORTEST_VALUE {
        return forms;
    }
    // Text is masked line by line in places; frames of keys are no secrets, and are what keys are known by.
    let lines = value.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST_VALUE && !line.starts_with("-----"));
    for part in std::iter::once(value).chain(lines) {
        forms.insert(part.to_owned());
        forms.extend(in_json(part));
        forms.extend(in_addresses(part));
        forms.extend(in_pages(part));
        forms.extend([hex(part), hex(part).to_uppercase()]);
        forms.extend(in_base64(part.as_bytes()));
        if value.len() <= LONGEST_SPELT {
            forms.extend(in_figures(part));
            forms.extend(in_base32(part.as_bytes()));
        }
    }
    // What `echo $SECRET | base64` prints.
    forms.extend(in_base64(format!("{value}\n").as_bytes()));
    forms
}

/// Every character in figures: in hex with something between, in JSON, in addresses, in strings of programs, in pages, and as UTF-16
/// in hex.
fn in_figures(value: &str) -> Vec<String> {
    let units = |write: fn(u16) -> String| value.encode_utf16().map(write).collect::<String>();
    let bytes = |write: fn(u8) -> String| value.bytes().map(write).collect::<String>();
    let chars = |write: fn(char) -> String| value.chars().map(write).collect::<String>();
    let apart = |write: fn(u8) -> String, between: &str| value.bytes().map(write).collect::<Vec<_>>().join(between);
    vec![
        apart(|byte| format!("{byte:02x}"), ":"),
        apart(|byte| format!("{byte:02X}"), ":"),
        apart(|byte| format!("{byte:02x}"), " "),
        apart(|byte| format!("{byte:02X}"), " "),
        units(|unit| format!("\\u{unit:04x}")),
        units(|unit| format!("\\u{unit:04X}")),
        units(|unit| format!("{unit:04x}")),
        units(|unit| format!("{unit:04X}")),
        units(|unit| format!("{:04x}", unit.swap_bytes())),
        units(|unit| format!("{:04X}", unit.swap_bytes())),
        bytes(|byte| format!("%{byte:02x}")),
        bytes(|byte| format!("%{byte:02X}")),
        bytes(|byte| format!("\\x{byte:02x}")),
        bytes(|byte| format!("\\x{byte:02X}")),
        chars(|char| format!("&#{};", u32::from(char))),
        chars(|char| format!("&#x{:x};", u32::from(char))),
        chars(|char| format!("&#x{:X};", u32::from(char))),
    ]
}

/// In either case, at each of five offsets as base64 at three.
fn in_base32(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for offset in 0..5 {
        let padded = [&vec![0; offset][..], value].concat();
        let whole = base32(&padded);
        let (first, last) = ((offset * 8).div_ceil(5), padded.len() * 8 / 5);
        forms.extend(whole.get(first..last).map(str::to_owned));
        if offset == 0 {
            forms.push(whole);
        }
    }
    let small: Vec<String> = forms.iter().map(|form| form.to_lowercase()).collect();
    forms.extend(small);
    forms
}

/// RFC 4648, without the signs that only fill up.
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |five: u32| DIGITS.get(usize::try_from(five & 31).unwrap_or_default()).map(|digit| char::from(*digit));
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    for byte in bytes {
        bits = ((bits << 8) | u32::from(*byte)) & 0xfff;
        count += 8;
        while count >= 5 {
            count -= 5;
            text.extend(digit(bits >> count));
        }
    }
    if count > 0 {
        text.extend(digit(bits << (5 - count)));
    }
    text
}

fn in_json(value: &str) -> Option<String> {
    let quoted = serde_json::to_string(value).ok()?;
    Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// As pages write it, with the names of both quotation marks that are usual.
fn in_pages(value: &str) -> Vec<String> {
    let plain = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut forms = Vec::new();
    for double in ["\"", "&quot;", "&#34;"] {
        for single in ["'", "&#39;", "&#x27;", "&apos;"] {
            forms.push(plain.replace('"', double).replace('\'', single));
        }
    }
    forms
}

/// As paths, queries and forms write it, with either case of their digits.
fn in_addresses(value: &str) -> Vec<String> {
    let encoded = |plain: &str, upper: bool| {
        let byte = |byte: u8| match char::from(byte) {
            char if char.is_ascii_alphanumeric() || plain.contains(char) => char.to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        value.bytes().map(byte).collect::<String>()
    };
    let mut forms = Vec::new();
    // RFC 3986, encodeURIComponent, HTML forms.
    for plain in ["-_.~", "-_.~!'()*", "-_.*"] {
        for upper in [true, false] {
            let form = encoded(plain, upper);
            forms.push(form.replace("%20", "+"));
            forms.push(form);
        }
    }
    forms
}

/// As a part of something longer it looks different at each of three offsets; there only the digits that it decides alone count.
fn in_base64(value: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let padded = [&vec![0; offset][..], value].concat();
        let whole = STANDARD.encode(&padded);
        let (first, last) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        forms.extend(whole.get(first..last).map(str::to_owned));
        if offset > 0 {
            continue;
        }
        for columns in COLUMNS {
            let pieces = whole.as_bytes().chunks(columns).filter_map(|piece| str::from_utf8(piece).ok());
            forms.extend(pieces.filter(|piece| piece.len() >= SHORTEST_VALUE).map(str::to_owned));
        }
        forms.push(whole);
    }
    let in_addresses: Vec<String> = forms.iter().map(|form| form.replace('+', "-").replace('/', "_")).collect();
    forms.extend(in_addresses);
    forms
}

fn hex(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "p@ss/wörd+\"1\"";

    fn masks() -> Masks {
        Masks::of([("PASSWORD", VALUE), ("LONGER", "p@ss/wörd+\"1\" and more"), ("SHORT", "1234567")])
    }

    #[test]
    fn a_value_is_masked_in_every_form() {
        let base64 = STANDARD.encode(VALUE);
        let forms = [
            VALUE.to_owned(),
            in_json(VALUE).unwrap(),
            "p%40ss%2Fw%C3%B6rd%2B%221%22".to_owned(),
            "p%40ss%2fw%c3%b6rd%2b%221%22".to_owned(),
            base64.replace('+', "-").replace('/', "_"),
            base64,
            hex(VALUE),
            hex(VALUE).to_uppercase(),
        ];
        for form in forms {
            let masked = masks().mask(format!("a {form} b"));
            assert_eq!(masked, "a ••• b", "{form}");
            assert_eq!(masks().find(&format!("x={form}")), Some("PASSWORD"), "{form}");
        }
        assert_eq!(masks().mask(format!("{VALUE} and more, {VALUE} 1234567")), "•••, ••• 1234567");
        assert_eq!(masks().mask("nothing".to_owned()), "nothing");
        assert_eq!((masks().find("nothing"), Masks::default().find(VALUE)), (None, None));
    }

    #[test]
    fn a_value_in_figures_is_masked() {
        let masks = Masks::of([("A", "pa/ß w0rd")]);
        for form in [
            r"\u0070\u0061\u002f\u00df\u0020\u0077\u0030\u0072\u0064",
            r"\u0070\u0061\u002F\u00DF\u0020\u0077\u0030\u0072\u0064",
            "%70%61%2f%c3%9f%20%77%30%72%64",
            "%70%61%2F%C3%9F%20%77%30%72%64",
            r"\x70\x61\x2f\xc3\x9f\x20\x77\x30\x72\x64",
            r"\x70\x61\x2F\xC3\x9F\x20\x77\x30\x72\x64",
            "&#112;&#97;&#47;&#223;&#32;&#119;&#48;&#114;&#100;",
            "&#x70;&#x61;&#x2f;&#xdf;&#x20;&#x77;&#x30;&#x72;&#x64;",
            "&#x70;&#x61;&#x2F;&#xDF;&#x20;&#x77;&#x30;&#x72;&#x64;",
            "00700061002f00df00200077003000720064",
            "00700061002F00DF00200077003000720064",
            "700061002f00df0020007700300072006400",
            "700061002F00DF0020007700300072006400",
        ] {
            assert_eq!(masks.mask(format!("a {form} b")), "a ••• b", "{form}");
        }
        // Longer ones are found as they are.
        let long = "0123456789abcdef".repeat(100);
        let masks = Masks::of([("LONG", long.as_str())]);
        assert_eq!(masks.mask(long.clone()), MASK);
        assert_eq!(masks.mask(hex(&long)), MASK);
    }

    #[test]
    fn a_value_within_base32_is_masked_at_every_offset() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), expected, "{bytes}");
        }
        for before in ["", "u", "us", "use", "user", "user:"] {
            let encoded = base32(format!("{before}{VALUE} and so on").as_bytes());
            for encoded in [encoded.to_lowercase(), encoded] {
                let masked = masks().mask(encoded.clone());
                assert!(masked.contains(MASK), "{before}: {encoded}");
                let left = masked.replace(MASK, "").len();
                assert!(left <= (before.len() + " and so on".len()).div_ceil(5) * 8 + 8, "{left} digits are left of {encoded}");
            }
        }
    }

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
    fn a_value_within_base64_is_masked_at_every_offset() {
        for (before, after) in [("", ""), ("u", "!"), ("us", "\n"), ("user:", "\nand more"), ("{\"a\":\"", "\"}")] {
            let encoded = STANDARD.encode(format!("{before}{VALUE}{after}"));
            let masked = masks().mask(encoded.clone());
            assert!(masked.contains(MASK), "{before}: {encoded}");
            let left = masked.replace(MASK, "").len();
            let around = (before.len() + after.len()).div_ceil(3) * 4 + 8;
            assert!(left <= around, "{left} digits are left of {encoded}: {masked}");
        }
        let long = "0123456789abcdefghij".repeat(10);
        let masks = Masks::of([("LONG", long.as_str())]);
        let wrapped: Vec<String> =
            STANDARD.encode(&long).as_bytes().chunks(76).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
        for line in wrapped {
            assert_eq!(masks.mask(line.clone()), MASK, "{line}");
        }
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
        ] {
            assert_eq!(masks.mask(text.to_owned()), expected, "{text:?}");
        }
        let columns = |text: &str, most: usize| {
            let lines: Vec<&str> = text.as_bytes().chunks(most).map(|line| str::from_utf8(line).unwrap()).collect();
            lines.join("\n")
        };
        for before in 0..90 {
            let around = format!("{}={value}\nB=1\n", "H".repeat(before));
            for most in [60, 64, 76] {
                let (figures, digits) = (columns(&hex(&around), most), columns(&STANDARD.encode(&around), most));
                let left = |text: String| masks.mask(text).replace(MASK, "").replace('\n', "").len();
                // Of base64, the digits at either end that others decide too.
                assert_eq!(left(figures), 2 * (around.len() - value.len()), "{before} {most}");
                assert!(left(digits) <= (around.len() - value.len()).div_ceil(3) * 4 + 4, "{before} {most}");
            }
        }
        assert_eq!(masks.places("a Zq7KdTr0ub4\ndor9LmXcvQ2 b\n").first(), Some(&(2..25)));
    }

    #[test]
    fn a_value_in_a_page_and_in_hex_with_something_between_is_masked() {
        let masks = Masks::of([("A", "p&ss w'rd+\"q\" <x>")]);
        for form in [
            "p&amp;ss w&#x27;rd+&quot;q&quot; &lt;x&gt;",
            "p&amp;ss w&#39;rd+&quot;q&quot; &lt;x&gt;",
            "p&amp;ss w'rd+&#34;q&#34; &lt;x&gt;",
            "p&amp;ss w&apos;rd+\"q\" &lt;x&gt;",
            "70:26:73:73:20:77:27:72:64:2b:22:71:22:20:3c:78:3e",
            "70 26 73 73 20 77 27 72 64 2B 22 71 22 20 3C 78 3E",
        ] {
            assert_eq!(masks.mask(format!("a {form} b")), "a ••• b", "{form}");
        }
        assert_eq!(masks.mask("70 26 73 73 20 77 27 72\n 64 2b 22 71 22 20 3c 78 3e\n".to_owned()), "•••\n•••\n");
    }

    #[test]
    fn each_line_of_a_value_is_masked_and_frames_are_not() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\nab\n-----END PRIVATE KEY-----\n";
        let masks = Masks::of([("KEY", key)]);
        assert_eq!(masks.mask(format!("x {}", key.trim())), "x •••");
        assert_eq!(masks.mask("kqhkiG9w0BAQ\nab".to_owned()), "•••\nab");
        assert_eq!(masks.mask("-----BEGIN PRIVATE KEY-----".to_owned()), "-----BEGIN PRIVATE KEY-----");
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
