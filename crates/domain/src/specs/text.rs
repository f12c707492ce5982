//! Text of others, made fit for one line.

/// Characters that nobody sees but that change what is read: zero-width ones, marks of direction, byte order marks.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}

/// One line without markup, control characters and invisible ones, of at most `limit` characters, cut between words.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    // What is far beyond the limit cannot show, and links are looked for in all that is left.
    let near =
        text.char_indices().nth(limit.saturating_mul(4) + 1_000).map_or(text, |(end, _)| text.get(..end).unwrap_or_default());
    let text = without_links(near).replace("**", "").replace("__", "").replace('`', "");
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    cut(&line, limit)
}

/// At most `limit` characters, with `…` at the end when something was left out.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    let end = kept.rfind(' ').filter(|at| *at > kept.len() / 2).unwrap_or(kept.len());
    format!("{}…", kept.get(..end).unwrap_or_default().trim_end())
}

/// `[text](address)` and `![text](address)` as their text.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let opening = before.rfind('[');
        let closing = after.find([')', '\n']).filter(|at| after.get(*at..).is_some_and(|end| end.starts_with(')')));
        let (Some(opening), Some(closing)) = (opening, closing) else {
            plain.push_str(before);
            plain.push_str("](");
            rest = after;
            continue;
        };
        let (lead, label) = before.split_at(opening);
        plain.push_str(lead.strip_suffix('!').unwrap_or(lead));
        plain.push_str(label.strip_prefix('[').unwrap_or(label));
        rest = after.get(closing + 1..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}
