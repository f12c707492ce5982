//! The audit trail: what was done and what was denied is in it, and nothing of it can be altered unseen.

use std::os::unix::fs::PermissionsExt as _;

use domain::{
    actor::Actor as Doer,
    audit::{Entry, Link},
};
use protocol::{
    audit::{AuditEntry, AuditPage, AuditSummary, AuditVerdict},
    projects::Project,
};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use tests::{Actor, Setup, TestApp, command, eventually, server, specs};

async fn entries(reader: &Actor<'_>, query: &str) -> Vec<AuditEntry> {
    reader.get(&format!("/api/v2/audit?{query}")).await.expect(200).json::<AuditPage>().entries
}

async fn is_noted(reader: &Actor<'_>, query: &str) -> AuditEntry {
    eventually("the entry is written", async || entries(reader, query).await.into_iter().next()).await
}

async fn verdict(reader: &Actor<'_>) -> AuditVerdict {
    reader.get("/api/v2/audit/verify").await.expect(200).json()
}

async fn sql(app: &TestApp, statement: &str) {
    Database::connect(app.database_url()).await.unwrap().execute_unprepared(statement).await.unwrap();
}

#[tokio::test]
async fn a_run_is_on_record_with_what_it_was_started_with() {
    let app = TestApp::start().await;
    let (auditor, user) = (app.auditor().await, app.operator().await);
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let asked = project.asks_to_start(json!({"limits": {"iterations": 4, "minutes": 5, "cost_usd": 2.5}})).await;
    let run = asked.expect(202).value()["run_id"].as_str().unwrap().to_owned();

    let started = entries(&auditor, &format!("action=start&resource_id={run}")).await.remove(0);

    let of = |field: &str| started.details[field].to.clone();
    assert_eq!(of("project"), project.id().to_string());
    assert_eq!(["provider", "iterations", "minutes", "cost_micros"].map(of), ["demo", "4", "5", "2500000"]);
}

fn verify(app: &TestApp, more: &[&str]) -> (Option<i32>, String) {
    let mut loki = server::loki();
    loki.args(["audit", "verify"]).args(more).arg("--data-dir").arg(app.data_dir()).args(["--database-url", app.database_url()]);
    let output = command::run(loki, "");
    (output.status.code(), command::stdout(&output))
}

// SC-03
#[tokio::test]
async fn who_did_what_is_on_record_with_what_was_changed() {
    is_on_record(TestApp::start().await).await;
}

#[tokio::test]
async fn who_did_what_is_on_record_on_postgres() {
    is_on_record(Setup::default().on_postgres().start().await).await;
}

async fn is_on_record(app: TestApp) {
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let project = ada.has_project().named("Before").create().await;
    let path = format!("/api/projects/{}", project.id());
    let request = ada.request(reqwest::Method::PUT, &path).header("user-agent", "Browser 1\t").header("x-request-id", "r-42");
    ada.send(request.json(&json!({"name": "After"}))).await.expect(200);
    ada.delete(&path).await.expect(204);

    let told: Vec<(String, String, String)> = entries(&auditor, "resource_type=project")
        .await
        .into_iter()
        .map(|entry| (entry.actor_name, entry.action, entry.resource_id.unwrap()))
        .collect();
    let id = project.id().to_string();
    assert_eq!(told, ["delete", "update", "create"].map(|action| ("Ada".to_owned(), action.to_owned(), id.clone())));
    // How it was called can be told when it is gone.
    let made = entries(&auditor, &format!("action=create&resource_id={id}")).await.remove(0);
    assert_eq!((made.details["name"].to.as_str(), made.details["source"].to.as_str()), ("Before", "new"));
    assert!(made.details.contains_key("owner"), "{made:?}");
    let gone = entries(&auditor, &format!("action=delete&resource_id={id}")).await.remove(0);
    assert_eq!(gone.details["name"].from, "After");
    let user = entries(&auditor, "action=create&resource_type=user").await.remove(0);
    let of_user = ["email", "name", "role"].map(|field| user.details[field].to.as_str());
    assert_eq!(of_user, ["ada@example.org", "Ada", "admin"]);
    let update = entries(&auditor, &format!("action=update&resource_id={id}")).await.remove(0);
    assert_eq!((update.details["name"].from.as_str(), update.details["name"].to.as_str()), ("Before", "After"));
    assert_eq!((update.ip_address.as_deref(), update.request_id.as_deref()), (Some("127.0.0.1"), Some("r-42")));
    assert_eq!((update.user_agent.as_deref(), update.success), (Some("Browser 1"), true));
    let signed_in = entries(&auditor, "action=sign_in").await.remove(0);
    assert_eq!((&signed_in.login_id, &signed_in.user_id), (&update.login_id, &update.user_id));
    assert!(update.user_id.is_some() && update.login_id == signed_in.resource_id);

    assert_eq!((verdict(&auditor).await.valid, verdict(&auditor).await.problem), (true, None));
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0) && said.starts_with("whole"), "{said}");
}

