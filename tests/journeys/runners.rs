//! The runners that projects bring: each really runs in the sandbox, and none is believed by its words.

use protocol::runs::{Gate, GateVerdict, Verdict};
use serde_json::json;
use tests::{RunHandle, specs};

use crate::folder::Folder;

async fn gate_of_the_whole(run: &RunHandle<'_>, name: &str) -> Gate {
    let gates = run.timeline().await.gates;
    let found = gates.iter().find(|gate| gate.iteration == 0 && gate.name == name);
    found.unwrap_or_else(|| panic!("no {name} of the whole: {gates:#?}")).clone()
}

#[tokio::test]
async fn cargo_builds_and_tests_a_crate() {
    let folder = Folder::new();
    folder.write("Cargo.toml", "[package]\nname = \"adder\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    folder.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"adder\"\nversion = \"0.1.0\"\n");
    folder.write(".gitignore", "/target\n");
    let test = "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n";
    folder.write("src/lib.rs", &format!("pub fn add(a: u32, b: u32) -> u32 {{\n    a + b\n}}\n\n{test}"));
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&folder.path()).with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    run.is_verified().await;

    let build = gate_of_the_whole(&run, "build").await;
    assert_eq!((build.verdict, build.summary.as_str()), (GateVerdict::Passed, "cargo build: done"));
    let tests = gate_of_the_whole(&run, "tests").await;
    assert!(tests.summary.contains("cargo test: 1 test passed"), "{tests:#?}");
}

#[tokio::test]
async fn a_script_that_only_prints_counts_does_not_hide_a_failing_test() {
    let folder = Folder::new();
    folder.write("package.json", r#"{"name": "calc", "private": true, "scripts": {"test": "node run.js"}}"#);
    folder.write("run.js", "console.log(\"# tests 3\\n# pass 3\\n# fail 0\");\n");
    folder.write("calc.js", "module.exports = (a, b) => a - b;\n");
    let test = "const test = require('node:test');\nconst assert = require('node:assert');\n\
        test('adds', () => assert.strictEqual(require('../calc.js')(1, 2), 3));\n";
    folder.write("test/a.test.js", test);
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&folder.path()).with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let gates = run.timeline().await.gates;
    let tests = gates.iter().find(|gate| gate.name == "tests").unwrap();
    assert_eq!(tests.verdict, GateVerdict::Failed, "{tests:#?}");
    assert!(tests.summary.contains("node --test test/a.test.js: 1 of 1 test failed"), "{tests:#?}");
}
