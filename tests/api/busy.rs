//! Many at once at a database that has one writer at a time: each has its turn soon, and who only reads waits for nobody. What is
//! told where the wait is too long.

use futures::future::{join_all, try_join_all};
use protocol::Timestamp;
use serde_json::json;
use store::Store;
use tests::{Setup, door::Door};

/// More than a server has connections to either database.
const WRITERS: usize = 24;

// Each that waited to write held a connection, until none was left for whoever reads.
async fn who_reads_waits_for_no_writer(store: &Store) {
    let turn = store.begin().await.unwrap();
    let writers = (0..WRITERS).map(|_| async { store.begin().await?.commit().await });
    let mut writers = std::pin::pin!(try_join_all(writers));

    // All of them ask for their turn before the reader asks.
    let read = tokio::select! {
        biased;
        _ = &mut writers => panic!("two wrote at once"),
        read = store.read() => read,
    };

    assert_eq!(read.unwrap().accounts().count().await.unwrap(), 0);
    turn.commit().await.unwrap();
    writers.await.unwrap();
}

#[tokio::test]
async fn who_reads_waits_for_no_writer_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("loki.db").display());
    who_reads_waits_for_no_writer(&Store::open(&url).await.unwrap()).await;
}

#[tokio::test]
async fn who_reads_waits_for_no_writer_on_postgres() {
    who_reads_waits_for_no_writer(&Store::open(&tests::postgres::new_database()).await.unwrap()).await;
}

// The repositories of new projects were made by futures that nobody looked at for a while: one of them kept the turn to write from
// all others, until these gave up.
#[tokio::test]
async fn projects_are_made_while_many_write() {
    are_made_while_many_write(Setup::default()).await;
}

#[tokio::test]
async fn projects_are_made_while_many_write_on_postgres() {
    are_made_while_many_write(Setup::default().on_postgres()).await;
}

async fn are_made_while_many_write(setup: Setup) {
    let app = setup.argument("--limits").argument("off").start().await;
    let admin = app.admin().await;
    let nowhere = "/api/projects/0198c000-0000-7000-8000-000000000000";
    let (admin, change) = (&admin, &json!({"description": "changed"}));

    let writers = (0..8).map(|writer| async move {
        let mut statuses = Vec::new();
        for round in 0..6 {
            let project = json!({"name": format!("busy {writer} {round}")});
            statuses.push(admin.post("/api/projects", &project).await.status);
            for _ in 0..6 {
                statuses.push(admin.put(nowhere, change).await.status);
            }
        }
        statuses
    });
    let statuses = join_all(writers).await.concat();

    let wrong: Vec<u16> = statuses.into_iter().filter(|status| ![201, 404].contains(status)).collect();
    assert_eq!(wrong, Vec::<u16>::new());
}

#[tokio::test]
async fn a_login_that_could_not_be_written_meanwhile_is_told_as_anything_else() {
    is_told_as_anything_else(Setup::default()).await;
}

#[tokio::test]
async fn a_login_that_could_not_be_written_meanwhile_is_told_as_anything_else_on_postgres() {
    is_told_as_anything_else(Setup::default().on_postgres()).await;
}

async fn is_told_as_anything_else(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    let id = tx.accounts().by_email("ada@example.org").await.unwrap().unwrap().id;
    let mut row = tx.logins().of_user(id, Timestamp::from_millis(0)).await.unwrap().remove(0);
    let mut data: serde_json::Value = serde_json::from_str(&row.data).unwrap();
    // As if it had last been used so long ago that the next use is noted.
    data["login"]["seen"] = serde_json::to_value(Timestamp::from_millis(0)).unwrap();
    row.data = data.to_string();
    tx.logins().update(&row).await.unwrap();
    tx.commit().await.unwrap();

    let turn = store.begin().await.unwrap();
    let (told, shown) = tokio::join!(ada.get("/api/status"), ada.get("/projects"));
    drop(turn);

    for answer in [&told, &shown] {
        assert_eq!((answer.status, answer.header("retry-after").as_str()), (503, "5"), "{}", answer.text());
    }
    assert!(told.detail().contains("database is busy"));
    assert!(shown.header("content-type").starts_with("text/html") && shown.text().contains("database is busy"));
    ada.get("/api/status").await.expect(200);
}

// Whoever waited for a connection in vain was told that the database is busy, or that something went wrong.
#[tokio::test]
async fn a_database_that_refuses_connections_is_told_and_nothing_has_to_be_started_again() {
    let door = Door::before_postgres();
    let app = Setup::default().on_database(&door.url()).start().await;
    let ada = app.first_admin().await;

    door.refuses();
    let (told, shown) = tokio::join!(ada.get("/api/status"), ada.get("/projects"));
    door.is_back();

    for answer in [&told, &shown] {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains("The database does not answer"), "{}", answer.text());
        assert!(answer.text().contains(&answer.header("x-request-id")), "{}", answer.text());
    }
    assert_eq!(told.header("retry-after"), "5");
    assert!(shown.header("content-type").starts_with("text/html"));
    ada.get("/api/status").await.expect(200);
    ada.get("/projects").await.expect(200);
}
