//! What the languages have in common: cases with their assertions, and marks of tests that are kept from failing.

use std::{collections::HashSet, sync::LazyLock};

use regex::Regex;

use super::{super::text::pattern, source::Source};

/// A test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) line: usize,
    /// Assertions that can fail.
    pub(super) real: usize,
    /// Assertions of what is always true.
    pub(super) trivial: usize,
}

/// A place that keeps a test from failing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    pub(super) what: &'static str,
    pub(super) text: String,
    pub(super) line: usize,
}

/// The tests of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) cases: Vec<Case>,
    pub(super) marks: Vec<Mark>,
    /// Places where one case stands for a table of them.
    pub(super) tables: usize,
}

/// A piece of a file with a name: a case or any function.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a language calls things.
pub(super) struct Patterns {
    pub(super) assertion: &'static LazyLock<Regex>,
    pub(super) skip: &'static LazyLock<Regex>,
    pub(super) exit: &'static LazyLock<Regex>,
    pub(super) table: &'static LazyLock<Regex>,
    /// Whether an assertion in this raw line cannot fail.
    pub(super) is_trivial: fn(&str) -> bool,
}

pub(super) const SKIPPED: &str = "a test is skipped";
pub(super) const ENDS_EARLY: &str = "the tests end before their assertions";
pub(super) const SWALLOWED: &str = "a failure is swallowed";

static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Za-z_]\w*)[!?]?\s*(?:::<[^>()]*>)?\("));
static SAYS_SO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?i-u:_?(?:assert|expect|check|verify|should|must|ensure|require|validate|fail))"));

/// Puts the pieces of a file together. A call of a function that asserts is an assertion; a name that promises one counts
/// unless the function stands in this file and does not.
pub(super) fn scan(source: &Source<'_>, cases: &[Piece], functions: &[Piece], patterns: &Patterns) -> Scan {
    let direct = source.places(patterns.assertion);
    let (trivial, mut real): (Vec<usize>, Vec<usize>) =
        direct.into_iter().partition(|at| (patterns.is_trivial)(source.line_text(*at)));
    let calls: Vec<(usize, &str)> = CALL
        .captures_iter(&source.code)
        .filter_map(|captures| captures.get(1))
        .map(|name| (name.start(), name.as_str()))
        .collect();
    let starts: HashSet<usize> = functions.iter().chain(cases).map(|piece| piece.start).collect();
    let defined: HashSet<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    let foreign = calls.iter().filter(|(at, name)| SAYS_SO.is_match(name) && !defined.contains(name) && !trivial.contains(at));
    let foreign: Vec<usize> = foreign.map(|(at, _)| *at).filter(|at| !(patterns.is_trivial)(source.line_text(*at))).collect();
    real.extend(foreign);
    real.sort_unstable();
    real.dedup();
    for _ in 0..3 {
        let asserting: HashSet<&str> =
            functions.iter().filter(|function| within(&real, function) > 0).map(|function| function.name.as_str()).collect();
        let known: HashSet<usize> = real.iter().copied().collect();
        let more = calls.iter().filter(|(at, name)| asserting.contains(name) && !known.contains(at) && !starts.contains(at));
        let before = real.len();
        real.extend(more.map(|(at, _)| *at).collect::<Vec<_>>());
        real.sort_unstable();
        if real.len() == before {
            break;
        }
    }

    let cases = cases.iter().map(|piece| Case {
        name: piece.name.clone(),
        line: source.line(piece.start),
        real: within(&real, piece),
        trivial: within(&trivial, piece),
    });
    let mut scan = Scan { cases: cases.collect(), marks: Vec::new(), tables: source.places(patterns.table).len() };
    mark_all(&mut scan, source, SKIPPED, &source.places(patterns.skip));
    mark_all(&mut scan, source, ENDS_EARLY, &source.places(patterns.exit));
    scan
}

/// Adds a mark at each of these offsets.
pub(super) fn mark_all(scan: &mut Scan, source: &Source<'_>, what: &'static str, places: &[usize]) {
    let marks = places.iter().map(|at| Mark { what, text: source.line_text(*at).to_owned(), line: source.line(*at) });
    scan.marks.extend(marks);
}

/// Cases whose first statement is a bare return.
pub(super) fn early_returns(source: &Source<'_>, cases: &[Piece]) -> Vec<usize> {
    static RETURN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[\s{]*return[ \t]*(?:;|\r?\n|true;|null;|None\b)"));
    let body = |case: &Piece| source.body_after(case.start).filter(|(open, _)| *open < case.end).map(|(open, _)| open);
    cases
        .iter()
        .filter_map(body)
        .filter(|open| RETURN.is_match(source.part(*open, (*open + 200).min(source.code.len()))))
        .collect()
}

/// `expected` and `actual` are the same plain value or name.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.trim(), right.trim());
    left == right && !left.is_empty() && !left.contains('(')
}

fn within(places: &[usize], piece: &Piece) -> usize {
    places.partition_point(|at| *at < piece.end)
        - places.partition_point(|at| *at < piece.start).min(places.partition_point(|at| *at < piece.end))
}
