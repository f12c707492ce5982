//! The outcome: a person signs in, pastes a PRD, presses Start, and finds verified commits in the project's repository.

use std::collections::BTreeSet;

use domain::receipts;
use protocol::{
    Event,
    access::Role,
    agents::ProviderId,
    runs::{GateVerdict, RunStatus, Step, StepStatus, TaskStatus, Verdict},
};
use serde_json::json;
use tests::{Setup, TestApp, command, journal::Stored, specs};

// TW-01, GI-02
#[tokio::test]
async fn a_pasted_prd_becomes_verified_commits() {
    Box::pin(prd_becomes_verified_commits(TestApp::start().await)).await;
}

#[tokio::test]
async fn a_pasted_prd_becomes_verified_commits_on_postgres() {
    Box::pin(prd_becomes_verified_commits(Setup::default().on_postgres().start().await)).await;
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn prd_becomes_verified_commits(app: TestApp) {
    let ada = app.first_admin().await;
    let project = ada.has_project().with_spec(specs::GREET).create().await;
    let mut socket = ada.listens(Some(0)).await;

    let run = project.starts_run().await;
    let events = socket.until("run_finished").await;

    let finished = run.now().await;
    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::Verified)), "{}", run.log_text().await);
    assert_eq!((finished.tasks_done, finished.tasks_total, finished.iteration), (3, 3, 3));
    assert_eq!((finished.provider, finished.demo, finished.sandboxed), (ProviderId::Demo, true, true));

    // What was seen live is all there was, in order, each once.
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..).take(events.len()).collect::<Vec<i64>>());
    let kinds: BTreeSet<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let expected = [
        "project_created",
        "project_ready",
        "run_queued",
        "run_started",
        "phase_changed",
        "iteration_start",
        "iteration_complete",
        "task_queued",
        "task_started",
        "task_completed",
        "agent_output",
        "quality_gate_passed",
        "build_progress",
        "run_finished",
    ];
    for kind in expected {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
    assert!(!kinds.contains("quality_gate_failed"), "{events:#?}");
    for event in events.iter().filter_map(protocol::Envelope::event) {
        match event {
            Event::QualityGatePassed { gate } => assert_eq!(gate.verdict, GateVerdict::Passed, "{gate:?}"),
            Event::QualityGateSkipped { gate } => assert_eq!(gate.verdict, GateVerdict::NotApplicable, "{gate:?}"),
            Event::TaskQueued { task } => assert_eq!((task.status, task.attempts), (TaskStatus::Pending, 0), "{task:?}"),
            _ => {}
        }
    }
    assert!(events.iter().all(|event| event.event().is_some()), "every event is one that clients know");
    let shown = events.iter().rev().find_map(|event| match event.event() {
        Some(Event::RunFinished { run }) => Some(run),
        _ => None,
    });
    assert_eq!(shown, Some(finished.clone()));

    // The commits: one for each task on the project's branch, by loki, with subjects that say what was done.
    let subjects = project.subjects();
    let own: Vec<&String> = subjects.iter().filter(|subject| subject.starts_with("feat: ")).collect();
    assert_eq!(own.len(), 3, "{subjects:?}");
    assert!(subjects.iter().all(|subject| subject.is_ascii() && subject.chars().count() <= 72), "{subjects:?}");
    let identities = project.git(&["log", "--format=%an <%ae> %cn <%ce>", "main"]);
    assert!(identities.lines().all(|line| line == "loki <loki@localhost> loki <loki@localhost>"), "{identities}");
    assert_eq!(project.git(&["status", "--porcelain"]), "", "the project's own checkout is clean");
    let paths = project.committed_paths();
    assert!(!paths.iter().any(|path| path.starts_with(".loki/")), "{paths:?}");

    // The program does what the spec says.
    let greet = |arguments: &[&str]| {
        let mut program = std::process::Command::new(project.path().join("greet"));
        program.args(arguments);
        let output = command::run(program, "");
        (command::stdout(&output).trim_end().to_owned(), output.status.code())
    };
    assert_eq!(greet(&["Grace"]), ("Hello, Grace!".to_owned(), Some(0)));
    assert_eq!(greet(&[]).1, Some(2));
    assert_eq!(greet(&["--version"]), ("greet 1.0".to_owned(), Some(0)));

    // Every prompt was kept, and little of each is loki's own.
    let stored = Stored::read(&app.store().await, run.id).await;
    stored.assert_consistent();
    assert_eq!(stored.calls.len(), 3);
    for call in &stored.calls {
        assert!((1..=1_000).contains(&call.scaffold_tokens), "call {} has {} tokens", call.number, call.scaffold_tokens);
        assert!(call.prompt.contains("## Task"), "{}", call.prompt);
    }

    app.assert_no_process_left().await;
    run.worktree_is_put_away().await;
}

