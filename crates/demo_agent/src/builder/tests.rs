//! Tests: a shell script that runs every example for real and compares, and what makes the project find it.

use std::fmt::Write;

use domain::specs::examples::{ExitCode, PagePart};

use super::{
    page,
    plan::{Branch, Language, Plan, Printed, ProgramPlan},
    program::{self, MARK},
    shell::quote,
    template::{Piece, Template},
};

/// How the pytest bridge calls the script.
pub(crate) const PYTEST_PATH: &str = "tests/test_examples.py";

/// The words that start the script's closing lines; checks stand above it.
pub(crate) const CLOSING: &str = "\nprintf '%s passed, %s failed\\n'";

const OPENING: &str = r#"set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

ok() {
    passed=$((passed + 1))
    printf 'ok - %s\n' "$1"
}

not_ok() {
    failed=$((failed + 1))
    printf 'not ok - %s\n    expected: %s\n    got: %s\n' "$1" "$2" "$3"
}

# assert_eq NAME EXPECTED GOT
assert_eq() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2" "$3"; fi
}

# assert_contains NAME PART GOT
assert_contains() {
    case $3 in
        *"$2"*) ok "$1" ;;
        *) not_ok "$1" "something with $2" "$3" ;;
    esac
}

# assert_fails NAME CODE
assert_fails() {
    if [ "$2" -ne 0 ]; then ok "$1"; else not_ok "$1" 'a code other than 0' "$2"; fi
}

# assert_file NAME PATH
assert_file() {
    if [ -f "$2" ]; then ok "$1"; else not_ok "$1" "the file $2" 'no such file'; fi
}

# run INPUT COMMAND...: runs in a fresh folder, with $file in it when that is set, and keeps stdout, stderr and code.
file=
run() {
    given=$1
    shift
    rm -rf "$scratch/work"
    mkdir "$scratch/work"
    cd "$scratch/work" || exit 1
    [ -z "$file" ] || printf '%s\n' 'first line' 'second line' >"$file"
    file=
    printf '%s' "$given" | "$@" >"$scratch/stdout" 2>"$scratch/stderr"
    code=$?
    stdout=$(cat "$scratch/stdout")
    stderr=$(cat "$scratch/stderr")
    cd "$root" || exit 1
}
"#;

/// The test script for everything that the examples demand.
pub(crate) fn script(plan: &Plan, foreign_pages: &[String]) -> String {
    let mut source =
        format!("#!/bin/sh\n# Tests {MARK}: every example is run for real, with two values for each placeholder.\n{OPENING}");
    for program in plan.programs.values() {
        for branch in program.ordered() {
            source.push('\n');
            for line in &branch.lines {
                let _ = writeln!(source, "# {line}");
            }
            for round in 0..if branch.names.is_empty() { 1 } else { 2 } {
                write_checks(&mut source, program, branch, round);
            }
        }
    }
    for page in plan.pages.values() {
        write_page_checks(&mut source, page, foreign_pages.contains(&page.path));
    }
    for (path, texts) in &plan.files {
        let _ = writeln!(source, "\nassert_file {} \"$root\"/{}", quote(&format!("{path} is there")), quote(path));
        for text in texts {
            if text.is_empty() {
                let name = quote(&format!("{path} is empty"));
                let _ = writeln!(source, "assert_eq {name} '' \"$(cat \"$root\"/{})\"", quote(path));
                continue;
            }
            let name = quote(&format!("{path} contains {text}"));
            let _ = writeln!(source, "assert_contains {name} {} \"$(cat \"$root\"/{})\"", quote(text), quote(path));
        }
    }
    source.push_str(CLOSING);
    source.push_str(" \"$passed\" \"$failed\"\n[ \"$failed\" -eq 0 ]\n");
    source
}

fn write_checks(source: &mut String, program: &ProgramPlan, branch: &Branch, round: usize) {
    let values = samples(program, branch, round);
    let mut call = match program.language {
        Language::Shell => String::new(),
        Language::Python => "python3 ".to_owned(),
    };
    let _ = write!(call, "\"$root\"/{}", quote(&program.path));
    let mut shown = program::short_name(&program.path).to_owned();
    for argument in &branch.arguments {
        let argument = argument.fill(&values);
        let _ = write!(call, " {}", quote(&argument));
        let _ = write!(shown, " {argument}");
    }
    if let Some(input) = branch.input
        && input.content.is_some()
        && let Some(argument) = branch.arguments.get(input.argument)
    {
        let _ = writeln!(source, "file={}", quote(&argument.fill(&values)));
    }
    let stdin = branch.given.as_ref().map(|given| given.fill(&values));
    let _ = writeln!(source, "run {} {call}", quote(stdin.as_deref().unwrap_or_default()));
    for (printed, stream, called) in [(&branch.stdout, "stdout", "output"), (&branch.stderr, "stderr", "standard error")] {
        write_printed_checks(source, printed, &values, &format!("{shown}: {called}"), stream);
    }
    match branch.code {
        Some((ExitCode::Is(code), _)) => {
            let _ = writeln!(source, "assert_eq {} '{code}' \"$code\"", quote(&format!("{shown}: exit code")));
        }
        Some((ExitCode::NotZero, _)) => {
            let _ = writeln!(source, "assert_fails {} \"$code\"", quote(&format!("{shown}: exit code")));
        }
        None => {}
    }
    for (path, content) in &branch.files {
        let path = path.fill(&values);
        let file = format!("\"$scratch/work\"/{}", quote(&path));
        let _ = writeln!(source, "assert_file {} {file}", quote(&format!("{shown}: creates {path}")));
        if let Some(content) = content {
            let content = content.fill(&values);
            if content.is_empty() {
                let _ = writeln!(source, "assert_eq {} '' \"$(cat {file})\"", quote(&format!("{shown}: {path} is empty")));
                continue;
            }
            let name = quote(&format!("{shown}: {path} contains {content}"));
            let _ = writeln!(source, "assert_contains {name} {} \"$(cat {file})\"", quote(&content));
        }
    }
}

