//! The database goes away in the middle of a run, as PostgreSQL does when it is started again.

use domain::ports::agent::AgentOutcome;
use protocol::{ApiError, runs::RunStatus};
use rustix::process::Signal;
use store::Store;
use tests::{
    Actor, RunHandle, Setup, TestApp,
    door::Door,
    eventually,
    journal::{self, Stored},
    processes, specs,
};

// EP-003
#[tokio::test]
async fn a_database_that_goes_away_loses_no_result() {
    let door = Door::before_postgres();
    let app = Setup::default().demo("--misbehave slow=6 --spends 0.25").on_database(&door.url()).start().await;
    let user = app.first_admin().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2.").await;

    // The agent stands still until the database is gone.
    let mut agent = processes::below(app.pid());
    agent.retain(|process| process.command.contains("demo-agent"));
    assert!(!agent.is_empty(), "the call is over too early");
    for process in &agent {
        processes::signal(process.pid, Signal::STOP);
    }
    door.vanishes();
    for process in &agent {
        processes::signal(process.pid, Signal::CONT);
    }
    let waits = "the database does not answer: what a run has done waits";
    eventually("the result waits", async || app.log().contains(waits).then_some(())).await;
    it_is_said(&app, &user, &run).await;
    assert_eq!(app.log().matches(waits).count(), 1, "it is said once");

    door.is_back();
    let finished = run.is_verified().await;
    assert_eq!((finished.status, finished.cost_usd), (RunStatus::Finished, Some(0.25)));
    eventually("all is well", async || (health(&app).await == "healthy").then_some(())).await;
    assert!(!user.get("/projects").await.expect(200).text().contains("Database away:"));
    was_asked_once(&app, &run).await;
    let log = run.log_text().await;
    assert_eq!(log.matches("Thinking, step 1.").count(), 1, "{log}");
    let events = user.events().await;
    for kind in ["run_queued", "run_started", "task_completed", "run_finished"] {
        assert_eq!(events.iter().filter(|event| event.kind == kind).count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_run_goes_on_when_its_connections_are_cut() {
    let door = Door::before_postgres();
    let app = Setup::default().demo("--spends 0.25").on_database(&door.url()).start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let store = Store::open(door.url_behind()).await.unwrap();

    let run = project.starts_run().await;
    for step in ["claimed", "reasoned", "reflected", "verified"] {
        let journaled = async || {
            let rows = Stored::read(&store, run.id).await.rows;
            rows.iter().any(|row| journal::name(&row.input) == step).then_some(())
        };
        eventually(step, journaled).await;
        door.cuts();
    }

    let finished = run.is_verified().await;
    assert_eq!(finished.cost_usd, Some(0.25));
    was_asked_once(&app, &run).await;
}

/// Pages, programs and probes hear that the database is away.
async fn it_is_said(app: &TestApp, user: &Actor<'_>, run: &RunHandle<'_>) {
    eventually("/health says so", async || (health(app).await == "database away").then_some(())).await;
    for path in ["/", "/projects", "/runs", "/account/sign-in-methods"] {
        let page = user.get(path).await.expect(503);
        let (text, id) = (page.text(), page.header("x-request-id"));
        assert!(page.header("content-type").starts_with("text/html"), "{path}: {text}");
        assert!(text.contains("The database does not answer") && !id.is_empty() && text.contains(&id), "{path} {id}: {text}");
    }
    for path in ["/api/status", "/api/projects", &format!("/api/v2/runs/{}", run.id), "/ui/viewer"] {
        let answer = user.get(path).await.expect(503);
        let error: ApiError = answer.json();
        assert!(error.detail.starts_with("The database does not answer"), "{path}: {}", error.detail);
        assert_eq!(error.request_id, answer.header("x-request-id"), "{path}");
    }
    assert_eq!(user.get("/api/status").await.header("retry-after"), "5");
    assert!(app.get("/docs").await.expect(200).text().contains("Database away:"));
}

async fn health(app: &TestApp) -> String {
    app.get("/health").await.expect(200).value()["status"].as_str().unwrap_or_default().to_owned()
}

/// The one call that was made is the one whose result is there.
async fn was_asked_once(app: &TestApp, run: &RunHandle<'_>) {
    let stored = Stored::read(&app.store().await, run.id).await;
    stored.assert_consistent();
    let [result] = stored.results()[..] else { panic!("{:#?}", stored.results()) };
    assert_eq!((&result.outcome, result.usage.cost_usd), (&AgentOutcome::Finished, Some(0.25)));
}
