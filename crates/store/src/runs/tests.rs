//! Runs on a real database.

use domain::runs::{Ceilings, RunState};
use protocol::{
    agents::ProviderId,
    projects::{Delivery, Project, ProjectSource, ProjectStatus},
    runs::Limits,
};
use sea_orm::ConnectionTrait as _;

use super::*;
use crate::Store;

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn project() -> Project {
    Project {
        id: ProjectId(uuid(1)),
        name: "A project".to_owned(),
        description: String::new(),
        source: ProjectSource::New,
        status: ProjectStatus::Ready,
        problem: None,
        path: "/nowhere".to_owned(),
        branch: None,
        template: None,
        git_url: None,
        delivery: Delivery::default(),
        spec: None,
        created_by: None,
        owner: Owner::Installation,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn run(number: u32) -> RunRecord {
    RunRecord {
        id: RunId(uuid(u128::from(number) + 100)),
        project_id: project().id,
        project_name: project().name,
        number,
        title: "A run".to_owned(),
        spec: "# A spec".to_owned(),
        provider: ProviderId::Demo,
        model: None,
        started_by: "Ada".to_owned(),
        request_id: None,
        request_hash: None,
        sandboxed: true,
        state: RunState::queued(Ceilings::from_limits(Limits::default()).unwrap()),
        wish: None,
        journal_seq: 0,
        queued_at: Timestamp::from_millis(0),
        started_at: None,
        ended_at: None,
    }
}

/// A database with two runs of one project.
async fn with_two_runs() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}?mode=rwc", folder.path().join("db").display())).await.unwrap();
    let tx = store.begin().await.unwrap();
    tx.projects().insert(&project()).await.unwrap();
    for number in [1, 2] {
        tx.runs().insert(&run(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    (folder, store)
}

fn numbers(records: &[RunRecord]) -> Vec<u32> {
    records.iter().map(|record| record.number).collect()
}

#[tokio::test]
async fn a_run_that_cannot_be_read_stands_in_nobodys_way() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.begin().await.unwrap();
    tx.inner.execute_unprepared("update runs set state = '{' where number = 2").await.unwrap();

    assert_eq!(numbers(&tx.runs().active_slim().await.unwrap()), [1]);
    assert_eq!(numbers(&tx.runs().list(RunsPage { limit: 10, ..RunsPage::of(Visible::All) }).await.unwrap()), [1]);
    assert!(tx.runs().newest_of(&[project().id]).await.unwrap().is_empty());
    assert!(matches!(tx.runs().by_id(run(2).id).await, Err(StoreError::Corrupt { .. })));
    assert_eq!(tx.runs().next_number(project().id).await.unwrap(), 3);
}

#[tokio::test]
async fn lists_leave_the_spec_out_and_nothing_else() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.read().await.unwrap();

    let without = |number| RunRecord { spec: String::new(), ..run(number) };
    assert_eq!(tx.runs().active_slim().await.unwrap(), [without(1), without(2)]);
    assert_eq!(tx.runs().by_id(run(1).id).await.unwrap(), Some(run(1)));
    assert_eq!((tx.runs().count_active().await.unwrap(), tx.runs().count_queued_of(project().id).await.unwrap()), (2, 2));
    let standing = tx.runs().standing(&[run(1).id, RunId(uuid(9))]).await.unwrap();
    assert_eq!(standing, HashMap::from([(run(1).id, (project().id, false))]));
}

#[tokio::test]
async fn runs_can_be_listed_by_when_they_ended() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.begin().await.unwrap();
    tx.inner.execute_unprepared("update runs set ended_at = 1000 where number = 2").await.unwrap();

    for (since, expected) in [(1_000, vec![2]), (1_001, Vec::new())] {
        let ended_since = Some(Timestamp::from_millis(since));
        let page = RunsPage { ended_since, limit: 10, ..RunsPage::of(Visible::All) };
        assert_eq!(numbers(&tx.runs().list(page).await.unwrap()), expected, "{since}");
    }
}

#[tokio::test]
async fn a_saved_run_is_sorted_by_how_it_stands() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.begin().await.unwrap();
    let mut first = run(1);
    first.state.worked_ms = 1_000;
    first.state.spent.cost_micros = Some(0);
    first.state.stage = domain::runs::Stage::Over;
    tx.runs().save(&first).await.unwrap();

    for (by, expected) in domain::sort::RUNS.iter().zip([[1, 2], [1, 2], [2, 1], [2, 1]]) {
        let sort = Sort { by: *by, descending: false };
        let page = RunsPage { order: Order::Sorted(sort, None), limit: 10, ..RunsPage::of(Visible::All) };
        assert_eq!(numbers(&tx.runs().list(page).await.unwrap()), expected, "{by:?}");
    }
    let cost = Sort { by: domain::sort::RUNS[3], descending: false };
    assert_eq!(tx.runs().sorted_by(run(2).id, cost).await.unwrap().as_deref(), Some("-1"));
}

#[tokio::test]
async fn only_the_wish_that_was_granted_is_cleared() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.begin().await.unwrap();
    let (pause, stop) = (Wish::Pause { by: "Ada".to_owned() }, Wish::Stop { by: "Ada".to_owned() });
    let id = run(1).id;

    tx.runs().set_wish(id, Some(&stop)).await.unwrap();
    tx.runs().clear_wish(id, &pause).await.unwrap();
    assert_eq!(tx.runs().wish(id).await.unwrap(), Some(stop.clone()));
    tx.runs().clear_wish(id, &stop).await.unwrap();
    assert_eq!(tx.runs().wish(id).await.unwrap(), None);
    assert_eq!(tx.runs().wish(RunId(uuid(9))).await.unwrap(), None);
}

#[tokio::test]
async fn a_run_is_taken_over_after_its_lease_alone_and_renewed_at_any_time() {
    let (_folder, store) = with_two_runs().await;
    let tx = store.begin().await.unwrap();
    let cases = [
        ("one", 0, true),
        ("two", 10, false),
        ("two", 20, false),
        ("two", 0, false),
        ("one", 0, true),
        ("one", 30, true),
        ("two", 21, true),
        ("one", 0, false),
    ];
    let (id, until) = (run(1).id, Timestamp::from_millis(20));
    for (step, (owner, now, expected)) in cases.into_iter().enumerate() {
        let claimed = tx.runs().claim(id, owner, Timestamp::from_millis(now), until).await.unwrap();
        assert_eq!(claimed, expected, "step {step}: {owner} at {now}");
    }
    tx.runs().release(id, "two").await.unwrap();
    assert!(tx.runs().claim(id, "one", Timestamp::from_millis(0), until).await.unwrap());
}
