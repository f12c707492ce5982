//! Building: tasks become programs, pages and tests that hold for values nobody has told the agent.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::client::{Client, Project};
use demo_agent::Options;

const GREET: &str = "`greet NAME` prints `Hello, NAME!`";
const BARE: &str = "`greet` exits with 2";
const VERSION: &str = "`greet --version` prints `greet 1.0.0`";

#[tokio::test]
async fn three_tasks_make_one_program() {
    let project = Project::new();
    for task in [GREET, BARE, VERSION] {
        let turn = project.build(task).await;
        assert_eq!(turn.stop, "end_turn");
        assert!(turn.text.contains(" 0 failed"), "{}", turn.text);
    }
    for line in [GREET, BARE, VERSION] {
        project.holds(line);
    }
    let (passed, output) = project.run_tests();
    assert!(passed, "{output}");
    assert!(output.contains("ok - greet --version: output\n") && output.ends_with(" passed, 0 failed\n"), "{output}");
    assert_eq!(project.read("Makefile"), ".PHONY: test\ntest:\n\tsh tests/run.sh\n");
}

#[tokio::test]
async fn every_wording_is_built_as_it_will_be_checked() {
    let lines = [
        "`greet --loud NAME` prints `Hey, NAME!!` and exits with 0",
        "`greet --as=ROLE` prints a line containing `role: ROLE`",
        "`greet a b c` fails",
        "`greet --bad` prints `unknown option --bad` to stderr and exits with 64",
        "`greet --quiet` prints nothing",
        "`init DIR` creates `DIR/config.json` containing `\"name\": \"demo\"`",
        "`init DIR --empty` creates `DIR/notes.txt`",
        "`grüße NAME` prints `Grüß dich, NAME!`",
        "with `TEXT` on stdin, `say` prints `You said: TEXT`",
        "`echo hi | up` prints `HI`",
        "`echo TEXT | cat3` prints `TEXT`",
        "with `a\\nb\\n` on stdin, `up` prints `2`",
        "`echo hi | python3 pipe.py` prints `HI`",
        "`echo TEXT | python3 pipe.py --as-is` prints `TEXT`",
        "`python3 tool.py --from=A:B` prints `B from A`",
        "`python3 tool.py` prints `it's \"$5\" \\ & more`",
        "`greet price` prints `it's \"$5\" & `",
        "`show FILE` prints `CONTENT`",
        "`show FILE` prints `no such file: FILE` to stderr and exits with 1 when the file does not exist",
        "`nl` prints `line1\\n\\nline3\\n`",
        "`tabbed` prints `a\tb`",
        "`python3 tool.py tabbed` prints `a\tb\\n`",
        "the file `docs/guide.md` contains `Getting started`",
        "`init empty` creates an empty file `e.json`",
        "`python3 tool.py empty` creates an empty file `e.txt`",
        "there is an empty file `.nojekyll`",
    ];
    let project = Project::new();
    let turn = project.build(&lines.map(|line| format!("- {line}")).join("\n")).await;
    assert!(!turn.text.contains("BLOCKED"), "{}", turn.text);
    for line in lines {
        project.holds(line);
    }
    let (passed, output) = project.run_tests();
    assert!(passed, "{output}");
}

#[tokio::test]
async fn a_literal_word_is_never_taken_for_a_value() {
    let project = Project::new();
    project
        .build("`greet NAME` prints `Hello, NAME!`\n`greet help` prints `Ask me.`\n`greet NAME now` prints `Now, NAME!`")
        .await;
    for line in ["`greet help` prints `Ask me.`", GREET, "`greet NAME now` prints `Now, NAME!`"] {
        project.holds(line);
    }
}

#[tokio::test]
async fn the_same_task_gives_the_same_bytes() {
    let (first, second) = (Project::new(), Project::new());
    for project in [&first, &second] {
        project.build(&format!("{GREET}\n{BARE}")).await;
        project.build("The page `index.html` shows `Welcome`").await;
    }
    assert_eq!(first.files(), second.files());
    let turn = second.build(&format!("{GREET}\n{BARE}")).await;
    assert_eq!(first.files(), second.files());
    assert!(turn.text.contains("Nothing was left to change"), "{}", turn.text);
}

