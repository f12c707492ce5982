//! Tests in Java and Kotlin, and in Ruby: the basics.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, Patterns, Piece, Scan, is_same},
    source::{Source, Syntax},
};

const JAVA: Syntax = Syntax {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    long_strings: &["\"\"\""],
    short_strings: &['"', '\''],
    has_character_literals: false,
    is_shell: false,
};

const RUBY: Syntax = Syntax {
    line_comments: &["#"],
    block_comment: Some(("\n=begin", "\n=end")),
    long_strings: &["\"", "'"],
    short_strings: &[],
    has_character_literals: false,
    is_shell: false,
};

static JAVA_TEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"@(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\b"));
static JAVA_METHOD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:void|fun|public|private|static|protected)\s+(?:[\w<>\[\]]+\s+)*(\w+|`[^`]+`)\s*\("));
static JAVA_ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\bassert\w*\b|\bAssertions?\.|\bverify\w*\s*\(|\bfail\s*\(|\bthrow\b|\.expect\w*\s*\(|\.andExpect\s*\(|\bshould\w*\b|expected\s*=",
    )
});
static JAVA_SKIP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"@(?:Disabled|Ignore)\b|enabled\s*=\s*false|\bassumeTrue\(\s*false\s*\)"));
static JAVA_EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bSystem\.exit\s*\(\s*0\s*\)"));
static JAVA_TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"@ParameterizedTest\b"));
static JAVA_SIDES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bassert(?:Equals|Same)\(([^(),]*),([^(),]*)[,)]"));
static JAVA_ALWAYS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bassertTrue\(\s*true\s*[,)]|\bassertFalse\(\s*false\s*[,)]|\bassert\s+true\b"));

static RUBY_CASE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^([ \t]*)(?:(?:it|specify|test|scenario)\b.*\bdo\b.*|def[ \t]+test_\w+.*)$"));
static RUBY_ASSERTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bexpect\b|\bassert\w*|\brefute\w*|\.must_\w+|\.should\b|\braise\b|\bis_expected\b|\bflunk\b"));
static RUBY_SKIP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^[ \t]*(?:xit|xdescribe|xcontext|xspecify|fit|fdescribe|fcontext)\b|^[ \t]*(?:skip|pending)\b[^=\n]*$")
});
static RUBY_EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*exit!?(?:\(?[ \t]*(?:0|true)\)?)?[ \t]*$"));
static RUBY_TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.each\b"));
static RUBY_SIDES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bassert_equal[ (]+([^(),]+),\s*([^(),]+)|\bexpect\(([^()]*)\)\.to eq[ (]+([^()]+)"));
static RUBY_ALWAYS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bassert[ (]+true\b|\bexpect\(true\)\.to (?:be_truthy|be true|eq[ (]true)"));

pub(super) fn scan_java(raw: &str) -> Scan {
    let source = Source::new(raw, &JAVA);
    let mut methods: Vec<Piece> = Vec::new();
    for captures in JAVA_METHOD.captures_iter(&source.code) {
        let (Some(whole), Some(name)) = (captures.get(0), captures.get(1)) else { continue };
        let Some((_, end)) = source.body_after(whole.end() - 1) else { continue };
        methods.push(Piece { name: name.as_str().to_owned(), start: name.start(), end });
    }
    let mut cases: Vec<Piece> = Vec::new();
    for annotation in JAVA_TEST.find_iter(&source.code) {
        let next = methods.get(methods.partition_point(|method| method.start < annotation.start()));
        if let Some(method) = next.filter(|method| method.start - annotation.start() < 1000) {
            cases.push(Piece { start: annotation.start(), ..method.clone() });
        }
    }
    methods.retain(|method| !cases.iter().take(2000).any(|case| case.name == method.name));
    let patterns = Patterns {
        assertion: &JAVA_ASSERTION,
        skip: &JAVA_SKIP,
        exit: &JAVA_EXIT,
        table: &JAVA_TABLE,
        is_trivial: is_trivial_java,
    };
    scan::scan(&source, &cases, &methods, &patterns)
}

pub(super) fn scan_ruby(raw: &str) -> Scan {
    let source = Source::new(raw, &RUBY);
    let mut cases: Vec<Piece> = Vec::new();
    for captures in RUBY_CASE.captures_iter(&source.code) {
        let (Some(whole), Some(indent)) = (captures.get(0), captures.get(1)) else { continue };
        let rest = source.code.get(whole.end()..).unwrap_or_default();
        let close = format!("{}end", indent.as_str());
        let mut end = whole.end();
        for line in rest.split_inclusive('\n').take(1000) {
            end += line.len();
            if line.trim_end() == close {
                break;
            }
        }
        cases.push(Piece { name: source.line_text(indent.end()).to_owned(), start: whole.start(), end });
    }
    let patterns = Patterns {
        assertion: &RUBY_ASSERTION,
        skip: &RUBY_SKIP,
        exit: &RUBY_EXIT,
        table: &RUBY_TABLE,
        is_trivial: is_trivial_ruby,
    };
    scan::scan(&source, &cases, &[], &patterns)
}

fn is_trivial_java(line: &str) -> bool {
    JAVA_ALWAYS.is_match(line) || has_same_sides(&JAVA_SIDES, line)
}

fn is_trivial_ruby(line: &str) -> bool {
    RUBY_ALWAYS.is_match(line) || has_same_sides(&RUBY_SIDES, line)
}

fn has_same_sides(regex: &Regex, line: &str) -> bool {
    let sides = regex.captures(line).and_then(|captures| {
        let mut groups = captures.iter().skip(1).flatten();
        Some((groups.next()?.as_str(), groups.next()?.as_str()))
    });
    sides.is_some_and(|(left, right)| is_same(left, right))
}
