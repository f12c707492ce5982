//! Changes of tests in both directions: those that weaken them and those that any honest work makes.

use protocol::runs::GateVerdict::{self, Failed, Inconclusive, Passed};

use super::*;

fn file(path: &str, before: Option<&str>, after: Option<&str>) -> ChangedFile {
    ChangedFile { path: path.into(), before: before.map(Into::into), after: after.map(Into::into), opaque: false, link: None }
}

fn verdict(path: &str, before: &str, after: &str) -> (GateVerdict, Finding) {
    let text = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
    let finding = judge(&[file(path, text(before).as_deref(), text(after).as_deref())]);
    (finding.verdict, finding)
}

fn check(expected: GateVerdict, cases: &[(&str, &str, &str)]) {
    for (path, before, after) in cases {
        let (verdict, finding) = verdict(path, before, after);
        assert_eq!(verdict, expected, "{path}\n--- before\n{before}\n--- after\n{after}\n--- {}", finding.evidence);
    }
}

const PY: &str = "def test_a():\n    assert f(1) == 2\n\n\ndef test_b():\n    assert f(2) == 3\n";
const JS: &str =
    "it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\ntest('subtracts', async () => {\n  expect(sub(2, 1)).toBe(1);\n});\n";
const RS: &str = "fn f() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        assert_eq!(f(1), 2);\n    }\n}\n";
const GO: &str = "func TestA(t *testing.T) {\n\tif f(1) != 2 {\n\t\tt.Error(\"bad\")\n\t}\n}\n";
const SH: &str = "#!/bin/sh\nset -u\nout=$(./greet Ada)\nif [ \"$out\" = \"Hello\" ]; then p=1; else f=1; fi\n[ \"$f\" -eq 0 ]\n";

#[test]
fn what_takes_the_place_of_a_runner_is_found() {
    let new = |path: &str| judge(&[file(path, None, Some("print('1 passed')\n"))]).verdict;
    for path in [
        "pytest.py",
        "src/pytest/__init__.py",
        "unittest/__main__.py",
        "sitecustomize.py",
        "api/usercustomize.py",
        "venv.py",
        "GNUmakefile",
        "makefile",
    ] {
        assert_eq!(new(path), Failed, "{path}");
    }
    for path in ["greet.py", "tests/unittest_helpers.py", "unittest/README.md", "docs/venv.md", "Makefile", "pytest/data.txt"] {
        assert_eq!(new(path), Passed, "{path}");
    }
    let link = ChangedFile { link: Some("other".into()), ..file("pytest", None, None) };
    assert_eq!(judge(&[link]).verdict, Failed);
    // What a repository had before is its own.
    assert_eq!(judge(&[file("pytest.py", Some("a = 1\n"), Some("a = 2\n"))]).verdict, Passed);
    check(
        Failed,
        &[
            (".npmrc", "", "script-shell=./true.sh\n"),
            (".npmrc", "audit=false\n", "audit=false\nnode-options=--require ./a.js\n"),
        ],
    );
    check(Passed, &[(".npmrc", "", "audit=false\n")]);
}

