//! What waits to be written to the log. Secrets are masked in the text as a whole, before it is cut into events.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use domain::{gates::secrets, vault::Masks};
use protocol::runs::LogKind;

/// Events of one write.
pub(super) const CHUNKS: usize = 4;
/// The longest text of one event, in bytes.
const CHUNK_BYTES: usize = 16 << 10;
/// Bytes that wait to be written; what is more is left out of the log.
const WAITING_BYTES: usize = 256 << 10;
/// What one call may put into the log, in bytes.
const CALL_BYTES: usize = 4 << 20;
/// The longest beginning of a line that waits for its end, in bytes.
const OPEN_LINE_BYTES: usize = 4 << 10;
/// Writes that the beginning of a line waits while it grows; then only its last word waits on.
const MOST_WAITS: u32 = 5;
/// The longest beginning of a private key that waits for its end, in bytes.
const OPEN_KEY_BYTES: usize = 16 << 10;

/// Who prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Agent,
    Check,
}

#[derive(Debug)]
pub(super) struct Waiting {
    source: Source,
    masks: Masks,
    /// Pieces of one kind that came one after the other are one text.
    texts: VecDeque<(LogKind, String)>,
    bytes: usize,
    /// All that was ever taken in.
    taken: usize,
    left_out: usize,
    /// Length of the last text, if it was kept back the last time for the end of its line.
    kept_back: usize,
    /// Writes that it was kept back in.
    waits: u32,
    /// The beginning of the line that was written and is still open, of whatever kind: an agent may think the beginning of a value
    /// and say the rest.
    shown: String,
}

