//! Specs of every kind and size, and what is in them stays text.

use protocol::runs::{TaskStatus, Verdict};
use serde_json::json;
use tests::{TestApp, specs};

#[tokio::test]
async fn a_spec_in_json_is_worked_on() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let spec = json!({"title": "Greeter", "requirements": [
        {"title": "Greets", "description": "`greet NAME` prints `Hello, NAME!`"},
        {"title": "Knows its version", "description": "`greet --version` prints `greet 1.0`"}
    ]});
    let project = user.has_project().with_spec(&spec.to_string()).create().await;

    let finished = project.starts_run().await.is_verified().await;

    assert_eq!((finished.title.as_str(), finished.tasks_done), ("Greeter", 2));
}

#[tokio::test]
async fn an_openapi_document_gives_a_task_for_each_operation() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let spec = "openapi: 3.0.0\ninfo:\n  title: Notes\n  version: '1'\npaths:\n  /notes:\n    get:\n      summary: List notes\n      responses:\n        '200':\n          description: ok\n    post:\n      summary: Add a note\n      responses:\n        '201':\n          description: made\n";
    let project = user.has_project().with_spec(spec).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    // The demo agent builds no services and says so; what was asked for is all there.
    assert_eq!((finished.title.as_str(), finished.verdict), ("Notes", Some(Verdict::NotVerified)));
    let tasks = run.timeline().await.tasks;
    let titles: Vec<&str> = tasks.iter().map(|task| task.title.as_str()).collect();
    assert!(titles.iter().any(|title| title.contains("/notes")), "{titles:?}");
    assert!(tasks.len() >= 2 && tasks.iter().all(|task| task.status == TaskStatus::Failed), "{tasks:#?}");
}

// EC-002
#[tokio::test]
async fn a_spec_of_more_than_a_hundred_thousand_characters_is_worked_on() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let prose = "This paragraph explains the background at length and asks for nothing. ".repeat(2_000);
    let spec = format!("# Greeter\n\n## Background\n\n{prose}\n\n## Requirements\n\n- `greet NAME` prints `Hello, NAME!`\n");
    assert!(spec.len() > 100_000);
    let project = user.has_project().with_spec(&spec).create().await;

    let finished = project.starts_run().await.is_verified().await;

    assert_eq!(finished.tasks_total, 1);
}

// EC-001
#[tokio::test]
async fn names_in_any_script_are_kept() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let name = "Gruß an 名前 – προϊόν 🎉";
    let spec = "# Größe 名前\n\n- `greet NAME` prints `Grüße, NAME – 你好!`\n";
    let project = user.has_project().named(name).with_spec(spec).create().await;
    assert_eq!(project.project.name, name);

    let finished = project.starts_run().await.is_verified().await;

    assert_eq!((finished.project_name.as_str(), finished.title.as_str()), (name, "Größe 名前"));
    let mut program = std::process::Command::new(project.path().join("greet"));
    program.arg("Łukasz");
    assert_eq!(tests::command::stdout(&tests::command::run(program, "")).trim_end(), "Grüße, Łukasz – 你好!");
}

// SC-08, EC-008
#[tokio::test]
async fn a_spec_never_reaches_a_shell() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let mark = app.data_dir().join("../pwned");
    let touch = format!("touch {}", mark.display());
    let spec = format!(
        "# $({touch}) `{touch}` ; {touch}\n\n```sh\n{touch}\n```\n\n- `greet NAME` prints `Hello, NAME!`\n\
         - `greet \"$({touch})\"` prints `Hello, $({touch})!`\n- Run `{touch}` && {touch}\n"
    );
    let project =
        user.has_project().named(&format!("$({touch})").chars().take(100).collect::<String>()).with_spec(&spec).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 4}})).await;
    run.finishes().await;

    assert!(!mark.exists(), "{}", run.log_text().await);
    let others = user.has_project().with_spec(specs::ONE).create().await;
    others.starts_run().await.is_verified().await;
    assert!(!mark.exists());
}
