//! The audit trail: what was done and what was denied is in it, and how it is read and taken along. That nothing of it can be
//! altered unseen is in `audit_chain.rs`.

use domain::{actor::Actor as Doer, audit::Entry};
use protocol::{
    access::Token,
    audit::{AuditEntry, AuditPage, AuditSummary, AuditVerdict},
    projects::Project,
};
use serde_json::json;
use tests::{Actor, Setup, TestApp, command, eventually, server, specs};

pub(crate) async fn entries(reader: &Actor<'_>, query: &str) -> Vec<AuditEntry> {
    reader.get(&format!("/api/v2/audit?{query}")).await.expect(200).json::<AuditPage>().entries
}

pub(crate) async fn is_noted(reader: &Actor<'_>, query: &str) -> AuditEntry {
    eventually("the entry is written", async || entries(reader, query).await.into_iter().next()).await
}

pub(crate) async fn verdict(reader: &Actor<'_>) -> AuditVerdict {
    reader.get("/api/v2/audit/verify").await.expect(200).json()
}

pub(crate) fn verify(app: &TestApp, more: &[&str]) -> (Option<i32>, String) {
    let mut loki = server::loki();
    loki.args(["audit", "verify"]).args(more).arg("--data-dir").arg(app.data_dir()).args(["--database-url", app.database_url()]);
    let output = command::run(loki, "");
    (output.status.code(), command::stdout(&output))
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
    let answer = ada.send(request.json(&json!({"name": "After"}))).await.expect(200);
    let number = answer.header("x-request-id");
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
    // A client may call its request what it likes, also what somebody else's is called: the trail says what the server called it.
    assert_eq!((update.ip_address.as_deref(), update.request_id.as_ref()), (Some("127.0.0.1"), Some(&number)));
    assert_eq!(entries(&auditor, "q=r-42").await, []);
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
async fn a_token_in_an_address_is_told_to_nobody() {
    let app = TestApp::start().await;
    let (auditor, admin) = (app.auditor().await, app.admin().await);
    let made: Token = admin.post("/api/v2/api-keys", &json!({"name": "Ci", "role": "viewer"})).await.expect(201).json();
    let secret = made.token.unwrap();
    let hidden = secret.rsplit_once('_').unwrap().1;

    let encoded = [secret.replace('_', "%5F"), secret.replace('_', "%255F")];
    let mut said = Vec::new();
    for id in [secret.clone(), encoded[0].clone(), encoded[1].clone(), format!("x;t={secret}")] {
        let path = format!("/api/v2/api-keys/{id}");
        said.push(admin.delete(&path).await.expect(404).text());
        said.push(admin.put(&path, &json!({"description": "A"})).await.expect(404).text());
        said.push(admin.post(&format!("{path}/rotate"), &json!({})).await.expect(404).text());
    }
    for query in [format!("q={secret}"), format!("x=Bearer%20{secret}"), format!("x=a;y={secret}"), format!("q={}", encoded[1])] {
        said.push(admin.get(&format!("/api/v2/audit?{query}")).await.expect(401).text());
    }
    auditor.get("/api/v2/audit?q=loki_tools").await.expect(200);

    let entry = is_noted(&auditor, "resource_id=DELETE%20%2Fapi%2Fv2%2Fapi-keys%2F%5Bsecret%5D").await;
    assert!(entry.error.unwrap().contains("[secret]"));
    is_noted(&auditor, "resource_id=POST%20%2Fapi%2Fv2%2Fapi-keys%2Fx%3Bt%3D%5Bsecret%5D%2Frotate").await;
    said.push(auditor.get("/api/v2/audit?limit=200").await.expect(200).text());
    said.push(app.log());
    for text in said {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[tokio::test]
async fn what_was_denied_is_found_by_its_address_and_every_number() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let team = ada.makes_team("Backend", &[]).await;
    let own = json!({"name": "Own", "owner": {"kind": "team", "id": team.id}});
    let hidden: Project = ada.post("/api/projects", &own).await.expect(201).json();
    let viewer = app.viewer().await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let stranger = app.nobody().get(&format!("/api/projects/{}?token=none", hidden.id)).await.expect(401);
        let known = viewer.get(&format!("/api/projects/{}", hidden.id)).await.expect(404);
        numbers.extend([stranger.header("x-request-id"), known.header("x-request-id")]);
    }

    for number in numbers {
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
        assert!(!entry.success && entry.actor_name == "Ada", "{entry:?}");
        (entry.outcome, entry.status.unwrap())
    };
    let was = |outcome: &str, status: u16| (outcome.to_owned(), status);
    assert_eq!(noted("resource_id=GET%20%2Fprojects").await, was("denied", 421));
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fprojects&q=other%20sites").await, was("denied", 403));
    // A wrong input is nobody's trespass.
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fprojects&q=two%20alphabets").await, was("invalid", 422));
    assert_eq!(noted("resource_id=POST%20%2Fapi%2Fenterprise%2Ftokens").await, was("invalid", 422));
    let summary: AuditSummary = auditor.get("/api/enterprise/audit/summary").await.expect(200).json();
    assert_eq!((summary.failed_events, summary.denied_events), (4, 2), "{summary:?}");
    assert!(summary.recent_failures.iter().all(|entry| entry.outcome == "denied"), "{summary:?}");
    // A question that makes no sense changes nothing.
    assert_eq!(entries(&auditor, "resource_id=GET%20%2Fapi%2Fv2%2Faudit").await, []);
}

#[tokio::test]
async fn guesses_at_passwords_are_on_record_without_the_password() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    for (email, password) in [("ada@example.org", "hunter2 hunter2"), ("my own password", "hunter2")] {
        app.nobody().send_form("/login", &[("email", email), ("password", password)]).await.expect(401);
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
async fn a_flood_of_one_hides_nothing_of_the_others() {
    let app = TestApp::start().await;
    let (auditor, viewer, operator) = (app.auditor().await, app.viewer().await, app.operator().await);
    let paths: Vec<String> = (0..1_500).map(|number| format!("/api/projects/00000000-0000-7000-8000-{number:012}")).collect();
    futures::future::join_all(paths.iter().map(|path| viewer.delete(path))).await;

    let token = operator.post("/api/enterprise/tokens", &json!({"name": "A", "role": "admin"})).await.expect(403);
    let trail = operator.get("/api/v2/audit").await.expect(403);

    for (answer, asked) in [(token, "POST /api/enterprise/tokens"), (trail, "GET /api/v2/audit")] {
        let entry = is_noted(&auditor, &format!("outcome=denied&q={}", answer.header("x-request-id"))).await;
        assert_eq!((entry.actor_name.as_str(), entry.status, entry.resource_id.as_deref()), ("operator", Some(403), Some(asked)));
    }
    // Those that are not listed one by one are still the viewer's.
    let floods = async || {
        let of_viewer = entries(&auditor, "outcome=denied&limit=1000").await;
        of_viewer.into_iter().filter(|entry| entry.actor_name == "viewer").map(|entry| entry.count).sum::<u64>()
    };
    eventually("all are counted", async || (floods().await == 1_500).then_some(())).await;
    assert_eq!(entries(&auditor, "outcome=denied&actor=nobody").await, []);
}

#[tokio::test]
async fn entries_are_found_by_what_is_asked_for() {
    are_found(TestApp::start().await).await;
}

#[tokio::test]
async fn entries_are_found_by_what_is_asked_for_on_postgres() {
    are_found(Setup::default().on_postgres().start().await).await;
}

async fn are_found(app: TestApp) {
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
    tx.audit().append((0..1_500).map(entry));
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
