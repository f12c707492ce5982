//! Outputs as the runners print them.

use protocol::runs::GateVerdict::{self, Failed, Inconclusive, Passed};

use super::*;

fn check(argv: &[&str]) -> Check {
    Check {
        kind: CheckKind::Tests,
        dir: String::new(),
        argv: argv.iter().map(|part| (*part).to_owned()).collect(),
        tool: argv[0].to_owned(),
        env: Vec::new(),
        timeout_s: 300,
        alternatives: Vec::new(),
        counts: true,
        is_guess: false,
    }
}

fn judged(exit: Exit, output: &str) -> (GateVerdict, Option<(u32, u32, u32)>) {
    let (finding, count) = judge_tests(&check(&["the", "tests"]), exit, output);
    (finding.verdict, count.map(|count| (count.passed, count.failed, count.skipped)))
}

#[test]
fn counts_are_read_from_every_runner() {
    let cases = [
        (
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\ntest result: ok. 2 passed; 0 failed; 0 ignored;",
            0,
            Passed,
            (5, 0, 1),
        ),
        ("test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured", 101, Failed, (1, 1, 0)),
        ("     Summary [   0.512s] 10 tests run: 9 passed (1 slow), 1 failed, 2 skipped", 100, Failed, (9, 1, 2)),
        ("     Summary [   0.512s] 10 tests run: 10 passed, 0 skipped", 0, Passed, (10, 0, 0)),
        ("collected 3 items\n\n..F\n=== 1 failed, 2 passed, 1 skipped in 0.12s ===", 1, Failed, (2, 1, 1)),
        ("3 passed in 0.01s", 0, Passed, (3, 0, 0)),
        ("1 passed, 1 error in 0.01s", 1, Failed, (1, 1, 0)),
        ("....\n----------\nRan 4 tests in 0.001s\n\nOK (skipped=1)", 0, Passed, (3, 0, 1)),
        ("Ran 4 tests in 0.001s\n\nFAILED (failures=1, errors=1)", 1, Failed, (2, 2, 0)),
        ("Test Suites: 1 failed, 1 passed, 2 total\nTests:       1 failed, 2 passed, 3 total\nTime: 1 s", 1, Failed, (2, 1, 0)),
        (" Test Files  1 passed (1)\n      Tests  2 passed | 1 skipped (3)\n   Duration 1s", 0, Passed, (2, 0, 1)),
        ("  5 passing (10ms)\n  1 pending", 0, Passed, (5, 0, 1)),
        ("  5 passing (10ms)\n  2 failing\n\n  1) greets", 2, Failed, (5, 2, 0)),
        (
            "TAP version 13\nok 1 - a\n1..1\n# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0",
            0,
            Passed,
            (1, 0, 0),
        ),
        ("ℹ tests 2\nℹ pass 1\nℹ fail 1\nℹ skipped 0", 1, Failed, (1, 1, 0)),
        (
            "ok  \texample.com/a\t0.003s\nok  \texample.com/b\t(cached)\n?   \texample.com/c\t[no test files]",
            0,
            Passed,
            (2, 0, 0),
        ),
        ("--- FAIL: TestA (0.00s)\nFAIL\nFAIL\texample.com/a\t0.003s\nok  \texample.com/b\t0.1s", 1, Failed, (1, 1, 0)),
        (
            "=== RUN TestA\n--- PASS: TestA (0.00s)\n--- PASS: TestB (0.00s)\nPASS\nok  \texample.com/a\t0.003s",
            0,
            Passed,
            (2, 0, 0),
        ),
        ("1..3\nok 1 - a\nok 2 - b\nnot ok 3 - c", 1, Failed, (2, 1, 0)),
        ("1..3\nok 1 a\nok 2 b # SKIP no\nok 3 c", 0, Passed, (2, 0, 1)),
        ("PASS greets\nPASS says bye\n2 passed, 0 failed", 0, Passed, (2, 0, 0)),
        ("Passed: 2, Failed: 1", 1, Failed, (2, 1, 0)),
        ("[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 1", 0, Passed, (4, 0, 1)),
        ("5 examples, 1 failure, 1 pending", 1, Failed, (3, 1, 1)),
        ("5 runs, 9 assertions, 0 failures, 0 errors, 0 skips", 0, Passed, (5, 0, 0)),
        ("\u{1b}[32m3 passed\u{1b}[0m, \u{1b}[31m0 failed\u{1b}[0m", 0, Passed, (3, 0, 0)),
    ];
    for (output, code, verdict, count) in cases {
        assert_eq!(judged(Exit::Code(code), output), (verdict, Some(count)), "{output}");
    }
}

