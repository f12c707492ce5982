//! What a token looks like, wherever it stands: in an address, a message or a field that it does not belong in.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

/// What stands in the place of a token.
const MASK: &str = "[secret]";
/// Ours, also cut short and in other letters: who reads most of a secret needs only guess at the rest.
const API: &str = "(?i-u:loki_[0-9a-f]{16}_[0-9a-f]{8,})";
/// JSON Web Tokens (RFC 7519): the first part is a JSON object, the others may be empty.
const JWT: &str = r"(?-u:eyJ[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*)";
/// Addresses are decoded so often: by a server, by what stands before it, and once by whoever wrote them.
const DECODED: usize = 3;

static API_TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(API));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("{API}|{JWT}")));

#[expect(clippy::expect_used, reason = "constant patterns of our own, and a test builds both")]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern is valid")
}

/// Whether a token stands anywhere in it, percent-encoded or not.
pub fn holds_token(text: &str) -> bool {
    holds(text, &TOKEN)
}

/// Whether a token of ours stands anywhere in it; a provider's is none.
pub fn holds_api_token(text: &str) -> bool {
    holds(text, &API_TOKEN)
}

fn holds(text: &str, shape: &Regex) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..DECODED {
        if shape.is_match(&text) {
            return true;
        }
        if !text.contains('%') {
            return false;
        }
        text = Cow::Owned(decoded(&text));
    }
    shape.is_match(&text)
}

/// The text with a mask in the place of every token. Where one is percent-encoded, the whole word or segment of an address gives
/// way.
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return TOKEN.replace_all(text, MASK);
    }
    let ends = |character: char| character == '/' || character.is_whitespace();
    let mut plain = String::with_capacity(text.len());
    for piece in text.split_inclusive(ends) {
        let word = piece.trim_end_matches(ends);
        // The whole word: an escape within a token would end what is found of it, and leave the rest.
        let is_hidden = word.contains('%') && holds_token(word);
        plain.push_str(&if is_hidden { Cow::Borrowed(MASK) } else { TOKEN.replace_all(word, MASK) });
        plain.push_str(&piece[word.len()..]);
    }
    Cow::Owned(plain)
}

/// Percent-decoded once; what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = match after {
            [high, low, left @ ..] if *first == b'%' => digit(*high).zip(digit(*low)).map(|(high, low)| (high * 16 + low, left)),
            _ => None,
        };
        let (byte, left) = escape.unwrap_or((*first, after));
        plain.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_wherever_it_stands() {
        let ours = format!("loki_{}_{}", "0a".repeat(8), "1f".repeat(32));
        let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x-_";
        let (underlined, first) = (ours.replace('_', "%5F"), ours.replacen('l', "%6C", 1));
        let dots = jwt.replace('.', "%2e");
        let cases = [
            (ours.clone(), "[secret]"),
            (ours.to_uppercase(), "[secret]"),
            (ours[..40].to_owned(), "[secret]"),
            (format!("there is no token \"{ours}\"; look"), "there is no token \"[secret]\"; look"),
            (format!("/keys/{ours}/rotate"), "/keys/[secret]/rotate"),
            (format!("/x{ours}/a={ours}/x;t={jwt}"), "/x[secret]/a=[secret]/x;t=[secret]"),
            (format!("/keys/{underlined}/rotate"), "/keys/[secret]/rotate"),
            (format!("/keys/{first}"), "/keys/[secret]"),
            (format!("/keys/{}%30{}", &ours[..31], &ours[32..]), "/keys/[secret]"),
            (format!("/keys/{}%20{}/x", &ours[..31], &ours[31..]), "/keys/[secret]/x"),
            (format!("/keys/{}/x", underlined.replace('%', "%25")), "/keys/[secret]/x"),
            (format!("/a%20b/{dots}/c%2"), "/a%20b/[secret]/c%2"),
            (format!("no {dots} here\n"), "no [secret] here\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_tokens(&text), expected, "{text}");
            assert!(holds_token(&text), "{text}");
            assert_eq!(holds_api_token(&text), text.to_lowercase().contains("oki"), "{text}");
        }
    }

    #[test]
    fn what_is_no_token_stays_as_it_is() {
        let lookup = format!("loki_{}", "0a".repeat(8));
        for text in ["", "/", "loki_tools", "/projects/loki_x_y", "100 %", "%zz%5", "/%FF%fe", "heyJude.tar.gz", "eyJ", &lookup] {
            assert_eq!(without_tokens(text), text);
            assert!(!holds_token(text) && !holds_api_token(text), "{text}");
        }
    }
}
