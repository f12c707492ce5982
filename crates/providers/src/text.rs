//! Cutting text to a size without breaking a character.

/// The longest line of a tool call, in characters.
const LINE: usize = 200;
/// The longest closing words, in characters.
const SAID: usize = 4_000;

/// The first line of `text`, its control characters replaced, at most 200 characters.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let clean: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    head(&clean, LINE)
}

/// At most the first `limit` characters, the last of them `…` when something was cut.
pub(crate) fn head(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// At most the last `limit` characters.
pub(crate) fn tail(text: &str, limit: usize) -> &str {
    let start = limit.checked_sub(1).and_then(|back| text.char_indices().rev().nth(back)).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// `text` with its middle left out when it is longer than `limit` bytes.
pub(crate) fn cut_middle(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let first = text.get(..text.floor_char_boundary(limit / 2)).unwrap_or_default();
    let last = text.get(text.ceil_char_boundary(text.len() - limit / 2)..).unwrap_or_default();
    let left_out = text.len() - first.len() - last.len();
    format!("{first}\n… {left_out} bytes left out …\n{last}")
}

/// The last words of an agent, kept while they come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Said {
    text: String,
    closed: bool,
}

impl Said {
    /// Appends a piece of the current words.
    pub(crate) fn add(&mut self, piece: &str) {
        if std::mem::take(&mut self.closed) {
            self.text.clear();
        }
        self.text.push_str(piece);
        // Far more than is kept, so that cutting is rare; four bytes are the longest character.
        if self.text.len() > 16 * SAID {
            self.text = tail(&self.text, SAID).to_owned();
        }
    }

    /// What comes next are new words; those before are kept only if nothing comes.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// At most the last 4,000 characters.
    pub(crate) fn closing_words(&self) -> String {
        tail(self.text.trim(), SAID).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_line_is_short_and_has_no_control_characters() {
        assert_eq!(one_line("  Write \u{1b}[31msrc/x.py\nmore"), "Write  [31msrc/x.py");
        assert_eq!(one_line(&"ä".repeat(500)).chars().count(), LINE);
        assert_eq!(one_line(""), "");
    }

    #[test]
    fn the_middle_is_cut_between_characters() {
        assert_eq!(cut_middle("short", 8), "short");
        assert_eq!(cut_middle("ääääääää", 6), "ä\n… 12 bytes left out …\nä");
    }

    #[test]
    fn the_last_words_are_kept() {
        let mut said = Said::default();
        said.add("first");
        said.close();
        assert_eq!(said.closing_words(), "first");
        for _ in 0..100_000 {
            said.add("ünd ");
        }
        said.add("end");
        assert_eq!(said.closing_words().chars().count(), SAID);
        assert!(said.closing_words().ends_with("ünd end"));
    }

    #[test]
    fn a_tail_is_counted_in_characters() {
        assert_eq!(tail("aäö", 2), "äö");
        assert_eq!(tail("aäö", 9), "aäö");
        assert_eq!(tail("aäö", 0), "aäö");
    }
}