#[tokio::test]
async fn what_was_denied_is_on_record() {
    let app = TestApp::start().await;
    let (auditor, viewer) = (app.auditor().await, app.viewer().await);
    viewer.post("/api/projects", &json!({"name": "A"})).await.expect(403);
    app.nobody().get("/api/v2/runs?token=loki_secret_word").await.expect(401);
    let foreign = viewer.request(reqwest::Method::POST, "/api/control/stop").header("origin", "http://evil.example");
    viewer.send(foreign).await.expect(403);

    let forbidden = is_noted(&auditor, "outcome=denied&resource_id=POST%20%2Fapi%2Fprojects").await;
    assert_eq!((forbidden.actor_name.as_str(), forbidden.status, forbidden.success), ("viewer", Some(403), false));
    assert!(forbidden.error.unwrap().contains("write") && forbidden.token_id.is_some());
    let unknown = is_noted(&auditor, "actor=nobody&q=TOKEN").await;
    assert_eq!((unknown.resource_id.as_deref(), unknown.status), (Some("GET /api/v2/runs"), Some(401)));
    // Whose token or cookie it was is known, though the request was refused unseen.
    let foreign = is_noted(&auditor, "resource_id=POST%20%2Fapi%2Fcontrol%2Fstop").await;
    assert_eq!((foreign.actor, foreign.outcome.as_str()), (forbidden.actor, "denied"));
    let all = auditor.get("/api/v2/audit").await.expect(200).text();
    assert!(!all.contains("loki_secret_word"), "{all}");
    assert!(verdict(&auditor).await.valid);
}

#[tokio::test]
async fn what_was_denied_is_found_by_its_address_and_every_number() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let team = ada.makes_team("Backend", &[]).await;
    let own = json!({"name": "Own", "owner": {"kind": "team", "id": team.id}});
    let hidden: Project = ada.post("/api/projects", &own).await.expect(201).json();
    let viewer = app.viewer().await;
    for number in ["probe-1", "probe-2", "probe-3"] {
        let path = format!("/api/projects/{}?token=none", hidden.id);
        let probe = app.nobody().request(reqwest::Method::GET, &path).header("x-request-id", format!("stranger-{number}"));
        app.nobody().send(probe).await.expect(401);
        let path = format!("/api/projects/{}", hidden.id);
        viewer.send(viewer.request(reqwest::Method::GET, &path).header("x-request-id", number)).await.expect(404);
    }

    for number in ["probe-1", "probe-2", "probe-3", "stranger-probe-3"] {
        let entry = is_noted(&auditor, &format!("outcome=denied&q={number}")).await;
        assert_eq!(entry.resource_id, Some(format!("GET /api/projects/{}", hidden.id)), "{number}");
    }
}