fn write_printed_checks(source: &mut String, printed: &Printed, values: &[String], name: &str, stream: &str) {
    if let Some((text, _)) = &printed.whole {
        let text = text.fill(values);
        let _ = writeln!(source, "assert_eq {} {} \"${stream}\"", quote(name), quote(text.trim_end_matches('\n')));
    }
    for (text, _) in &printed.within {
        let text = text.fill(values);
        let _ = writeln!(source, "assert_contains {} {} \"${stream}\"", quote(&format!("{name} contains {text}")), quote(&text));
    }
}

fn write_page_checks(source: &mut String, page: &super::plan::PagePlan, is_foreign: bool) {
    source.push('\n');
    let path = quote(&page.path);
    let _ = writeln!(source, "page=$(cat \"$root\"/{path})");
    for (part, text) in &page.texts {
        let text_on_page = page::escape(text);
        let (kind, ending) = match part {
            PagePart::Title => ("the title ", "</title>"),
            PagePart::Link => ("the link ", "</a>"),
            PagePart::LinkTarget => ("a link to ", ""),
            PagePart::Button => ("the button ", "</button>"),
            PagePart::Heading => ("the heading ", "</h"),
            PagePart::Text => ("", ""),
        };
        // People may have put more into the element, so only our own pages are held to the very end of it.
        let expected = match part {
            PagePart::LinkTarget => format!("href=\"{text_on_page}\""),
            _ if is_foreign => text_on_page,
            _ => format!("{text_on_page}{ending}"),
        };
        let _ = writeln!(
            source,
            "assert_contains {} {} \"$page\"",
            quote(&format!("{} shows {kind}{text}", page.path)),
            quote(&expected)
        );
    }
}

/// A value for each placeholder: never a word that the program knows, and the name of a file where one is made of it.
fn samples(program: &ProgramPlan, branch: &Branch, round: usize) -> Vec<String> {
    let known: Vec<String> = program
        .ordered()
        .iter()
        .flat_map(|branch| branch.arguments.iter().chain(&branch.stdin))
        .filter_map(Template::literal)
        .collect();
    let offer = |words: [&'static str; 6], skipped: usize| {
        words
            .into_iter()
            .filter(|word| !known.iter().any(|known| known == word))
            .cycle()
            .nth(skipped)
            .unwrap_or("value")
            .to_owned()
    };
    (0..branch.names.len())
        .map(|position| {
            if branch.input.is_some_and(|input| input.content == Some(position)) {
                return "first line\nsecond line".to_owned();
            }
            let is_input = |input: super::plan::Input| {
                branch.arguments.get(input.argument).is_some_and(|argument| argument.0.contains(&Piece::Value(position)))
            };
            let names_a_file = branch.input.is_some_and(is_input)
                || branch.files.iter().any(|(path, _)| path.0.contains(&Piece::Value(position)));
            if names_a_file {
                offer(["demo", "two words", "third", "fourth", "fifth", "sixth"], position + round)
            } else {
                offer(["Ada", "Grace Hopper", "Zoë", "it's $5 & more", "Linus", "x"], position + round * 2 + 1)
            }
        })
        .collect()
}

/// The Makefile with a `test` target for the script; `None` when it has a target of that name, which stays as it is.
pub(crate) fn makefile(existing: Option<&str>, script: &str) -> Option<String> {
    let target = format!(".PHONY: test\ntest:\n\tsh {script}\n");
    match existing {
        None => Some(target),
        Some(text) if text.lines().any(|line| line.starts_with("test:") || line.starts_with("test ")) => None,
        Some(text) => Some(format!("{}\n\n{target}", text.trim_end())),
    }
}

/// A test that pytest finds, and that runs the script.
pub(crate) fn pytest(script: &str) -> String {
    format!(
        "\"\"\"Tests {MARK}: runs {script} and shows what it says.\"\"\"\nimport subprocess\nfrom pathlib import Path\n\n\
         ROOT = Path(__file__).resolve().parent.parent\n\n\ndef test_examples():\n    \
         result = subprocess.run([\"sh\", \"{script}\"], cwd=ROOT, capture_output=True, text=True)\n    \
         assert result.returncode == 0, result.stdout + result.stderr\n    assert \" 0 failed\" in result.stdout\n"
    )
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn a_test_target_of_others_stays() {
        assert_eq!(makefile(Some("test: all\n\tctest\n"), "tests/run.sh"), None);
        assert_eq!(
            makefile(Some("all:\n\tcc x.c\n"), "tests/run.sh").as_deref(),
            Some("all:\n\tcc x.c\n\n.PHONY: test\ntest:\n\tsh tests/run.sh\n")
        );
    }
}
