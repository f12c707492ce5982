//! The chain of the audit trail: nothing of it is altered, left out or cut off unseen.

use std::os::unix::fs::PermissionsExt as _;

use domain::{
    actor::Actor as Doer,
    audit::{Chain, Entry, Link},
};
use protocol::{Envelope, Event, EventScope, Timestamp};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use store::Store;
use tests::{Setup, TestApp, command, eventually, server};

use crate::audit::{entries, verdict, verify};

async fn sql(app: &TestApp, statement: &str) {
    Database::connect(app.database_url()).await.unwrap().execute_unprepared(statement).await.unwrap();
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
            tx.audit().append(some(*count));
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
async fn the_chain_holds_whoever_remembers_its_end() {
    let folder = tempfile::tempdir().unwrap();
    holds_whoever_remembers_its_end(&format!("sqlite://{}?mode=rwc", folder.path().join("loki.db").display())).await;
}

#[tokio::test]
async fn the_chain_holds_whoever_remembers_its_end_on_postgres() {
    holds_whoever_remembers_its_end(&tests::postgres::new_database()).await;
}

/// What transactions close with, through stores of one database, which stand for processes; the last of each group is given up.
async fn holds_whoever_remembers_its_end(url: &str) {
    let (here, there) = (Store::open(url).await.unwrap(), Store::open(url).await.unwrap());
    let event = |name: &str| Event::ProjectUpdated { name: name.to_owned() };
    let entry = |id: &str| Entry::done(1, &Doer::Automation, "change project", &id);
    let closing: [(&[&str], &[&str]); 5] =
        [(&[], &["a"]), (&["one"], &["b"]), (&["two", "three"], &["c"]), (&["four"], &["d", "e"]), (&["five"], &[])];
    let mut expected = (Vec::new(), Vec::new());
    for store in [&here, &here, &there, &here, &there, &there, &here] {
        for (events, entries) in closing {
            let tx = store.begin().await.unwrap();
            for name in events {
                tx.events().tell(Timestamp::from_millis(1), EventScope::default(), &event(name));
            }
            tx.audit().append(entries.iter().map(|id| entry(id)));
            tx.commit().await.unwrap();
            expected.0.extend(events.iter().map(|name| (*name).to_owned()));
            expected.1.extend(entries.iter().map(|id| (*id).to_owned()));
        }
        let tx = store.begin().await.unwrap();
        tx.events().append(Timestamp::from_millis(1), EventScope::default(), &event("given up")).await.unwrap();
        tx.events().tell(Timestamp::from_millis(1), EventScope::default(), &event("given up"));
        tx.audit().append([entry("given up")]);
    }

    let tx = here.read().await.unwrap();
    let told: Vec<(i64, String)> = tx.events().after(0, 100).await.unwrap().into_iter().map(named).collect();
    assert_eq!(told, (1..).zip(expected.0).collect::<Vec<_>>());
    let mut chain = Chain::after(Link::genesis());
    let mut recorded = Vec::new();
    for row in tx.audit().after(0, 100).await.unwrap() {
        recorded.push(row.resource_id.clone());
        chain.check(row).unwrap();
    }
    assert_eq!(recorded, expected.1);
    assert_eq!(*chain.last(), tx.audit().head().await.unwrap());
}

fn named(envelope: Envelope) -> (i64, String) {
    (envelope.seq, envelope.data["name"].as_str().unwrap().to_owned())
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
async fn an_end_that_is_noted_otherwise_than_it_is_is_named() {
    noted_end_is_named(TestApp::start().await).await;
}

#[tokio::test]
async fn an_end_that_is_noted_otherwise_than_it_is_is_named_on_postgres() {
    noted_end_is_named(Setup::default().on_postgres().start().await).await;
}

async fn noted_end_is_named(app: TestApp) {
    let admin = app.admin().await;
    admin.post("/api/projects", &json!({"name": "A"})).await.expect(201);
    // A server that runs would sign what is noted.
    assert!(app.stop());
    let head = app.store().await.read().await.unwrap().audit().head().await.unwrap();
    let last = head.seq;
    let other = if head.hash.starts_with('0') { "1" } else { "0" };
    for (change, words) in [
        (format!("hash = '{other}{}'", &head.hash[1..]), format!("another hash than that of entry {last}")),
        (format!("seq = {}", last - 1), format!("noted at entry {}, but it goes on to {last}", last - 1)),
        (format!("seq = {}", last + 2), format!("entry {} is missing: the trail went on to {}", last + 1, last + 2)),
    ] {
        sql(&app, &format!("update audit_head set {change}")).await;
        let (code, said) = verify(&app, &[]);
        assert!(code == Some(1) && said.contains(&words), "{change}: {said}");
        sql(&app, &format!("update audit_head set seq = {last}, hash = '{}'", head.hash)).await;
    }
    let (code, said) = verify(&app, &[]);
    assert!(code == Some(0), "{said}");
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
    goes_and_the_rest_is_proved(Setup::default()).await;
}

#[tokio::test]
async fn what_is_older_than_it_has_to_be_goes_and_the_rest_is_still_proved_on_postgres() {
    goes_and_the_rest_is_proved(Setup::default().on_postgres()).await;
}

async fn goes_and_the_rest_is_proved(setup: Setup) {
    let app = setup.argument("--audit-days").argument("30").start().await;
    let auditor = app.auditor().await;
    assert!(app.stop());
    let tx = app.store().await.begin().await.unwrap();
    let old = |number: i64| Entry::done(number, &Doer::Automation, "create project", &number);
    tx.audit().append((1..=2_500).map(old));
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