#[tokio::test]
async fn what_was_refused_for_its_shape_is_on_record() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let elsewhere = ada.request(reqwest::Method::GET, "/projects").header("host", "evil.example");
    ada.send(elsewhere).await.expect(421);
    let foreign = app.http().post(format!("{}/api/projects", app.url())).header("origin", "http://evil.example");
    let foreign = foreign.header("cookie", format!("loki_login={}", ada.secret()));
    ada.send(foreign.json(&json!({"name": "A"}))).await.expect(403);
    ada.post("/api/projects", &json!({"name": "p\u{430}ypal"})).await.expect(422);
    ada.post("/api/enterprise/tokens", &json!({"name": "A", "role": "king"})).await.expect(422);
    ada.get("/api/v2/audit?limit=0").await.expect(422);

    let noted = async |query: &str| {
        let entry = is_noted(&auditor, &format!("action=request&{query}")).await;
        (entry.actor_name, entry.status.unwrap())
    };
    let ada_was = |status: u16| ("Ada".to_owned(), status);
    assert_eq!(noted("resource_id=GET%20%2Fprojects").await, ada_was(421));
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fprojects&q=other%20sites").await, ada_was(403));
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fprojects&q=two%20alphabets").await, ada_was(422));
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fenterprise%2Ftokens").await, ada_was(422));
    // A question that makes no sense changes nothing.
    assert_eq!(entries(&auditor, "resource_id=GET%20%2Fapi%2Fv2%2Faudit").await, []);
}

#[tokio::test]
async fn guesses_at_passwords_are_on_record_without_the_password() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    for (email, password) in [("ada@example.org", "hunter2 hunter2"), ("my own password", "hunter2")] {
        app.nobody().send_form("/login", &[("email", email), ("password", password)]).await.expect(303);
    }
    let guess = is_noted(&auditor, "action=sign_in&outcome=denied&q=ada").await;
    assert_eq!((guess.status, guess.ip_address.as_deref()), (Some(401), Some("127.0.0.1")));
    eventually("both are counted", async || {
        let guesses = entries(&auditor, "action=sign_in&outcome=denied").await;
        (guesses.iter().map(|guess| guess.count).sum::<u64>() == 2).then_some(())
    })
    .await;
    ada.send_form("/logout", &[]).await.expect(303);
    is_noted(&auditor, "action=sign_out").await;
    let all = auditor.get("/api/v2/audit").await.expect(200).text();
    assert!(!all.contains("hunter2") && !all.contains("my own password"), "{all}");
}

#[tokio::test]
async fn a_flood_of_denied_requests_is_counted_and_does_not_fill_the_trail() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    let nobody = app.nobody();
    let floods = (0..2_000).map(|number| nobody.get(if number % 2 == 0 { "/api/status" } else { "/api/projects" }));
    futures::future::join_all(floods).await;

    let count = async || entries(&auditor, "outcome=denied&limit=1000").await;
    eventually("all are counted", async || (count().await.iter().map(|entry| entry.count).sum::<u64>() == 2_000).then_some(()))
        .await;
    let rows = count().await.len();
    assert!(rows <= 60, "{rows} entries");
}

#[tokio::test]
async fn many_entries_at_once_are_one_chain() {
    are_one_chain(TestApp::start().await).await;
}

#[tokio::test]
async fn many_entries_at_once_are_one_chain_on_postgres() {
    are_one_chain(Setup::default().on_postgres().start().await).await;
}