#[tokio::test]
async fn the_receipt_tells_what_was_verified_and_can_be_checked() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::GREET).create().await;
    let run = project.starts_run().await;
    let finished = run.is_verified().await;

    let receipt = run.receipt().await;

    assert_eq!(receipts::check(&receipt, None), Ok(()));
    let facts = &receipt.facts;
    assert_eq!((receipt.verdict, facts.demo, facts.sandboxed), (Verdict::Verified, true, true));
    assert_eq!(facts.commits.len(), 3);
    assert_eq!(facts.head_commit, finished.commit);
    assert!(facts.tasks.iter().all(|task| task.status == TaskStatus::Completed), "{:#?}", facts.tasks);
    assert!(facts.tasks.iter().flat_map(|task| &task.examples).all(|example| example.held == Some(true)), "{:#?}", facts.tasks);
    let names: BTreeSet<&str> = facts.gates.iter().map(|gate| gate.name.as_str()).collect();
    for name in ["diff", "tests", "secrets", "test_integrity", "scope", "acceptance"] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    assert!(facts.gates.iter().all(|gate| gate.verdict != GateVerdict::Failed), "{:#?}", facts.gates);

    let repository = project.path();
    let repository = repository.to_str().unwrap();
    let id = run.id.to_string();
    let genuine = user.loki(&["receipt", "verify", &id, "--repository", repository]);
    assert!(genuine.status.success(), "{}{}", command::stdout(&genuine), command::stderr(&genuine));
    assert!(command::stdout(&genuine).contains("VERIFIED"), "{}", command::stdout(&genuine));

    let elsewhere = app.data_dir().join("..");
    let other = user.loki(&["receipt", "verify", &id, "--repository", elsewhere.to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(1));
    assert!(command::stderr(&other).contains("does not hold the commits of this run"), "{}", command::stderr(&other));

    // A receipt that was made nicer afterwards is found out.
    let mut forged = receipt;
    forged.facts.files_changed += 1;
    let file = app.data_dir().join("../forged.json");
    std::fs::write(&file, serde_json::to_vec(&forged).unwrap()).unwrap();
    let refused = user.loki(&["receipt", "verify", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(command::stdout(&refused).contains("NOT GENUINE"), "{}", command::stdout(&refused));
}

#[tokio::test]
async fn the_diff_and_the_timeline_show_what_was_done() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;

    let diff = run.diff().await;
    let paths: Vec<&str> = diff.files.iter().map(|file| file.path.as_str()).collect();
    assert!(paths.contains(&"greet"), "{paths:?}");
    assert!(paths.iter().any(|path| path.starts_with("tests/")), "{paths:?}");
    assert!(!diff.truncated);

    let timeline = run.timeline().await;
    assert_eq!(timeline.iterations.len(), 1);
    let steps = &timeline.iterations[0].steps;
    assert!(steps.iter().all(|step| step.status == StepStatus::Passed), "{steps:#?}");
    assert!(timeline.phases.iter().all(|phase| phase.started_at.is_some() && phase.ended_at.is_some()), "{:#?}", timeline.phases);
    assert_eq!(timeline.tasks.len(), 1);
    assert_eq!(timeline.tasks[0].commit, run.now().await.commit);
    assert!(!run.log_text().await.is_empty());
}

#[tokio::test]
async fn templates_that_the_demo_can_build_end_verified() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for template in ["cli-tool", "static-landing-page"] {
        let project = user.has_project().named(template).from_template(template).create().await;
        let run = project.starts_run().await;
        run.is_verified().await;
    }
}

