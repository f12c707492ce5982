//! The lines of a Markdown text by what they are. No full Markdown: what matters is where requirements begin and end.

mod gherkin;

use gherkin::Gherkin;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Blank,
    /// The title in the front matter.
    Title(String),
    Heading {
        level: usize,
        text: String,
    },
    /// `indent` in columns.
    Item {
        indent: usize,
        text: String,
        is_checkbox: bool,
    },
    Text {
        indent: usize,
        text: String,
    },
    /// The head of a table: the names of its columns, joined as the cells of a row are.
    TableHead {
        indent: usize,
        text: String,
    },
    /// A row of a table below its head: what its cells hold, joined by ` | `.
    Row {
        indent: usize,
        text: String,
    },
    /// In a code block, with its fences.
    Verbatim(String),
}

pub(super) fn lines(source: &str) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    let mut gherkin = Gherkin::of(source);
    let mut fence: Option<(char, usize)> = None;
    let mut in_comment = false;
    let (front, body) = front_matter(source);
    let title = front.lines().find_map(|line| line.strip_prefix("title:"));
    found.extend(title.map(|title| Line::Title(super::text::one_line(title.trim().trim_matches(['"', '\'']), 100))));
    let mut rest = body.lines();
    while let Some(raw) = rest.next() {
        let trimmed = raw.trim();
        if let Some(opened) = fence {
            found.push(Line::Verbatim(raw.to_owned()));
            if closes_fence(trimmed, opened) {
                fence = None;
            }
            continue;
        }
        if in_comment || trimmed.starts_with("<!--") {
            in_comment = !trimmed.contains("-->");
            continue;
        }
        if trimmed.is_empty() {
            found.push(Line::Blank);
            continue;
        }
        if gherkin.takes(trimmed, &mut found) {
            continue;
        }
        if let Some(opened) = opening_fence(trimmed) {
            fence = Some(opened);
            found.push(Line::Verbatim(raw.to_owned()));
            continue;
        }
        let indent = indent(raw);
        if let Some((replaced, line)) = table_line(found.last(), trimmed, indent) {
            found.truncate(found.len() - replaced);
            found.push(line);
            continue;
        }
        if let Some(level) = underline(trimmed)
            && matches!(found.last(), Some(Line::Text { indent: 0, .. }))
            && let Some(Line::Text { text, .. }) = found.pop()
        {
            found.push(Line::Heading { level, text });
            continue;
        }
        if is_rule(trimmed) {
            found.push(Line::Blank);
        } else if let Some((level, text)) = heading(trimmed).filter(|_| indent < 4) {
            // A heading that is struck as a whole says so of what stands under it.
            found.push(Line::Heading { level, text: unstruck(text).unwrap_or_else(|| text.to_owned()) });
        } else if let Some((text, is_checkbox)) = item(trimmed).or_else(|| numbered(trimmed, found.last(), &rest)) {
            found.push(unstruck(text).map_or(Line::Blank, |text| Line::Item { indent, text, is_checkbox }));
        } else {
            let text = unstruck(trimmed.trim_start_matches("> "));
            found.push(text.map_or(Line::Blank, |text| Line::Text { indent, text }));
        }
    }
    gherkin.end(&mut found);
    found
}

/// A line with a number of its own as a list item: it goes on no paragraph, and no list stands below it.
fn numbered<'a>(line: &'a str, before: Option<&Line>, rest: &std::str::Lines<'_>) -> Option<(&'a str, bool)> {
    if !is_numbered(line) {
        return None;
    }
    let next = rest.clone().map(str::trim).find(|line| !line.is_empty());
    let leads_on = next.is_some_and(|next| item(next).is_some() || underline(next).is_some());
    let goes_on = matches!(before, Some(Line::Text { .. } | Line::TableHead { .. } | Line::Row { .. }));
    (!leads_on && !goes_on).then_some((line, false))
}

/// Whether a line begins with a number of several parts, as in `1.2.3 …` and `1.2) …`, or with a name like `FR-1:` or `**REQ-2.**`.
fn is_numbered(line: &str) -> bool {
    let bare = line.trim_start_matches("**");
    let name = bare.split_whitespace().next().unwrap_or_default();
    let said = bare.get(name.len()..).unwrap_or_default().trim_start();
    let number = name.trim_end_matches(['.', ')', ':', '*']);
    let is_marked = number.len() < name.trim_end_matches('*').len();
    let digits = number.trim_start_matches(|c: char| c.is_ascii_uppercase()).trim_start_matches(['-', '_']);
    let letters = number.len() - digits.len();
    let parts = digits.split('.').count();
    let are_digits = digits.split('.').all(|part| (1..=4).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit()));
    // `2.5 liters` goes on a sentence.
    let begins = parts > 2 || is_marked || said.starts_with(|c: char| c.is_uppercase() || c == '`');
    let is_number = letters == 0 && parts > 1 && begins;
    let is_name = (1..=8).contains(&letters) && is_marked;
    !said.is_empty() && are_digits && (is_number || is_name)
}

/// The text between `---` lines at the start, and the rest.
fn front_matter(source: &str) -> (&str, &str) {
    let parted = source.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    parted
        .filter(|(front, _)| front.lines().all(|line| line.contains(':') || line.starts_with([' ', '-'])))
        .unwrap_or(("", source))
}

/// The mark and the length of the fence that begins a code block. A line of inline code between as many marks begins none.
pub(super) fn opening_fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let info = line.get(length..)?;
    (length >= 3 && !info.contains(mark)).then_some((mark, length))
}

/// Whether a line ends the code block that began with this fence.
pub(super) fn closes_fence(line: &str, (mark, length): (char, usize)) -> bool {
    line.chars().all(|c| c == mark) && line.chars().count() >= length
}

