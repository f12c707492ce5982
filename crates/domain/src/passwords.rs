//! What a new password has to be like, after NIST SP 800-63B: long enough, not one that is tried first, and nothing else.
//! There are no rules on which kinds of characters it has.

use std::sync::LazyLock;

use sha1::{Digest as _, Sha1};
use unicode_normalization::UnicodeNormalization as _;

/// The least characters, after normalisation.
pub const SHORTEST: usize = 12;
/// The most characters, after normalisation.
pub const LONGEST: usize = 128;
/// Longer input is not even normalised, so that a stranger cannot make the server work.
const LONGEST_BYTES: usize = 2_048;
/// So many digits and signs around a common word are guessed along with it.
const GUESSED_ALONG: usize = 6;
/// Shorter names of people are in too many words.
const SHORTEST_NAME: usize = 4;
/// Somebody who attacks this program tries its name.
const PRODUCT: &str = "loki";

/// Passwords of 12 characters and more that are used most; selected from the public lists that come with Django (BSD) and
/// zxcvbn-ts (MIT), with some of our own.
static COMMON: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("passwords/common.txt").lines().collect());
/// The words in the middle of those that are used most, from the same lists.
static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("passwords/words.txt").lines().collect());

/// Why a password is not taken; the text says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("the password has {0} characters; it needs at least {SHORTEST}")]
    Short(usize),
    #[error("the password is too long; it may have at most {LONGEST} characters")]
    Long,
    #[error("the password is one of those that are used most and tried first; take a few words that nobody else puts together")]
    Common,
    #[error("the password contains your own name or email address, which is tried first; take one without it")]
    OwnName,
    #[error("the password contains the name of this program, which is tried first; take one without it")]
    Product,
    #[error(
        "the password has turned up in a data breach, so it is tried first; take another one, here and where else you use it"
    )]
    Breached,
}

/// The SHA-1 of a password in its normal form, as lists of breached passwords have it: the five digits that they are asked by,
/// and the others.
pub fn breach_key(password: &str) -> (String, String) {
    let digits: String = Sha1::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
    digits.split_at_checked(5).map(|(prefix, rest)| (prefix.to_owned(), rest.to_owned())).unwrap_or_default()
}

/// Whether the range of a list, lines of digits with a count, has the password with those other digits. Lines with a count of
/// zero are padding.
pub fn is_breached(range: &str, rest: &str) -> bool {
    let mut lines = range.lines().filter_map(|line| line.trim().split_once(':'));
    lines.any(|(digits, count)| digits.eq_ignore_ascii_case(rest) && count.trim() != "0")
}

/// The form in which a password is hashed: characters that look the same are the same, whatever keyboard they come from. The
/// error is that nothing so long is a password.
pub fn normal(password: &str) -> Result<String, Weakness> {
    if password.len() > LONGEST_BYTES {
        return Err(Weakness::Long);
    }
    Ok(password.nfkc().collect())
}

/// The normal form of a password that may be taken by the person with that email address and name.
pub fn accept(password: &str, email: &str, name: &str) -> Result<String, Weakness> {
    let password = normal(password)?;
    match password.chars().count() {
        length if length < SHORTEST => return Err(Weakness::Short(length)),
        length if length > LONGEST => return Err(Weakness::Long),
        _ => {}
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(Weakness::Common);
    }
    if has_own_name(&lower, email, name) {
        return Err(Weakness::OwnName);
    }
    if lower.contains(PRODUCT) || plain(&lower).contains(PRODUCT) {
        return Err(Weakness::Product);
    }
    Ok(password)
}

/// The whole address, the part before the @, the name and each of its words, as far as they are long enough to be meant.
fn has_own_name(lower: &str, email: &str, name: &str) -> bool {
    let email = email.to_lowercase();
    let name = name.nfkc().collect::<String>().to_lowercase();
    let joined: String = name.split_whitespace().collect();
    let account = email.split('@').next().unwrap_or_default();
    let mut own = [email.as_str(), account, &name, &joined].into_iter().chain(name.split_whitespace());
    own.any(|own| own.chars().count() >= SHORTEST_NAME && lower.contains(own))
}

