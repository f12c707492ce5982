//! Shares and owners of projects: what one may not know of is not there, on every route and in every socket.

use protocol::{
    Envelope, Event,
    access::Role::{Admin, Operator, Viewer},
    projects::Project,
    teams::{Owner, Share, ShareList},
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Setup, TestApp};

const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

/// Routes that name a project or a run, with what is sent there.
fn routes(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let named = ["/api/projects/{id}", "/api/v2/projects/{id}", "/api/v2/runs/{id}", "/api/control/"];
    let of_things = paths.iter().filter(|(path, _)| named.iter().any(|start| path.starts_with(start)));
    let each = |(path, item): (&String, &Value)| {
        item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())).collect::<Vec<_>>()
    };
    of_things.flat_map(each).collect()
}

fn body(path: &str, project: &str, run: &str) -> Value {
    match path {
        "/api/control/start" => json!({"project_id": project, "provider": "demo", "prd_text": "Make it"}),
        path if path.starts_with("/api/control/") => json!({"session_id": run}),
        path if path.ends_with("/shares") => json!({"email": "eve@example.org"}),
        path if path.ends_with("/owner") => json!({"installation": true}),
        path if path.contains("/secrets/") => json!({"value": "hush", "uses": ["tests"]}),
        _ => json!({}),
    }
}

async fn asks(actor: &Actor<'_>, (method, path): &(String, String), project: &str, run: &str) -> Answer {
    let id = if path.starts_with("/api/v2/runs") { run } else { project };
    let address = path.replace("{id}", id).replace("{share}", UNKNOWN).replace("{name}", "A");
    let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let mut request = actor.request(verb, &address);
    if matches!(method.as_str(), "post" | "put") {
        request = request.json(&body(path, project, run));
    }
    actor.send(request).await
}

fn said(answer: &Answer) -> (u16, String) {
    (answer.status, answer.detail())
}

#[tokio::test]
async fn what_one_may_not_know_is_not_there_on_any_route() {
    is_not_there(TestApp::start().await).await;
}

#[tokio::test]
async fn what_one_may_not_know_is_not_there_on_any_route_on_postgres() {
    is_not_there(Setup::default().on_postgres().start().await).await;
}

async fn knows_no_team(actor: &Actor<'_>, team: &str) {
    let hidden = format!("/api/v2/teams/{team}");
    actor.put(&hidden, &json!({"name": "A"})).await.expect(404);
    actor.delete(&hidden).await.expect(404);
    actor.post(&format!("{hidden}/members"), &json!({"email": "eve@example.org"})).await.expect(404);
    actor.put(&format!("{hidden}/members/{UNKNOWN}"), &json!({"role": "viewer"})).await.expect(404);
    actor.delete(&format!("{hidden}/members/{UNKNOWN}")).await.expect(404);
    actor.post("/api/v2/invitations", &json!({"team_id": team})).await.expect(404);
}

async fn is_not_there(app: TestApp) {
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    let project = ada.has_project().with_spec("Make a page").with("owner", json!({"kind": "team", "id": team.id})).create().await;
    let run = project.starts_run().await;
    run.stop().await;
    let over = run.finishes().await;
    assert_eq!(ada.get(&format!("/api/v2/runs/{}/receipt", over.id)).await.status, 200);

    let eve = app.person("eve", Operator).await;
    let programs = [app.operator().await, app.viewer().await, app.auditor().await];
    let document = app.get("/openapi.json").await.expect(200).value();
    let (project_id, run_id) = (project.id().to_string(), over.id.to_string());
    let routes = routes(&document);
    assert!(routes.len() >= 18, "{routes:?}");
    for route in &routes {
        for (number, actor) in programs.iter().chain([&eve]).enumerate() {
            let (hidden, unknown) = (asks(actor, route, &project_id, &run_id).await, asks(actor, route, UNKNOWN, UNKNOWN).await);
            assert_eq!(said(&hidden), said(&unknown), "{route:?} as {number}");
            assert_eq!(hidden.status, 404, "{route:?} as {number}: {}", hidden.text());
        }
    }
    for actor in programs.iter().chain([&eve]) {
        knows_no_team(actor, &team.id.to_string()).await;
    }
    // What one knows and may not do is refused by the name of what is missing.
    let open = ada.has_project().named("Open").create().await.id().to_string();
    let deeds = routes.iter().filter(|(method, path)| {
        let reads = method == "get" && path == "/api/projects/{id}";
        path == "/api/control/start" || (path.contains("/projects/{id}") && !reads)
    });
    for route in deeds {
        let refused = asks(&programs[1], route, &open, UNKNOWN).await;
        assert!(refused.status == 403 && refused.detail().contains("the scope"), "{route:?}: {}", refused.text());
    }
    // Neither in lists, nor in what is told of the server, nor in pages and what they ask for.
    for path in ["/api/v2/runs", "/api/projects", "/api/status", "/api/events?limit=500"] {
        let text = eve.get(path).await.expect(200).text();
        assert!(!text.contains(&project_id) && !text.contains(&run_id), "{path}: {text}");
    }
    let asked = format!("/api/v2/runs?project_id={project_id}");
    assert_eq!(eve.get(&asked).await.expect(200).value()["runs"], json!([]));
    for page in [format!("/projects/{project_id}"), format!("/runs/{run_id}")] {
        assert_eq!(eve.get(&page).await.status, 404, "{page}");
        assert_eq!(ada.get(&page).await.status, 200, "{page}");
    }
    for function in ["project", "run", "run_diff"] {
        let id = if function == "project" { &project_id } else { &run_id };
        let answer = eve.get(&format!("/ui/{function}?id={id}&wanted=true")).await;
        assert!(answer.status == 404 && !answer.text().contains("Make a page"), "{function}: {}", answer.text());
    }
    // It is on record that somebody tried.
    let denied = tests::eventually("the denials are written", async || {
        let page = app.auditor().await.get("/api/v2/audit?outcome=denied&q=eve&limit=1000").await.expect(200).value();
        let found = page["entries"].as_array()?.iter().filter(|entry| entry["status"] == 404).count();
        (found > 10).then_some(found)
    });
    denied.await;
}