async fn are_one_chain(app: TestApp) {
    let admin = app.admin().await;
    let store = app.store().await;
    let before = store.read().await.unwrap().audit().head().await.unwrap().seq;
    let some = |count: i64| (0..count).map(|at| Entry::done(at, &Doer::Automation, "create project", &at)).collect::<Vec<_>>();
    // More than fit into a statement, fewer, and twice in one transaction.
    let transactions: [&[i64]; 4] = [&[2_001], &[1], &[2, 1_000], &[1_001, 1]];
    for appends in transactions {
        let tx = store.begin().await.unwrap();
        for count in appends {
            tx.audit().append(some(*count)).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let tx = store.read().await.unwrap();
    let head = tx.audit().head().await.unwrap();
    assert_eq!(head.seq - before, 2_001 + 1 + 1_002 + 1_002);
    let last = tx.audit().after(head.seq - 1, 10).await.unwrap().remove(0);
    assert_eq!((last.seq, &last.hash), (head.seq, &head.hash));
    let verdict = verdict(&admin).await;
    assert!(verdict.valid && verdict.last_seq == head.seq && verdict.head_hash == head.hash, "{verdict:?}");
}

#[tokio::test]
async fn a_changed_or_removed_entry_is_named() {
    is_named(TestApp::start().await).await;
}

#[tokio::test]
async fn a_changed_or_removed_entry_is_named_on_postgres() {
    is_named(Setup::default().on_postgres().start().await).await;
}

async fn is_named(app: TestApp) {
    let admin = app.admin().await;
    for number in 1..=5 {
        admin.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    let broken = async |seq: i64, words: &str| {
        let verdict = verdict(&admin).await;
        assert_eq!((verdict.valid, verdict.first_broken), (false, Some(seq)), "{verdict:?}");
        assert!(verdict.problem.as_ref().unwrap().contains(words), "{verdict:?}");
        let (code, said) = verify(&app, &[]);
        assert!(code == Some(1) && said.contains(words), "{said}");
    };
    for (change, back) in [
        ("outcome = 'denied'", "outcome = 'done'"),
        ("action = 'delete'", "action = 'create'"),
        ("at = at + 1", "at = at - 1"),
        ("details = replace(details, '127.0.0.1', '127.0.0.2')", "details = replace(details, '127.0.0.2', '127.0.0.1')"),
    ] {
        sql(&app, &format!("update audit_entries set {change} where seq = 3")).await;
        broken(3, "entry 3 was changed").await;
        sql(&app, &format!("update audit_entries set {back} where seq = 3")).await;
        assert!(verdict(&admin).await.valid, "{back}");
    }
    sql(&app, "delete from audit_entries where seq = 6").await;
    broken(6, "entry 6 is missing").await;
    sql(&app, "delete from audit_entries where seq = 4").await;
    broken(4, "entry 4 is missing").await;
}

#[tokio::test]
async fn a_trail_that_was_rewritten_does_not_fit_its_checkpoints() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for number in 1..=3 {
        admin.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    // At an orderly end a checkpoint is signed.
    assert!(app.stop());
    let tx = app.store().await.begin().await.unwrap();
    assert_eq!(tx.audit().last_checkpoint().await.unwrap().unwrap().seq, 4);
    // Whoever can write the database hashes all of it anew, without the second entry's actor.
    let mut link = Link::genesis();
    let mut statements = Vec::new();
    for mut row in tx.audit().after(0, 100).await.unwrap() {
        row.actor = if row.seq == 2 { "user:eve".to_owned() } else { row.actor };
        row.hash = row.digest(&link.hash);
        link = Link { seq: row.seq, hash: row.hash.clone() };
        statements
            .push(format!("update audit_entries set actor = '{}', hash = '{}' where seq = {}", row.actor, row.hash, row.seq));
    }
    statements.push(format!("update audit_head set hash = '{}'", link.hash));
    drop(tx);
    for statement in statements {
        sql(&app, &statement).await;
    }

    let (code, said) = verify(&app, &[]);

    assert!(code == Some(1) && said.contains("entry 4 is another one than the checkpoint"), "{said}");
    // Another checkpoint would need the key.
    sql(&app, &format!("update audit_checkpoints set hash = '{}'", link.hash)).await;
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(1) && said.contains("signature does not fit"), "{said}");
    // And to cut the trail off before it does not help either.
    sql(&app, "delete from audit_entries where seq > 2").await;
    sql(&app, "update audit_head set seq = 2, hash = (select hash from audit_entries where seq = 2)").await;
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(1) && said.contains("entry 3 is missing: a checkpoint was signed at 4"), "{said}");
}

/// Waits until the data directory knows that the trail goes up to there.
async fn is_anchored(app: &TestApp, seq: i64) {
    eventually("the end of the trail is kept outside of the database", async || {
        let kept = std::fs::read_to_string(app.data_dir().join("audit.last")).unwrap_or_default();
        let kept: serde_json::Value = serde_json::from_str(&kept).unwrap_or_default();
        (kept["end"]["seq"] == seq).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_off_the_end_between_two_checkpoints_is_named() {
    is_named_between_checkpoints(TestApp::start().await).await;
}

#[tokio::test]
async fn what_is_taken_off_the_end_between_two_checkpoints_is_named_on_postgres() {
    is_named_between_checkpoints(Setup::default().on_postgres().start().await).await;
}

async fn is_named_between_checkpoints(app: TestApp) {
    let admin = app.admin().await;
    admin.post("/api/projects", &json!({"name": "Before"})).await.expect(201);
    is_anchored(&app, 2).await;
    for number in 1..=3 {
        admin.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    is_anchored(&app, 5).await;
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0) && said.contains("anchor: entry 5,"), "{said}");

    // Checkpoints that the cut would betray go with it.
    sql(&app, "delete from audit_checkpoints where seq > 3").await;
    sql(&app, "delete from audit_entries where seq > 3").await;
    sql(&app, "update audit_head set seq = 3, hash = (select hash from audit_entries where seq = 3)").await;

    let (code, said) = verify(&app, &[]);
    assert!(code == Some(1) && said.contains("the trail ends before what was signed on 2"), "{said}");
    assert!(said.contains("2 entries are missing"), "{said}");
    // A file that is gone proves nothing, and nobody is told that it did.
    assert!(app.stop());
    std::fs::remove_file(app.data_dir().join("audit.last")).unwrap();
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0) && said.starts_with("whole as far as entry 3; the anchor is missing"), "{said}");
}

#[tokio::test]
async fn a_trail_that_was_cut_off_with_its_checkpoints_is_named() {
    cut_off_is_named(TestApp::start().await).await;
}

#[tokio::test]
async fn a_trail_that_was_cut_off_with_its_checkpoints_is_named_on_postgres() {
    cut_off_is_named(Setup::default().on_postgres().start().await).await;
}

async fn cut_off_is_named(app: TestApp) {
    let admin = app.admin().await;
    for number in 1..=5 {
        admin.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    assert!(app.stop());
    let anchor = app.data_dir().join("audit.last");
    assert_eq!(std::fs::metadata(&anchor).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0) && said.contains("anchor: entry 6,"), "{said}");

    let broken = |words: &str| {
        let (code, said) = verify(&app, &[]);
        assert!(code == Some(1) && said.contains(words), "{words}: {said}");
    };
    sql(&app, "delete from audit_checkpoints").await;
    broken("the checkpoint that was signed at entry 6 on 2");
    sql(&app, "delete from audit_entries where seq > 2").await;
    sql(&app, "update audit_head set seq = 2, hash = (select hash from audit_entries where seq = 2)").await;
    broken("the trail ends before what was signed on 2");
    broken("4 entries are missing");
    // What is written afterwards does not cover it up, and the server signs nothing of it.
    app.start_again();
    for number in 1..=5 {
        admin.post("/api/projects", &json!({"name": format!("Other {number}")})).await.expect(201);
    }
    let verdict = verdict(&admin).await;
    assert_eq!((verdict.valid, verdict.first_broken, verdict.anchor_seq), (false, Some(6), Some(6)), "{verdict:?}");
    assert!(app.stop());
    broken("entry 6 is another one than the one that was signed on 2");
    assert!(app.log().contains("the audit trail has no new checkpoint"));

    let signed = std::fs::read_to_string(&anchor).unwrap();
    std::fs::write(&anchor, signed.replace("\"seq\":6", "\"seq\":2")).unwrap();
    broken("audit.last in the data directory cannot be believed");
    std::fs::write(&anchor, "{}").unwrap();
    broken("audit.last in the data directory: it was changed");
    // A lost file is told, and is no change of the trail.
    std::fs::remove_file(&anchor).unwrap();
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0) && said.contains("the anchor is missing"), "{said}");
    // But a trail of long ago has checkpoints.
    sql(&app, "update audit_entries set at = 1000 where seq > 1").await;
    let mut link = Link::genesis();
    let tx = app.store().await.begin().await.unwrap();
    let rows = tx.audit().after(0, 100).await.unwrap();
    drop(tx);
    for mut row in rows {
        row.hash = row.digest(&link.hash);
        link = Link { seq: row.seq, hash: row.hash.clone() };
        sql(&app, &format!("update audit_entries set hash = '{}' where seq = {}", row.hash, row.seq)).await;
    }
    sql(&app, &format!("update audit_head set hash = '{}'", link.hash)).await;
    broken("has no checkpoint: they were taken away");
}

