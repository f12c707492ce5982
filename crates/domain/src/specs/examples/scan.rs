//! A requirement line as words, code and quotations.

/// The longest line that is searched for examples, in bytes.
const MAX_LINE: usize = 8_000;

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
    let mut rest = line;
    while let Some(at) = rest.find(['`', '"', '“']) {
        let (text, marked) = rest.split_at(at);
        words(text, &mut tokens);
        if let Some((inside, after)) = span(marked) {
            tokens.push(inside);
            rest = after;
        } else {
            let skip = marked.chars().next().map_or(0, char::len_utf8);
            rest = marked.get(skip..).unwrap_or_default();
        }
    }
    words(rest, &mut tokens);
    tokens
}

fn words(text: &str, tokens: &mut Vec<Token>) {
    for word in text.split_whitespace() {
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

/// The marked text at the start, and what follows.
fn span(text: &str) -> Option<(Token, &str)> {
    if let Some(inner) = text.strip_prefix('"') {
        let (quote, after) = inner.split_once('"')?;
        return Some((Token::Quote(quote.to_owned()), after));
    }
    if let Some(inner) = text.strip_prefix('“') {
        let (quote, after) = inner.split_once('”')?;
        return Some((Token::Quote(quote.to_owned()), after));
    }
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