async fn shares(actor: &Actor<'_>, project: &Project, body: Value) -> Share {
    actor.post(&format!("/api/v2/projects/{}/shares", project.id), &body).await.expect(201).json()
}

#[tokio::test]
async fn a_share_gives_its_role_and_goes_at_once() {
    goes_at_once(TestApp::start().await).await;
}

#[tokio::test]
async fn a_share_gives_its_role_and_goes_at_once_on_postgres() {
    goes_at_once(Setup::default().on_postgres().start().await).await;
}

async fn goes_at_once(app: TestApp) {
    let ada = app.first_admin().await;
    let (grace, eve) = (app.person("grace", Operator).await, app.person("eve", Viewer).await);
    let team = ada.makes_team("Backend", &[("eve", Viewer)]).await;
    let me = grace_id(&ada, &team).await;
    // That it is ready is told before she listens.
    let made = grace.has_project().with("name", json!("Grace's")).with("owner", json!({"kind": "user", "id": me}));
    let project = made.create().await.project;
    let path = format!("/api/projects/{}", project.id);
    // Being made a member gives her login another id with her next request.
    eve.get(&path).await.expect(404);
    let mut live = eve.listens(None).await;

    let share = shares(&grace, &project, json!({"email": "eve@example.org"})).await;
    assert_eq!((share.role, share.name.as_str()), (Viewer, "eve"));
    eve.get(&path).await.expect(200);
    eve.put(&path, &json!({"description": "x"})).await.expect(403);
    eve.get(&format!("/api/v2/projects/{}/shares", project.id)).await.expect(403);
    let changed = shares(&grace, &project, json!({"email": "eve@example.org", "role": "operator"})).await;
    assert_eq!((changed.id, changed.role), (share.id, Operator));
    let list: ShareList = grace.get(&format!("/api/v2/projects/{}/shares", project.id)).await.expect(200).json();
    assert_eq!(list.shares, [changed]);
    eve.put(&path, &json!({"description": "of Eve"})).await.expect(200);
    assert!(live.until("project_updated").await.iter().all(|event| event.scope.project_id == Some(project.id)));

    grace.delete(&format!("/api/v2/projects/{}/shares/{}", project.id, share.id)).await.expect(204);
    eve.get(&path).await.expect(404);
    let known = grace.events().await.last().map(|event| event.seq);
    grace.put(&path, &json!({"description": "secret"})).await.expect(200);
    // What comes next is of a project that she may know: of the other one nothing came in between.
    ada.post("/api/projects", &json!({"name": "Open"})).await.expect(201);
    let mut heard = live.until("project_created").await;
    assert_eq!(heard.pop().and_then(|last| last.event()), Some(Event::ProjectCreated { name: "Open".to_owned() }));
    assert!(heard.iter().all(|event| Some(event.seq) <= known), "{heard:?}");

    // With a team of hers it is there again, with the share's role.
    let of_team = shares(&ada, &project, json!({"team_id": team.id, "role": "operator"})).await;
    eve.put(&path, &json!({"description": "y"})).await.expect(200);
    let list: ShareList = grace.get(&format!("/api/v2/projects/{}/shares", project.id)).await.expect(200).json();
    assert_eq!((list.owner, list.owner_name.as_deref(), list.shares), (Owner::User(me), Some("grace"), vec![of_team]));
    for wrong in [
        json!({}),
        json!({"team_id": team.id, "email": "eve@example.org"}),
        json!({"email": "nobody@example.org"}),
        json!({"email": "eve@example.org", "role": "owner"}),
        json!({"email": "eve@example.org", "surprise": 1}),
    ] {
        grace.post(&format!("/api/v2/projects/{}/shares", project.id), &wrong).await.expect(422);
    }
    // Grace is in no team, so she knows of none.
    grace.post(&format!("/api/v2/projects/{}/shares", project.id), &json!({"team_id": team.id})).await.expect(404);
}

