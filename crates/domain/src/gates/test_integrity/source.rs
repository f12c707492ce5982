//! Source text with its comments and strings blanked, so that a word in either does not count as code. Byte offsets stay.

use std::collections::HashMap;

use regex::Regex;

/// How a language writes what is no code.
pub(super) struct Syntax {
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comment: Option<(&'static str, &'static str)>,
    /// Delimiters of strings that go on over lines, the longer ones first.
    pub(super) long_strings: &'static [&'static str],
    /// Delimiters of strings that end with the line at the latest.
    pub(super) short_strings: &'static [char],
    /// A single quote also begins lifetimes: only a quoted character is a string.
    pub(super) has_character_literals: bool,
    /// `#` is a comment only after white space, here documents are text.
    pub(super) is_shell: bool,
}

/// A source file, its code, and where its brackets close.
pub(super) struct Source<'a> {
    pub(super) raw: &'a str,
    pub(super) code: String,
    line_starts: Vec<usize>,
    closing: HashMap<usize, usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(raw: &'a str, syntax: &Syntax) -> Self {
        let code = blanked(raw, syntax);
        let line_starts = std::iter::once(0).chain(raw.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let closing = brackets(&code);
        Self { raw, code, line_starts, closing }
    }

    /// The number, from 1, of the line with this offset.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// The raw line with this offset, trimmed.
    pub(super) fn line_text(&self, at: usize) -> &'a str {
        let line = self.line(at);
        let start = line.checked_sub(1).and_then(|index| self.line_starts.get(index)).copied().unwrap_or_default();
        let end = self.line_starts.get(line).copied().unwrap_or(self.raw.len());
        self.raw.get(start..end).unwrap_or_default().trim()
    }

    pub(super) fn part(&self, start: usize, end: usize) -> &str {
        self.code.get(start..end).unwrap_or_default()
    }

    /// Where the bracket at this offset closes; the end of the file when it does not.
    pub(super) fn close(&self, open: usize) -> usize {
        self.closing.get(&open).copied().unwrap_or(self.code.len())
    }

    /// The body in braces that follows `from` within 2,000 bytes and before any `;` outside of brackets.
    pub(super) fn body_after(&self, from: usize) -> Option<(usize, usize)> {
        let mut at = from;
        while at < self.code.len() && at < from.saturating_add(2000) {
            match self.code.as_bytes().get(at) {
                Some(b'{') => return Some((at, self.close(at))),
                Some(b'(' | b'[') => at = self.close(at),
                Some(b';') | None => return None,
                Some(_) => {}
            }
            at += 1;
        }
        None
    }

    /// Offsets at which the pattern matches code.
    pub(super) fn places(&self, regex: &Regex) -> Vec<usize> {
        regex
            .find_iter(&self.code)
            .map(|found| found.start() + found.as_str().len() - found.as_str().trim_start().len())
            .collect()
    }
}

fn brackets(code: &str) -> HashMap<usize, usize> {
    let mut closing = HashMap::new();
    let mut open: Vec<(u8, usize)> = Vec::new();
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' => open.push((b')', at)),
            b'[' => open.push((b']', at)),
            b'{' => open.push((b'}', at)),
            b')' | b']' | b'}' if open.last().is_some_and(|(expected, _)| *expected == byte) => {
                if let Some((_, start)) = open.pop() {
                    closing.insert(start, at);
                }
            }
            _ => {}
        }
    }
    closing
}

/// Walks over a text and keeps what is code.
struct Blanking<'a> {
    raw: &'a str,
    at: usize,
    code: String,
}

impl Blanking<'_> {
    fn rest(&self) -> &str {
        self.raw.get(self.at..).unwrap_or_default()
    }

    fn keep(&mut self, letter: char) {
        self.code.push(letter);
        self.at += letter.len_utf8();
    }

    fn blank(&mut self, letter: char) {
        match letter {
            '\n' => self.code.push('\n'),
            _ => self.code.extend(std::iter::repeat_n(' ', letter.len_utf8())),
        }
        self.at += letter.len_utf8();
    }

    fn blank_line_end(&mut self, letter: char) {
        self.code.push(' ');
        self.at += letter.len_utf8();
    }

    /// Blanks up to and with `end`, or to the end of the text.
    fn blank_through(&mut self, end: &str) {
        let length = self.rest().find(end).map_or(self.rest().len(), |found| found + end.len());
        self.blank_bytes(length);
    }

    fn blank_bytes(&mut self, length: usize) {
        let end = self.at + length;
        while self.at < end {
            let Some(letter) = self.rest().chars().next() else { return };
            self.blank(letter);
        }
    }

    /// A string: its delimiters stay, its inside goes. Short ones end with the line.
    fn string(&mut self, delimiter: &str, is_long: bool) {
        for letter in delimiter.chars() {
            self.keep(letter);
        }
        while let Some(letter) = self.rest().chars().next() {
            if self.rest().starts_with(delimiter) {
                for letter in delimiter.chars() {
                    self.keep(letter);
                }
                return;
            }
            if letter == '\n' && !is_long {
                return;
            }
            // Lines of a long string are no lines of code: their indentation means nothing.
            if letter == '\n' && delimiter.len() == 3 {
                self.blank_line_end(letter);
            } else {
                self.blank(letter);
            }
            if letter == '\\'
                && let Some(escaped) = self.rest().chars().next()
            {
                self.blank(escaped);
            }
        }
    }

    /// The quote of a character literal, if this is one.
    fn character(&self) -> Option<usize> {
        let mut letters = self.rest().char_indices().skip(1);
        match letters.next()?.1 {
            '\\' => self.rest().get(3..)?.chars().take(12).position(|letter| letter == '\'').map(|found| found + 4),
            _ => letters.next().filter(|(_, letter)| *letter == '\'').map(|(at, _)| at + 1),
        }
    }

    fn last_code(&self) -> Option<char> {
        self.code.trim_end_matches([' ', '\t']).chars().next_back()
    }
}

