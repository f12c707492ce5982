//! Bytes of a process into lines of bounded length.

/// A line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Invalid UTF-8 is replaced.
    pub text: String,
    /// Whether its end is missing because it was too long.
    pub cut: bool,
}

/// Splits what comes in pieces; holds at most one line of `limit` bytes.
#[derive(Debug)]
pub(crate) struct LineSplitter {
    limit: usize,
    line: Vec<u8>,
    /// The current line is over the limit; its rest is dropped.
    cut: bool,
}

impl LineSplitter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, line: Vec::new(), cut: false }
    }

    /// The lines that `bytes` complete, without empty ones.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, ends) = match piece.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (piece, false),
            };
            let room = self.limit - self.line.len();
            self.cut |= content.len() > room;
            self.line.extend(content.iter().take(room));
            if ends {
                lines.extend(self.finish());
            }
        }
        lines
    }

    /// The last line, which has no line end.
    pub(crate) fn finish(&mut self) -> Option<Line> {
        let cut = std::mem::take(&mut self.cut);
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\r');
        (!text.trim().is_empty()).then(|| Line { text: text.to_owned(), cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: usize, pieces: &[&[u8]], expected: &[(&str, bool)]) {
        let mut splitter = LineSplitter::new(limit);
        let mut lines: Vec<Line> = pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
        lines.extend(splitter.finish());
        let seen: Vec<(&str, bool)> = lines.iter().map(|line| (line.text.as_str(), line.cut)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn lines_are_put_together_and_bounded() {
        check(10, &[b"one\ntw", b"o\r\n\n  \nthree"], &[("one", false), ("two", false), ("three", false)]);
        check(4, &[b"12345", b"678\nab\n1234\n"], &[("1234", true), ("ab", false), ("1234", false)]);
        check(10, &[b"a\xc3", b"\xa4\n", b"b\xc3\n"], &[("aä", false), ("b\u{fffd}", false)]);
        check(10, &[b""], &[]);
    }
}
