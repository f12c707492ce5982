//! What a request asks of the database. What somebody may do is known with them and costs no query: one of somebody known asks for
//! what it shows, and for nothing else.

use serde_json::Value;
use tests::{Actor, Setup, eventually, specs};

/// Whoever sends a request is looked up in these. They are known for a second after that, while nothing is committed.
const OF_THE_ACTOR: [&str; 3] = ["api_tokens", "logins", "users"];

#[tokio::test]
async fn what_somebody_known_may_do_costs_no_query() {
    costs_no_query(Setup::default()).await;
}

#[tokio::test]
async fn what_somebody_known_may_do_costs_no_query_on_postgres() {
    costs_no_query(Setup::default().on_postgres()).await;
}

async fn costs_no_query(setup: Setup) {
    let logged = setup.argument("--log-format").argument("json").variable("LOKI_LOG", "info,store::statements=trace");
    let app = logged.start().await;
    let (person, program) = (app.first_admin().await, app.operator().await);
    let project = program.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;

    for actor in [&person, &program] {
        // The project, which says whose it is.
        assert_eq!(asks(actor, &format!("/api/projects/{}", project.id())).await, ["SELECT projects"]);
        // The run; its project's name, and whose that is.
        assert_eq!(asks(actor, &format!("/api/v2/runs/{}", run.id)).await, ["SELECT runs", "SELECT projects"]);
        // The runs; their projects' names, all at once.
        assert_eq!(asks(actor, "/api/v2/runs").await, ["SELECT runs", "SELECT projects"]);
        // The projects; the newest run's number of each, those runs, and their projects' names.
        let of_list = ["SELECT projects", "SELECT runs", "SELECT runs", "SELECT projects"];
        assert_eq!(asks(actor, "/api/projects").await, of_list);
    }
}

/// What a request asks whose actor is known.
async fn asks(actor: &Actor<'_>, path: &str) -> Vec<String> {
    let what = format!("{path} looks nobody up");
    eventually(&what, async || {
        let id = actor.get(path).await.expect(200).header("x-request-id");
        let asked = logged(&actor.app.log(), &id);
        assert!(!asked.is_empty(), "the statements of {path} are not in the log");
        let is_known = asked.iter().all(|(_, sql)| OF_THE_ACTOR.iter().all(|table| !sql.contains(&format!("\"{table}\""))));
        is_known.then(|| asked.into_iter().map(|(name, _)| name).collect())
    })
    .await
}

/// The statements of the request with that id, each with what it does and the first table that it does it with. A line is in the log
/// before the answer is sent.
fn logged(log: &str, id: &str) -> Vec<(String, String)> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_request = lines.filter(|line| line["target"] == "store::statements" && line["span"]["id"] == id);
    let named = of_request.map(|line| {
        let sql = line["sql"].as_str().unwrap().to_owned();
        let words: Vec<&str> = sql.split_whitespace().collect();
        let table = words.iter().skip_while(|word| !["FROM", "INTO", "UPDATE"].contains(*word)).nth(1).unwrap_or(&"");
        let name = format!("{} {}", words[0], table.trim_matches('"'));
        (name, sql)
    });
    named.collect()
}