fn blanked(raw: &str, syntax: &Syntax) -> String {
    let mut blanking = Blanking { raw, at: 0, code: String::with_capacity(raw.len()) };
    let mut here_document: Option<String> = None;
    while let Some(letter) = blanking.rest().chars().next() {
        if letter == '\n' && here_document.is_some() {
            blanking.keep(letter);
            skip_here_document(&mut blanking, &here_document.take().unwrap_or_default());
        } else if is_comment(&blanking, syntax, letter) {
            let length = blanking.rest().find('\n').unwrap_or(blanking.rest().len());
            blanking.blank_bytes(length);
        } else if let Some((_, end)) = syntax.block_comment.filter(|(start, _)| blanking.rest().starts_with(start)) {
            blanking.blank_through(end);
        } else if let Some(raw_string) = raw_string_end(&blanking, syntax) {
            blanking.blank_through(&raw_string);
        } else if let Some(delimiter) = syntax.long_strings.iter().find(|delimiter| blanking.rest().starts_with(**delimiter)) {
            blanking.string(delimiter, true);
        } else if syntax.short_strings.contains(&letter) {
            blanking.string(&letter.to_string(), false);
        } else if syntax.has_character_literals && letter == '\'' {
            let length = blanking.character().unwrap_or(1);
            blanking.blank_bytes(length);
        } else if letter == '/' && syntax.long_strings.contains(&"`") && begins_regex(&blanking) {
            blanking.string("/", false);
        } else {
            if syntax.is_shell && here_document.is_none() && letter == '<' {
                here_document = here_word(blanking.rest());
            }
            blanking.keep(letter);
        }
    }
    blanking.code
}

fn is_comment(blanking: &Blanking<'_>, syntax: &Syntax, letter: char) -> bool {
    let starts = syntax.line_comments.iter().any(|comment| blanking.rest().starts_with(comment));
    let after_space =
        blanking.code.chars().next_back().is_none_or(|last| last.is_whitespace() || matches!(last, ';' | '(' | '&'));
    starts && (!syntax.is_shell || letter != '#' || after_space)
}

/// Rust's raw strings: `r#"…"#`.
fn raw_string_end(blanking: &Blanking<'_>, syntax: &Syntax) -> Option<String> {
    if !syntax.has_character_literals || syntax.long_strings.contains(&"`") {
        return None;
    }
    let rest = blanking.rest().strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let is_word = blanking.code.chars().next_back().is_some_and(|last| last.is_alphanumeric() && last != 'b');
    (hashes > 0 && hashes < 10 && !is_word && rest.get(hashes..)?.starts_with('"')).then(|| format!("\"{}", "#".repeat(hashes)))
}

/// A slash divides after a value and begins a pattern elsewhere.
fn begins_regex(blanking: &Blanking<'_>) -> bool {
    let line = blanking.rest().lines().next().unwrap_or_default();
    let is_closed = line.chars().skip(1).any(|letter| letter == '/');
    is_closed
        && blanking
            .last_code()
            .is_none_or(|last| matches!(last, '(' | ',' | '=' | ':' | '[' | '!' | '&' | '|' | '?' | '{' | ';' | '\n'))
}

fn here_word(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix("<<")?.trim_start_matches('-').trim_start_matches(' ');
    let word: String = rest
        .trim_start_matches(['\'', '"', '\\'])
        .chars()
        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
        .collect();
    (!word.is_empty() && !rest.starts_with('<')).then_some(word)
}

fn skip_here_document(blanking: &mut Blanking<'_>, word: &str) {
    loop {
        let line = blanking.rest().split_inclusive('\n').next().unwrap_or_default();
        let (length, is_end) = (line.len(), line.trim() == word);
        if length == 0 {
            return;
        }
        blanking.blank_bytes(length);
        if is_end {
            return;
        }
    }
}
