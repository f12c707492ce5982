//! What a reader sees of an HTML page, as far as comparing a text needs it. No browser: markup is taken out, not laid out.

use super::PagePart;
use crate::text::joined;

/// Whether the text is in that part of the page.
pub(super) fn shows(html: &str, part: PagePart, text: &str) -> bool {
    let wanted = joined(text);
    match part {
        PagePart::Text => visible(html).contains(&wanted),
        PagePart::Heading => ["h1", "h2", "h3", "h4", "h5", "h6"].iter().any(|tag| element_shows(html, tag, &wanted, &[])),
        PagePart::Title => element_shows(html, "title", &wanted, &[]),
        PagePart::Link => element_shows(html, "a", &wanted, &["href", "aria-label"]),
        PagePart::LinkTarget => links_to(html, &wanted),
        PagePart::Button => {
            element_shows(html, "button", &wanted, &["aria-label"]) || element_shows(html, "input", &wanted, &["value"])
        }
    }
}

/// Markup taken out, entities resolved, white space as single spaces.
fn visible(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name = tag_name(rest);
        rest = rest.split_once('>').map_or("", |(_, after)| after);
        if matches!(name.as_str(), "script" | "style" | "title" | "template" | "noscript") {
            rest = past_closing(rest, &name);
        }
        if !matches!(name.trim_start_matches('/'), "b" | "i" | "em" | "strong" | "span" | "a" | "code" | "small" | "mark" | "u") {
            text.push(' ');
        }
    }
    text.push_str(rest);
    joined(&unescape(&text))
}

fn element_shows(html: &str, tag: &str, wanted: &str, attributes: &[&str]) -> bool {
    let attribute_shows = |opening: &str, name: &str| attribute_value(opening, name).is_some_and(|value| value.contains(wanted));
    any_element(html, tag, |opening, content| {
        attributes.iter().any(|name| attribute_shows(opening, name)) || visible(content).contains(wanted)
    })
}

/// Whether a link leads there, perhaps to a place on that page.
fn links_to(html: &str, target: &str) -> bool {
    let plain = |address: &str| address.strip_prefix("./").unwrap_or(address).to_owned();
    let target = plain(target);
    any_element(html, "a", |opening, _| {
        attribute_value(opening, "href")
            .map(|href| plain(&href))
            .is_some_and(|href| href == target || href.split(['#', '?']).next() == Some(target.as_str()))
    })
}

/// Whether it holds for the opening tag and the content of an element.
fn any_element(html: &str, tag: &str, holds: impl Fn(&str, &str) -> bool) -> bool {
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name = tag_name(rest);
        if name != tag {
            // A tag inside a script is a text of the script.
            if matches!(name.as_str(), "script" | "style" | "template") {
                rest = past_closing(rest, &name);
            }
            continue;
        }
        let Some((opening, inside)) = rest.split_once('>') else { return false };
        let end = find_closing(inside, tag).unwrap_or(inside.len());
        let (content, after) = inside.split_at(end);
        if holds(opening, content) {
            return true;
        }
        rest = after;
    }
    false
}

fn tag_name(text: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '-').unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default().to_ascii_lowercase();
    if name.len() > 1 { name.trim_end_matches('/').to_owned() } else { name }
}

fn attribute_value(opening: &str, name: &str) -> Option<String> {
    let lower = opening.to_ascii_lowercase();
    let at = lower.find(&format!(" {name}="))? + name.len() + 2;
    let value = opening.get(at..)?;
    let value = match value.chars().next()? {
        mark @ ('"' | '\'') => value.get(1..)?.split(mark).next()?,
        _ => value.split(|c: char| c.is_whitespace() || c == '/').next()?,
    };
    Some(joined(&unescape(value)))
}

fn find_closing(text: &str, tag: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find("</") {
        let start = from + at;
        if tag_name(text.get(start + 1..)?) == format!("/{tag}") {
            return Some(start);
        }
        from = start + 2;
    }
    None
}

fn past_closing<'a>(text: &'a str, tag: &str) -> &'a str {
    let Some(at) = find_closing(text, tag) else { return "" };
    text.get(at..).and_then(|rest| rest.split_once('>')).map_or("", |(_, after)| after)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}