fn is_common(lower: &str) -> bool {
    let squeezed: String = lower.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let letters: Vec<char> = lower.chars().collect();
    listed(&COMMON, lower)
        || listed(&COMMON, &squeezed)
        || is_walk(&letters)
        || is_repeated(&letters)
        || is_word_with_digits(lower)
        || is_word_with_digits(&squeezed)
        || is_word_again(lower)
}

fn listed(list: &[&str], text: &str) -> bool {
    list.binary_search(&text).is_ok()
}

/// Mostly characters that follow each other on a keyboard, in the alphabet or in counting, or the same again.
fn is_walk(letters: &[char]) -> bool {
    let pairs = letters.windows(2);
    let easy = pairs.clone().filter(|pair| matches!(pair, [one, next] if follow(*one, *next))).count();
    letters.len() > 1 && easy * 4 >= pairs.len() * 3
}

fn follow(one: char, next: char) -> bool {
    // Rows and columns of keyboards, and of the block of digits.
    const ROWS: [&str; 8] = [
        "12345678901",
        "qwertyuiop[]",
        "asdfghjkl;'",
        "zxcvbnm,./",
        "qwertzuiop",
        "abcdefghijklmnopqrstuvwxyz",
        "147258369147",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    ];
    let beside = |row: &str| row.as_bytes().windows(2).any(|pair| matches!(pair, [a, b] if is_pair((one, next), (*a, *b))));
    one == next || ROWS.into_iter().any(beside)
}

fn is_pair((one, next): (char, char), (a, b): (u8, u8)) -> bool {
    let (a, b) = (char::from(a), char::from(b));
    (one, next) == (a, b) || (one, next) == (b, a)
}

/// What it is over and over; nothing when it has no more than once of it.
fn unit(letters: &[char]) -> Option<&[char]> {
    let period = (1..=letters.len() / 2).find(|period| letters.iter().zip(letters.iter().skip(*period)).all(|(a, b)| a == b));
    period.and_then(|period| letters.get(..period))
}

/// Whether it is a few characters, or a common word, over and over.
fn is_repeated(letters: &[char]) -> bool {
    let Some(unit) = unit(letters) else { return false };
    let unit_text: String = unit.iter().collect();
    unit.len() <= 4 || listed(&WORDS, &plain(&unit_text)) || is_walk(unit) || is_word_with_digits(&unit_text)
}

/// A common word, maybe with the usual signs for its letters, that has a few digits and signs before or behind it.
fn is_word_with_digits(lower: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_lowercase();
    let (Some(start), Some(end)) = (lower.find(is_letter), lower.rfind(is_letter)) else { return false };
    let (before, rest) = lower.split_at(start);
    let (word, behind) = rest.split_at(end + 1 - start);
    let easy = |text: &str| text.is_empty() || is_walk(&text.chars().collect::<Vec<_>>());
    let around = before.chars().count() + behind.chars().count();
    listed(&WORDS, &plain(word)) && (around <= GUESSED_ALONG || (easy(before) && easy(behind)))
}

/// One common word again and again, with few or easy digits and signs around and between.
fn is_word_again(lower: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_lowercase();
    let word = |run: &str| {
        let letters: Vec<char> = run.chars().collect();
        unit(&letters).unwrap_or(&letters).iter().collect::<String>()
    };
    let mut words = lower.split(|letter: char| !is_letter(letter)).filter(|run| !run.is_empty()).map(word);
    let Some(first) = words.next() else { return false };
    let gaps: Vec<Vec<char>> = lower.split(is_letter).filter(|gap| !gap.is_empty()).map(|gap| gap.chars().collect()).collect();
    let few = gaps.iter().map(Vec::len).sum::<usize>() <= GUESSED_ALONG;
    listed(&WORDS, &first) && words.all(|word| word == first) && (few || gaps.iter().all(|gap| is_walk(gap)))
}

