//! Runs are sorted over all that somebody may see, however many there are.

use domain::{
    runs::{Ceilings, Ending, RunRecord, RunState, Stage},
    sort::{name_key, state_key},
};
use protocol::{
    ProjectId, RunId, Timestamp,
    agents::ProviderId,
    projects::Project,
    runs::{Limits, RunList, Verdict},
};
use serde_json::json;
use tests::{Actor, Setup, TestApp};

/// More than a page can hold.
const RUNS: u32 = 230;
const TITLES: [&str; 6] = ["delta", "Écho", "alpha", "Äpfel", "eta", "Alpha"];

#[tokio::test]
async fn runs_are_sorted_over_all_their_pages() {
    are_sorted(TestApp::start().await).await;
}

#[tokio::test]
async fn runs_are_sorted_over_all_their_pages_on_postgres() {
    are_sorted(Setup::default().on_postgres().start().await).await;
}

/// A run that is over. Nothing about it is in the order in which they came, and much is alike.
fn over(project: ProjectId, number: u32, id: u128) -> RunRecord {
    let mut state = RunState::queued(Ceilings::from_limits(Limits::default()).unwrap());
    let (ending, verdict) = match number % 5 {
        0 => (Ending::Stopped { by: "Ada".to_owned() }, None),
        1 => (Ending::Failed { reason: "nothing goes".to_owned() }, None),
        2 => (Ending::TasksDone, Some(Verdict::NotVerified)),
        3 => (Ending::TasksDone, Some(Verdict::VerifiedWithGaps)),
        _ => (Ending::TasksDone, Some(Verdict::Verified)),
    };
    (state.stage, state.ending, state.verdict) = (Stage::Over, Some(ending), verdict);
    state.worked_ms = i64::from(number * 31 % 97) * 1_000;
    state.spent.cost_micros = (!number.is_multiple_of(4)).then(|| i64::from(number * 17 % 29) * 250_000);
    RunRecord {
        id: RunId(uuid::Uuid::from_u128(id)),
        project_id: project,
        project_name: String::new(),
        number,
        title: TITLES[usize::try_from(number).unwrap() % TITLES.len()].to_owned(),
        spec: "# A spec".to_owned(),
        provider: ProviderId::Demo,
        model: None,
        started_by: "Ada".to_owned(),
        request_id: None,
        request_hash: None,
        sandboxed: true,
        state,
        wish: None,
        journal_seq: 0,
        queued_at: Timestamp::from_millis(i64::from(number)),
        started_at: Some(Timestamp::from_millis(i64::from(number))),
        ended_at: Some(Timestamp::from_millis(i64::from(number))),
    }
}

/// What a list holds, page by page.
async fn all(actor: &Actor<'_>, sort: &str) -> Vec<RunId> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page: RunList = actor.get(&format!("/api/v2/runs?limit=70&sort={sort}{after}")).await.expect(200).json();
        found.extend(page.runs.iter().map(|run| run.id));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

async fn are_sorted(app: TestApp) {
    let ada = app.first_admin().await;
    let team = ada.makes_team("Core", &[]).await;
    let open: Project = ada.post("/api/projects", &json!({"name": "Open"})).await.expect(201).json();
    let of_team = json!({"name": "Hidden", "owner": {"kind": "team", "id": team.id}});
    let hidden: Project = ada.post("/api/projects", &of_team).await.expect(201).json();
    let seen: Vec<RunRecord> = (1..=RUNS).map(|number| over(open.id, number, u128::from(number) * 2)).collect();
    let unseen: Vec<RunRecord> = (1..=30).map(|number| over(hidden.id, number, u128::from(number) * 2 + 1)).collect();
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    for record in seen.iter().chain(&unseen) {
        tx.runs().insert(record).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.close().await.unwrap();

    let viewer = app.viewer().await;
    let whole: Vec<RunRecord> = seen.iter().chain(&unseen).cloned().collect();
    for by in ["run", "state", "elapsed", "cost"] {
        let key = |record: &RunRecord| {
            let state = &record.state;
            match by {
                "run" => (name_key(&record.title), 0),
                "state" => (state_key(state.status(), state.verdict).to_owned(), 0),
                "elapsed" => (String::new(), state.worked_ms),
                _ => (String::new(), state.spent.cost_micros.unwrap_or(-1)),
            }
        };
        for (actor, records) in [(&viewer, &seen), (&ada, &whole)] {
            let mut expected: Vec<&RunRecord> = records.iter().collect();
            expected.sort_by_key(|record| (key(record), record.id.0));
            let mut expected: Vec<RunId> = expected.into_iter().map(|record| record.id).collect();
            assert_eq!(all(actor, by).await, expected, "{by}");
            expected.reverse();
            assert_eq!(all(actor, &format!("-{by}")).await, expected, "-{by}");
        }
    }
    // What else is asked for still counts.
    let path = format!("/api/v2/runs?project_id={}&sort=-elapsed&limit=200", hidden.id);
    assert_eq!(ada.get(&path).await.expect(200).json::<RunList>().runs.len(), unseen.len());
    let active: RunList = ada.get("/api/v2/runs?status=active&sort=cost").await.expect(200).json();
    assert_eq!(active.runs, []);
    let page = ada.get("/runs?sort=-elapsed").await.expect(200).text();
    assert!(page.contains("Show more runs") && page.contains("sort=-elapsed&amp;after=elapsed%3A"), "{page}");
}
