//! Tests in Rust, in files of their own and beside the code.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, ENDS_EARLY, Patterns, Piece, Scan, is_same},
    source::{Source, Syntax},
};

const SYNTAX: Syntax = Syntax {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    long_strings: &["\""],
    short_strings: &[],
    has_character_literals: true,
    is_shell: false,
};

static TEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"#\[\s*(?:\w+\s*::\s*)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b[^\]]*\]"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bfn\s+(\w+)"));
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b\w*assert\w*!|\b(?:panic|unreachable|expect)!|\.unwrap\w*\(|\.expect\w*\(|[\w)\]]\?(?:[;.,)\s]|$)|#\[\s*should_panic|\bmatches!|\btrybuild\b",
    )
});
static SKIP: LazyLock<Regex> = LazyLock::new(|| pattern(r"#\[\s*ignore\b|#\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|FALSE|false)\s*\)"));
static EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bprocess::exit\s*\(\s*0\s*\)"));
static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"#\[\s*(?:case|test_case|values)\b|\bfor\s+\(.*\bin\b"));
static ALWAYS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bassert!\(\s*(?:true|!false)\s*[,)]"));
static SIDES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bassert_eq!\(([^(),]*),([^(),]*)[,)]|\bassert!\(([^()=,]*)==([^()=,]*)[,)]|\bassert!\(\s*matches!\(([^(),]*),([^(),]*)\)",
    )
});

pub(super) fn scan(raw: &str) -> Scan {
    let source = Source::new(raw, &SYNTAX);
    let mut functions = Vec::new();
    for captures in FUNCTION.captures_iter(&source.code) {
        let Some(name) = captures.get(1) else { continue };
        let end = source.body_after(name.end()).map_or(name.end(), |(_, end)| end);
        functions.push(Piece { name: name.as_str().to_owned(), start: name.start(), end });
    }
    let mut seen = HashSet::new();
    let mut cases = Vec::new();
    for attribute in TEST.find_iter(&source.code) {
        let next = functions.get(functions.partition_point(|function| function.start < attribute.start()));
        if let Some(function) = next.filter(|function| function.start - attribute.end() < 2000 && seen.insert(function.start)) {
            // From the attributes on, one of which may say that it should panic.
            cases.push(Piece { start: attribute.start(), ..function.clone() });
        }
    }
    let names: HashSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    functions.retain(|function| !names.contains(function.name.as_str()));
    let patterns = Patterns { assertion: &ASSERTION, skip: &SKIP, exit: &EXIT, table: &TABLE, is_trivial };
    let mut scan = scan::scan(&source, &cases, &functions, &patterns);
    if cases.is_empty() {
        scan.marks.clear();
    }
    let bodies: Vec<Piece> = cases.iter().filter_map(|case| body(&source, case)).collect();
    let returning = scan::early_returns(&source, &bodies);
    scan::mark_all(&mut scan, &source, ENDS_EARLY, &returning);
    scan
}

fn body(source: &Source<'_>, case: &Piece) -> Option<Piece> {
    let name = source.part(case.start, case.end).find("fn ")?;
    Some(Piece { start: case.start + name, ..case.clone() })
}

fn is_trivial(line: &str) -> bool {
    let sides = SIDES.captures(line).and_then(|captures| {
        let mut groups = captures.iter().skip(1).flatten();
        Some((groups.next()?.as_str(), groups.next()?.as_str()))
    });
    ALWAYS.is_match(line) || sides.is_some_and(|(left, right)| is_same(left, right))
}
