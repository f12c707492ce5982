//! Models that refuse for now or cannot be reached: asked again later and later, and a person only where waiting does not help.

use protocol::runs::RunStatus;
use tests::{
    Setup, TestApp,
    journal::{self, Stored},
    specs,
};

async fn refusing(misbehaviour: &str) -> TestApp {
    Setup::default().demo(&format!("--misbehave {misbehaviour}")).start().await
}

// EP-011
#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_the_agent_says() {
    let app = refusing("rate-limited-once=2").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    run.says("Asking again in 2 s").await;
    let finished = run.is_verified().await;

    assert_eq!(finished.iteration, 1);
    let stored = Stored::read(&app.store().await, run.id).await;
    stored.assert_consistent();
    let at = |name: &str| stored.rows.iter().find(|row| journal::name(&row.input) == name).unwrap().at;
    assert!(at("waited").millis_since(at("acted")) >= 2_000);
    assert_eq!(stored.results().len(), 2);
}

// EP-003
#[tokio::test]
async fn a_model_that_cannot_be_reached_is_asked_again() {
    let app = refusing("unreachable-once").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let finished = run.is_verified().await;

    assert_eq!(finished.iteration, 1);
    assert!(run.log_text().await.contains("could not be reached"), "{}", run.log_text().await);
}

// EP-011
#[tokio::test]
async fn a_wait_outlives_a_crash_and_takes_no_place_from_others() {
    let app = Setup::default().demo("--misbehave rate-limited=3600").argument("--max-runs").argument("1").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let other = user.has_project().named("Other").with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Asking again in 3600 s").await;
    let waiting = run.now().await;
    assert_eq!(waiting.status, RunStatus::Working);
    assert!(waiting.reason.as_deref().is_some_and(|reason| reason.contains("refuses for now")), "{:?}", waiting.reason);

    app.kill();
    app.restart_after_kill_with_demo("--pace 0");
    other.starts_run().await.is_verified().await;
    assert_eq!(Stored::read(&app.store().await, run.id).await.results().len(), 1, "it was not asked meanwhile");

    // A person who knows better need not wait.
    run.pause().await.expect(200);
    run.becomes(RunStatus::Paused).await;
    run.resume().await.expect(200);
    run.is_verified().await;
}

#[tokio::test]
async fn a_run_that_waits_can_be_stopped() {
    let app = refusing("rate-limited=3600").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Asking again in 3600 s").await;

    run.stop().await.expect(200);

    assert_eq!(run.finishes().await.status, RunStatus::Stopped);
}

#[tokio::test]
async fn what_is_too_far_away_is_for_a_person() {
    let app = refusing("rate-limited=90000").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let held = project.starts_run().await.becomes(RunStatus::NeedsYou).await;

    assert!(held.reason.as_deref().is_some_and(|reason| reason.contains("try again in 90000 s")), "{:?}", held.reason);
}

// EP-004
#[tokio::test]
async fn an_expired_key_needs_a_person_at_once() {
    let app = refusing("unauthorized-once").await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let held = run.becomes(RunStatus::NeedsYou).await;

    assert!(held.reason.as_deref().is_some_and(|reason| reason.contains("the key has expired")), "{:?}", held.reason);
    assert_eq!(Stored::read(&app.store().await, run.id).await.results().len(), 1);
    run.resume().await.expect(200);
    assert_eq!(run.is_verified().await.iteration, 1);
}