#[test]
fn nothing_that_did_not_run_is_green() {
    let cases = [
        ("", 0, Inconclusive),
        ("all good!", 0, Inconclusive),
        ("test result: ok. 0 passed; 0 failed; 0 ignored;", 0, Inconclusive),
        ("test result: ok. 0 passed; 0 failed; 4 ignored;", 0, Inconclusive),
        ("no tests ran in 0.01s", 5, Inconclusive),
        ("Ran 0 tests in 0.000s\n\nNO TESTS RAN", 5, Inconclusive),
        ("No tests found, exiting with code 1", 1, Inconclusive),
        ("No test files found, exiting with code 1", 1, Inconclusive),
        ("?   \texample.com/a\t[no test files]", 0, Inconclusive),
        ("ok  \texample.com/a\t0.003s [no tests to run]", 0, Inconclusive),
        ("# tests 0\n# pass 0\n# fail 0", 0, Inconclusive),
        ("1..3\nok 1 a", 0, Failed),
        ("sh: 1: jest: not found", 127, Inconclusive),
        ("/usr/bin/python3: No module named pytest", 1, Inconclusive),
        (
            "error: rustup could not choose a version of cargo to run, because one wasn't specified explicitly, and no default is configured.\nhelp: run 'rustup default stable' to download the latest stable release of Rust and set it as your default toolchain.",
            1,
            Inconclusive,
        ),
        ("error: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed", 1, Inconclusive),
        ("bwrap: execvp npm: No such file or directory", 1, Inconclusive),
        ("error: failed to download from `https://index`\nCould not resolve host: index", 101, Inconclusive),
        ("2 passed, 1 failed", 0, Failed),
        ("3 passed, 0 failed", 1, Failed),
        ("Segmentation fault", 139, Failed),
        ("99999999999999999999 passed", 0, Inconclusive),
    ];
    for (output, code, verdict) in cases {
        assert_eq!(judged(Exit::Code(code), output).0, verdict, "{output}");
    }
    assert_eq!(judged(Exit::TimedOut, "3 passed").0, Inconclusive);
    assert_eq!(judged(Exit::Cancelled, "3 passed").0, Inconclusive);
    assert_eq!(judged(Exit::Signal(9), "3 passed").0, Failed);
}

#[test]
fn a_runner_that_is_missing_is_named_where_another_ran_in_its_place() {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (pytest, unittest) = (words("python3 -m pytest -q"), words("python3 -m unittest discover -v"));
    let ran = check(&["python3", "-m", "unittest", "discover", "-v"]);
    let told = |exit, output| in_place_of(judge_tests(&ran, Exit::Code(exit), output).0, &pytest, &unittest);

    let none = told(5, "Ran 0 tests in 0.000s\n\nNO TESTS RAN");
    assert_eq!(
        none.summary,
        "python3 -m unittest discover -v: no tests ran; pytest is not installed on the machine that loki runs on"
    );
    assert_eq!(
        none.hints[0],
        "pytest is not installed, so that unittest ran in its place: it finds only tests that are written for it."
    );
    assert_eq!(told(0, "Ran 2 tests in 0.001s\n\nOK").summary, "python3 -m unittest discover -v: 2 tests passed");
}

#[test]
fn words_of_an_unknown_program_are_no_count() {
    let own = Check { counts: false, ..check(&["npm", "run", "--silent", "test"]) };
    for (code, output, verdict) in
        [(0, "# tests 3\n# pass 3\n# fail 0", Inconclusive), (1, "# pass 3", Failed), (0, "1 failed", Failed)]
    {
        assert_eq!(judge_tests(&own, Exit::Code(code), output).0.verdict, verdict, "{output}");
    }
}