#[tokio::test]
async fn what_is_older_than_it_has_to_be_goes_and_the_rest_is_still_proved() {
    let app = Setup::default().argument("--audit-days").argument("30").start().await;
    let auditor = app.auditor().await;
    assert!(app.stop());
    let tx = app.store().await.begin().await.unwrap();
    let old = |number: i64| Entry::done(number, &Doer::Automation, "create project", &number);
    tx.audit().append((1..=2_500).map(old).collect()).await.unwrap();
    tx.commit().await.unwrap();
    app.start_again();

    let verdict =
        eventually("old entries go", async || Some(verdict(&auditor).await).filter(|verdict| verdict.first_seq > Some(1))).await;

    assert_eq!((verdict.valid, verdict.first_seq, verdict.problem), (true, Some(2_502), None));
    eventually("the end of what went is kept outside of the database", async || {
        let kept = std::fs::read_to_string(app.data_dir().join("audit.last")).unwrap_or_default();
        kept.contains("\"seq\":2501").then_some(())
    })
    .await;
    let pruned = entries(&auditor, "action=prune").await.remove(0);
    assert_eq!(pruned.resource_id.as_deref(), Some("2501 entries through 2501"));
    // Without the checkpoint nobody could tell whether they went by right.
    sql(&app, "delete from audit_checkpoints where seq = 2501").await;
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(1) && said.contains("entry 1 is missing"), "{said}");
}

