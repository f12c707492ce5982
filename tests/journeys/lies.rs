//! What agents do wrong, done on purpose: each lie is blocked by the gate that is there for it, and nothing leaks or is lost.

use domain::gates::GateName;
use protocol::runs::{LogKind, Phase, RunStatus, Step, Verdict};
use serde_json::json;
use tests::{Setup, TestApp, eventually, journal::Stored, processes, specs};

async fn lying(misbehaviour: &str) -> TestApp {
    Setup::default().demo(&format!("--misbehave {misbehaviour}")).start().await
}

/// Lets an agent lie in a new project and expects that the gate `gate` stops it, each time again.
async fn assert_blocked(misbehaviour: &str, gate: &str) {
    let app = lying(misbehaviour).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 2}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified), "{}", run.log_text().await);
    let failed = run.failed_gates().await;
    assert!(failed.iter().any(|name| name == gate), "{gate} is not among {failed:?}\n{:#?}", run.timeline().await.gates);
    assert_nothing_delivered(&project.subjects());
    // Who looks at the run or its receipt reads which gate it did not get past.
    let title = GateName::named(gate).unwrap().title();
    let reason = finished.reason.unwrap_or_default();
    assert!(reason.contains("The last try failed: ") && reason.contains(&format!("{title}: ")), "{reason}");
    let receipt = run.receipt().await;
    let named = format!("The gate \"{title}\" failed: ");
    assert!(receipt.gaps.iter().any(|gap| gap.starts_with(&named)), "{:#?}", receipt.gaps);
    assert!(receipt.facts.tasks[0].note.as_deref().unwrap_or_default().contains(title), "{:#?}", receipt.facts.tasks);
    // The agent was told what was found.
    let stored = Stored::read(&app.store().await, run.id).await;
    assert!(!stored.calls[0].prompt.contains("## Findings to fix"));
    assert!(stored.calls[1].prompt.contains("## Findings to fix"), "{}", stored.calls[1].prompt);
}

#[track_caller]
fn assert_nothing_delivered(subjects: &[String]) {
    assert!(!subjects.iter().any(|subject| subject.starts_with("feat: ")), "{subjects:?}");
}

#[tokio::test]
async fn done_without_doing_is_blocked_by_the_diff() {
    assert_blocked("empty", "diff").await;
}

// EC-013
#[tokio::test]
async fn an_agent_that_says_and_does_nothing_is_blocked_by_the_diff() {
    assert_blocked("silent", "diff").await;
}

#[tokio::test]
async fn a_failing_test_is_blocked_by_the_tests() {
    assert_blocked("failing-test", "tests").await;
}

#[tokio::test]
async fn a_test_that_asserts_nothing_is_blocked_by_test_integrity() {
    assert_blocked("assert-true", "test_integrity").await;
}

#[tokio::test]
async fn a_skipped_test_is_blocked_by_test_integrity() {
    assert_blocked("skip-test", "test_integrity").await;
}

// SC-05
#[tokio::test]
async fn a_key_in_the_diff_is_blocked_by_secrets() {
    assert_blocked("key", "secrets").await;
}

#[tokio::test]
async fn work_on_something_else_is_blocked_by_acceptance() {
    assert_blocked("unrelated", "acceptance").await;
}