impl Waiting {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            masks: Masks::default(),
            texts: VecDeque::new(),
            bytes: 0,
            taken: 0,
            left_out: 0,
            kept_back: 0,
            waits: 0,
            shown: String::new(),
        }
    }

    /// The same, which also hides what `masks` knows.
    pub(super) fn hiding(self, masks: &Masks) -> Self {
        Self { masks: masks.clone(), ..self }
    }

    /// Takes in as much of `text` as there is room for: of an agent's its beginning, of a check's its end.
    pub(super) fn push(&mut self, kind: LogKind, mut text: String) {
        // Loki's own lines are short, and say how it ended.
        let room = match kind {
            LogKind::Engine => usize::MAX,
            _ => WAITING_BYTES.saturating_sub(self.bytes).min(CALL_BYTES.saturating_sub(self.taken)),
        };
        if text.len() > room {
            let left_out = match self.source {
                Source::Agent => text.split_off(text.floor_char_boundary(room)).len(),
                Source::Check => {
                    let tail = text.split_off(text.ceil_char_boundary(text.len() - room));
                    std::mem::replace(&mut text, tail).len()
                }
            };
            self.left_out += left_out;
            if self.source == Source::Check {
                self.add(LogKind::Engine, format!("{left_out} bytes were left out here\n"));
            }
        }
        self.add(kind, text);
    }

    fn add(&mut self, kind: LogKind, text: String) {
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        self.taken += text.len();
        match self.texts.back_mut() {
            Some((last, gathered)) if *last == kind => gathered.push_str(&text),
            _ => self.texts.push_back((kind, text)),
        }
    }

    /// As much as one write may take. The beginning of a line waits a little for its end, and what may become a secret waits for
    /// as long as it takes, so that one that comes in two pieces is seen.
    pub(super) fn take(&mut self) -> Vec<(LogKind, String)> {
        let mut events = Vec::new();
        let mut closed = self.before_open_end();
        while events.len() < CHUNKS
            && let Some((kind, text)) = self.texts.pop_front()
        {
            let room = (CHUNKS - events.len()) * CHUNK_BYTES;
            let may_go_on = self.texts.is_empty() && text.len() <= room;
            let end = match text.get(..text.floor_char_boundary(room)) {
                Some(head) if head.len() < text.len() => line_end(head),
                _ if !may_go_on || text.len() == self.kept_back => text.len(),
                _ if self.waits < MOST_WAITS => line_end(&text),
                _ => word_end(&text),
            };
            let end = if may_go_on { self.before_open_secret(&text, end) } else { end };
            let end = self.before_open_value(&text, end).min(closed);
            let (head, rest) = text.split_at_checked(end).unwrap_or((&text, ""));
            self.bytes -= head.len();
            closed = closed.saturating_sub(head.len());
            events.extend(split(self.masked(head)).map(|part| (kind, part)));
            self.kept_back = if may_go_on { rest.len() } else { 0 };
            self.waits = if head.is_empty() { self.waits + 1 } else { 1 };
            if !rest.is_empty() {
                self.texts.push_front((kind, rest.to_owned()));
                break;
            }
        }
        events
    }

    /// All that is left, and how much of an agent's was left out.
    pub(super) fn take_rest(&mut self) -> Vec<(LogKind, String)> {
        if self.left_out > 0 && self.source == Source::Agent {
            let text = format!("{} bytes were left out here; the raw transcript has them\n", self.left_out);
            self.add(LogKind::Engine, text);
        }
        self.before_open_end();
        self.bytes = 0;
        let mut events = Vec::new();
        while let Some((kind, text)) = self.texts.pop_front() {
            events.extend(split(self.masked(&text)).map(|part| (kind, part)));
        }
        events
    }

    /// How much of what waits stands before a value of the vault that goes on in what comes next. A value that began in a text of
    /// one kind and ended in those after it is made a part of the first.
    fn before_open_end(&mut self) -> usize {
        if self.masks.is_empty() {
            return self.bytes;
        }
        let all: String = self.texts.iter().map(|(_, text)| text.as_str()).collect();
        if self.texts.len() > 1 {
            let mut places = self.masks.places(&all).into_iter().peekable();
            let (mut from, mut end, mut reach) = (0, 0, 0);
            for (kind, text) in std::mem::take(&mut self.texts) {
                end += text.len();
                while let Some(place) = places.next_if(|place| place.start < end) {
                    reach = place.end;
                }
                let part = all.get(from..reach.max(end)).unwrap_or_default();
                if !part.is_empty() {
                    from += part.len();
                    self.texts.push_back((kind, part.to_owned()));
                }
            }
        }
        let stream = format!("{}{all}", self.shown);
        self.masks.open_tail(&stream).saturating_sub(self.shown.len())
    }

    /// `text` as it may be written. A secret whose beginning was written already is recognised by it.
    fn masked(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let before = std::mem::take(&mut self.shown);
        let whole = secrets::mask(&self.masks.mask(format!("{before}{text}")));
        let same: usize = before.chars().zip(whole.chars()).take_while(|(a, b)| a == b).map(|(char, _)| char.len_utf8()).sum();
        let line = whole.rsplit('\n').next().unwrap_or_default();
        let from = line.ceil_char_boundary(line.len().saturating_sub(OPEN_LINE_BYTES));
        line.get(from..).unwrap_or_default().clone_into(&mut self.shown);
        whole.get(same..).unwrap_or_default().to_owned()
    }

    /// `end`, or where a value of the vault begins that does not end before it: it may have spaces and be wrapped, and texts are cut
    /// at both.
    fn before_open_value(&self, text: &str, end: usize) -> usize {
        let head = text.get(..end).unwrap_or(text);
        if end < text.len() { self.masks.open_tail(head).min(end) } else { end }
    }

    /// `end`, or where something before it begins that may become a secret with what comes next.
    fn before_open_secret(&self, text: &str, end: usize) -> usize {
        let head = text.get(..end).unwrap_or(text);
        let start = head.rfind('\n').map_or(0, |at| at + 1);
        let before = if start == 0 { self.shown.as_str() } else { "" };
        let line = format!("{before}{}", head.get(start..).unwrap_or_default());
        let open = secrets::open_tail(&line).min(self.masks.open_tail(&line));
        if line.len() - open > OPEN_LINE_BYTES { end } else { (start + open.saturating_sub(before.len())).min(end) }
    }
}

/// Where the last line of a text begins; in a line that is too long to wait, its last word.
fn line_end(text: &str) -> usize {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    if text.len() - end > OPEN_LINE_BYTES { word_end(text) } else { before_open_key(text, end) }
}

/// Where the last word of a text begins; all of it where it is one long word.
fn word_end(text: &str) -> usize {
    let from = text.ceil_char_boundary(text.len().saturating_sub(OPEN_LINE_BYTES));
    let space = text.get(from..).unwrap_or_default().char_indices().rfind(|(_, char)| char.is_whitespace());
    before_open_key(text, space.map_or(text.len(), |(at, char)| from + at + char.len_utf8()))
}

/// `end`, or where a private key begins before it that does not end in this text: it is masked as a whole.
fn before_open_key(text: &str, end: usize) -> usize {
    let Some((start, rest)) = text.rfind("-----BEGIN ").and_then(|start| Some((start, text.get(start..)?))) else { return end };
    let is_open = rest.contains("PRIVATE KEY") && !rest.contains("-----END ") && rest.len() <= OPEN_KEY_BYTES;
    if is_open { start.min(end) } else { end }
}

/// Cuts a long text into pieces at character borders.
fn split(text: String) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let tail = rest.split_off(rest.floor_char_boundary(CHUNK_BYTES));
        Some(std::mem::replace(&mut rest, tail))
    })
}
