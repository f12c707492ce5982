//! What was taken from somebody while their request waited for its turn to write is gone for that request, too: the turn is held
//! from outside until the server knows who asks.

use protocol::{
    Timestamp, UserId,
    access::Role::{Admin, Operator, Viewer},
    teams::{Owner, Team},
};
use serde_json::json;
use store::{MemberRow, Tx};
use tests::{Answer, Setup, TestApp, eventually};

/// What a request is answered that comes before, and writes after, what `taken` does.
async fn crossed(app: &TestApp, request: impl Future<Output = Answer>, taken: impl AsyncFnOnce(&Tx, UserId)) -> Answer {
    let tx = app.store().await.begin().await.unwrap();
    let vera = tx.accounts().by_email("vera@example.org").await.unwrap().unwrap().id;
    taken(&tx, vera).await;
    let before = looked_up(app);
    let release = async {
        eventually("the server knows who asks", async || (looked_up(app) > before).then_some(())).await;
        tx.commit().await.unwrap();
    };
    tokio::join!(request, release).0
}

/// How often it was asked what belongs to somebody, which is the last that is asked of them.
fn looked_up(app: &TestApp) -> usize {
    app.log().lines().filter(|line| line.contains("store::statements") && line.contains("owner_user")).count()
}

fn is_refused(answer: &Answer) {
    assert!([403, 404, 409].contains(&answer.status), "{}: {}", answer.status, answer.text());
}

#[tokio::test]
async fn who_lost_a_team_or_a_share_while_a_request_waited_changes_nothing() {
    Box::pin(changes_nothing(Setup::default())).await;
}

#[tokio::test]
async fn who_lost_a_team_or_a_share_while_a_request_waited_changes_nothing_on_postgres() {
    Box::pin(changes_nothing(Setup::default().on_postgres())).await;
}

async fn changes_nothing(setup: Setup) {
    let logged = setup.argument("--log-format").argument("json").variable("LOKI_LOG", "info,store::statements=trace");
    let app = logged.start().await;
    let ada = app.first_admin().await;
    for name in ["vera", "eva"] {
        app.person(name, Viewer).await;
    }
    // A login of after each change: one of before would first get another id.
    let signs_in = async || app.signs_in("vera@example.org").await;
    let member = json!({"email": "eva@example.org"});
    let leaves = |team: &Team| {
        let team = team.id;
        async move |tx: &Tx, vera: UserId| assert!(tx.teams().remove_member(team, vera, "").await.unwrap())
    };

    let team = ada.makes_team("Backend", &[("vera", Admin)]).await;
    let members = format!("/api/v2/teams/{}/members", team.id);
    let vera = signs_in().await;
    is_refused(&crossed(&app, vera.post(&members, &member), leaves(&team)).await);
    assert!(!ada.get(&members).await.expect(200).text().contains("eva@"));

    let team = ada.makes_team("Frontend", &[("vera", Admin)]).await;
    let project = ada.has_project().with("owner", json!({"kind": "team", "id": team.id})).create().await.id();
    let (owner, shares) = (format!("/api/v2/projects/{project}/owner"), format!("/api/v2/projects/{project}/shares"));
    let (vera, body) = (signs_in().await, json!({"email": "vera@example.org"}));
    is_refused(&crossed(&app, vera.put(&owner, &body), leaves(&team)).await);
    assert_eq!(ada.reads_project(project).await.owner, Owner::Team(team.id));

    ada.post(&shares, &json!({"email": "vera@example.org", "role": Operator})).await.expect(201);
    let (vera, secrets) = (signs_in().await, format!("/api/v2/projects/{project}/secrets"));
    let (secret, body) = (format!("{secrets}/LATE"), json!({"value": "a long secret", "uses": ["agent"]}));
    let unshared = async |tx: &Tx, vera: UserId| tx.sharing().remove_with_user(vera).await.unwrap();
    is_refused(&crossed(&app, vera.put(&secret, &body), unshared).await);
    assert!(!ada.get(&secrets).await.expect(200).text().contains("LATE"));

    // What came meanwhile stops nobody.
    let (team, other) = (ada.makes_team("Docs", &[("vera", Admin)]).await, ada.makes_team("Sales", &[]).await);
    let (vera, members) = (signs_in().await, format!("/api/v2/teams/{}/members", team.id));
    let joins = async |tx: &Tx, user_id: UserId| {
        let created_at = Timestamp::from_millis(1);
        let row = MemberRow { team_id: other.id, user_id, source: String::new(), role: Viewer, created_at };
        tx.teams().set_member(&row).await.unwrap();
    };
    crossed(&app, vera.post(&members, &member), joins).await.expect(201);
}