/// Letters in place of the signs that are put for them.
fn plain(word: &str) -> String {
    let letter = |sign| match sign {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    word.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_passwords_of_any_characters_are_taken() {
        for password in [
            "a long enough password",
            "an even longer password",
            "tangled orbit seven spoons",
            "наш кот любит огурцы",
            "kXv9!qLw2#Zt",
            &"tangled orbit, ".repeat(8),
        ] {
            let taken = accept(password, "ada@example.org", "Ada Lovelace");
            assert!(taken.is_ok(), "{password}: {taken:?}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for password in [
            "123456789012",
            "111111111111",
            "qwertyuiop[]",
            "QwertyQwerty",
            "abcabcabcabc",
            "password1234",
            "Password123!",
            "P@ssw0rd2026",
            "PASSWORDPASSWORD",
            "password123456789",
            "2026football!!",
            "correct horse battery staple",
            "CorrectHorseBatteryStaple",
            "1q2w3e4r5t6y",
            "abcdefghijklmnop",
            "zyxwvutsrqponm",
            "147258369147",
            "963852741963",
            "1qaz2wsx3edc",
            "admin123admin",
            "summer!summer!summer",
            "passwordpassword1",
            "Company2024!",
            "Changeme2026!",
        ] {
            assert_eq!(accept(password, "ada@example.org", "Ada"), Err(Weakness::Common), "{password}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters_after_normalisation() {
        assert_eq!(accept("elevenchars", "", ""), Err(Weakness::Short(11)));
        // A letter and its accent are one character.
        assert_eq!(accept(&"e\u{301}".repeat(11), "", ""), Err(Weakness::Short(11)));
        assert_eq!(accept(&"tangled orbit ".repeat(10), "", ""), Err(Weakness::Long));
        assert_eq!(accept(&"x".repeat(1_000_000), "", ""), Err(Weakness::Long));
    }

    #[test]
    fn one_password_is_one_password_on_every_keyboard() {
        let wide: String = "tangled orbit".chars().filter_map(|letter| char::from_u32(u32::from(letter) + 0xFEE0)).collect();
        assert_eq!(normal(&wide.replace('\u{FF00}', "\u{3000}")), Ok("tangled orbit".to_owned()));
        assert_eq!(accept("cafe\u{301} au lait 7", "", ""), accept("caf\u{e9} au lait 7", "", ""));
    }

    #[test]
    fn the_own_name_and_the_programs_are_refused() {
        let own = Err(Weakness::OwnName);
        for (password, email, name, expected) in [
            ("my name is Grace ok", "grace@example.org", "", own),
            ("my name is Grace ok", "ada@example.org", "Ada", Ok(())),
            ("ada@example.org", "ada@example.org", "Ada", own),
            ("Me: Ada@Example.org!", "ada@example.org", "Ada", own),
            ("ada+lovelace+1815", "ada@example.org", "Ada Lovelace", own),
            ("x AdaKing x AdaKing", "a@example.org", "Ada King", own),
            ("we all use LOKI here", "ada@example.org", "Ada", Err(Weakness::Product)),
            ("l0k1 202611 spoons", "ada@example.org", "Ada", Err(Weakness::Product)),
            // In too many words to be told.
            ("a trip to canada soon", "ada@example.org", "Ada", Ok(())),
        ] {
            assert_eq!(accept(password, email, name).map(drop), expected, "{password}");
        }
    }

    #[test]
    fn a_breached_password_is_found_in_its_range() {
        let (prefix, rest) = breach_key("password");
        assert_eq!((prefix.as_str(), rest.as_str()), ("5BAA6", "1E4C9B93F3F0682250B6CF8331B7EE68FD8"));
        assert!(is_breached(&format!("00000:1\r\n{}:52\r\n", rest.to_lowercase()), &rest));
        assert!(!is_breached(&format!("{rest}:0\r\n00000:3"), &rest));
        assert!(!is_breached("", &rest));
    }

    #[test]
    fn the_lists_can_be_searched() {
        assert!(COMMON.is_sorted() && WORDS.is_sorted());
        assert!(COMMON.iter().all(|password| password.chars().count() >= SHORTEST));
    }
}