/// By way of a team, which she joins and leaves.
async fn grace_id(ada: &Actor<'_>, team: &protocol::teams::Team) -> protocol::UserId {
    let path = format!("/api/v2/teams/{}/members", team.id);
    let member: protocol::teams::Member = ada.post(&path, &json!({"email": "grace@example.org"})).await.expect(201).json();
    ada.delete(&format!("{path}/{}", member.user_id)).await.expect(204);
    member.user_id
}

#[tokio::test]
async fn a_project_that_goes_to_a_team_is_gone_for_others_in_open_sockets_too() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    app.person("grace", Viewer).await;
    let team = ada.makes_team("Backend", &[("grace", Admin)]).await;
    let grace = app.signs_in("grace@example.org").await;
    let project: Project = ada.post("/api/projects", &json!({"name": "Engine"})).await.expect(201).json();
    let path = format!("/api/projects/{}", project.id);
    let viewer = app.viewer().await;
    viewer.get(&path).await.expect(200);
    tests::eventually("it is ready", async || {
        let project = ada.reads_project(project.id).await;
        (project.status == protocol::projects::ProjectStatus::Ready).then_some(())
    })
    .await;
    let before = viewer.events().await.len();
    let (mut live, mut of_grace) = (viewer.listens(None).await, grace.listens(None).await);

    let owner = format!("/api/v2/projects/{}/owner", project.id);
    for wrong in [json!({}), json!({"installation": true, "team_id": team.id}), json!({"email": "nobody@example.org"})] {
        ada.put(&owner, &wrong).await.expect(422);
    }
    assert_eq!(viewer.put(&owner, &json!({"team_id": team.id})).await.status, 403);
    let moved: Project = ada.put(&owner, &json!({"team_id": team.id})).await.expect(200).json();
    assert_eq!(moved.owner, Owner::Team(team.id));
    grace.put(&path, &json!({"description": "ours"})).await.expect(200);
    of_grace.until("project_updated").await;
    viewer.get(&path).await.expect(404);
    assert!(viewer.events().await.len() < before + 1, "what was told before is hidden too");
    ada.post("/api/projects", &json!({"name": "Open"})).await.expect(201);
    // That the project was ready may have come late; nothing of what was done to it later.
    let heard = live.until("project_created").await;
    assert_eq!(heard.last().and_then(Envelope::event), Some(Event::ProjectCreated { name: "Open".to_owned() }));
    assert!(heard.iter().all(|event| event.kind != "project_updated"), "{heard:?}");

    // When it is deleted, those who knew it are told, and nobody else.
    grace.delete(&path).await.expect(204);
    of_grace.until("project_deleted").await;
    assert!(viewer.events().await.iter().all(|event| event.scope.project_id != Some(project.id)));
    assert!(grace.events().await.iter().any(|event| event.kind == "project_deleted"));
}

#[tokio::test]
async fn who_is_removed_leaves_no_orphans() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let grace = app.person("grace", Operator).await;
    let team = ada.makes_team("Backend", &[("grace", Viewer)]).await;
    let me = grace_id(&ada, &team).await;
    let mine = json!({"name": "Grace's", "owner": {"kind": "user", "id": me}});
    let project: Project = grace.post("/api/projects", &mine).await.expect(201).json();
    let path = format!("/api/v2/users/{me}");

    assert!(ada.delete(&path).await.expect(409).detail().contains("1 project"));
    ada.delete(&format!("{path}?heir_user={me}")).await.expect(422);
    ada.delete(&format!("{path}?heir_team={}", team.id)).await.expect(204);

    assert_eq!(ada.reads_project(project.id).await.owner, Owner::Team(team.id));
    grace.get("/api/projects").await.expect(401);
}
