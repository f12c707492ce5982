//! What commands say: results to standard output, everything else to standard error. A reader that is gone is no error.

use std::io::{self, Write as _};

use clap::Args;
use serde::Serialize;

/// For whom a result is printed: for people, in lines, unless a program asks.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Printed {
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A line of the result.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A part of the result that brings its own line ends.
pub(super) fn text(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// The result as JSON, for programs.
pub(super) fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string_pretty(value) {
        line(&text);
    }
}

/// A remark for the person at the terminal.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why a command failed.
pub(super) fn problem(text: &str) {
    note(&format!("loki: {text}"));
}

/// Other people's text for a terminal: colours, moves of the cursor and other control sequences are taken out, since a
/// terminal obeys them.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => skip_sequence(&mut characters),
            '\n' | '\t' => plain.push(character),
            control if control.is_control() => {}
            // Marks that turn the direction of text can make a line read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The same on one line: a line end within it could pass for a line of our own.
pub(super) fn one_line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

/// Skips the rest of an escape sequence (ECMA-48): CSI up to its final byte, OSC and its kin up to BEL or ST, else one character.
fn skip_sequence(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.next() {
        Some('[') => while characters.next().is_some_and(|character| !('@'..='~').contains(&character)) {},
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(character) = characters.next() {
                if character == '\u{7}' || (character == '\u{1b}' && characters.next_if_eq(&'\\').is_some()) {
                    return;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{one_line, plain};

    #[test]
    fn control_sequences_do_not_reach_the_terminal() {
        let cases = [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]52;c;eA==\u{1b}\\b", "ab"),
            ("a\rb\u{8}c", "abc"),
            ("\u{202e}txt.exe", "txt.exe"),
            ("end\u{1b}", "end"),
        ];
        for (given, expected) in cases {
            assert_eq!(plain(given), expected, "{given:?}");
        }
        assert_eq!(one_line("a name\n\u{1b}[31mverified"), "a name verified");
    }
}
