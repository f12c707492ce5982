//! Reads what `git diff-tree -z --raw --numstat -p` prints, piece by piece, into the files and hunks that are shown.

use std::ops::ControlFlow;

use protocol::runs::{DiffLine, DiffSide, FileChange, FileDiff, Hunk};

/// Lines of change over all files, after which files are folded.
const MAX_LINES: u32 = 20_000;
/// Bytes of one line that are kept.
const MAX_LINE: usize = 4_000;
/// Files that are listed at all.
const MAX_FILES: usize = 10_000;
/// Bytes of text over all files.
const MAX_TEXT: usize = 16 << 20;

/// A file of the list that stands before the patch.
struct Listed {
    diff: FileDiff,
    /// A file that became a link has two sections in the patch: the one's end and the other's beginning.
    sections: u8,
}

/// What the next record, ended by NUL, is.
enum Expect {
    Any,
    RawPath { status: u8 },
    RawNewPath { old: String },
    NumberOldPath { numbers: Option<(u32, u32)> },
    NumberNewPath { numbers: Option<(u32, u32)> },
    Patch,
}

/// The place in the patch.
struct Position {
    /// Index of the file, and how many of its sections are still to come. Before the first file there is none.
    file: Option<(usize, u8)>,
    /// Lines left in the hunk, by its header, which no file content can forge.
    old_left: u32,
    new_left: u32,
    old: u32,
    new: u32,
}

pub(crate) struct PatchReader {
    max_lines: u32,
    files: Vec<Listed>,
    numbered: usize,
    expect: Expect,
    record: Vec<u8>,
    position: Position,
    shown: usize,
    text: usize,
}

impl PatchReader {
    /// Folds files of more than `max_lines` lines of change.
    pub(crate) fn new(max_lines: u32) -> Self {
        Self {
            max_lines,
            files: Vec::new(),
            numbered: 0,
            expect: Expect::Any,
            record: Vec::new(),
            position: Position { file: None, old_left: 0, new_left: 0, old: 0, new: 0 },
            shown: 0,
            text: 0,
        }
    }