/// Whether a code block of a text shows what is typed at a prompt, as in `$ greet Ada`.
pub(super) fn has_transcript(text: &str) -> bool {
    let mut fence: Option<(char, usize)> = None;
    text.lines().map(str::trim).any(|line| {
        let Some(opened) = fence else {
            fence = opening_fence(line);
            return false;
        };
        if closes_fence(line, opened) {
            fence = None;
        }
        line.starts_with("$ ")
    })
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    is_heading.then(|| (level, text.trim().trim_end_matches('#').trim_end())).filter(|(_, text)| !text.is_empty())
}

/// A line of `=` or `-` below a text makes it a heading.
fn underline(line: &str) -> Option<usize> {
    match line.chars().next()? {
        '=' if line.len() >= 3 && line.chars().all(|c| c == '=') => Some(1),
        '-' if line.len() >= 3 && line.chars().all(|c| c == '-') => Some(2),
        _ => None,
    }
}

fn is_rule(line: &str) -> bool {
    ['-', '*', '_', '=']
        .iter()
        .any(|mark| line.chars().filter(|c| c == mark).count() >= 3 && line.chars().all(|c| c == *mark || c.is_whitespace()))
}

/// A line as part of a table, by the line before it, and how many lines it takes the place of: a rule makes that line the head.
fn table_line(before: Option<&Line>, line: &str, indent: usize) -> Option<(usize, Line)> {
    match before? {
        Line::Text { indent, text } if is_table_rule(line) && text.contains('|') => {
            Some((1, Line::TableHead { indent: *indent, text: cells(text) }))
        }
        Line::TableHead { .. } | Line::Row { .. } if line.contains('|') && item(line).is_none() && heading(line).is_none() => {
            Some((0, Line::Row { indent, text: cells(line) }))
        }
        _ => None,
    }
}

/// The line below the head of a table, such as `|---|:--:|`.
fn is_table_rule(line: &str) -> bool {
    line.contains('|') && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':') || c.is_whitespace())
}

/// What the cells of a line of a table hold, joined by ` | `. A bar in code or after a backslash parts no cells.
fn cells(line: &str) -> String {
    let mut cells = vec![String::new()];
    let mut in_code = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let part = match c {
            '\\' if chars.peek() == Some(&'|') => chars.next().unwrap_or(c),
            '|' if !in_code => {
                cells.push(String::new());
                continue;
            }
            c => c,
        };
        in_code ^= c == '`';
        if let Some(cell) = cells.last_mut() {
            cell.push(part);
        }
    }
    let cells: Vec<String> = cells.iter().filter_map(|cell| unstruck(cell.trim())).filter(|cell| !cell.is_empty()).collect();
    cells.join(" | ")
}

/// The text of a list item, its mark and checkbox aside.
fn item(line: &str) -> Option<(&str, bool)> {
    let rest = match line.chars().next()? {
        '-' | '*' | '+' | '•' => line.get(line.chars().next()?.len_utf8()..)?,
        c if c.is_ascii_digit() => {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            if line.len() - rest.len() > 4 {
                return None;
            }
            rest.strip_prefix(['.', ')'])?
        }
        _ => return None,
    };
    if !rest.starts_with([' ', '\t']) {
        return None;
    }
    let text = rest.trim();
    let unchecked =
        ["[ ]", "[x]", "[X]"].iter().find_map(|mark| text.strip_prefix(mark)).filter(|text| text.starts_with([' ', '\t']));
    match unchecked {
        Some(text) => Some((text.trim(), true)),
        None => Some((text, false)),
    }
    .filter(|(text, _)| !text.is_empty())
}

/// A text without what is struck through in it, as in `~~this~~`; nothing where only marks are left.
pub(super) fn unstruck(text: &str) -> Option<String> {
    let mut kept = String::new();
    let mut end = 0;
    let mut opened: Option<usize> = None;
    for at in strikes(text) {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 2..).unwrap_or_default();
        match opened {
            None if after.starts_with(|c: char| !c.is_whitespace()) => opened = Some(at),
            Some(start) if before.ends_with(|c: char| !c.is_whitespace()) => {
                kept.push_str(text.get(end..start).unwrap_or_default());
                if after.is_empty() || after.starts_with([' ', '.', ',', ';', ':', '!', '?']) {
                    kept.truncate(kept.trim_end().len());
                }
                end = at + 2;
                opened = None;
            }
            _ => {}
        }
    }
    if end == 0 {
        return Some(text.to_owned());
    }
    kept.push_str(text.get(end..).unwrap_or_default());
    Some(kept.trim().to_owned()).filter(|kept| kept.contains(|c: char| c.is_alphanumeric() || c == '`'))
}

/// Where the marks stand that may strike something through: two tildes, outside of code.
fn strikes(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut code: Option<usize> = None;
    let mut at = 0;
    while let Some(mark) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let length = rest.chars().take_while(|c| *c == mark).count();
        let is_escaped = text.get(..at).is_some_and(|before| before.ends_with('\\'));
        match (mark, code) {
            ('`', None) => code = Some(length),
            ('`', Some(opened)) if opened == length => code = None,
            ('~', None) if length == 2 && !is_escaped => found.push(at),
            _ => {}
        }
        at += length * mark.len_utf8();
    }
    found
}

/// The text of a line without the marks of quotations, headings and lists before it.
pub(super) fn unmarked(line: &str) -> &str {
    let mut text = line.trim();
    loop {
        let shorter = text.strip_prefix("> ").map(str::trim_start);
        let shorter = shorter.or_else(|| heading(text).map(|(_, text)| text)).or_else(|| item(text).map(|(text, _)| text));
        match shorter {
            Some(shorter) => text = shorter,
            None => return text,
        }
    }
}

/// Columns before the first character; a tab counts four.
fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}
