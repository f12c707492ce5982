//! Requests that cross on PostgreSQL, which has many writers. Where it matters, the turn to write is held from outside until a
//! request waits for it, so that what happens in between happens each time.

use futures::future::join_all;
use protocol::{
    TeamId, Timestamp, UserId,
    access::{Role, Token},
    projects::{Project, ProjectStatus},
};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::json;
use store::{Store, TeamRow, Tx};
use tests::{Actor, Answer, Setup, TestApp, actor::Credentials, app::PASSWORD, eventually};
use uuid::Uuid;

/// Waits until so many transactions wait for their turn.
async fn wait(app: &TestApp, count: i64) {
    let database = Database::connect(app.database_url()).await.unwrap();
    let sql = "SELECT count(*) AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    eventually("somebody waits for the turn", async || {
        let select = Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(select).await.unwrap().unwrap();
        (row.try_get::<i64>("", "waiting").unwrap() >= count).then_some(())
    })
    .await;
}

/// What a request is answered that waits while `meanwhile` happens.
async fn crossed(app: &TestApp, request: impl Future<Output = Answer>, meanwhile: impl AsyncFnOnce(&Tx)) -> Answer {
    let tx = app.store().await.begin().await.unwrap();
    let meanwhile = async {
        wait(app, 1).await;
        meanwhile(&tx).await;
        tx.commit().await.unwrap();
    };
    tokio::join!(request, meanwhile).0
}

async fn id_of(tx: &Tx, name: &str) -> UserId {
    tx.accounts().by_email(&format!("{name}@example.org")).await.unwrap().unwrap().id
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_tables_once_on_postgres() {
    let url = tests::postgres::new_database();

    let opened = join_all((0..4).map(|_| Store::open(&url))).await;

    for store in opened {
        store.unwrap().close().await.unwrap();
    }
}

#[tokio::test]
async fn of_setups_at_once_one_makes_the_first_admin_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let link = app.setup_link().unwrap();
    let token = link.rsplit_once("token=").unwrap().1;
    let tries = ["ada@example.org", "vera@example.org", "eva@example.org"].map(|email| {
        let (app, form) = (&app, [("token", token), ("email", email), ("name", "Ada"), ("password", PASSWORD)]);
        async move { app.nobody().send_form("/setup", &form).await.status }
    });

    let answers = join_all(tries).await;

    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| *status < 500), "{answers:?}");
    let users = app.admin().await.get("/api/v2/users").await.expect(200).value();
    assert_eq!(users["users"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_that_another_request_takes_meanwhile_is_taken_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let admin = app.admin().await;
    let body = json!({"name": "Ops"});

    let answer = crossed(&app, admin.post("/api/v2/teams", &body), async |tx: &Tx| {
        let (id, created_at) = (TeamId(Uuid::from_u128(1)), Timestamp::from_millis(1));
        let row = TeamRow { id, name: "Ops".to_owned(), folded: domain::teams::folded("Ops"), created_at };
        tx.teams().insert(&row).await.unwrap();
    })
    .await;

    let words = answer.expect(409).detail();
    assert!(words.contains("team is called"), "{words}");
}

#[tokio::test]
async fn changes_of_the_same_things_at_once_are_all_made_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let ada = app.first_admin().await;
    app.person("vera", Role::Viewer).await;
    let vera = id_of(&app.store().await.read().await.unwrap(), "vera").await;
    let team = ada.makes_team("A", &[("vera", Role::Viewer)]).await;
    let made: Token = ada.post("/api/enterprise/tokens", &json!({"name": "ci", "role": "viewer"})).await.expect(201).json();
    let (member, person) = (format!("/api/v2/teams/{}/members/{vera}", team.id), format!("/api/v2/users/{vera}"));
    let (team, token) = (format!("/api/v2/teams/{}", team.id), format!("/api/v2/api-keys/{}", made.id));

    for round in 0..4 {
        let (role, name) = (json!({"role": "operator"}), json!({"name": format!("Round {round}")}));
        let words = json!({"description": format!("round {round}")});
        let (one, two, three, four) =
            tokio::join!(ada.put(&member, &role), ada.put(&person, &name), ada.put(&team, &name), ada.put(&token, &words));
        let statuses = [one, two, three, four].map(|answer| answer.status);
        assert_eq!(statuses, [200; 4]);
    }
}

#[tokio::test]
async fn of_two_admins_who_leave_a_team_with_projects_at_once_one_stays_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let ada = app.first_admin().await;
    let vera = app.person("vera", Role::Operator).await;
    let team = ada.makes_team("A", &[("vera", Role::Admin)]).await;
    let project = json!({"name": "P", "owner": {"kind": "team", "id": team.id}});
    ada.post("/api/projects", &project).await.expect(201);
    let (of_ada, of_vera) = {
        let tx = app.store().await.read().await.unwrap();
        (id_of(&tx, "ada").await, id_of(&tx, "vera").await)
    };
    let member = |id: UserId| format!("/api/v2/teams/{}/members/{id}", team.id);
    let (of_ada, of_vera) = (member(of_ada), member(of_vera));

    let (one, other) = tokio::join!(ada.delete(&of_ada), vera.delete(&of_vera));

    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}