#[test]
fn files_that_a_guessed_command_cannot_load_are_no_failure() {
    let guess = Check { is_guess: true, ..check(&["node", "--test", "a.test.js"]) };
    let cases = [
        ("# SyntaxError: Unexpected token '<'\nnot ok 1 - a.test.js\n# pass 0\n# fail 1", Inconclusive),
        ("ReferenceError: describe is not defined\n✖ a.test.js\nℹ pass 2\nℹ fail 1", Inconclusive),
        ("# Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'b'\n# Error: Cannot find module 'c'\n# fail 2", Inconclusive),
        ("# SyntaxError: Unexpected token '<'\nnot ok 1 - a.test.js\nnot ok 2 - adds\n# fail 2", Failed),
        ("✖ adds\n  ReferenceError [Error]: foo is not defined\nℹ fail 1", Failed),
        ("not ok 1 - adds\n  error: 'foo is not defined'\n  name: 'ReferenceError'\n# fail 1", Failed),
    ];
    for (output, verdict) in cases {
        assert_eq!(judge_tests(&guess, Exit::Code(1), output).0.verdict, verdict, "{output}");
        assert_eq!(judge_tests(&check(&["node", "--test"]), Exit::Code(1), output).0.verdict, Failed, "{output}");
    }
}

#[test]
fn failing_tests_are_named() {
    let cases = [
        ("test greet::says_hello ... FAILED\ntest result: FAILED. 0 passed; 1 failed; 0 ignored;", "greet::says_hello"),
        ("FAILED tests/test_a.py::test_hello - assert 'Hi' == 'Hello'\n1 failed in 0.1s", "tests/test_a.py::test_hello"),
        ("FAIL: test_hello (tests.test_a.Greet)\nRan 1 test in 0.1s\n\nFAILED (failures=1)", "test_hello (tests.test_a.Greet)"),
        ("--- FAIL: TestHello (0.00s)\nFAIL\texample.com/a\t0.003s", "TestHello"),
        ("  ● greet › says hello\n\nTests:       1 failed, 1 total", "greet › says hello"),
        ("1..1\nnot ok 1 - says hello", "says hello"),
        ("FAIL: says hello\n0 passed, 1 failed", "says hello"),
    ];
    for (output, name) in cases {
        let (finding, _) = judge_tests(&check(&["tests"]), Exit::Code(1), output);
        assert_eq!(finding.hints, [format!("This test fails: {name}")], "{output}");
        assert!(finding.evidence.contains(name));
    }
}

#[test]
fn builds_and_linters_are_judged_by_their_exit() {
    let build = Check { kind: CheckKind::Build, ..check(&["cargo", "build"]) };
    let failed = judge_command(&build, Exit::Code(101), "error[E0425]: cannot find value `x`\n --> src/main.rs:1:1");

    assert_eq!(failed.verdict, Failed);
    assert_eq!(failed.hints[0], "Make it build: `cargo build` ended with exit code 101.");
    assert_eq!(failed.hints[1], "error[E0425]: cannot find value `x`");
    assert_eq!(judge_command(&build, Exit::Code(0), "").verdict, Passed);
    let missing = judge_command(&build, Exit::Code(127), "");
    assert_eq!(
        missing.summary,
        "cargo build: could not be run; install Rust from https://rustup.rs on the machine that loki runs on"
    );
    assert_eq!(missing.verdict, Inconclusive);
    assert_eq!(judge_command(&build, Exit::TimedOut, "").summary, "cargo build: took longer than 300 s and was stopped");
}

#[test]
fn long_and_broken_output_is_survived() {
    let output = "é\u{1b}[31m\u{0}not ok ● 1) FAIL ".repeat(100_000);
    let (finding, _) = judge_tests(&check(&["tests"]), Exit::Code(1), &output);

    assert!(finding.evidence.len() <= super::super::MAX_EVIDENCE);
    assert!(finding.hints.len() <= 10);
}
