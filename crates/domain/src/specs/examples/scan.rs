//! A requirement line as words, code and quotations.

use super::translations;

/// What may begin code or a quotation.
const MARKS: [char; 7] = ['`', '"', '“', '„', '«', '‘', '\''];

/// How people draw that a command leads to its outcome; [`ARROW`] as a word.
const ARROWS: [&str; 8] = ["→", "⇒", "⟶", "➜", "->", "=>", "-->", "==>"];

pub(super) const ARROW: &str = "→";

/// The end of a sentence right before code or a quotation, as a word: what stands behind it belongs to no verb before it.
pub(super) const STOP: &str = ".";

/// Words with a stop that ends no sentence.
const ABBREVIATIONS: [&str; 6] = ["e.g.", "i.e.", "eg.", "z.b.", "d.h.", "ex."];

/// Three quotation marks around a text of several lines, which a line of words cannot hold.
const BLOCK: &str = "\"\"\"";

/// The longest line that is searched for examples, in bytes.
const MAX_LINE: usize = 8_000;

/// The longest text between apostrophes, in characters.
const MAX_QUOTE: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Lower case, without punctuation around it.
    Word(String),
    /// Between backticks.
    Code(String),
    /// Between quotation marks.
    Quote(String),
}

pub(super) fn scan(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    if line.len() > MAX_LINE {
        return tokens;
    }
    let (mut at, mut unread) = (0, 0);
    while let Some(found) = line.get(at..).and_then(|rest| rest.find(MARKS)) {
        at += found;
        let (before, marked) = line.split_at(at);
        if let Some((inside, after)) = span(marked, before.chars().next_back()) {
            let text = line.get(unread..at).unwrap_or_default();
            words(text, &mut tokens);
            if ends_sentence(text) {
                tokens.push(Token::Word(STOP.to_owned()));
            }
            tokens.push(inside);
            at = line.len() - after.len();
            unread = at;
        } else {
            at += marked.chars().next().map_or(1, char::len_utf8);
        }
    }
    words(line.get(unread..).unwrap_or_default(), &mut tokens);
    translations::into_english(&mut tokens);
    tokens
}

fn ends_sentence(text: &str) -> bool {
    let last = text.split_whitespace().next_back().unwrap_or_default();
    let word = last.trim_start_matches('(').to_lowercase();
    text.ends_with(char::is_whitespace)
        && last.ends_with(['.', '!', '?'])
        && last.contains(char::is_alphanumeric)
        && !ABBREVIATIONS.contains(&word.as_str())
}

fn words(text: &str, tokens: &mut Vec<Token>) {
    for word in text.split_whitespace() {
        if ARROWS.contains(&word) {
            tokens.push(Token::Word(ARROW.to_owned()));
            continue;
        }
        let is_mark = |c: char| !c.is_alphanumeric() && c != '#';
        let bare = word.trim_matches(is_mark);
        // `-1` is a number of its own, and not 1.
        let is_negative = bare.starts_with(|c: char| c.is_ascii_digit())
            && word.strip_suffix(word.trim_start_matches(is_mark)).is_some_and(|marks| marks.ends_with(['-', '−']));
        if !bare.is_empty() {
            let sign = if is_negative { "-" } else { "" };
            tokens.push(Token::Word(format!("{sign}{}", bare.to_lowercase().replace('’', "'"))));
        }
    }
}

/// The marked text at the start, and what follows. `before` is the character in front of it.
fn span(text: &str, before: Option<char>) -> Option<(Token, &str)> {
    if let Some(after) = text.strip_prefix(BLOCK) {
        return Some((Token::Word(BLOCK.to_owned()), after));
    }
    let mark = text.chars().next()?;
    let inner = text.get(mark.len_utf8()..)?;
    let quotation = match mark {
        '"' => inner.split_once('"'),
        '“' => inner.split_once('”'),
        '„' => inner.split_once(['“', '”']),
        '«' => inner.split_once('»').map(|(quote, after)| (quote.trim(), after)),
        '‘' | '\'' => apostrophes(inner, before),
        _ => return code(text),
    };
    quotation.map(|(quote, after)| (Token::Quote(quote.to_owned()), after))
}

/// The code between backticks at the start, and what follows.
fn code(text: &str) -> Option<(Token, &str)> {
    let inner = text.trim_start_matches('`');
    let fence = text.get(..text.len() - inner.len())?;
    let (code, after) = inner.split_once(fence)?;
    // As in Markdown, one space on each side only keeps backticks apart.
    let code = if fence.len() > 1 { code.trim() } else { code };
    if code.trim().is_empty() {
        return None;
    }
    Some((Token::Code(code.to_owned()), after.trim_start_matches('`')))
}

/// What stands between apostrophes that are marks of quotation, and not part of a word as in `don't` and `the users'`.
fn apostrophes(inner: &str, before: Option<char>) -> Option<(&str, &str)> {
    let begins_word = before.is_none_or(|before| before.is_whitespace() || matches!(before, '(' | '[' | ':'));
    if !begins_word || inner.starts_with(char::is_whitespace) {
        return None;
    }
    let (end, mark) = inner.char_indices().take(MAX_QUOTE).find(|(at, mark)| {
        let ends_word = inner.get(..*at).is_some_and(|quote| quote.ends_with(|c: char| !c.is_whitespace()));
        let after = inner.get(at + mark.len_utf8()..).and_then(|after| after.chars().next());
        matches!(mark, '\'' | '’') && ends_word && after.is_none_or(|after| !after.is_alphanumeric())
    })?;
    let quote = inner.get(..end).filter(|quote| !quote.contains('`'))?;
    Some((quote, inner.get(end + mark.len_utf8()..)?))
}
