//! Tests before and after: what is gone, and what can no longer fail.

use std::collections::{HashMap, HashSet};

use protocol::runs::GateVerdict::{self, Failed, Inconclusive};

use super::{
    super::text,
    is_strictly_test, is_test_path, language,
    scan::{Mark, Scan},
    shell::WHOLE,
};
use crate::ports::vcs::ChangedFile;

/// Something wrong with tests. Line 0 is the whole file.
pub(super) struct Problem {
    pub(super) verdict: GateVerdict,
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) what: String,
}

struct Compared<'a> {
    file: &'a ChangedFile,
    before: Scan,
    after: Scan,
}

pub(super) fn problems(changed: &[ChangedFile]) -> Vec<Problem> {
    let mut compared: Vec<Compared<'_>> = Vec::new();
    let mut problems = Vec::new();
    for file in changed.iter().filter(|file| is_test_path(&file.path) || file.path.ends_with(".rs")) {
        if file.opaque || file.link.is_some() {
            problems.extend(unreadable(file));
        } else if let Some((before, after)) = scanned(file) {
            compared.push(Compared { file, before, after });
        }
    }
    problems.extend(removed(&compared, changed));
    problems.extend(marks(&compared));
    problems.extend(toothless(&compared));
    problems
}

/// The tests of a file before and after; `None` when its language is not read.
pub(super) fn scanned(file: &ChangedFile) -> Option<(Scan, Scan)> {
    let scan = language(&file.path)?;
    let of = |text: &Option<String>| text.as_deref().map(scan).unwrap_or_default();
    Some((of(&file.before), of(&file.after)))
}

fn unreadable(file: &ChangedFile) -> Option<Problem> {
    let had_text = file.before.as_deref().is_some_and(|text| !text.trim().is_empty());
    let (verdict, what) =
        if had_text { (Failed, "its tests can no longer be read") } else { (Inconclusive, "its tests cannot be read") };
    (is_test_path(&file.path) && file.after.is_some()).then(|| problem(verdict, file, 0, what.to_owned()))
}

fn problem(verdict: GateVerdict, file: &ChangedFile, line: usize, what: String) -> Problem {
    Problem { verdict, path: file.path.clone(), line, what }
}

/// Tests that are in no file any more. One that moved is known by its name, one that was renamed by its file.
fn removed(compared: &[Compared<'_>], changed: &[ChangedFile]) -> Vec<Problem> {
    let mut arrived: HashMap<&str, usize> = HashMap::new();
    for part in compared {
        for name in fresh(&part.after, &part.before) {
            *arrived.entry(name).or_default() += 1;
        }
    }
    let mut problems = Vec::new();
    for part in compared {
        let gone = fresh(&part.before, &part.after);
        let mut renamed = fresh(&part.after, &part.before).len();
        let rows = if part.after.tables > part.before.tables { table_rows(part.file) } else { 0 };
        let mut lost: Vec<&str> = gone.into_iter().filter(|name| !take(&mut arrived, name)).collect();
        renamed = renamed.max(rows);
        if renamed > 0 {
            lost = lost.into_iter().skip(renamed).collect();
        }
        let is_gone = part.file.after.is_none();
        if lost.is_empty() && !is_emptied(part, changed) {
            continue;
        }
        let (verdict, because) = if is_gone && subject_is_gone(part.file, changed) {
            (Inconclusive, " together with what they tested")
        } else {
            (Failed, "")
        };
        let names = text::one_line(&lost.iter().take(5).copied().collect::<Vec<_>>().join(", "), 120);
        let what = match (is_gone, lost.len()) {
            (true, 0) => format!("this test file was deleted{because}"),
            (true, count) => format!("this test file was deleted with {count} tests{because}: {names}"),
            (false, 0) => "this test file was emptied".to_owned(),
            (false, count) => format!("{count} tests were removed: {names}"),
        };
        problems.push(problem(verdict, part.file, 0, what));
    }
    problems
}

/// Names of cases in `this` that are not in `other`, each as often as it is missing.
fn fresh<'s>(this: &'s Scan, other: &Scan) -> Vec<&'s str> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for case in &other.cases {
        *known.entry(&case.name).or_default() += 1;
    }
    let names = this.cases.iter().map(|case| case.name.as_str()).filter(|name| *name != WHOLE);
    names.filter(|name| !take(&mut known, name)).collect()
}

