//! A run's log as lines: pieces of the same step lie in one section, and a line may come in several pieces.

use protocol::{
    EventSeq, Timestamp,
    runs::{LogEntry, LogKind, Step},
};

use super::ansi::{self, Style};

/// The longest line that is kept, in bytes; the transcript has the rest.
const LONGEST: usize = 16 << 10;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The event that it began in.
    pub seq: EventSeq,
    /// Its place among the lines of that event, from 0.
    pub nth: u32,
    pub kind: LogKind,
    pub at: Timestamp,
    /// As it came, with terminal colours.
    pub text: String,
    /// What the line before left for it.
    pub style: Style,
}

impl Line {
    /// Its name in addresses; the same whatever else of the log is shown.
    pub fn anchor(&self) -> String {
        if self.nth == 0 { format!("L{}", self.seq) } else { format!("L{}.{}", self.seq, self.nth) }
    }

    /// As people read it.
    pub fn plain(&self) -> String {
        ansi::plain(&self.text)
    }
}

/// What a step of an iteration printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The event that it began with; the same whatever else of the log is shown, unless it began earlier than was known.
    pub key: EventSeq,
    pub iteration: u32,
    pub step: Option<Step>,
    pub at: Timestamp,
    pub lines: Vec<Line>,
    /// Whether the last line goes on with the next piece.
    open: bool,
}

/// A log, or its newest part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    pub sections: Vec<Section>,
    /// Whether there is more before the first section.
    pub has_more: bool,
    /// The first event that is held.
    pub first: Option<EventSeq>,
    /// Lines so far.
    pub count: usize,
}

impl Log {
    pub fn new(entries: &[LogEntry], has_more: bool) -> Self {
        let mut log = Self { has_more, ..Self::default() };
        for entry in entries {
            log.push(entry.seq, entry.at, &entry.chunk);
        }
        log
    }

    /// Takes the next piece in.
    pub fn push(&mut self, seq: EventSeq, at: Timestamp, chunk: &protocol::runs::LogChunk) {
        self.first.get_or_insert(seq);
        let fits = |section: &Section| section.iteration == chunk.iteration && section.step == chunk.step;
        if !self.sections.last().is_some_and(fits) {
            let (iteration, step) = (chunk.iteration, chunk.step);
            self.sections.push(Section { key: seq, iteration, step, at, lines: Vec::new(), open: false });
        }
        let Some(section) = self.sections.last_mut() else { return };
        let before = section.lines.len();
        section.push(seq, at, chunk.kind, &chunk.text);
        self.count += section.lines.len() - before;
    }

    /// Puts what was before in front of it.
    pub fn push_older(&mut self, entries: &[LogEntry], has_more: bool) {
        let mut older = Self::new(entries, has_more);
        let mut newer = std::mem::take(&mut self.sections);
        if let (Some(last), Some(first)) = (older.sections.last_mut(), newer.first_mut())
            && (last.iteration, last.step) == (first.iteration, first.step)
        {
            last.join(first);
            newer.remove(0);
        }
        older.sections.append(&mut newer);
        older.first = older.first.or(self.first);
        older.count = older.sections.iter().map(|section| section.lines.len()).sum();
        *self = older;
    }
}

impl Section {
    fn push(&mut self, seq: EventSeq, at: Timestamp, kind: LogKind, text: &str) {
        // Counted by line ends, so that a line has the same name whether or not what it begins with is known.
        for (part, nth) in text.split_inclusive('\n').zip(0..) {
            let ends = part.ends_with('\n');
            let part = part.trim_end_matches('\n');
            match self.lines.last_mut() {
                Some(line) if self.open && line.kind == kind => append(line, part),
                _ => {
                    let style = self.next_style(kind);
                    let mut line = Line { seq, nth, kind, at, text: String::new(), style };
                    append(&mut line, part);
                    self.lines.push(line);
                }
            }
            self.open = !ends;
        }
    }

    /// The style that the next line of that kind begins in.
    fn next_style(&self, kind: LogKind) -> Style {
        match self.lines.last() {
            Some(line) if line.kind == kind && (line.style != Style::default() || line.text.contains('\u{1b}')) => {
                ansi::spans(&line.text, line.style).1
            }
            _ => Style::default(),
        }
    }

