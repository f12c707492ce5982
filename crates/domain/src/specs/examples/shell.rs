//! Commands as people write them, split into words without any expansion.

use super::{Invocation, Pattern, pattern};

const MAX_WORDS: usize = 60;

/// The command in a code span, if it is one that can be meant literally: one program with arguments, or `echo … | program`.
pub(super) fn invocation(code: &str) -> Option<Invocation> {
    let code = code.trim();
    let code = code.strip_prefix("$ ").unwrap_or(code);
    if code.contains("...") || code.contains('…') {
        return None;
    }
    let (words, piped) = split(code)?;
    let mut stdin = None;
    let mut words = words;
    if let Some(right) = piped {
        stdin = Some(echoed(&words)?);
        let (right, more) = split(right)?;
        if more.is_some() {
            return None;
        }
        words = right;
    }
    if !is_program(words.first()?) {
        return None;
    }
    let words: Vec<Pattern> = words.iter().map(|word| pattern::in_command(word)).collect();
    if words.first()?.placeholders().next().is_some() {
        return None;
    }
    Some(Invocation { words, stdin, inputs_exist: true })
}

/// Whether a code span is an option like `--loud`.
pub(super) fn is_option(code: &str) -> bool {
    code.starts_with('-') && code.len() > 1
}

fn is_program(word: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_'))
        && word.chars().any(char::is_alphabetic)
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | '+'))
        && !METHODS.contains(&word)
}

/// What `echo` or `printf` of plain words puts on standard output.
fn echoed(words: &[String]) -> Option<Pattern> {
    let (program, arguments) = words.split_first()?;
    let text = arguments.join(" ");
    let mut text = match program.as_str() {
        "printf" if arguments.len() == 1 && !text.contains('%') => text,
        "echo" if !text.starts_with('-') => text + "\n",
        _ => return None,
    };
    text = text.replace("\\n", "\n");
    Some(pattern::in_command(&text))
}

/// The words before the first pipe, and what is behind it. `None` where a shell would do more than split.
fn split(code: &str) -> Option<(Vec<String>, Option<&str>)> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = code.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if let Some(mark) = quote {
            match c {
                _ if c == mark => quote = None,
                '$' | '`' if mark == '"' => return None,
                '\\' if mark == '"' && matches!(characters.peek(), Some((_, '"' | '\\'))) => {
                    let (_, escaped) = characters.next()?;
                    word.get_or_insert_default().push(escaped);
                }
                _ => word.get_or_insert_default().push(c),
            }
            continue;
        }
        match c {
            '\'' | '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            '<' | '{' => {
                // Only as the start of a `<placeholder>` or a `{placeholder}`; otherwise it reads a file or lists words.
                let end = code.get(at..)?.find(if c == '<' { '>' } else { '}' })?;
                let inner = code.get(at + 1..at + end)?;
                if inner.is_empty() || !inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                    return None;
                }
                word.get_or_insert_default().push_str(code.get(at..=at + end)?);
                while characters.peek().is_some_and(|(next, _)| *next <= at + end) {
                    characters.next();
                }
            }
            '|' => {
                words.extend(word.take());
                return Some((words, Some(code.get(at + 1..)?.trim())));
            }
            ';' | '&' | '>' | '$' | '`' | '(' | ')' | '}' | '*' | '[' | ']' | '\n' | '\\' => return None,
            '~' | '#' if word.is_none() => return None,
            _ if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.take());
    (quote.is_none() && words.len() <= MAX_WORDS).then_some((words, None))
}