fn take(counts: &mut HashMap<&str, usize>, name: &str) -> bool {
    match counts.get_mut(name) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

/// Rows of a table that was added, by the looks of the lines.
fn table_rows(file: &ChangedFile) -> usize {
    let starts = ['(', '[', '{', '"', '\''];
    let is_row = |line: &str| {
        line.trim_start().starts_with(starts) || line.trim_start().starts_with("#[case") || line.contains("#[test_case")
    };
    text::added_lines(file).iter().filter(|(_, line)| is_row(line)).count()
}

/// A file of tests without names of its own, such as a script, that is gone or has nothing left.
fn is_emptied(part: &Compared<'_>, changed: &[ChangedFile]) -> bool {
    let before = part.file.before.as_deref().unwrap_or_default();
    if !is_strictly_test(&part.file.path) || before.trim().is_empty() {
        return false;
    }
    let has_names = part.before.cases.iter().any(|case| case.name != WHOLE);
    match part.file.after.as_deref() {
        None if has_names => false,
        None => !changed.iter().any(|other| other.before.is_none() && other.after.as_deref() == Some(before)),
        Some(after) => !part.before.cases.is_empty() && (after.trim().is_empty() || part.after.cases.is_empty()) && !has_names,
    }
}

/// Whether the code that a deleted test file is named after was deleted as well.
fn subject_is_gone(file: &ChangedFile, changed: &[ChangedFile]) -> bool {
    fn stem(path: &str) -> &str {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }
    let test = stem(&file.path);
    let subject =
        test.strip_prefix("test_").or_else(|| test.strip_suffix("_test")).or_else(|| test.strip_suffix("Test")).unwrap_or(test);
    changed.iter().any(|other| other.after.is_none() && !is_test_path(&other.path) && stem(&other.path) == subject)
}

/// Skips, early ends and swallowed failures that were not there before, in any file.
fn marks(compared: &[Compared<'_>]) -> Vec<Problem> {
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for mark in compared.iter().flat_map(|part| &part.before.marks) {
        *known.entry((mark.what, &mark.text)).or_default() += 1;
    }
    let mut problems = Vec::new();
    for part in compared {
        for Mark { what, text, line } in &part.after.marks {
            match known.get_mut(&(*what, text.as_str())) {
                Some(left) if *left > 0 => *left -= 1,
                _ => problems.push(problem(Failed, part.file, *line, format!("{what}: {}", text::one_line(text, 80)))),
            }
        }
    }
    problems
}

/// Cases that cannot fail and are new, or could fail before.
fn toothless(compared: &[Compared<'_>]) -> Vec<Problem> {
    let before = || compared.iter().flat_map(|part| &part.before.cases);
    let toothless: HashSet<&str> =
        before().filter(|case| case.real == 0 && case.name != WHOLE).map(|case| case.name.as_str()).collect();
    let mut problems = Vec::new();
    for part in compared {
        for case in &part.after.cases {
            let same = part.before.cases.iter().take(5000).find(|old| old.name == case.name);
            let name = text::one_line(&case.name, 80);
            let is_library = case.name == WHOLE && !is_strictly_test(&part.file.path);
            let was_toothless =
                toothless.contains(case.name.as_str()) || (case.name == WHOLE && same.is_some_and(|old| old.real == 0));
            if case.real == 0 && !was_toothless && !is_library {
                let what = if case.trivial > 0 { "asserts only what is always true" } else { "asserts nothing" };
                problems.push(problem(Failed, part.file, case.line, format!("the test \"{name}\" {what}")));
            } else if same.is_some_and(|old| case.real < old.real && case.trivial > old.trivial) {
                let what = format!("an assertion of \"{name}\" became one that is always true");
                problems.push(problem(Failed, part.file, case.line, what));
            }
        }
    }
    problems
}