#[tokio::test]
async fn a_later_requirement_replaces_an_earlier_one() {
    let project = Project::new();
    project.build(&format!("{GREET}\n{BARE}")).await;
    let turn = project.build("`greet WHO` prints `Hi WHO`").await;
    assert!(turn.text.contains("no longer holds: `greet NAME` prints `Hello, NAME!`"), "{}", turn.text);
    project.holds("`greet WHO` prints `Hi WHO`");
    project.holds(BARE);
    assert!(!project.read("tests/examples.txt").contains("Hello"));
    assert!(project.run_tests().0);
}

#[tokio::test]
async fn a_page_shows_its_texts_where_they_belong() {
    let project = Project::new();
    let lines = [
        "the page `index.html` shows `Fish & <Chips>`",
        "the page `index.html` has the button `Order now`",
        "the page `index.html` has a link to `about.html`",
    ];
    project.build(&lines.join("\n")).await;
    let page = project.read("index.html");
    for expected in
        ["<!doctype html>", "lang=\"en\"", "name=\"viewport\"", "<h1>Fish &amp; &lt;Chips&gt;</h1>", ">Order now</button>"]
    {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(project.has("style.css"));
    for line in lines {
        project.holds(line);
    }
    assert!(project.run_tests().0);
}

#[tokio::test]
async fn a_page_that_people_wrote_keeps_what_is_on_it() {
    let project = Project::new();
    project.write("index.html", "<!doctype html><html lang=\"de\"><body><h1>Hallo</h1></body></html>");
    project.build("the page `index.html` shows `Welcome`").await;
    assert!(project.read("index.html").contains("<h1>Hallo</h1>  <p>Welcome</p>"), "{}", project.read("index.html"));
    assert!(project.run_tests().0);
}

#[tokio::test]
async fn what_cannot_be_built_is_said_and_nothing_changes() {
    for (task, expected) in [
        ("`greet NAME` prints `HELLO, NAME`", "HELLO is not among the words of the command"),
        ("`shout NAME` prints `NAME` in uppercase", "BLOCKED: `shout NAME` prints `NAME` in uppercase — the outcome is more"),
        ("Make it beautiful.", "BLOCKED: Make it beautiful. — it has no example"),
        ("`greet NAME` prints `Hi NAME`\n`greet WHO` prints `Ho WHO`", "it contradicts"),
        ("`./../out NAME` prints `NAME`", "BLOCKED: "),
        ("`gen3` creates `../evil.txt`", "does not lie below the working directory"),
        ("`gen3 NAME` creates `a/../../NAME.txt`", "does not lie below the working directory"),
        ("`gen3` creates `/tmp/evil.txt`", "does not lie below the working directory"),
        ("`ex` exits with 0 and exits with 4", "it states outcomes that contradict each other"),
        ("`gen` creates an empty file `e.txt`\n`gen` creates `e.txt` containing `x`", "would have to be empty"),
        ("there is a file `e.txt` containing `x`\nthere is an empty file `e.txt`", "would have to be empty"),
        ("`make all` prints `done`", "BLOCKED: `make all` prints `done` — "),
        ("the page `../index.html` shows `Welcome`", "BLOCKED: "),
    ] {
        let project = Project::new();
        let turn = project.build(task).await;
        assert!(turn.text.contains(expected), "{task}: {}", turn.text);
        assert!(turn.text.lines().any(|line| line.starts_with("BLOCKED: ")), "{task}: {}", turn.text);
        assert_eq!(project.files(), [], "{task}");
        assert_eq!(turn.stop, "end_turn");
    }
}

#[tokio::test]
async fn a_program_that_people_wrote_is_not_overwritten() {
    let project = Project::new();
    project.write("greet", "#!/bin/sh\necho mine\n");
    let turn = project.build(GREET).await;
    assert!(turn.text.contains("BLOCKED: `greet NAME` prints `Hello, NAME!` — greet is there already"), "{}", turn.text);
    assert_eq!(project.files(), [("greet".into(), "#!/bin/sh\necho mine\n".into())]);
}

#[tokio::test]
async fn each_line_that_is_not_understood_is_named() {
    let project = Project::new();
    let turn =
        project.build(&format!("Greet people warmly.\n\n- {GREET}\n- {BARE} and plays music\n  - at most 20 letters")).await;
    for expected in [
        "BLOCKED: Greet people warmly. — it has no example",
        "BLOCKED: `greet` exits with 2 and plays music — I do not understand: plays music",
        "BLOCKED: at most 20 letters — it has no example",
    ] {
        assert!(turn.text.contains(expected), "{expected}: {}", turn.text);
    }
    assert_eq!(project.files(), []);
}

#[tokio::test]
async fn names_lead_ins_and_lines_of_one_example_are_understood() {
    for task in [
        format!("Greets\n{GREET}"),
        format!("It has these commands:\n- {GREET}"),
        format!("**Greeting**\n  - {GREET}"),
        format!("Create a script that does this:\n- {GREET} to the terminal, followed by a newline"),
        format!("```\nan example\n```\n- {GREET}"),
        format!("As a visitor, I want to be greeted\nso that I feel at home.\n  - {GREET}"),
        "`greet NAME` prints\n`Hello, NAME!`".to_owned(),
    ] {
        let project = Project::new();
        let turn = project.build(&task).await;
        assert!(!turn.text.contains("BLOCKED"), "{task}: {}", turn.text);
        project.holds(GREET);
    }
}

#[tokio::test]
async fn findings_are_repaired() {
    let project = Project::new();
    project.build(GREET).await;
    let before = project.files();
    fs::remove_file(project.root().join("tests/run.sh")).unwrap();
    project.write("greet", "#!/bin/sh\necho broken\n");
    fs::set_permissions(project.root().join("greet"), fs::Permissions::from_mode(0o644)).unwrap();

    let prompt = format!("## Task\n{GREET}\n## Findings to fix\n- greet is not executable\n- there are no tests\n");
    let turn = Client::start(Options::default()).await.prompt(&project.root(), &prompt).await;

    assert!(turn.text.contains("Findings to fix: greet is not executable; there are no tests."), "{}", turn.text);
    assert_eq!(project.files(), before);
    project.holds(GREET);
}

#[tokio::test]
async fn the_tests_find_a_wrong_program() {
    let project = Project::new();
    project.build(&format!("{GREET}\n{BARE}\n`init DIR` creates `DIR/a.txt` containing `x`")).await;
    for program in ["greet", "init"] {
        let honest = project.read(program);
        project.write(program, "#!/bin/sh\necho wrong\n");
        let (passed, output) = project.run_tests();
        assert!(!passed && output.contains("not ok - "), "{output}");
        project.write(program, &honest);
    }
    assert!(project.run_tests().0);
}

#[tokio::test]
async fn other_test_systems_stay_as_they_are() {
    for (file, text, ours) in [
        ("package.json", "{\"scripts\":{\"test\":\"node t.js\"}}", None),
        ("pyproject.toml", "[project]\nname = \"x\"\n", Some("tests/test_examples.py")),
        ("Makefile", "test:\n\ttrue\n", None),
    ] {
        let project = Project::new();
        project.write(file, text);
        project.write("tests/run.sh", "echo theirs\n");
        let turn = project.build(GREET).await;
        assert_eq!(project.read(file), text);
        assert_eq!(project.read("tests/run.sh"), "echo theirs\n");
        assert!(project.has("tests/run_examples.sh") && turn.text.contains(" 0 failed"), "{}", turn.text);
        match ours {
            Some(path) => assert!(project.has(path)),
            None => assert!(turn.text.contains("stands beside that"), "{}", turn.text),
        }
    }
}
