//! Projects as they are found, and what is run in them.

use super::*;

/// The commands of a project of these files, as `dir: argv`, by kind.
fn found(files: &[(&str, &str)]) -> [Vec<String>; 3] {
    let checks = detected(files);
    [checks.build, checks.lint, checks.tests].map(|checks| {
        let line = |check: &Check| {
            let more: Vec<String> = check.alternatives.iter().map(|argv| format!(" | {}", argv.join(" "))).collect();
            let dir = if check.dir.is_empty() { String::new() } else { format!("{}: ", check.dir) };
            format!("{dir}{}{}", check.argv.join(" "), more.concat())
        };
        checks.iter().map(line).collect()
    })
}

fn detected(files: &[(&str, &str)]) -> Checks {
    let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    detect(&names, &|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
}

const PYTEST: &str = "python3 -m pytest -q -p no:cacheprovider";

/// The paths and texts of a project.
type Project<'a> = &'a [(&'a str, &'a str)];

#[test]
fn each_kind_of_project_is_known() {
    let cases: Vec<(Project, [&[&str]; 3])> = vec![
        (&[], [&[], &[], &[]]),
        (&[("README.md", ""), ("src/a.txt", "")], [&[], &[], &[]]),
        (&[("Cargo.toml", "[package]")], [&["cargo build"], &[], &["cargo test"]]),
        (
            &[("Cargo.toml", "[workspace]\n[workspace.lints.clippy]"), ("crates/a/Cargo.toml", "[package]")],
            [&["cargo build --workspace"], &["cargo clippy --all-targets --workspace"], &["cargo test --workspace"]],
        ),
        (
            &[("Cargo.toml", "[package]"), ("clippy.toml", "")],
            [&["cargo build"], &["cargo clippy --all-targets"], &["cargo test"]],
        ),
        (&[("go.mod", "module a")], [&["go build ./..."], &["go vet ./..."], &["go test ./..."]]),
        (
            &[("package.json", r#"{"scripts":{"test":"jest","build":"tsc","lint":"eslint ."}}"#), ("package-lock.json", "")],
            [&["npm run --silent build"], &["npm run --silent lint"], &["npm run --silent test"]],
        ),
        (&[("package.json", r#"{"scripts":{"test":"vitest"}}"#), ("pnpm-lock.yaml", "")], [&[], &[], &["pnpm run test"]]),
        (&[("package.json", r#"{"scripts":{"test":"vitest"}}"#), ("yarn.lock", "")], [&[], &[], &["yarn run test"]]),
        (&[("package.json", r#"{"scripts":{"test":"bun test"}}"#), ("bun.lock", "")], [&[], &[], &["bun run test"]]),
        (&[("package.json", r#"{"scripts":{"test":"vitest"},"packageManager":"pnpm@9"}"#)], [&[], &[], &["pnpm run test"]]),
        (&[("package.json", r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#)], [&[], &[], &[]]),
        (&[("package.json", "{ broken")], [&[], &[], &[]]),
        (&[("node_modules/a/package.json", r#"{"scripts":{"test":"jest"}}"#)], [&[], &[], &[]]),
        (
            &[("Makefile", "build: a.o\n\tcc\n.PHONY: test\ntest:\n\tsh tests/run.sh\n"), ("tests/run.sh", "")],
            [&["make build"], &[], &["make test"]],
        ),
        (&[("Makefile", "test := 1\nall:\n")], [&[], &[], &[]]),
        (&[("Makefile", "test:\n\tcargo test\n"), ("Cargo.toml", "[package]")], [&["cargo build"], &[], &["cargo test"]]),
        (&[("tests/run.sh", "#!/usr/bin/env bash\n")], [&[], &[], &["bash tests/run.sh"]]),
        (&[("tests/run.sh", "#!/bin/sh\ncargo test\n"), ("Cargo.toml", "[package]")], [&["cargo build"], &[], &["cargo test"]]),
        (
            &[("package.json", r#"{"scripts":{"test":"sh tests/run.sh"}}"#), ("tests/run.sh", "")],
            [&[], &[], &["npm run --silent test"]],
        ),
        (
            &[("tests/run.sh", "./greet"), ("Cargo.toml", "[package]")],
            [&["cargo build"], &[], &["cargo test", "sh tests/run.sh"]],
        ),
    ];
    for (files, expected) in cases {
        assert_eq!(
            found(files),
            expected.map(|commands| commands.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()),
            "{files:?}"
        );
    }
}

#[test]
fn python_tests_have_a_second_runner() {
    let cases: Vec<(Project, Vec<String>)> = vec![
        (&[("test_a.py", "")], vec![format!("{PYTEST} | python3 -m unittest discover -v")]),
        (&[("tests/test_a.py", "")], vec![format!("{PYTEST} | python3 -m unittest discover -v -s tests")]),
        (&[("tests/test_a.py", ""), ("tests/__init__.py", "")], vec![format!("{PYTEST} | python3 -m unittest discover -v")]),
        (&[("pytest.ini", "")], vec![format!("{PYTEST} | python3 -m unittest discover -v")]),
        (&[("pyproject.toml", "[tool.pytest.ini_options]")], vec![format!("{PYTEST} | python3 -m unittest discover -v")]),
        (&[("pyproject.toml", "[project]"), ("app.py", "")], vec![]),
        (&[("tests/fixtures/test_a.py", "")], vec![]),
        (
            &[("api/pyproject.toml", ""), ("api/tests/test_a.py", ""), ("test_b.py", "")],
            vec![
                format!("{PYTEST} | python3 -m unittest discover -v"),
                format!("api: {PYTEST} | python3 -m unittest discover -v -s tests"),
            ],
        ),
    ];
    for (files, expected) in cases {
        let [_, _, tests] = found(files);
        assert_eq!(tests, expected, "{files:?}");
    }
}

// GI-06
#[test]
fn each_package_of_a_monorepo_has_its_own_checks() {
    let [_, _, tests] = found(&[
        ("packages/frontend/package.json", r#"{"scripts":{"test":"vitest"}}"#),
        ("packages/backend/Cargo.toml", "[package]"),
        ("packages/worker/go.mod", "module w"),
    ]);

    assert_eq!(
        tests,
        ["packages/backend: cargo test", "packages/worker: go test ./...", "packages/frontend: npm run --silent test"]
    );
}

#[test]
fn tests_that_the_top_runs_already_are_not_run_twice() {
    let inner = ("web/package.json", r#"{"scripts":{"test":"jest"}}"#);
    let tests = |top| {
        let [_, _, tests] = found(&[("package.json", top), inner]);
        tests
    };

    assert_eq!(tests(r#"{"workspaces":["web"],"scripts":{"test":"npm test -ws"}}"#), ["npm run --silent test"]);
    assert_eq!(tests(r#"{"scripts":{"test":"npm --prefix web test"}}"#), ["npm run --silent test"]);
    assert_eq!(tests(r#"{"scripts":{"test":"node --test"}}"#), ["npm run --silent test", "web: npm run --silent test"]);
    assert_eq!(tests(r#"{"workspaces":["web"]}"#), ["web: npm run --silent test"]);
}

#[test]
fn a_script_that_is_no_runner_does_not_count_by_its_words() {
    const FAKE: (&str, &str) = ("package.json", r#"{"scripts":{"test":"node run.js"}}"#);
    let tests = |files: &[(&str, &str)]| -> Vec<(String, bool)> {
        detected(files).tests.iter().map(|check| (check.argv.join(" "), check.counts)).collect()
    };
    let npm = |counts| ("npm run --silent test".to_owned(), counts);
    let node = |files: &str| (format!("node --test {files}"), true);

    assert_eq!(tests(&[FAKE, ("run.js", "")]), [npm(false)]);
    assert_eq!(tests(&[FAKE, ("run.js", ""), ("test/a.test.js", "")]), [npm(true), node("test/a.test.js")]);
    assert_eq!(tests(&[FAKE, ("test/a.js", "import test from 'node:test';")]), [npm(true), node("test/a.js")]);
    assert_eq!(tests(&[FAKE, ("test/a.js", ""), ("test/fixtures/b.test.js", "")]), [npm(false)]);
    let jest = ("package.json", r#"{"scripts":{"test":"node run.js"},"devDependencies":{"jest":"30"}}"#);
    assert_eq!(tests(&[jest, ("a.test.js", "")]), [npm(false)]);
    let playwright = ("package.json", r#"{"scripts":{"test":"./e2e"},"devDependencies":{"@playwright/test":"1"}}"#);
    assert_eq!(tests(&[playwright, ("a.spec.js", "")]), [npm(false)]);
    let hooked = ("package.json", r#"{"scripts":{"test":"jest --passWithNoTests","posttest":"node run.js"}}"#);
    assert_eq!(tests(&[hooked]), [npm(false)]);
    let both = r#"{"scripts":{"test":"jest && node run.js"},"jest":{"passWithNoTests":true}}"#;
    assert_eq!(tests(&[("package.json", both)]), [npm(false)]);
    let both = ("package.json", r#"{"scripts":{"test":"vitest run && node run.js"}}"#);
    assert_eq!(tests(&[both, ("vitest.config.ts", "export default {}")]), [npm(true)]);
    assert_eq!(tests(&[both, ("vitest.config.ts", "passWithNoTests: true")]), [npm(false)]);
    assert_eq!(tests(&[both, ("vite.config.ts", "passWithNoTests: true")]), [npm(false)]);
    let honest = ("package.json", r#"{"scripts":{"test":"npm run unit","unit":"node --test"}}"#);
    assert_eq!(tests(&[honest, ("a.test.js", "")]), [npm(true)]);
    let bun = ("package.json", r#"{"scripts":{"test":"bun test"}}"#);
    assert_eq!(tests(&[bun, ("bun.lock", "")]), [("bun run test".to_owned(), true)]);
    let (top, web) = (("package.json", r#"{"workspaces":["web"],"scripts":{"test":"npm test -ws"}}"#), "web/package.json");
    assert_eq!(tests(&[top, (web, r#"{"scripts":{"test":"jest"}}"#)]), [npm(true)]);
    assert_eq!(tests(&[top, (web, r#"{"scripts":{"test":"node run.js"}}"#)]), [npm(false)]);
    let inner = ("web/package.json", r#"{"scripts":{"test":"node run.js"}}"#);
    assert_eq!(tests(&[inner, ("web/a.test.js", ""), ("b.test.js", "")]), [npm(true), node("a.test.js")]);
    let top = ("package.json", r#"{"devDependencies":{"vitest":"3"}}"#);
    assert_eq!(tests(&[top, inner, ("web/a.test.js", "")]), [npm(false)]);
}

#[test]
fn commands_of_the_team_take_the_place_of_what_was_found() {
    let config = super::super::config::parse(r#"{"commands": {"test": ["make", "check"]}}"#).unwrap();

    let checks = detected(&[("Cargo.toml", "[package]")]).configured(&config);

    assert_eq!(checks.tests[0].argv, ["make", "check"]);
    assert_eq!(checks.tests[0].tool, "make");
    assert_eq!(checks.build[0].argv, ["cargo", "build"]);
}
