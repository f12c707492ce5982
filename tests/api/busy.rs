//! Many requests at once on a database that is a file and has one writer: each has its turn soon.

use futures::future::join_all;
use serde_json::json;
use tests::Setup;

// The repositories of new projects were made by futures that nobody looked at for a while: one of them kept the turn to write from
// all others, until these gave up.
#[tokio::test]
async fn projects_are_made_while_many_write() {
    let app = Setup::default().argument("--limits").argument("off").start().await;
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
