//! The forms in which a value turns up: plain, in JSON, in addresses and pages, in base64, base32, hex and figures.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::SHORTEST_VALUE;
use crate::hex;

/// Columns after which programs break base64: `base64` and MIME, PEM.
const COLUMNS: [usize; 2] = [76, 64];
/// The longest value, in bytes, that is looked for with each of its characters written in figures, which takes several times its
/// length.
const LONGEST_SPELT: usize = 1 << 10;

/// All forms of a value, each once.
pub(super) fn of(value: &str) -> BTreeSet<String> {
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
        let digits = hex::encode(part.as_bytes());
        forms.extend([digits.to_uppercase(), digits]);
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

#[cfg(test)]
mod tests {
    use super::{
        super::{MASK, Masks},
        *,
    };

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
            hex::encode(VALUE.as_bytes()),
            hex::encode(VALUE.as_bytes()).to_uppercase(),
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
        assert_eq!(masks.mask(hex::encode(long.as_bytes())), MASK);
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
}
