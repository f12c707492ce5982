//! Names: shown as what they are, and refused where they deceive or are too long.

use protocol::{access::Role, audit::AuditPage};
use serde_json::{Value, json};
use tests::{Actor, Setup, TestApp, app::PASSWORD, eventually};

const HTML: &str = "<img src=x onerror=alert(1)>\"' --; drop table projects";

/// Names that are none, with what the refusal says.
fn bad() -> Vec<(String, &'static str)> {
    vec![
        ("x".repeat(10_000), "characters"),
        ("Ada\u{202e}nimda".to_owned(), "cannot be seen"),
        ("a\u{200b}b".to_owned(), "cannot be seen"),
        ("two\nlines".to_owned(), "control"),
        ("p\u{430}ypal".to_owned(), "two alphabets"),
        ("admi\u{578}".to_owned(), "two alphabets"),
        ("\u{a4ee}dmin".to_owned(), "two alphabets"),
        ("\u{251}dmin".to_owned(), "phonetic"),
        ("a\u{332}dmin".to_owned(), "phonetic"),
        ("adm\u{131}n".to_owned(), "pass for those of another"),
        (HTML.to_owned(), "as in HTML"),
    ]
}

async fn count(reader: &Actor<'_>) -> usize {
    let page: AuditPage = reader.get("/api/v2/audit?outcome=done&limit=1000").await.expect(200).json();
    page.entries.len()
}

#[tokio::test]
async fn names_that_deceive_or_are_too_long_make_nothing() {
    they_make_nothing(TestApp::start().await).await;
}

#[tokio::test]
async fn names_that_deceive_or_are_too_long_make_nothing_on_postgres() {
    they_make_nothing(Setup::default().on_postgres().start().await).await;
}

async fn they_make_nothing(app: TestApp) {
    let admin = app.admin().await;
    let project = admin.has_project().named("Honest").create().await;
    let before = count(&admin).await;
    for (name, said) in bad() {
        let body = json!({"name": name});
        for (method, path) in [
            ("POST", "/api/projects".to_owned()),
            ("PUT", format!("/api/projects/{}", project.id())),
            ("POST", "/api/enterprise/tokens".to_owned()),
            ("POST", "/api/v2/api-keys".to_owned()),
        ] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = admin.send(admin.request(method.clone(), &path).json(&body)).await.expect(422);
            assert!(answer.detail().contains(said), "{method} {path} {:?}: {}", &name[..20.min(name.len())], answer.detail());
            assert_eq!(answer.value()["request_id"], answer.header("x-request-id"));
            // The refusal does not carry the name on.
            assert!(answer.body.len() < 1_000, "{}", answer.text());
        }
    }
    assert_eq!(count(&admin).await, before);
    assert_eq!(admin.reads_project(project.id()).await.name, "Honest");
}

#[tokio::test]
async fn people_get_no_name_that_deceives() {
    let app = TestApp::start().await;
    let token = app.setup_link().unwrap().rsplit_once("token=").unwrap().1.to_owned();
    let named = |(name, said)| (name, "ada@example.org".to_owned(), said);
    let mut forms: Vec<(String, String, &str)> = bad().into_iter().map(named).collect();
    for email in ["\u{430}d\u{430}min@example.org", "\u{441}\u{43e}\u{440}@example.org", "<b>@example.org"] {
        forms.push(("Ada".to_owned(), email.to_owned(), "no email address"));
    }
    forms.push(("Ada".to_owned(), format!("{}@example.org", "a".repeat(10_000)), "no email address"));
    for (name, email, said) in &forms {
        let form = [("token", token.as_str()), ("email", email), ("name", name), ("password", PASSWORD)];
        let answer = app.nobody().send_form("/setup", &form).await.expect(422);
        assert_eq!(answer.cookie("loki_login"), None, "{:?} {:?}", name.get(..20), email.get(..20));
        // The form says what is wrong with its own field.
        let page = answer.text();
        let alert = page.split_once("role=\"alert\"").unwrap().1.split("</p>").next().unwrap();
        assert!(alert.contains(said), "{said}: {alert}");
    }
    // Nobody has an account yet, and the link still counts.
    app.first_admin().await;
}

#[tokio::test]
async fn names_are_shown_as_text_whatever_they_hold() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let name = "R&D \"x\"' --; drop table projects";
    let made: Value = ada.post("/api/projects", &json!({"name": name, "description": HTML})).await.expect(201).value();
    assert_eq!((&made["name"], &made["description"]), (&json!(name), &json!(HTML)));

    let id = made["id"].as_str().unwrap();
    for path in ["/projects", "/runs", &format!("/projects/{id}"), &format!("/projects/{id}?tab=settings")] {
        let page = ada.get(path).await.expect(200).text();
        assert!(!page.contains("<img src=x"), "{path}");
    }
    assert!(ada.get("/projects").await.text().contains("R&amp;D "), "the name is shown");
    // And it is found under that name, by a query that it cannot become part of.
    let entries: AuditPage = ada.get("/api/v2/audit?resource_id=%27%20or%201%3D1%20--&q=%25%27%3B").await.expect(200).json();
    assert_eq!(entries.entries, []);
    ada.get(&format!("/api/projects/{id}")).await.expect(200);
}

#[tokio::test]
async fn no_team_looks_like_another() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    ada.makes_team("Cop", &[]).await;
    let answer = ada.post("/api/v2/teams", &json!({"name": "\u{441}\u{43e}\u{440}"})).await.expect(409);
    assert!(answer.detail().contains("Another team is called"), "{}", answer.detail());
    // Whichever of the two was there first.
    ada.makes_team("\u{440}\u{430}\u{441}\u{435}", &[]).await;
    ada.post("/api/v2/teams", &json!({"name": "Pace"})).await.expect(409);
    let team = ada.makes_team("Peace", &[]).await;
    ada.put(&format!("/api/v2/teams/{}", team.id), &json!({"name": "PACE"})).await.expect(409);
    ada.put(&format!("/api/v2/teams/{}", team.id), &json!({"name": "peace"})).await.expect(200);
    ada.makes_team("Рост", &[]).await;
}

#[tokio::test]
async fn the_name_of_a_team_that_one_may_not_know_is_not_told() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let grace = app.person("grace", Role::Operator).await;
    ada.makes_team("Secret Squad", &[]).await;
    let own = ada.makes_team("Backend", &[("grace", Role::Admin)]).await;
    let path = format!("/api/v2/teams/{}", own.id);

    let answer = grace.put(&path, &json!({"name": "secret  squad"})).await.expect(409);
    assert_eq!(answer.detail(), "This name is not free: choose another name");
    let answer = ada.put(&path, &json!({"name": "secret  squad"})).await.expect(409);
    assert_eq!(answer.detail(), "Another team is called \"Secret Squad\": choose another name");
    // That she tried is on record.
    eventually("the try is written", async || {
        let page: AuditPage = ada.get("/api/v2/audit?outcome=invalid&q=grace").await.expect(200).json();
        page.entries.into_iter().find(|entry| entry.status == Some(409))
    })
    .await;
}
