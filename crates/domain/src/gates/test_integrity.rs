//! Tests stay tests: none is deleted, skipped, emptied or made unable to fail. Source is read by a light tokenizer for each
//! language, and only what is new counts: what a repository had before is not this work's fault.

mod compare;
mod go;
mod java_ruby;
mod javascript;
mod python;
mod rust;
mod scan;
mod settings;
mod shell;
mod source;
#[cfg(test)]
mod tests;

use protocol::runs::GateVerdict::{Failed, Inconclusive};

use super::{Finding, text};
use crate::ports::vcs::ChangedFile;
use compare::Problem;
use scan::Scan;

/// Whether the tests of the project prove at least as much as before.
pub fn judge(changed: &[ChangedFile]) -> Finding {
    let mut problems: Vec<Problem> = compare::problems(changed);
    for file in changed {
        let found = settings::stands_in(file).into_iter();
        problems.extend(found.map(|what| Problem { verdict: Failed, path: file.path.clone(), line: 0, what }));
    }
    for file in changed.iter().filter(|file| file.link.is_none()) {
        let found = settings::problems(file).into_iter();
        problems.extend(found.map(|(line, what)| Problem { verdict: Failed, path: file.path.clone(), line, what }));
    }
    if problems.is_empty() {
        let touched = if touched(changed) { "Tests were changed, none of them weakened" } else { "No test was touched" };
        return Finding::passed(touched);
    }

    problems.sort_by_key(|problem| problem.verdict != Failed);
    let place = |problem: &Problem| {
        let path = text::one_line(&problem.path, 100);
        if problem.line == 0 { path } else { format!("{path}:{}", problem.line) }
    };
    let lines: Vec<String> = problems.iter().map(|problem| format!("{}: {}", place(problem), problem.what)).collect();
    let more = if lines.len() > 1 { format!(" (and {} more)", lines.len() - 1) } else { String::new() };
    let summary = format!("{}{more}", lines.first().map_or("", String::as_str));
    let finding = if problems.iter().any(|problem| problem.verdict == Failed) {
        Finding::failed(&summary)
    } else {
        debug_assert!(problems.iter().all(|problem| problem.verdict == Inconclusive), "problems are one or the other");
        Finding::inconclusive(&summary)
    };
    let hints = lines.iter().map(|line| format!("Mend this, do not get around it: {line}"));
    finding.with_evidence(&lines.iter().take(100).cloned().collect::<Vec<_>>().join("\n")).with_hints(hints)
}

/// Whether the work changed any test of the project.
pub fn touched(changed: &[ChangedFile]) -> bool {
    let has_inline =
        |file: &ChangedFile| file.path.ends_with(".rs") && compare::scanned(file).is_some_and(|(before, after)| before != after);
    changed.iter().any(|file| is_test_path(&file.path) || has_inline(file))
}

/// Whether a path is that of a file with tests, by the conventions of its language.
pub fn is_test_path(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    if language(path).is_none() || matches!(name, "conftest.py" | "__init__.py") {
        return false;
    }
    is_named_as_test(stem, extension) || folders.split('/').any(is_test_folder)
}

/// A file that is nothing but tests by its own name, or the script that runs them.
pub(super) fn is_strictly_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let is_runner = extension == "sh" && stem.starts_with("run") && folders.split('/').any(is_test_folder);
    is_test_path(path) && (is_named_as_test(stem, extension) || is_runner)
}

fn is_test_folder(folder: &str) -> bool {
    matches!(folder, "tests" | "test" | "__tests__" | "spec" | "specs" | "e2e")
}

fn is_named_as_test(stem: &str, extension: &str) -> bool {
    match extension {
        "py" | "rb" | "sh" | "bash" => {
            stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_spec") || matches!(stem, "test" | "tests")
        }
        "go" => stem.ends_with("_test"),
        "rs" => stem.ends_with("_test") || stem.ends_with("_tests") || matches!(stem, "tests" | "test"),
        "java" | "kt" => stem.ends_with("Test") || stem.ends_with("Tests") || stem.starts_with("Test") || stem.ends_with("IT"),
        "bats" => true,
        _ => stem.ends_with(".test") || stem.ends_with(".spec") || matches!(stem, "test" | "tests"),
    }
}

/// The reader for a path's language.
fn language(path: &str) -> Option<fn(&str) -> Scan> {
    Some(match path.rsplit_once('.')?.1 {
        "py" => python::scan,
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" => javascript::scan,
        "rs" => rust::scan,
        "go" => go::scan,
        "sh" | "bash" | "bats" => shell::scan,
        "java" | "kt" => java_ruby::scan_java,
        "rb" => java_ruby::scan_ruby,
        _ => return None,
    })
}
