//! Tests in Go.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, ENDS_EARLY, Patterns, Piece, Scan, is_same},
    source::{Source, Syntax},
};

const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    long_strings: &["`"],
    short_strings: &['"', '\''],
    has_character_literals: false,
    is_shell: false,
};

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^func\s+(?:\([^)]*\)\s*)?(\w+)\s*(?:\[[^\]]*\])?\("));
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b[tbf]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:require|assert|is|qt|td)\.\w+\s*\(|\bpanic\s*\(|\b(?:cmp|g)\.(?:Assert|Expect)\w*\s*\(",
    )
});
/// At the depth of the test's own body only: what stands in an `if` depends on something.
static SKIP: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\t(?:\t)?[tbf]\.(?:Skip|Skipf|SkipNow)\s*\("));
static EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bos\.Exit\s*\(\s*0\s*\)"));
static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bt\.Run\s*\(|\bfor\s+.*\brange\b"));
static ALWAYS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:assert|require)\.True\(\s*t,\s*true\s*[,)]|\b(?:assert|require)\.False\(\s*t,\s*false\s*[,)]|\bif\s+(?:false|!true)\s*\{",
    )
});
static SIDES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:assert|require)\.(?:Equal|EqualValues|Same)\(\s*t,([^(),]*),([^(),]*)[,)]"));
static NEVER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bif\s+([^\s(){};]+)\s*!=\s*([^\s(){};]+)\s*\{"));

pub(super) fn scan(raw: &str) -> Scan {
    let source = Source::new(raw, &SYNTAX);
    let mut functions: Vec<Piece> = Vec::new();
    for captures in FUNCTION.captures_iter(&source.code) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
        let Some((_, end)) = source.body_after(whole.end().saturating_sub(1)) else { continue };
        functions.push(Piece { name: name.as_str().to_owned(), start: name.start(), end });
    }
    let is_case = |piece: &Piece| {
        let starts = piece.name.starts_with("Test") || piece.name.starts_with("Fuzz");
        starts && piece.name != "TestMain" && source.part(piece.start, piece.end).contains("*testing.")
    };
    let (cases, functions): (Vec<Piece>, Vec<Piece>) = functions.into_iter().partition(is_case);
    let patterns = Patterns { assertion: &ASSERTION, skip: &SKIP, exit: &EXIT, table: &TABLE, is_trivial };
    let mut scan = scan::scan(&source, &cases, &functions, &patterns);
    discount_unreachable(&mut scan, &source, &cases);
    // Skips further in belong to conditions, unless the line above opens a subtest.
    let lines: Vec<&str> = source.code.lines().collect();
    scan.marks.retain(|mark| {
        let above = mark.line.checked_sub(2).and_then(|index| lines.get(index)).copied().unwrap_or_default().trim();
        mark.what != scan::SKIPPED || !(above.starts_with("if ") || above.starts_with("} else") || above.starts_with("case "))
    });
    let returning = scan::early_returns(&source, &cases);
    scan::mark_all(&mut scan, &source, ENDS_EARLY, &returning);
    scan
}

/// An assertion in `if x != x` or `if false` is never reached.
fn discount_unreachable(scan: &mut Scan, source: &Source<'_>, cases: &[Piece]) {
    for (case, piece) in scan.cases.iter_mut().zip(cases) {
        for condition in NEVER.captures_iter(source.raw.get(piece.start..piece.end).unwrap_or_default()) {
            let side = |index| condition.get(index).map_or("", |side| side.as_str());
            if is_same(side(1), side(2)) {
                case.real = case.real.saturating_sub(1);
                case.trivial += 1;
            }
        }
    }
}

fn is_trivial(line: &str) -> bool {
    let sides = SIDES.captures(line).and_then(|captures| Some((captures.get(1)?.as_str(), captures.get(2)?.as_str())));
    ALWAYS.is_match(line) || sides.is_some_and(|(left, right)| is_same(left, right))
}