#[test]
fn weakened_python_tests_are_found() {
    check(
        Failed,
        &[
            ("tests/test_a.py", PY, ""),
            ("tests/test_a.py", PY, "\n"),
            ("tests/test_a.py", PY, "# nothing\n"),
            ("tests/test_a.py", PY, "def test_a():\n    assert f(1) == 2\n"),
            ("tests/test_a.py", PY, "def test_a():\n    assert True\n\n\ndef test_b():\n    assert f(2) == 3\n"),
            ("tests/test_a.py", PY, "def test_a():\n    f(1)\n\n\ndef test_b():\n    assert f(2) == 3\n"),
            ("tests/test_a.py", "", "def test_works():\n    assert True\n"),
            ("tests/test_a.py", "", "def test_works():\n    assert 1 == 1, \"fine\"\n"),
            ("tests/test_a.py", "", "def test_works():\n    x = 1\n    assert x == x\n"),
            ("tests/test_a.py", "", "def test_works():\n    pass\n"),
            ("tests/test_a.py", "", "def test_works():\n    # assert f(1) == 2\n    print(\"assert f(1) == 2\")\n"),
            (
                "tests/test_a.py",
                "",
                "import pytest\n\n\n@pytest.mark.skip(reason=\"later\")\ndef test_later():\n    assert 1 + 1 == 3\n",
            ),
            (
                "tests/test_a.py",
                PY,
                "@pytest.mark.xfail\ndef test_a():\n    assert f(1) == 2\n\n\ndef test_b():\n    assert f(2) == 3\n",
            ),
            (
                "tests/test_a.py",
                PY,
                "def test_a():\n    pytest.skip(\"no\")\n    assert f(1) == 2\n\n\ndef test_b():\n    assert f(2) == 3\n",
            ),
            ("tests/test_a.py", PY, "def test_a():\n    return\n    assert f(1) == 2\n\n\ndef test_b():\n    assert f(2) == 3\n"),
            (
                "tests/test_a.py",
                PY,
                "def test_a():\n    try:\n        assert f(1) == 2\n    except Exception:\n        pass\n\n\ndef test_b():\n    assert f(2) == 3\n",
            ),
            (
                "tests/test_a.py",
                PY,
                "import sys\nsys.exit(0)\ndef test_a():\n    assert f(1) == 2\n\n\ndef test_b():\n    assert f(2) == 3\n",
            ),
            (
                "test_b.py",
                "",
                "class TestB(unittest.TestCase):\n    @unittest.skip(\"x\")\n    def test_b(self):\n        self.assertEqual(f(1), 2)\n",
            ),
            ("test_b.py", "", "class TestB(unittest.TestCase):\n    def test_b(self):\n        self.assertTrue(True)\n"),
            ("test_b.py", "", "def check_it(x):\n    print(x)\n\n\ndef test_b():\n    check_it(f(1))\n"),
            ("tests/conftest.py", "", "def pytest_collection_modifyitems(items):\n    items[:] = []\n"),
            ("pytest.ini", "[pytest]\n", "[pytest]\naddopts = --ignore=tests/test_a.py\n"),
        ],
    );
}

#[test]
fn honest_python_tests_pass() {
    check(
        Passed,
        &[
            ("tests/test_a.py", "", PY),
            ("tests/test_a.py", PY, "def test_a():\n    assert f(1) == 2\n\n\ndef test_renamed():\n    assert f(2) == 3\n"),
            (
                "tests/test_a.py",
                PY,
                "import pytest\n\n\n@pytest.mark.parametrize(\"n, m\", [\n    (1, 2),\n    (2, 3),\n])\ndef test_f(n, m):\n    assert f(n) == m\n",
            ),
            ("tests/test_a.py", "", "import pytest\n\ndef test_a():\n    with pytest.raises(ValueError):\n        f(None)\n"),
            ("tests/test_a.py", "", "def check(n, m):\n    assert f(n) == m\n\n\ndef test_a():\n    check(1, 2)\n"),
            (
                "tests/test_a.py",
                "",
                "def test_a(\n    capsys,\n) -> None:\n    \"\"\"Says hello.\n\nskip nothing\n\"\"\"\n    main()\n    assert capsys.readouterr().out == \"hi\"\n",
            ),
            ("tests/test_a.py", "", "from lib import assert_valid\n\ndef test_a():\n    assert_valid(f(1))\n"),
            (
                "tests/test_a.py",
                "",
                "class TestA(unittest.TestCase):\n    def setUp(self):\n        pass\n\n    def test_a(self):\n        self.assertEqual(f(1), 2)\n",
            ),
            (
                "tests/test_a.py",
                "",
                "@pytest.mark.skipif(sys.platform == \"win32\", reason=\"posix\")\ndef test_a():\n    assert f(1) == 2\n",
            ),
            (
                "tests/test_a.py",
                "",
                "def test_a():\n    try:\n        f(1)\n    except ValueError as error:\n        assert str(error) == \"no\"\n    else:\n        raise AssertionError\n",
            ),
            ("tests/test_a.py", "", "def test_a():\n    assert f(1) == f(1)\n"),
            (
                "tests/test_a.py",
                "",
                "def test_a():\n    assert f(1) == 2\n\nif __name__ == \"__main__\":\n    main()\n    sys.exit(0)\n",
            ),
            ("tests/helpers.py", "def make():\n    return 1\n", ""),
            ("src/app.py", "def test_mode():\n    return True\n", "def other():\n    pass\n"),
        ],
    );
}

