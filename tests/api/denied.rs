//! What pages and forms refuse is in the audit trail as what the API refuses is, whoever reads the answer, and without what may be
//! a secret.

use protocol::{access::Role::Viewer, projects::Project};
use reqwest::Method;
use serde_json::json;
use tests::{Actor, Answer, Setup, TestApp};

use crate::audit::{entries, is_noted};

const NEW_PROJECT: &str = "form[name]=Tried&form[source]=empty&form[template]=&form[prd_text]=&form[brief]=&form[git_url]=\
                           &form[path]=&form[delivery]=merge";

/// The entry of that request: what was asked for, and how it was answered.
async fn noted(auditor: &Actor<'_>, answer: &Answer) -> (String, Option<u16>, String) {
    let entry = is_noted(auditor, &format!("outcome=denied&q={}", answer.header("x-request-id"))).await;
    assert_eq!((entry.actor_name.as_str(), entry.count), ("eve", 1), "{entry:?}");
    (entry.resource_id.unwrap_or_default(), entry.status, entry.error.unwrap_or_default())
}

/// A team that others do not know, with a project of its own.
async fn hidden(ada: &Actor<'_>) -> (String, Project) {
    let team = ada.makes_team("Quiet", &[]).await;
    let own = json!({"name": "Own", "owner": {"kind": "team", "id": team.id}});
    (team.id.to_string(), ada.post("/api/projects", &own).await.expect(201).json())
}

/// Sends a form from a page as a browser without script does.
async fn sends(app: &TestApp, actor: &Actor<'_>, function: &str, fields: &str) -> Answer {
    let form = actor.request(Method::POST, &format!("/ui/{function}")).header("accept", "text/html");
    let form = form.header("referer", format!("{}/", app.url())).header("content-type", "application/x-www-form-urlencoded");
    actor.send(form.body(fields.to_owned())).await
}

async fn id_of(ada: &Actor<'_>, email: &str) -> String {
    let users = ada.get(&format!("/api/v2/users?q={email}")).await.expect(200).value();
    users["users"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_without_script_is_on_record_as_any_other() {
    are_on_record(TestApp::start().await).await;
}

#[tokio::test]
async fn a_form_without_script_is_on_record_as_any_other_on_postgres() {
    are_on_record(Setup::default().on_postgres().start().await).await;
}

async fn are_on_record(app: TestApp) {
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let eve = app.person("eve", Viewer).await;
    let (team, project) = hidden(&ada).await;
    let (project, other) = (project.id.to_string(), id_of(&ada, "ada").await);
    let (team, project, other) = (team.as_str(), project.as_str(), other.as_str());
    let forms: [(&str, &str, &str, u16); 7] = [
        ("change_role", &format!("id={other}&role=viewer"), other, 403),
        ("end_logins_of", &format!("id={other}"), other, 403),
        ("switch_user", &format!("id={other}&off=yes"), other, 403),
        ("delete_project", &format!("id={project}&confirm=Own"), project, 404),
        ("rename_team", &format!("id={team}&name=Loud"), team, 404),
        ("create_project", NEW_PROJECT, "", 403),
        ("revoke_token", &format!("id={other}"), "", 404),
    ];
    for (function, fields, about, status) in forms {
        // Who has no script is led back to a page, whatever came of it.
        let answer = sends(&app, &eve, function, fields).await;
        assert!(matches!(answer.status, 302 | 303), "{function}: {}", answer.status);
        let asked = format!("POST /ui/{function} {about}");
        let (told, was, error) = noted(&auditor, &answer).await;
        assert_eq!((told.as_str(), was), (asked.trim_end(), Some(status)), "{function}");
        assert!(!error.is_empty(), "{function}");
    }
    let answer = eve.get("/ui/admin_settings").await.expect(404);
    assert_eq!(noted(&auditor, &answer).await.0, "GET /ui/admin_settings");
    // What goes well is no denial, though it is answered in the same way.
    let done = sends(&app, &ada, "rename_team", &format!("id={team}&name=Loud")).await;
    let last = sends(&app, &eve, "rename_team", &format!("id={team}&name=Quiet")).await;
    noted(&auditor, &last).await;
    assert_eq!(done.status, last.status);
    assert_eq!(entries(&auditor, &format!("outcome=denied&q={}", done.header("x-request-id"))).await, []);
}

#[tokio::test]
async fn who_asks_for_a_hidden_project_or_team_by_page_is_on_record() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let eve = app.person("eve", Viewer).await;
    let (team, project) = hidden(&ada).await;
    let project = project.id.to_string();
    let mut asked = Vec::new();
    for path in [format!("/projects/{project}"), format!("/projects/{project}/secrets"), format!("/teams/{team}")] {
        asked.push((path.clone(), format!("GET {path}")));
    }
    for (function, field) in [("project", "id"), ("sharing", "id")] {
        asked.push((format!("/ui/{function}?{field}={project}"), format!("GET /ui/{function} {project}")));
    }
    let secrets = format!("/ui/secrets?project={project}&team=&shown[q]=&shown[sort]=&shown[after]=&name=");
    asked.push((secrets, format!("GET /ui/secrets {project}")));
    for (path, expected) in asked {
        let answer = eve.get(&path).await.expect(404);
        let (told, status, _) = noted(&auditor, &answer).await;
        assert_eq!((told, status), (expected, Some(404)), "{path}");
    }
    // What is not there at all is nobody's secret.
    let missing = eve.get(&format!("/projects/{team}")).await.expect(404);
    let last = eve.get(&format!("/teams/{team}")).await.expect(404);
    noted(&auditor, &last).await;
    assert_eq!(entries(&auditor, &format!("q={}", missing.header("x-request-id"))).await, []);
}

#[tokio::test]
async fn what_was_typed_into_a_wrong_field_is_not_in_the_trail() {
    let app = TestApp::start().await;
    let (auditor, ada) = (app.auditor().await, app.first_admin().await);
    let cases = [
        ("/api/v2/secrets/PIN_A", json!({"value": "abcdefgh12", "uses": ["hunter2-in-uses"]})),
        ("/api/v2/secrets/PIN_B", json!({"hunter2-as-field": "x"})),
        ("/api/v2/secrets/PIN_C", json!({"value": 5_551_234_567_890_i64, "uses": []})),
        ("/api/v2/secrets/hunter2-as-name", json!({"value": "abcdefgh12", "uses": []})),
        ("/api/v2/password", json!({"hunter2-as-field": "x"})),
    ];
    for (path, body) in &cases {
        let answer = ada.put(path, body).await.expect(422);
        is_noted(&auditor, &format!("outcome=invalid&q={}", answer.header("x-request-id"))).await;
    }
    let all = auditor.get("/api/v2/audit/export").await.expect(200).text();
    assert!(!all.contains("hunter2") && !all.contains("5551234567890"), "{all}");
    assert!(all.contains("The body is not right") && all.contains("PUT /api/v2/secrets/PIN_B"), "{all}");
    // Who sent it is told what was wrong.
    let told = ada.put(cases[1].0, &cases[1].1).await.expect(422).detail();
    assert!(told.contains("hunter2-as-field"), "{told}");
}