#[tokio::test]
async fn a_link_that_is_used_twice_at_once_counts_once_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    app.person("vera", Role::Viewer).await;
    let link = app.prints(&["user", "reset-link", "--email", "vera@example.org", "--public-url", &app.url()]);
    let token = link.rsplit_once("token=").unwrap().1;
    let tries = ["the first of the passwords", "the second of the passwords"].map(|password| {
        let (app, form) = (&app, [("token", token), ("password", password)]);
        async move { app.nobody().send_form("/reset", &form).await.status }
    });

    let mut statuses = join_all(tries).await;

    statuses.sort_unstable();
    assert_eq!(statuses, [303, 401]);
}

#[tokio::test]
async fn who_ended_or_lost_a_role_while_a_request_waited_changes_nothing_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let admin = app.admin().await;
    let late = json!({"name": "Late"});
    let made: Token = admin.post("/api/enterprise/tokens", &json!({"name": "ci", "role": "operator"})).await.expect(201).json();
    let program = Actor::new(&app, Credentials::Bearer(made.token.clone().unwrap()));
    let vera = app.person("vera", Role::Operator).await;
    let eva = app.person("eva", Role::Operator).await;

    let lost = crossed(&app, vera.post("/api/projects", &late), async |tx: &Tx| {
        tx.accounts().set_role(id_of(tx, "vera").await, Role::Viewer).await.unwrap();
    });
    lost.await.expect(409);
    let ended = crossed(&app, eva.post("/api/projects", &late), async |tx: &Tx| {
        tx.logins().delete_of(id_of(tx, "eva").await).await.unwrap();
    });
    ended.await.expect(401);
    let revoked = crossed(&app, program.post("/api/projects", &late), async |tx: &Tx| {
        tx.tokens().revoke(made.id, Timestamp::from_millis(1)).await.unwrap();
    });
    revoked.await.expect(401);

    assert!(!admin.get("/api/projects").await.expect(200).text().contains("Late"));
}

#[tokio::test]
async fn a_password_that_is_replaced_while_it_is_looked_at_lets_nobody_in_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let vera = app.person("vera", Role::Viewer).await;
    app.person("eva", Role::Viewer).await;

    let (nobody, form) = (app.nobody(), [("email", "eva@example.org"), ("password", PASSWORD)]);
    let signed_in = crossed(&app, nobody.send_form("/login", &form), async |tx: &Tx| {
        let id = id_of(tx, "eva").await;
        tx.accounts().set_password(id, "of nobody").await.unwrap();
        tx.logins().delete_of(id).await.unwrap();
    });
    let cookie = signed_in.await.expect(303).cookie("loki_login").unwrap_or_default();
    let passwords = json!({"current_password": PASSWORD, "new_password": "another long password"});
    let changed = crossed(&app, vera.put("/api/v2/password", &passwords), async |tx: &Tx| {
        tx.accounts().set_password(id_of(tx, "vera").await, "of nobody").await.unwrap();
    });

    assert!(changed.await.expect(409).detail().contains("at the same time"));
    Actor::new(&app, Credentials::Cookie(cookie)).get("/api/status").await.expect(401);
}

#[tokio::test]
async fn a_login_that_is_ended_on_its_way_to_another_id_stays_ended_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let ada = app.first_admin().await;
    let vera = app.person("vera", Role::Viewer).await;
    // Two, as of two servers: what waits within one does not ask the database.
    let (store, other) = (app.store().await, app.store().await);
    let id = id_of(&store.read().await.unwrap(), "vera").await;
    ada.put(&format!("/api/v2/users/{id}"), &json!({"role": "operator"})).await.expect(200);
    let first = store.begin().await.unwrap();

    // It goes on under another id, for which it writes twice: in between all logins are ended.
    let ends = async {
        wait(&app, 1).await;
        let frees = async {
            wait(&app, 2).await;
            first.commit().await.unwrap();
        };
        let (second, ()) = tokio::join!(other.begin(), frees);
        let second = second.unwrap();
        assert_eq!(second.logins().delete_of(id).await.unwrap(), 1);
        second.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(vera.get("/api/status"), ends);

    answer.expect(200);
    vera.get("/api/status").await.expect(401);
}

#[tokio::test]
async fn a_repository_that_another_server_makes_is_left_to_it_on_postgres() {
    let app = Setup::default().on_postgres().start().await;
    let user = app.operator().await;
    let id = user.has_project().create().await.id();
    let store = app.store().await;
    let at = Timestamp::from_millis;
    // As if it were still to be made, by a server that has it until then.
    let is_made_until = async |until: Timestamp| {
        let tx = store.begin().await.unwrap();
        let project = tx.projects().by_id(id).await.unwrap().unwrap();
        tx.projects().set_prepared(&Project { status: ProjectStatus::Preparing, ..project }).await.unwrap();
        assert!(tx.projects().claim(id, "another server", at(0), until).await.unwrap());
        assert!(!tx.projects().claim(id, "a third", at(0), at(1)).await.unwrap());
        tx.commit().await.unwrap();
    };
    let is_made = async |what: &str| {
        eventually(what, async || (user.reads_project(id).await.status == ProjectStatus::Ready).then_some(())).await;
    };

    let in_the_year_2100 = at(4_102_444_800_000);
    is_made_until(in_the_year_2100).await;
    user.has_project().named("Later").create().await;
    assert_eq!(user.reads_project(id).await.status, ProjectStatus::Preparing);
    let tx = store.begin().await.unwrap();
    tx.projects().release(id, "another server").await.unwrap();
    tx.commit().await.unwrap();
    is_made("what was given back is made").await;

    is_made_until(at(1)).await;
    is_made("what a server had that is gone is made").await;
}
