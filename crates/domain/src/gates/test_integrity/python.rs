//! Tests in Python: pytest and unittest.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, ENDS_EARLY, Patterns, Piece, SWALLOWED, Scan, is_same},
    source::{Source, Syntax},
};

const SYNTAX: Syntax = Syntax {
    line_comments: &["#"],
    block_comment: None,
    long_strings: &["\"\"\"", "'''"],
    short_strings: &['"', '\''],
    has_character_literals: false,
    is_shell: false,
};

static DEF: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)"));
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bassert\b|\.assert\w*\s*\(|\bpytest\s*\.\s*(?:raises|warns|fail|deprecated_call)\b|\bself\s*\.\s*fail\w*\s*\(|\braise\b|\.raise_for_status\s*\(",
    )
});
static SKIP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?m)\bmark\s*\.\s*(?:skip\b|xfail\b|skipif\s*\(\s*True\b)|@(?:unittest\s*\.\s*)?(?:skip\b|expectedFailure\b|skipIf\s*\(\s*True\b|",
        r"skipUnless\s*\(\s*False\b)|^(?:    |\t)?(?:    |\t)(?:pytest\s*\.\s*(?:skip|xfail)|self\s*\.\s*skipTest)\s*\(|^pytest\s*\.\s*skip\s*\(",
    ))
});
static EXIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t]*(?:sys\s*\.\s*exit|os\s*\.\s*_exit|exit|quit)\s*\(\s*0?\s*\)|^[ \t]*raise\s+SystemExit\s*(?:\(\s*0?\s*\))?\s*$",
    )
});
static TABLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bparametrize\b|\bsubTest\s*\(|@parameterized\b|^@pytest\.fixture\(params"));
static ALWAYS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^(?:assert\s+\(?(?:True|1|not False|not None|"[^"]+"|'[^']+')\)?\s*(?:,.*)?|self\.assertTrue\(\s*True\s*(?:,.*)?\)|self\.assertFalse\(\s*False\s*(?:,.*)?\)|self\.assertIsNone\(\s*None\s*\))$"#,
    )
});
static SIDES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?:assert\s+(.+?)\s+(?:==|is)\s+([^,]+?)|self\.assert(?:Equal|Equals|Is)\(([^,]+),\s*([^,()]+)\))(?:,.*)?$")
});

pub(super) fn scan(raw: &str) -> Scan {
    let source = Source::new(raw, &SYNTAX);
    let functions = functions(&source);
    let cases: Vec<Piece> = functions.iter().filter(|function| function.name.starts_with("test")).cloned().collect();
    let patterns = Patterns { assertion: &ASSERTION, skip: &SKIP, exit: &EXIT, table: &TABLE, is_trivial };
    let mut scan = scan::scan(&source, &cases, &functions, &patterns);
    // A script may end well after its tests ran.
    let main = source.code.find("\nif __name__").map_or(usize::MAX, |at| source.line(at));
    scan.marks.retain(|mark| mark.what != ENDS_EARLY || mark.line <= main);
    let swallowing: Vec<usize> = cases.iter().filter(|case| swallows(&source, case)).map(|case| case.start).collect();
    scan::mark_all(&mut scan, &source, SWALLOWED, &swallowing);
    let returning: Vec<usize> = cases.iter().filter(|case| returns_first(&source, case)).map(|case| case.start).collect();
    scan::mark_all(&mut scan, &source, ENDS_EARLY, &returning);
    scan
}

/// All functions with their bodies, which end where a line stands no further in.
fn functions(source: &Source<'_>) -> Vec<Piece> {
    let mut done: Vec<Piece> = Vec::new();
    let mut open: Vec<(usize, Piece)> = Vec::new();
    let (mut at, mut depth) = (0usize, 0usize);
    for line in source.code.split_inclusive('\n') {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if depth == 0 && !text.is_empty() {
            while open.last().is_some_and(|(outer, _)| indent <= *outer) {
                done.extend(open.pop().map(|(_, piece)| Piece { end: at, ..piece }));
            }
            if let Some(name) = DEF.captures(line).and_then(|captures| captures.get(2)) {
                open.push((indent, Piece { name: name.as_str().to_owned(), start: at, end: source.code.len() }));
            }
        }
        for byte in line.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        at += line.len();
    }
    done.extend(open.into_iter().map(|(_, piece)| piece));
    done.sort_by_key(|piece| piece.start);
    done
}

fn is_trivial(line: &str) -> bool {
    let line = line.split("  #").next().unwrap_or_default().trim();
    let sides = SIDES.captures(line).and_then(|captures| {
        Some((captures.get(1).or_else(|| captures.get(3))?.as_str(), captures.get(2).or_else(|| captures.get(4))?.as_str()))
    });
    ALWAYS.is_match(line) || sides.is_some_and(|(left, right)| is_same(left, right))
}

/// The statements of a case, each with its indentation; the signature left out.
fn statements<'s>(source: &'s Source<'_>, case: &Piece) -> Vec<(usize, &'s str)> {
    let body = source.part(case.start, case.end);
    let lines = body.lines().map(|line| (line.len() - line.trim_start().len(), line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.trim_matches(['"', '\'']).trim().is_empty());
    lines.skip_while(|(_, line)| !line.ends_with(':')).skip(1).collect()
}

fn returns_first(source: &Source<'_>, case: &Piece) -> bool {
    statements(source, case).first().is_some_and(|(_, line)| matches!(*line, "return" | "return None" | "return True"))
}

/// The whole body stands in a `try` whose handler for any error does nothing.
fn swallows(source: &Source<'_>, case: &Piece) -> bool {
    static ANY_ERROR: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^except(?:\s*\(?\s*(?:\w+,\s*)*(?:Exception|AssertionError|BaseException)\b.*)?\s*:\s*(.*)$"));
    let statements = statements(source, case);
    let Some((indent, "try:")) = statements.first().copied() else { return false };
    let is_outside =
        |(other, line): &&(usize, &str)| *other <= indent && !line.starts_with("except") && !line.starts_with("finally");
    if statements.iter().skip(1).any(|statement| is_outside(&statement) && ASSERTION.is_match(statement.1)) {
        return false;
    }
    statements.iter().zip(statements.iter().skip(1)).any(|((other, line), (_, next))| {
        let Some(captures) = ANY_ERROR.captures(line).filter(|_| *other == indent) else { return false };
        let inline = captures.get(1).map_or("", |inline| inline.as_str());
        let handler = if inline.is_empty() { *next } else { inline };
        matches!(handler, "pass" | "..." | "return" | "return None" | "return True") || handler.starts_with("print(")
    }) || statements
        .last()
        .is_some_and(|(_, line)| matches!(*line, "except: pass" | "except Exception: pass" | "except AssertionError: pass"))
}