#[tokio::test]
async fn what_the_demo_cannot_do_ends_not_verified_with_the_line_named() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::HALF).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::NotVerified)));
    let receipt = run.receipt().await;
    assert!(receipt.gaps.iter().any(|gap| gap.contains("company account")), "{:#?}", receipt.gaps);
    assert!(finished.reason.as_deref().unwrap_or_default().contains("company account"), "{:?}", finished.reason);
    // What is not wholly verified is not merged.
    assert_eq!(project.subjects().iter().filter(|subject| subject.starts_with("feat: ")).count(), 0, "{:?}", project.subjects());
    assert_eq!(finished.tasks_done, 1);

    // Of what it declined nobody reads that it is done.
    let iterations = run.timeline().await.iterations;
    let declined = iterations.iter().find(|iteration| iteration.title.contains("company account")).unwrap();
    let act = declined.steps.iter().find(|record| record.step == Step::Act).unwrap();
    assert_eq!((act.status, act.summary.as_str()), (StepStatus::Failed, "The agent says that it could not do it"));
    let log = run.log_text().await;
    let declined = log.lines().find(|line| line.contains("The agent cannot do this task: "));
    assert!(declined.is_some_and(|line| line.contains("company account")), "{log}");
}

#[tokio::test]
async fn no_line_of_a_spec_is_passed_over() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for (spec, line) in [
        (format!("{}  - the name is at most 20 characters long\n", specs::ONE), "at most 20 characters"),
        ("# T\n\n- `greet NAME` prints `Hello, NAME!` and sends an e-mail to the admin\n".to_owned(), "sends an e-mail"),
        (format!("The greeting must be encrypted.\n\n{}", specs::ONE), "must be encrypted"),
        (format!("It sends a mail to the admin.\n\n{}", specs::ONE), "sends a mail"),
        (format!("{}\n## Security\n\nAll passwords are hashed.\n", specs::ONE), "All passwords are hashed"),
        (format!("{}- `greet --ends` exits with 0 and exits with 4\n", specs::ONE), "exits with 4"),
        (format!("{}\n| Command | Sum |\n|---|---|\n| `calc add 2 3` | `6` |\n", specs::ONE), "`calc add 2 3` | `6`"),
    ] {
        let project = user.has_project().named(line).with_spec(&spec).create().await;
        let run = project.starts_run().await;
        assert_eq!(run.finishes().await.verdict, Some(Verdict::NotVerified), "{spec}");
        let gaps = run.receipt().await.gaps;
        assert!(gaps.iter().any(|gap| gap.contains(line)), "{spec}: {gaps:#?}");
    }
}

#[tokio::test]
async fn what_is_piped_into_a_program_is_built_and_verified() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let spec = "# Pipes\n\n- `echo hi | up` prints `HI`\n- `echo TEXT | same` prints `TEXT`\n";
    let project = user.has_project().with_spec(spec).create().await;
    project.starts_run().await.is_verified().await;
}

#[tokio::test]
async fn a_section_that_is_left_out_is_a_gap_where_it_has_an_example() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let spec = format!("{}\n## History\n\n- `history` prints `none`\n", specs::ONE);
    let project = user.has_project().with_spec(&spec).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.verdict, finished.tasks_total), (Some(Verdict::VerifiedWithGaps), 1));
    let gaps = run.receipt().await.gaps;
    assert!(gaps.iter().any(|gap| gap.contains("`history` prints `none`")), "{gaps:#?}");
}