#[tokio::test]
async fn checkpoints_count_by_the_key_that_signed_them() {
    let app = TestApp::start().await;
    let key = command::stdout(&app.offline(&["audit", "key"], "")).trim().to_owned();
    app.offline(&["token", "create", "--name", "a", "--role", "viewer"], "");
    assert!(app.stop());
    let (code, said) = verify(&app, &["--key", &key]);
    assert!(code == Some(0) && said.contains("and 1 checkpoint"), "{said}");
    let (code, said) = verify(&app, &["--key", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"]);
    assert!(code == Some(1) && said.contains("not known here"), "{said}");
}

#[tokio::test]
async fn a_server_whose_key_is_not_that_of_the_others_says_so() {
    says_so(TestApp::start().await).await;
}

#[tokio::test]
async fn a_server_whose_key_is_not_that_of_the_others_says_so_on_postgres() {
    says_so(Setup::default().on_postgres().start().await).await;
}

async fn says_so(app: TestApp) {
    app.admin().await;
    let doctor = || {
        let mut loki = server::loki();
        loki.args(["doctor", "--json", "--database-url", app.database_url(), "--data-dir"]).arg(app.data_dir());
        let report: serde_json::Value = serde_json::from_slice(&command::run(loki, "").stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == "audit key").unwrap_or_else(|| panic!("{report}")).clone()
    };
    let words = "servers on one database need the same --audit-key-file";
    assert!(app.stop());
    assert_eq!(doctor()["ok"], true);
    // Replaced: this server signed with the one before.
    std::fs::write(app.data_dir().join("audit.key"), format!("{}\n", "07".repeat(32))).unwrap();
    app.start_again();
    assert!(!app.log().contains(words) && doctor()["ok"] == true, "{}", app.log());
    assert!(app.stop());

    // As on another machine, which never signed.
    std::fs::write(app.data_dir().join("audit.key"), format!("{}\n", "08".repeat(32))).unwrap();
    std::fs::remove_file(app.data_dir().join("audit.last")).unwrap();
    app.start_again();

    assert!(app.log().contains(words), "{}", app.log());
    let told = doctor();
    assert!(told["ok"] == false && told["needed"] == false && told["found"].as_str().unwrap().contains(words), "{told}");
}

#[tokio::test]
async fn entries_are_found_by_what_is_asked_for() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for number in 1..=5 {
        admin.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    let (mut seqs, mut after) = (Vec::new(), String::new());
    loop {
        let page: AuditPage = admin.get(&format!("/api/v2/audit?action=create&limit=2{after}")).await.expect(200).json();
        seqs.extend(page.entries.iter().map(|entry| entry.seq));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seqs, [6, 5, 4, 3, 2, 1]);
    let found = async |query: &str| entries(&admin, query).await.len();
    assert_eq!(found("resource_type=token").await, 1);
    assert_eq!(found("actor=loki").await, 1);
    // What stands for any letters elsewhere is itself here.
    assert_eq!((found("q=ADMIN").await, found("q=ad%25n").await, found("q=a_min").await), (6, 0, 0));
    assert_eq!((found("start_date=2020-01-01").await, found("end_date=2020-01-01").await), (6, 0));
    assert_eq!(found("start_date=2020-01-01T00:00:00Z&end_date=2999-12-31").await, 6);
    let bare: Vec<AuditEntry> = admin.get("/api/enterprise/audit?offset=4&limit=10").await.expect(200).json();
    assert_eq!(bare.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2, 1]);
    let summary: AuditSummary = admin.get("/api/enterprise/audit/summary?days=1").await.expect(200).json();
    assert_eq!((summary.total_events, summary.by_resource_type["project"], summary.by_action["create"]), (6, 5, 6));
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after=x", "after"),
        ("start_date=yesterday", "start_date"),
        ("outcome=maybe", "outcome"),
        ("colour=red", "colour"),
    ] {
        for path in ["/api/v2/audit", "/api/enterprise/audit"] {
            let answer = admin.get(&format!("{path}?{query}")).await.expect(422);
            assert!(answer.detail().to_lowercase().contains(named), "{query}: {}", answer.detail());
        }
    }
    admin.get("/api/enterprise/audit/summary?days=0").await.expect(422);
}