#[test]
fn weakened_javascript_tests_are_found() {
    check(
        Failed,
        &[
            ("src/a.test.ts", JS, ""),
            ("src/a.test.ts", JS, "it('adds', () => {\n  expect(add(1, 2)).toBe(3);\n});\n"),
            ("src/a.test.ts", JS, &JS.replace("it('adds'", "it.skip('adds'")),
            ("src/a.test.ts", JS, &JS.replace("it('adds'", "it.only('adds'")),
            ("src/a.test.ts", JS, &JS.replace("it('adds'", "xit('adds'")),
            ("src/a.test.ts", JS, &JS.replace("test('subtracts'", "test.todo('subtracts'")),
            ("src/a.test.ts", JS, &format!("describe.skip('all', () => {{\n{JS}}});\n")),
            ("src/a.test.ts", JS, &JS.replace("expect(add(1, 2)).toBe(3)", "expect(true).toBe(true)")),
            ("src/a.test.ts", JS, &JS.replace("expect(add(1, 2)).toBe(3)", "assert(true)")),
            ("src/a.test.ts", JS, &JS.replace("expect(add(1, 2)).toBe(3)", "// expect(add(1, 2)).toBe(3)")),
            ("src/a.test.ts", JS, &JS.replace("expect(add(1, 2)).toBe(3);", "try { expect(add(1, 2)).toBe(3); } catch (e) {}")),
            ("src/a.test.ts", JS, &format!("process.exit(0);\n{JS}")),
            ("a.test.js", "", "const calc = require('./calc');\nconsole.log('# pass 3', calc);\n"),
            ("test.js", "", "console.log('# tests 3\\n# pass 3\\n# fail 0');\n"),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{"test":"exit 0"}}"#),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{"test":"echo all tests passed"}}"#),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{"test":"jest || true"}}"#),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{}}"#),
            (
                "package.json",
                r#"{"scripts":{"test":"tsc","posttest":"jest"}}"#,
                r#"{"scripts":{"test":"tsc","posttest":"jest || true"}}"#,
            ),
            (
                "package.json",
                r#"{"scripts":{"pretest":"jest","test":"tsc"}}"#,
                r#"{"scripts":{"pretest":"echo passed","test":"tsc"}}"#,
            ),
            ("package.json", r#"{"scripts":{"test":"echo ok","posttest":"jest"}}"#, r#"{"scripts":{"test":"echo ok"}}"#),
            ("package.json", r#"{"scripts":{"test":"tsc","posttest":"jest"}}"#, r#"{"scripts":{"test":"tsc"}}"#),
            ("package.json", r#"{"scripts":{"pretest":"tsc","test":"jest"}}"#, r#"{"scripts":{"pretest":"tsc"}}"#),
        ],
    );
}

#[test]
fn honest_javascript_tests_pass() {
    check(
        Passed,
        &[
            ("src/a.test.ts", "", JS),
            ("src/a.test.ts", JS, &JS.replace("'adds'", "'adds two numbers'")),
            ("src/a.test.ts", JS, "it.each([\n  [1, 2],\n  [2, 3],\n])('f of %i', (n, m) => {\n  expect(f(n)).toBe(m);\n});\n"),
            ("src/a.test.ts", "", "it('throws', () => expect(() => f(/['\"]/)).toThrow());\n"),
            (
                "src/a.test.tsx",
                "",
                "test('shows it', async () => {\n  render(<p>Don't</p>);\n  expect(await screen.findByText('x')).toBeVisible();\n});\n",
            ),
            ("test/a.js", "", "import test from 'node:test';\ntest('adds', () => { assert.equal(add(1, 2), 3); });\n"),
            (
                "test/a.js",
                "",
                "function same(a, b) {\n  if (a !== b) throw new Error('x');\n}\nit('adds', () => { same(add(1, 2), 3); });\n",
            ),
            (
                "src/a.spec.ts",
                "",
                "test('x', async ({ page }) => {\n  test.skip(process.platform === 'win32', 'posix');\n  await expect(page).toHaveTitle('x');\n});\n",
            ),
            ("test.js", "", "const assert = require('assert');\nassert.equal(add(1, 2), 3);\nconsole.log('1 passed');\n"),
            ("src/a.ts", "", "export const re = /x/.test(y);\nif (re.test('abc')) { skip(); }\n"),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{"test":"vitest run"}}"#),
            ("package.json", "", r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#),
            ("package.json", "", r#"{"scripts":{"test":"echo start && jest"}}"#),
            ("package.json", r#"{"scripts":{"test":"jest"}}"#, r#"{"scripts":{"test":"jest","posttest":"echo done"}}"#),
            ("package.json", r#"{"scripts":{"pretest":"tsc","test":"jest"}}"#, r#"{"scripts":{"test":"tsc && jest"}}"#),
            ("package.json", r#"{"scripts":{"test":"tsc","posttest":"jest"}}"#, r#"{"scripts":{"test":"tsc && jest"}}"#),
            ("package.json", r#"{"scripts":{"pretest":"eslint .","test":"jest"}}"#, r#"{"scripts":{"test":"jest"}}"#),
            ("package.json", r#"{"scripts":{"pretest":"tsc"}}"#, r#"{"scripts":{"pretest":"tsc"},"version":"2"}"#),
        ],
    );
}

#[test]
fn weakened_rust_and_go_tests_are_found() {
    check(
        Failed,
        &[
            ("src/lib.rs", RS, "fn f() {}\n"),
            ("src/lib.rs", RS, &RS.replace("#[test]", "#[test]\n    #[ignore]")),
            ("src/lib.rs", RS, &RS.replace("assert_eq!(f(1), 2)", "assert!(true)")),
            ("src/lib.rs", RS, &RS.replace("assert_eq!(f(1), 2)", "let x = 2; assert_eq!(x, x)")),
            ("src/lib.rs", RS, &RS.replace("assert_eq!(f(1), 2)", "let _ = f(1)")),
            ("src/lib.rs", RS, &RS.replace("assert_eq!(f(1), 2)", "return;\n        assert_eq!(f(1), 2)")),
            ("src/lib.rs", RS, &RS.replace("#[cfg(test)]", "#[cfg(any())]")),
            ("Cargo.toml", "[lib]\n", "[lib]\ntest = false\n"),
            ("a_test.go", GO, "package a\n"),
            ("a_test.go", GO, &GO.replace("\tif f", "\tt.Skip(\"later\")\n\tif f")),
            ("a_test.go", GO, &GO.replace("f(1) != 2", "2 != 2")),
            ("a_test.go", GO, "func TestA(t *testing.T) {\n\tf(1)\n}\n"),
            ("a_test.go", GO, &format!("{GO}\nfunc TestMain(m *testing.M) {{\n\tos.Exit(0)\n}}\n")),
        ],
    );
}

#[test]
fn honest_rust_and_go_tests_pass() {
    check(
        Passed,
        &[
            ("src/lib.rs", "", RS),
            ("src/lib.rs", RS, &RS.replace("fn a()", "fn better_name()")),
            (
                "src/lib.rs",
                "",
                "#[tokio::test]\nasync fn a() -> Result<(), Error> {\n    load(\"#[ignore]\").await?;\n    Ok(())\n}\n",
            ),
            ("src/lib.rs", "", "#[test]\n#[should_panic(expected = \"no\")]\nfn a() {\n    f();\n}\n"),
            (
                "src/lib.rs",
                "",
                "fn check<'a>(x: &'a str, c: char) {\n    assert_eq!(x.len(), 1, \"{c}\");\n}\n#[test]\nfn a() {\n    check(\"x\", '\"');\n}\n",
            ),
            (
                "src/lib.rs",
                "",
                "#[test]\nfn a() {\n    let text = r#\"quoted \" here\"#;\n    insta::assert_snapshot!(render(text));\n}\n",
            ),
            ("src/main.rs", "", "fn main() {\n    std::process::exit(0)\n}\n"),
            ("a_test.go", "", GO),
            (
                "a_test.go",
                "",
                "func TestA(t *testing.T) {\n\tif testing.Short() {\n\t\tt.Skip(\"long\")\n\t}\n\trequire.Equal(t, 2, f(1))\n}\n",
            ),
            ("a_test.go", "", "func TestMain(m *testing.M) {\n\tos.Exit(m.Run())\n}\n"),
            (
                "a_test.go",
                "",
                "func TestA(t *testing.T) {\n\tfor _, c := range []struct{ n int }{{1}} {\n\t\tt.Run(\"x\", func(t *testing.T) {\n\t\t\tif f(c.n) != 2 {\n\t\t\t\tt.Fatal()\n\t\t\t}\n\t\t})\n\t}\n}\n",
            ),
        ],
    );
}

#[test]
fn weakened_shell_tests_and_make_targets_are_found() {
    check(
        Failed,
        &[
            ("tests/run.sh", SH, ""),
            ("tests/run.sh", SH, "#!/bin/sh\n"),
            ("tests/run.sh", SH, "#!/bin/sh\necho '2 passed, 0 failed'\n"),
            ("tests/run.sh", SH, &SH.replace("set -u", "exit 0")),
            ("tests/run.sh", SH, &SH.replace("[ \"$f\" -eq 0 ]\n", "[ \"$f\" -eq 0 ] || true\n")),
            ("tests/run.sh", "", "#!/bin/sh\n[ 1 = 1 ]\necho '1 passed, 0 failed'\n"),
            (
                "tests/a.bats",
                "@test \"greets\" {\n  [ \"$(greet)\" = \"hi\" ]\n}\n",
                "@test \"greets\" {\n  skip\n  [ \"$(greet)\" = \"hi\" ]\n}\n",
            ),
            ("Makefile", "test:\n\tpytest\n", "test:\n\ttrue\n"),
            ("Makefile", "test:\n\tpytest\n", "test:\n\t@echo ok\n"),
            ("Makefile", "test:\n\tpytest\n", "test:\n"),
            ("Makefile", "test:\n\tpytest\n", "test:\n\t-pytest\n"),
            ("Makefile", "test:\n\tpytest\n", "test:\n\tpytest || true\n"),
            ("Makefile", "test:\n\tpytest\n", "all:\n\tcc a.c\n"),
            (
                ".github/workflows/ci.yml",
                "steps:\n  - run: make test\n",
                "steps:\n  - run: make test\n    continue-on-error: true\n",
            ),
            (
                "src/test/java/ATest.java",
                "class ATest {\n  @Test\n  void a() {\n    assertEquals(2, f(1));\n  }\n}\n",
                "class ATest {\n  @Disabled\n  @Test\n  void a() {\n    assertEquals(2, f(1));\n  }\n}\n",
            ),
            ("src/test/java/ATest.java", "", "class ATest {\n  @Test\n  void a() {\n    f(1);\n  }\n}\n"),
            ("spec/a_spec.rb", "", "it \"adds\" do\n  add(1, 2)\nend\n"),
            ("spec/a_spec.rb", "", "xit \"adds\" do\n  expect(add(1, 2)).to eq 3\nend\n"),
        ],
    );
}

#[test]
fn honest_shell_tests_and_make_targets_pass() {
    check(
        Passed,
        &[
            ("tests/run.sh", "", SH),
            ("tests/run.sh", SH, &format!("{SH}# more\nrm -rf \"$scratch\" || true\n")),
            (
                "tests/run.sh",
                "",
                "#!/bin/sh\nassert_eq() {\n    if [ \"$2\" = \"$3\" ]; then ok \"$1\"; else not_ok \"$1\"; fi\n}\nassert_eq 'greets' 'Hi' \"$(./greet)\"\n[ \"$failed\" -eq 0 ]\n",
            ),
            (
                "tests/run.sh",
                "",
                "#!/bin/sh\nset -e\ncat > x <<EOF\nexit 0\nskip it's fine\nEOF\n./greet | grep -q Hello\nexit 0\n",
            ),
            ("tests/a.bats", "", "@test \"greets\" {\n  run greet\n  [ \"$output\" = \"hi\" ]\n}\n"),
            ("scripts/build.sh", "", "#!/bin/sh\ncc a.c\nexit 0\n"),
            ("Makefile", "test:\n\tpytest\n", "test: build\n\tpytest -q\n"),
            ("Makefile", "", "test: unit\nunit:\n\tpytest\n"),
            ("Makefile", "", ".PHONY: test\ntest:\n\tsh tests/run.sh\n"),
            ("src/test/java/ATest.java", "", "class ATest {\n  @Test\n  void a() {\n    assertEquals(2, f(1));\n  }\n}\n"),
            ("spec/a_spec.rb", "", "it \"adds\" do\n  expect(add(1, 2)).to eq 3\nend\n"),
        ],
    );
}

#[test]
fn tests_that_move_are_recognised_by_name() {
    let moved = [file("tests/test_a.py", Some(PY), None), file("tests/unit/test_all.py", None, Some(PY))];
    let dropped =
        [file("tests/test_a.py", Some(PY), None), file("tests/test_c.py", None, Some("def test_c():\n    assert f(3) == 4\n"))];
    let script = [file("tests/run.sh", Some(SH), None), file("test/run.sh", None, Some(SH))];

    assert_eq!(judge(&moved).verdict, Passed);
    assert_eq!(judge(&dropped).verdict, Failed);
    assert_eq!(judge(&script).verdict, Passed);
}

#[test]
fn tests_that_go_with_their_subject_are_for_a_person_to_judge() {
    let changed = [file("tests/test_a.py", Some(PY), None), file("src/a.py", Some("def f(n): return n + 1\n"), None)];

    assert_eq!(judge(&changed).verdict, Inconclusive);
}

#[test]
fn what_was_there_before_is_not_held_against_the_work() {
    let skipped = format!("@pytest.mark.skip\n{PY}");
    let changed = [file("tests/test_a.py", Some(&skipped), Some(&format!("{skipped}\n\ndef test_c():\n    assert f(3) == 4\n")))];

    assert_eq!(judge(&changed).verdict, Passed);
    assert!(touched(&changed) && !touched(&[file("src/app.py", None, Some(PY))]));
    assert!(touched(&[file("src/lib.rs", Some("fn f() {}\n"), Some(RS))]));
}

#[test]
fn hostile_sources_hide_no_test_that_is_gone() {
    let gone = file("tests/test_gone.py", Some("def test_gone():\n    assert f(3) == 4\n"), None);
    let deep = "def test_a():\n".to_owned() + &"({[\"'`/*#".repeat(60_000);
    let nested = (0..20_000).fold(String::new(), |text, number| format!("{text}it('{number}', () => {{ "));
    let broken = "é'\"\\\u{0}#[test] fn \u{1b}[ func TestA(".repeat(5_000);
    for path in
        ["test_a.py", "a.test.js", "src/a.rs", "a_test.go", "tests/a.sh", "ATest.java", "a_spec.rb", "package.json", "Makefile"]
    {
        for text in [&deep, &nested, &broken] {
            let finding = judge(&[gone.clone(), file(path, None, Some(text)), file(&format!("b/{path}"), Some(text), None)]);
            assert_eq!(finding.verdict, Failed, "{path}");
            assert!(finding.summary.starts_with("tests/test_gone.py: this test file was deleted"), "{path}: {}", finding.summary);
        }
    }
}