#[tokio::test]
async fn a_brief_without_examples_is_declined_honestly() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec("Make a social network for cats").create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let gaps = run.receipt().await.gaps.join("\n");
    assert!(gaps.contains("social network for cats"), "{gaps}");
}

#[tokio::test]
async fn a_story_is_built_by_what_stands_below_it() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let spec =
        "# Greeter\n\n- As a visitor, I want to be greeted.\n  - `greet NAME` prints `Hello, NAME!`\n- `greet` exits with 2\n";
    let project = user.has_project().with_spec(spec).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.verdict, finished.tasks_total), (Some(Verdict::VerifiedWithGaps), 2));
    assert_eq!(project.subjects().iter().filter(|subject| subject.starts_with("feat: ")).count(), 2);
    let gaps = run.receipt().await.gaps;
    assert!(gaps.iter().any(|gap| gap.contains("As a visitor, I want to be greeted.")), "{gaps:#?}");
}

#[tokio::test]
async fn a_second_run_builds_on_the_first() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;

    let second = project.starts_with(json!({"prd_text": specs::ONE_MORE})).await;
    let finished = second.is_verified().await;

    assert_eq!(finished.number, 2);
    assert_eq!(project.subjects().iter().filter(|subject| subject.starts_with("feat: ")).count(), 2);
}

#[tokio::test]
async fn a_project_that_asks_for_review_keeps_the_commits_on_the_runs_branch() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).with("delivery", json!("review")).create().await;

    let run = project.starts_run().await;
    let finished = run.is_verified().await;

    assert!(finished.for_review);
    assert!(!project.subjects().iter().any(|subject| subject.starts_with("feat: ")), "{:?}", project.subjects());
    let branch = finished.branch.unwrap();
    assert!(branch.starts_with("loki/"), "{branch}");
    assert!(project.git(&["log", "--format=%s", &branch]).contains("feat: "));
}

// Seed 2: other kinds of spec. S3-05
#[tokio::test]
async fn the_cli_starts_a_run_from_a_file_and_says_how_it_ended() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().named("Greeter").create().await;
    let good = app.data_dir().join("../good.md");
    std::fs::write(&good, specs::ONE).unwrap();
    let hard = app.data_dir().join("../hard.md");
    std::fs::write(&hard, specs::HALF).unwrap();

    let done = user.loki(&["start", good.to_str().unwrap(), "--project", "Greeter", "--provider", "demo", "--wait"]);
    assert_eq!(done.status.code(), Some(0), "{}", command::stderr(&done));
    let stuck = user.loki(&["start", hard.to_str().unwrap(), "--project", "Greeter", "--provider", "demo", "--wait"]);
    assert_eq!(stuck.status.code(), Some(20), "{}", command::stderr(&stuck));

    let id = command::stdout(&done).trim().to_owned();
    let logs = user.loki(&["logs", &id, "-f"]);
    assert_eq!(logs.status.code(), Some(0), "{}", command::stderr(&logs));
    assert!(command::stdout(&logs).contains("greet"), "{}", command::stdout(&logs));
    let status = user.loki(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["status"], "idle");
    assert_eq!(project.actor.runs().await.len(), 2);
}

// TW-01
#[tokio::test]
async fn what_is_assigned_to_a_team_is_started_and_watched_by_its_member() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    app.person("grace", Role::Viewer).await;
    let team = ada.makes_team("Backend", &[("grace", Role::Operator)]).await;
    let grace = app.signs_in("grace@example.org").await;
    let project = ada.has_project().with_spec(specs::ONE).create().await;
    let hers = grace.project(project.project.clone());
    // In the installation she only reads.
    hers.asks_to_start(json!({})).await.expect(403);

    let owner = format!("/api/v2/projects/{}/owner", project.id());
    ada.put(&owner, &json!({"team_id": team.id})).await.expect(200);
    let mut live = grace.listens(None).await;
    let run = hers.starts_run().await;

    live.until("run_finished").await;
    run.is_verified().await;
}