#[tokio::test]
async fn the_trail_is_taken_along_as_json_and_csv() {
    let app = TestApp::start().await;
    let auditor = app.auditor().await;
    let tx = app.store().await.begin().await.unwrap();
    let entry = |number: i64| Entry::done(number, &Doer::Automation, "create project", &format!("=1+{number},\"x\""));
    tx.audit().append((0..1_500).map(entry).collect()).await.unwrap();
    tx.commit().await.unwrap();

    let file = auditor.get("/api/v2/audit/export?resource_type=project").await.expect(200);
    assert!(file.header("content-disposition").contains("audit.json"));
    let all: Vec<AuditEntry> = file.json();
    assert_eq!((all.len(), all[0].resource_id.as_deref()), (1_500, Some("=1+1499,\"x\"")));

    let csv = auditor.get("/api/v2/audit/export?format=csv&resource_type=project").await.expect(200).text();
    assert_eq!(csv.lines().count(), 1_501);
    assert!(csv.starts_with("seq,timestamp,actor,") && csv.contains("\"'=1+7,\"\"x\"\"\""), "{}", &csv[..400]);
    auditor.get("/api/v2/audit/export?format=xml").await.expect(422);
    assert_eq!(entries(&auditor, "action=export").await.len(), 2);

    let lines = command::stdout(&app.offline(&["audit", "export"], ""));
    assert_eq!(lines.lines().count(), 1_504);
    serde_json::from_str::<AuditEntry>(lines.lines().next().unwrap()).unwrap();
}
