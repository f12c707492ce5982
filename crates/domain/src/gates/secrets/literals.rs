//! Literals that look random and stand under a name like `password` or `api_key`.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;

use super::{super::text::pattern, Hit};

/// Bits per character from which a literal counts as random. Words and phrases stay below, what a generator made is above.
const RANDOM: f64 = 3.5;

static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"([A-Za-z0-9_.-]*(?i-u:passwo?r?d|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|"#,
        r#"signing[_-]?key|encryption[_-]?key|token|credential)[A-Za-z0-9_-]*)["'\]]*\s*(?:=>|:=|[:=])\s*"#,
        r#"(?:[A-Za-z&]+\s*=\s*|[bru]{1,2})?["'`]([^"'`\s]{8,300})["'`]"#,
    ))
});

static PLAIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:export\s+|-\s+|ENV\s+|ARG\s+)?([A-Za-z0-9_.-]*(?i-u:passwo?r?d|passwd|pwd|secret|api[_-]?key|access[_-]?key|",
        r#"private[_-]?key|token)[A-Za-z0-9_-]*)\s*[:=]\s*([^\s"'`#]{8,300})\s*$"#,
    ))
});

/// A telling name with a value that has not come to its end.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?i-u:passwo?r?d|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?key|private[_-]?key|signing[_-]?key|"#,
        r#"encryption[_-]?key|token|credential)[A-Za-z0-9_-]*["'\]]*\s*(?:=>|:=|[:=])\s*"#,
        r#"(?:[A-Za-z&]+\s*=\s*|[bru]{1,2})?["'`]?[^"'`\s]{0,300}$"#,
    ))
});

static IN_URL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\b[a-z][a-z0-9+.-]{1,20}://[A-Za-z0-9._%-]{1,60}:([^@\s/"'`<>{}$]{8,100})@[A-Za-z0-9\[]"#));

/// Ends of names that hold something about a secret and not the secret.
const ABOUT: [&str; 29] = [
    "hash",
    "hashed",
    "sha256",
    "digest",
    "checksum",
    "_id",
    "-id",
    "name",
    "path",
    "url",
    "uri",
    "endpoint",
    "header",
    "field",
    "type",
    "file",
    "env",
    "var",
    "prefix",
    "regex",
    "pattern",
    "label",
    "placeholder",
    "message",
    "error",
    "length",
    "count",
    "ttl",
    "expiry",
];

/// Words in values that people write where a secret will be.
const PLACEHOLDERS: [&str; 20] = [
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "xxxx",
    "your",
    "dummy",
    "fake",
    "sample",
    "password",
    "secret",
    "token",
    "redacted",
    "test",
    "todo",
    "insert",
    "replace",
    "process.env",
    "environ",
];

/// Random literals in one line of the file `path`; without a path, as in a command's output, only quoted ones.
pub(super) fn find<'a>(line: &'a str, path: &str) -> Vec<Hit<'a>> {
    let mut hits = Vec::new();
    let has_plain_values = takes_plain_values(path);
    let patterns = [Some(&*QUOTED), has_plain_values.then_some(&*PLAIN)];
    for captures in patterns.into_iter().flatten().flat_map(|regex| regex.captures_iter(line)) {
        let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
        if !is_about(name.as_str()) && is_secret(name.as_str(), value.as_str()) {
            hits.push(Hit { what: "a literal secret", value: value.as_str() });
        }
    }
    for value in IN_URL.captures_iter(line).filter_map(|captures| captures.get(1)) {
        if is_random(value.as_str(), 10) {
            hits.push(Hit { what: "a password in a URL", value: value.as_str() });
        }
    }
    hits
}

/// Where a telling name begins whose value is still open at the line's end.
pub(super) fn open(line: &str) -> Option<usize> {
    OPEN.find(line).map(|found| found.start())
}

/// Files whose values stand without quotes. Lock files hold hashes under names that only look alike.
fn takes_plain_values(path: &str) -> bool {
    let path = path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_lock = extension == "lock" || name.contains("lock.");
    let is_settings =
        matches!(extension, "env" | "ini" | "properties" | "yml" | "yaml" | "conf" | "cfg" | "tfvars" | "toml" | "sh");
    !is_lock && (is_settings || name.starts_with(".env") || name == "dockerfile" || name == ".npmrc")
}

fn is_about(name: &str) -> bool {
    let name = name.to_lowercase();
    ABOUT.iter().any(|end| name.ends_with(end))
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_lowercase();
    let is_password = name.contains("pass") || name.contains("pwd");
    is_random(value, if is_password { 10 } else { 16 })
}

fn is_random(value: &str, shortest: usize) -> bool {
    let lower = value.to_lowercase();
    let is_lookup = value.starts_with(['$', '/', '.', '%', '@', '&', '*', '#'])
        || ["${", "{{", "$(", "%(", "<", "://", "()", "env."].iter().any(|sign| value.contains(sign));
    if value.chars().count() < shortest || is_lookup || PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let has = |kind: fn(&char) -> bool| value.chars().any(|letter| kind(&letter));
    has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) && entropy(value) >= RANDOM
}

/// Shannon entropy in bits per character.
fn entropy(value: &str) -> f64 {
    let mut counts: HashMap<char, f64> = HashMap::new();
    let mut all = 0.0;
    for letter in value.chars() {
        *counts.entry(letter).or_default() += 1.0;
        all += 1.0;
    }
    counts.values().map(|count| count / all).map(|share| -share * share.log2()).sum()
}