#[tokio::test]
async fn a_deleted_test_is_blocked_by_test_integrity() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;
    let head = project.git(&["rev-parse", "main"]);
    app.restart_with_demo("--misbehave deleted-test");

    let run = project.starts_with(json!({"prd_text": specs::ONE_MORE, "limits": {"iterations": 2}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let failed = run.failed_gates().await;
    assert!(failed.iter().any(|name| name == "test_integrity"), "{failed:?}");
    assert_eq!(project.git(&["rev-parse", "main"]), head);
}

// SC-05
#[tokio::test]
async fn a_key_is_shown_nowhere() {
    let app = lying("key").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    run.finishes().await;

    let key = ["AKI", "AQ3EGRIZ6UT7KXN5B"].concat();
    let gates = serde_json::to_string(&run.timeline().await).unwrap();
    assert!(!gates.contains(&key), "{gates}");
    let log = run.log_text().await;
    assert!(!log.contains(&key), "{log}");
    let events = serde_json::to_string(&user.events().await).unwrap();
    assert!(!events.contains(&key));
    let receipt = serde_json::to_string(&run.receipt().await).unwrap();
    assert!(!receipt.contains(&key), "{receipt}");
}

#[tokio::test]
async fn a_task_that_never_gets_good_is_given_up() {
    let app = lying("empty").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    assert_eq!(finished.iteration, 5);
    let gaps = run.receipt().await.gaps;
    assert!(gaps.iter().any(|gap| gap.contains("Given up after 5 attempts") && gap.contains("failed: Work done")), "{gaps:?}");
    assert!(finished.reason.is_some());
    assert_eq!(user.events().await.iter().filter(|event| event.kind == "task_failed").count(), 1);
    // Nothing was built, so no whole was checked and nothing handed over.
    let phases = run.timeline().await.phases;
    let begun: Vec<Phase> = phases.iter().filter(|phase| phase.started_at.is_some()).map(|phase| phase.phase).collect();
    assert_eq!(begun.last(), Some(&Phase::Development), "{phases:#?}");
    let open: Vec<Phase> =
        begun.into_iter().filter(|begun| phases.iter().any(|phase| phase.phase == *begun && phase.ended_at.is_none())).collect();
    assert_eq!(open, [Phase::Development], "{phases:#?}");
}

// EP-003
#[tokio::test]
async fn a_crash_is_mended_in_the_same_iteration() {
    let app = lying("crash-once").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let finished = run.is_verified().await;

    assert_eq!(finished.iteration, 1);
    assert!(run.log_text().await.contains("The agent crashed"), "{}", run.log_text().await);
    let stored = Stored::read(&app.store().await, run.id).await;
    stored.assert_consistent();
    assert_eq!(stored.results().len(), 2);
}

#[tokio::test]
async fn an_agent_that_always_crashes_is_not_verified_and_said_so() {
    let app = lying("crash").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let log = run.log_text().await;
    assert!(log.contains("The agent crashed with exit 137"), "{log}");
    assert_nothing_delivered(&project.subjects());
}

#[tokio::test]
async fn an_agent_that_stalls_is_killed() {
    let app = Setup::default().demo("--misbehave stall").argument("--stall-seconds").argument("1").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let log = run.log_text().await;
    assert!(log.contains("printed nothing for too long"), "{log}");
    app.assert_no_process_left().await;
}

#[tokio::test]
async fn a_stall_is_mended_in_the_same_iteration() {
    let app = Setup::default().demo("--misbehave stall-once").argument("--stall-seconds").argument("6").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let finished = project.starts_run().await.is_verified().await;

    assert_eq!(finished.iteration, 1);
}

#[tokio::test]
async fn a_hundred_megabytes_of_words_cost_the_log_not_the_run() {
    let app = lying("flood=100").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    run.is_verified().await;

    let log = run.log().await;
    let bytes: usize = log.iter().map(|entry| entry.chunk.text.len()).sum();
    assert!(bytes < 6 << 20, "the log has {bytes} bytes");
    assert!(log.iter().any(|entry| entry.chunk.text.contains("left out")), "the log says that it is not whole");
    // At most 20 pieces in any second, so that every browser keeps up. The end of a call may add what was left: two seconds' worth.
    let agents = log.iter().filter(|entry| entry.chunk.kind != LogKind::Engine && entry.chunk.step == Some(Step::Act));
    let times: Vec<i64> = agents.map(|entry| entry.at.millis()).collect();
    let end = times.last().unwrap() - 1_000;
    for (number, at) in times.iter().enumerate() {
        let second = times[number..].iter().take_while(|later| **later < at + 1_000).count();
        let most = if *at < end { 20 } else { 60 };
        assert!(second <= most, "{second} pieces in the second from {at} on");
    }
}

#[tokio::test]
async fn half_a_character_is_no_fault_of_the_run() {
    let app = lying("half-utf8").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;
}

#[tokio::test]
async fn terminal_escapes_do_not_reach_a_terminal() {
    let app = lying("escapes").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;

    let logs = user.loki(&["logs", &run.id.to_string()]);
    let text = String::from_utf8(logs.stdout).unwrap();
    assert!(text.contains("red"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{text:?}");
}

#[tokio::test]
async fn nothing_outside_of_the_worktree_is_written_or_seen() {
    let app = lying("outside").await;
    let user = app.operator().await;
    let other = user.has_project().named("Other").create().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    run.is_verified().await;

    let log = run.log_text().await;
    let attempts: Vec<&str> = log.lines().filter(|line| line.starts_with("write ")).collect();
    assert_eq!(attempts.len(), 2, "{log}");
    assert!(project.git(&["log", "--all", "--name-only", "--format="]).lines().all(|path| !path.contains("was-here")));
    assert_eq!(found(app.data_dir(), "demo-agent-was-here"), Vec::<String>::new(), "{log}");
    // Of the data directory there are only the folders that lead to what this run may use.
    let read: Vec<(&str, &str)> = log.lines().filter_map(|line| line.strip_prefix("read ")?.split_once(": ")).collect();
    let id = run.id.to_string();
    let seen = |ending: &str| read.iter().find(|(folder, _)| folder.ends_with(ending)).unwrap().1;
    // What it wrote beside its worktree went into a folder that ends with the sandbox.
    assert!(seen(&format!("{id}/..")).split_whitespace().all(|name| name == id || name == "demo-agent-was-here"), "{read:?}");
    assert_eq!(seen("/../.."), "projects runs worktrees");
    let all = read.iter().map(|(_, names)| *names).collect::<Vec<_>>().join(" ");
    for secret in ["loki.db", "loki.lock", "instance", ".ssh", other.id().to_string().as_str()] {
        assert!(!all.split_whitespace().any(|word| word == secret), "{secret} in {all}");
    }
}

/// Paths below `folder` whose name is `name`.
fn found(folder: &std::path::Path, name: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            let own = (entry.file_name() == name).then(|| path.display().to_string());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            own.into_iter().chain(if is_folder { found(&path, name) } else { Vec::new() }).collect::<Vec<_>>()
        })
        .collect()
}

#[tokio::test]
async fn a_process_that_an_agent_leaves_behind_is_ended_with_its_call() {
    let app = lying("orphan").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    run.is_verified().await;

    assert!(run.log_text().await.contains("orphan: started process"), "{}", run.log_text().await);
    app.assert_no_process_left().await;
    // Git puts the worktree away a moment after the run is over.
    eventually("nothing is below the server", async || processes::below(app.pid()).is_empty().then_some(())).await;
}