    /// Takes the next piece; breaks off when what follows would not be shown.
    pub(crate) fn take(&mut self, piece: &[u8]) -> ControlFlow<()> {
        let mut rest = piece;
        while !rest.is_empty() {
            let in_patch = matches!(self.expect, Expect::Patch);
            let end = if in_patch { b'\n' } else { 0 };
            let found = rest.iter().position(|byte| *byte == end);
            let (part, after) = rest.split_at(found.unwrap_or(rest.len()));
            // One byte more than is kept says that it was cut. Paths are short by nature.
            let room = if in_patch { (MAX_LINE + 2).saturating_sub(self.record.len()) } else { usize::MAX };
            self.record.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
            rest = after.get(1..).unwrap_or_default();
            if found.is_some() {
                let record = std::mem::take(&mut self.record);
                if in_patch {
                    self.line(&record);
                } else {
                    self.record(&record);
                }
                if matches!(self.expect, Expect::Patch) && self.all_read() {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn finish(self) -> Vec<FileDiff> {
        let mut files: Vec<_> = self.files.into_iter().map(|listed| listed.diff).collect();
        files.truncate(MAX_FILES);
        files
    }

    /// Whether neither the present file nor one after it is shown.
    fn all_read(&self) -> bool {
        self.position.file.map_or(0, |(file, _)| file) > self.shown || self.files.iter().all(|file| file.diff.folded.is_some())
    }

    /// One record of the lists before the patch.
    fn record(&mut self, record: &[u8]) {
        let text = String::from_utf8_lossy(record).into_owned();
        self.expect = match std::mem::replace(&mut self.expect, Expect::Any) {
            Expect::Any if record.is_empty() => {
                self.fold();
                Expect::Patch
            }
            Expect::Any => match text.strip_prefix(':') {
                Some(raw) => {
                    Expect::RawPath { status: raw.split(' ').nth(4).and_then(|status| status.bytes().next()).unwrap_or(b'M') }
                }
                None => self.numbers(&text),
            },
            Expect::RawPath { status: b'R' } => Expect::RawNewPath { old: text },
            Expect::RawPath { status } => self.listed(status, text, None),
            Expect::RawNewPath { old } => self.listed(b'R', text, Some(old)),
            Expect::NumberOldPath { numbers } => Expect::NumberNewPath { numbers },
            Expect::NumberNewPath { numbers } => self.numbered(numbers),
            Expect::Patch => Expect::Patch,
        };
    }

    fn listed(&mut self, status: u8, path: String, old_path: Option<String>) -> Expect {
        let change = match status {
            b'A' => FileChange::Added,
            b'D' => FileChange::Deleted,
            b'R' => FileChange::Renamed,
            _ => FileChange::Modified,
        };
        let diff = FileDiff { path, old_path, change, added: 0, removed: 0, folded: None, hunks: Vec::new() };
        self.files.push(Listed { diff, sections: if status == b'T' { 2 } else { 1 } });
        Expect::Any
    }

    /// `<added>\t<removed>\t<path>`, where a renamed file's two paths are records of their own, and `-` stands for binary.
    fn numbers(&mut self, text: &str) -> Expect {
        let mut parts = text.splitn(3, '\t');
        let added = parts.next().and_then(|number| number.parse().ok());
        let removed = parts.next().and_then(|number| number.parse().ok());
        let numbers = added.zip(removed);
        if parts.next().is_some_and(str::is_empty) { Expect::NumberOldPath { numbers } } else { self.numbered(numbers) }
    }

    fn numbered(&mut self, numbers: Option<(u32, u32)>) -> Expect {
        if let Some(Listed { diff, .. }) = self.files.get_mut(self.numbered) {
            match numbers {
                Some((added, removed)) => (diff.added, diff.removed) = (added, removed),
                None => diff.folded = Some("binary".to_owned()),
            }
        }
        self.numbered += 1;
        Expect::Any
    }

    /// Decides, when all numbers are known, which files are shown.
    fn fold(&mut self) {
        let mut total = 0_u32;
        for (index, Listed { diff, .. }) in self.files.iter_mut().enumerate() {
            let lines = diff.added.saturating_add(diff.removed);
            if diff.folded.is_none() && (lines > self.max_lines || total.saturating_add(lines) > MAX_LINES || index >= MAX_FILES)
            {
                diff.folded = Some("too large".to_owned());
            }
            if diff.folded.is_none() {
                total = total.saturating_add(lines);
                self.shown = index;
            }
        }
    }

    /// One line of the patch.
    fn line(&mut self, line: &[u8]) {
        if self.position.old_left > 0 || self.position.new_left > 0 {
            self.content(line);
        } else if line.starts_with(b"diff --git ") {
            self.section();
        } else if line.starts_with(b"@@ ") {
            self.hunk(line);
        }
    }

    fn section(&mut self) {
        let file = match self.position.file {
            Some((file, left)) if left > 0 => (file, left - 1),
            Some((file, _)) => (file + 1, self.more_sections(file + 1)),
            None => (0, self.more_sections(0)),
        };
        self.position.file = Some(file);
    }

    fn more_sections(&self, file: usize) -> u8 {
        self.files.get(file).map_or(0, |listed| listed.sections - 1)
    }

    fn shown_file(&mut self) -> Option<&mut FileDiff> {
        let (file, _) = self.position.file?;
        self.files.get_mut(file).map(|listed| &mut listed.diff).filter(|diff| diff.folded.is_none())
    }

    /// `@@ -<old>[,<lines>] +<new>[,<lines>] @@ …`
    fn hunk(&mut self, line: &[u8]) {
        let header = text_of(line);
        let mut ranges = header.split(' ').skip(1).map(|range| {
            let range = range.get(1..).unwrap_or_default();
            let (start, lines) = range.split_once(',').unwrap_or((range, "1"));
            (start.parse().unwrap_or(0), lines.parse().unwrap_or(0))
        });
        let ((old, old_left), (new, new_left)) = (ranges.next().unwrap_or_default(), ranges.next().unwrap_or_default());
        let file = self.position.file;
        self.position = Position { file, old_left, new_left, old, new };
        if let Some(diff) = self.shown_file() {
            diff.hunks.push(Hunk { header, lines: Vec::new() });
        }
    }

    fn content(&mut self, line: &[u8]) {
        let position = &mut self.position;
        let (mut old, mut new) = (None, None);
        let side = match line.first() {
            Some(b'+') => DiffSide::Added,
            Some(b'-') => DiffSide::Removed,
            // `\ No newline at end of file` belongs to the line before.
            Some(b'\\') => return,
            _ => DiffSide::Context,
        };
        if side != DiffSide::Added {
            old = Some(position.old);
            position.old = position.old.saturating_add(1);
            position.old_left = position.old_left.saturating_sub(1);
        }
        if side != DiffSide::Removed {
            new = Some(position.new);
            position.new = position.new.saturating_add(1);
            position.new_left = position.new_left.saturating_sub(1);
        }
        let text = text_of(line.get(1..).unwrap_or_default());
        self.text += text.len();
        let over = self.text > MAX_TEXT;
        let Some(diff) = self.shown_file() else { return };
        if over {
            diff.folded = Some("too large".to_owned());
            diff.hunks.clear();
        } else if let Some(hunk) = diff.hunks.last_mut() {
            hunk.lines.push(DiffLine { side, old, new, text });
        }
    }
}

/// A line as text, cut where it is too long to show.
fn text_of(line: &[u8]) -> String {
    let kept = line.get(..MAX_LINE).unwrap_or(line);
    let mut text = String::from_utf8_lossy(kept).into_owned();
    if kept.len() < line.len() {
        text.push('…');
    }
    text
}