    /// Takes the lines of a section in that turned out to be its second part.
    fn join(&mut self, next: &mut Self) {
        let mut lines = std::mem::take(&mut next.lines).into_iter().peekable();
        let goes_on = |line: &Line| self.open && self.lines.last().is_some_and(|last| last.kind == line.kind);
        if let Some(first) = lines.next_if(goes_on)
            && let Some(last) = self.lines.last_mut()
        {
            append(last, &first.text);
        }
        self.lines.extend(lines);
        self.open = next.open;
    }
}

/// Adds to a line. What a carriage return wrote over goes at once, so that a progress bar stays one short line.
fn append(line: &mut Line, part: &str) {
    line.text.push_str(part);
    if let Some(start) = line.text.trim_end_matches('\r').rfind('\r') {
        let rest = line.text.split_off(start + 1);
        line.style = ansi::spans(&line.text, line.style).1;
        line.text = rest;
    }
    if line.text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| line.text.is_char_boundary(*end)).unwrap_or(0);
        line.text.truncate(end);
        line.text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use protocol::runs::LogChunk;

    use super::*;

    fn entry(seq: EventSeq, step: Step, kind: LogKind, text: &str) -> LogEntry {
        let chunk = LogChunk { iteration: 1, step: Some(step), kind, text: text.to_owned() };
        LogEntry { seq, at: Timestamp::from_millis(seq), chunk }
    }

    fn read(log: &Log) -> Vec<(EventSeq, Vec<(String, String)>)> {
        let lines = |section: &Section| section.lines.iter().map(|line| (line.anchor(), line.plain())).collect();
        log.sections.iter().map(|section| (section.key, lines(section))).collect()
    }

    fn lines(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(anchor, text)| ((*anchor).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn pieces_of_a_step_lie_together_and_lines_may_come_in_parts() {
        let log = Log::new(
            &[
                entry(5, Step::Act, LogKind::Text, "I will "),
                entry(6, Step::Act, LogKind::Text, "trim first.\nThen test."),
                entry(7, Step::Act, LogKind::Tool, "$ pytest\n"),
                entry(9, Step::Act, LogKind::Output, "1 passed\n\nbye\n"),
                entry(12, Step::Verify, LogKind::Engine, "all gates passed\n"),
            ],
            true,
        );

        let act = lines(&[
            ("L5", "I will trim first."),
            ("L6.1", "Then test."),
            ("L7", "$ pytest"),
            ("L9", "1 passed"),
            ("L9.1", ""),
            ("L9.2", "bye"),
        ]);
        assert_eq!(read(&log), [(5, act), (12, lines(&[("L12", "all gates passed")]))]);
        assert_eq!((log.count, log.first, log.has_more), (7, Some(5), true));
    }

    #[test]
    fn a_progress_bar_stays_one_line() {
        let bar: Vec<LogEntry> =
            (1..=500).map(|seq| entry(seq, Step::Act, LogKind::Output, &format!("\r{seq} of 500"))).collect();

        let log = Log::new(&bar, false);

        assert_eq!(read(&log), [(1, lines(&[("L1", "500 of 500")]))]);
        assert!(log.sections[0].lines[0].text.len() < 20);
    }

    #[test]
    fn older_parts_join_what_is_there_without_a_seam() {
        let all = [
            entry(1, Step::Reason, LogKind::Text, "plan\n"),
            entry(2, Step::Act, LogKind::Output, "one\ntw"),
            entry(3, Step::Act, LogKind::Output, "o\nthree"),
            entry(4, Step::Act, LogKind::Output, " and more\n"),
        ];
        let whole = Log::new(&all, false);
        for cut in 1..4 {
            let mut log = Log::new(&all[cut..], true);
            log.push_older(&all[..cut], false);
            assert_eq!(read(&log), read(&whole), "cut at {cut}");
            assert_eq!((log.count, log.first, log.has_more), (whole.count, Some(1), false));
        }
    }

    #[test]
    fn a_line_without_end_does_not_grow_without_end() {
        let mut log = Log::default();
        for seq in 1..40 {
            log.push(seq, Timestamp::from_millis(0), &entry(seq, Step::Act, LogKind::Output, &"é".repeat(1_000)).chunk);
        }

        assert_eq!(log.count, 1);
        assert!(log.sections[0].lines[0].text.len() <= LONGEST + 3);
    }
}
