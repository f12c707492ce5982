//! Tests in shell: scripts that compare, functions named `test_…`, bats.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, ENDS_EARLY, Patterns, Piece, SWALLOWED, Scan, is_same},
    source::{Source, Syntax},
};

/// The name of the one case that a plain script is.
pub(super) const WHOLE: &str = "the script";

const SYNTAX: Syntax = Syntax {
    line_comments: &["#"],
    block_comment: None,
    long_strings: &["\"", "'"],
    short_strings: &[],
    has_character_literals: false,
    is_shell: true,
};

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?m)^[ \t]*(?:function[ \t]+)?([A-Za-z_]\w*)[ \t]*\(\)\s*\{|^@test[ \t]+("[^"]*"|'[^']*')[ \t]*\{"#)
});
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)(?:^|[;&|!({]|\b(?:if|then|else|do|while|elif)\b)[ \t]*(?:\[\[?[ \t]|test[ \t]|diff[ \t]|cmp[ \t]|grep[ \t]|",
        r"(?:assert|check|expect|verify|fail|not_ok|run_test|should)\w*\b)|\bexit[ \t]+[1-9$]|\breturn[ \t]+[1-9$]|^[ \t]*set[ \t]+-[a-z]*e",
    ))
});
static SKIP: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*skip\b[^=(]*$"));
static EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^exit[ \t]+0\b"));
static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:while read|for \w+ in)\b"));
static SWALLOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^.*\|\|[ \t]*(?:true|:|exit 0|return 0)[ \t]*;?$"));
static RUNNER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:pytest|unittest|cargo test|go test|npm test|npm run test|yarn test|jest|vitest|bats)\b"));
static SIDES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\[\[?|\btest)[ \t]+(\S+)[ \t]+(?:=|==|-eq)[ \t]+(\S+)(?:[ \t]+\]\]?|[ \t]*(?:$|;|&&|\|\|))"));
static ALWAYS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(?:if[ \t]+)?\[\[?[ \t]+(?:-n[ \t]+)?["']?(?:1|true|ok)["']?[ \t]+\]\]?"#));

pub(super) fn scan(raw: &str) -> Scan {
    let source = Source::new(raw, &SYNTAX);
    let mut functions: Vec<Piece> = Vec::new();
    for captures in FUNCTION.captures_iter(&source.code) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1).or_else(|| captures.get(2))) else { continue };
        let text = source.raw.get(name.range()).unwrap_or_default().trim_matches(['"', '\'']);
        functions.push(Piece { name: text.to_owned(), start: name.start(), end: source.close(whole.end() - 1) });
    }
    let is_bats = source.code.contains("@test");
    let is_case = |piece: &Piece| {
        if is_bats {
            piece.name.contains(' ') || !raw.contains(&format!("{}()", piece.name))
        } else {
            piece.name.starts_with("test")
        }
    };
    let (mut cases, functions): (Vec<Piece>, Vec<Piece>) = functions.into_iter().partition(is_case);
    if cases.is_empty() && !source.code.trim().is_empty() {
        cases.push(Piece { name: WHOLE.to_owned(), start: 0, end: source.code.len() });
    }
    let patterns = Patterns { assertion: &ASSERTION, skip: &SKIP, exit: &EXIT, table: &TABLE, is_trivial };
    let mut scan = scan::scan(&source, &cases, &functions, &patterns);
    if is_bats {
        // In bats every command that fails is a failure.
        for case in &mut scan.cases {
            case.real = case.real.max(usize::from(case.trivial == 0));
        }
    } else {
        scan.marks.retain(|mark| mark.what != scan::SKIPPED);
    }
    let last_assertion = source.places(&ASSERTION).last().map_or(0, |at| source.line(*at));
    scan.marks.retain(|mark| mark.what != ENDS_EARLY || mark.line < last_assertion);
    let swallowing: Vec<usize> = SWALLOW
        .find_iter(&source.code)
        .filter(|line| ASSERTION.is_match(line.as_str()) || RUNNER.is_match(line.as_str()))
        .map(|line| line.start() + line.as_str().len() - line.as_str().trim_start().len())
        .collect();
    scan::mark_all(&mut scan, &source, SWALLOWED, &swallowing);
    scan
}

fn is_trivial(line: &str) -> bool {
    let sides = SIDES.captures(line).and_then(|captures| Some((captures.get(1)?.as_str(), captures.get(2)?.as_str())));
    ALWAYS.is_match(line) || sides.is_some_and(|(left, right)| is_same(left, right))
}
