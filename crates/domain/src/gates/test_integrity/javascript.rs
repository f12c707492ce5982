//! Tests in JavaScript and TypeScript: jest, vitest, mocha, node:test, playwright.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    super::text::pattern,
    scan::{self, ENDS_EARLY, Patterns, Piece, SWALLOWED, Scan, is_same},
    shell::WHOLE,
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

static CASE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:^|[\s;{}(,=>])(?:Deno\.)?(?:it|test|specify|xit|xtest|fit)((?:\.(?:skip|only|todo|each|concurrent|failing|fails|skipIf|runIf|sequential|serial))*)\s*[(`]",
    )
});
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\bfunction\s*\*?\s*(\w+)\s*\(|\b(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s*)?(?:function\b[^(]*)?\(")
});
static ASSERTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\bexpect\w*(?:\.\w+)?\s*(?:<[^>()]*>)?\(|\bassert\w*(?:\.\w+)*\s*\(|\.should\b|\bshould\s*[.(]|\bthrow\b|\.rejects\b|\bsinon\.assert\b|",
        r"\bt\.(?:is|not|deepEqual|equal|equals|ok|notOk|true|false|truthy|falsy|same|strictSame|throws|throwsAsync|regex|like|match|fail|snapshot|assert|rejects)\s*\(|",
        r"\b(?:get|find)(?:All)?By[A-Z]\w*\s*\(|\breject\s*\(|\bdone\s*\(\s*\w|\bfail\s*\(",
    ))
});
static SKIP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"\b(?:it|test|describe|context|suite|specify)(?:\.\w+)*\.(?:skip|todo|only|fails|failing|fixme)(?:\.each)?\s*\(\s*["'`)\[]|"#,
        r#"\bx(?:it|test|describe|context|specify)\s*\(|\bf(?:it|describe)\s*\(\s*["'`]|\bthis\.skip\s*\(|\bt\.(?:skip|todo)\s*\(|\b(?:skip|todo|only)\s*:\s*true\b"#,
    ))
});
static EXIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bprocess\.exit\s*\(\s*0?\s*\)"));
static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.(?:each|forEach)\s*[(`]|\bfor\s*\((?:const|let)\s"));
static ALWAYS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\bexpect\(\s*(?:true|1)\s*\)\.(?:toBeTruthy|to\.be\.true|to\.be\.ok|toBeDefined)|\bexpect\(\s*false\s*\)\.(?:toBeFalsy|to\.be\.false)|",
        r"\bassert(?:\.ok|\.isTrue|\.isOk)?\(\s*(?:true|1)\s*[,)]|\bt\.(?:ok|true|truthy|assert)\(\s*true\s*[,)]|\bt\.pass\(",
    ))
});
static SIDES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\bexpect\(([^()]*)\)\.(?:toBe|toEqual|toStrictEqual|to\.equal|to\.eql|to\.deep\.equal)\(([^()]*)\)|",
        r"\b(?:assert|t)\.(?:equal|strictEqual|deepEqual|deepStrictEqual|is)\(([^(),]*),([^(),]*)[,)]|\bassert\(([^()]*?)===?([^()]*?)\)",
    ))
});
static REQUIRE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\brequire\s*\("));
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bconsole\.|\bprocess\.stdout\b"));
static TRY: LazyLock<Regex> = LazyLock::new(|| pattern(r"\btry\s*\{"));
static EMPTY_CATCH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*catch\s*(?:\([^)]*\))?\s*\{\s*(?:(?:return|console\.\w+\([^)]*\))\s*;?\s*)?\}"));

pub(super) fn scan(raw: &str) -> Scan {
    let source = Source::new(raw, &SYNTAX);
    let mut cases: Vec<Piece> = CASE.captures_iter(&source.code).filter_map(|captures| case(&source, &captures)).collect();
    // A file without cases that prints may print what a runner would.
    if cases.is_empty() && SPEAKS.is_match(&source.code) {
        cases.push(Piece { name: WHOLE.to_owned(), start: 0, end: source.code.len() });
    }
    let functions: Vec<Piece> = FUNCTION
        .captures_iter(&source.code)
        .filter_map(|captures| {
            let (whole, name) = (captures.get(0)?, captures.get(1).or_else(|| captures.get(2))?);
            let parameters = source.close(whole.end().checked_sub(1)?);
            let (_, end) = source.body_after(parameters.checked_add(1)?)?;
            Some(Piece { name: name.as_str().to_owned(), start: name.start(), end })
        })
        .collect();
    let patterns = Patterns { assertion: &ASSERTION, skip: &SKIP, exit: &EXIT, table: &TABLE, is_trivial };
    let mut scan = scan::scan(&source, &cases, &functions, &patterns);
    // That a file loads another one proves nothing.
    let loads = REQUIRE.find_iter(&source.code).count();
    scan.cases.iter_mut().filter(|case| case.name == WHOLE).for_each(|case| case.real = case.real.saturating_sub(loads));
    let swallowing = swallowing(&source, &cases);
    scan::mark_all(&mut scan, &source, SWALLOWED, &swallowing);
    let callbacks: Vec<Piece> =
        cases.iter().filter(|case| case.name != WHOLE).filter_map(|case| callback(&source, case)).collect();
    let returning = scan::early_returns(&source, &callbacks);
    scan::mark_all(&mut scan, &source, ENDS_EARLY, &returning);
    scan
}

/// From the opening bracket of the call to its end; after a table, of the call that follows it.
fn case(source: &Source<'_>, captures: &regex::Captures<'_>) -> Option<Piece> {
    let whole = captures.get(0)?;
    let mut open = whole.end().checked_sub(1)?;
    let chain = captures.get(1).map_or("", |chain| chain.as_str());
    if chain.contains("todo") {
        return None;
    }
    if [".each", "If"].iter().any(|table| chain.contains(table)) {
        let is_call = source.part(open, open + 1) == "(";
        let end = if is_call { source.close(open) } else { open + 1 + source.code.get(open + 1..)?.find('`')? };
        let rest = source.code.get(end + 1..)?;
        open = end + 1 + (rest.len() - rest.trim_start().len());
    }
    if source.part(open, open + 1) != "(" {
        return None;
    }
    let raw = source.raw.get(open + 1..)?.trim_start();
    let quote = raw.chars().next()?;
    let name =
        if matches!(quote, '"' | '\'' | '`') { raw.get(1..)?.split(quote).next()? } else { raw.split([',', ')']).next()? };
    // A method of that name on something else takes no text and no function.
    let end = source.close(open);
    let has_body = ["=>", "function"].iter().any(|sign| source.part(open, end).contains(sign));
    if !has_body && !matches!(quote, '"' | '\'' | '`') {
        return None;
    }
    let text: String = name.chars().take(200).collect();
    Some(Piece { name: text, start: open, end })
}

/// The function that a case is given.
fn callback(source: &Source<'_>, case: &Piece) -> Option<Piece> {
    let arrow = source.part(case.start, case.end).find("=>").or_else(|| source.part(case.start, case.end).find("function"))?;
    Some(Piece { start: case.start + arrow + 2, ..case.clone() })
}

/// Cases with an assertion inside a `try` whose `catch` does nothing.
fn swallowing(source: &Source<'_>, cases: &[Piece]) -> Vec<usize> {
    let tries = TRY.find_iter(&source.code).map(|found| found.end() - 1);
    let empty = tries.filter(|open| {
        let close = source.close(*open);
        let handler = source.part(close + 1, (close + 200).min(source.code.len()));
        EMPTY_CATCH.is_match(handler) && ASSERTION.is_match(source.part(*open, close))
    });
    empty.filter(|open| cases.iter().any(|case| (case.start..case.end).contains(open))).collect()
}

fn is_trivial(line: &str) -> bool {
    let sides = SIDES.captures(line).and_then(|captures| {
        let mut groups = captures.iter().skip(1).flatten();
        Some((groups.next()?.as_str(), groups.next()?.as_str()))
    });
    ALWAYS.is_match(line) || sides.is_some_and(|(left, right)| is_same(left, right))
}
