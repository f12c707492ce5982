//! Lists go on where the page before ended, and say no to cursors that are none.

use protocol::{
    access::Role::Viewer,
    projects::{Project, ProjectList},
};
use serde_json::json;
use tests::{Actor, Setup, TestApp, actor::escaped};

#[tokio::test]
async fn pages_of_a_list_join_without_gap_or_double() {
    join_without_gap_or_double(TestApp::start().await).await;
}

#[tokio::test]
async fn pages_of_a_list_join_without_gap_or_double_on_postgres() {
    join_without_gap_or_double(Setup::default().on_postgres().start().await).await;
}

async fn join_without_gap_or_double(app: TestApp) {
    let user = app.operator().await;
    let mut made = Vec::new();
    for number in 1..=5 {
        let project: Project = user.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201).json();
        made.push(project.id);
    }
    made.reverse();

    let (mut read, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page: ProjectList = user.get(&format!("/api/projects?limit=2{after}")).await.expect(200).json();
        read.extend(page.projects.iter().map(|project| project.id));
        pages += 1;
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }

    assert_eq!((read, pages), (made, 3));
}

#[tokio::test]
async fn lists_are_sorted_over_all_their_pages() {
    are_sorted_over_all_their_pages(TestApp::start().await).await;
}

#[tokio::test]
async fn lists_are_sorted_over_all_their_pages_on_postgres() {
    are_sorted_over_all_their_pages(Setup::default().on_postgres().start().await).await;
}

/// The names in a list, read two at a time.
async fn names(actor: &Actor<'_>, list: &str, sort: &str) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = actor.get(&format!("/api/{list}?limit=2&sort={sort}{after}")).await.expect(200).value();
        let rows = page[list.trim_start_matches("v2/")].as_array().unwrap().clone();
        assert!(rows.len() <= 2);
        names.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", escaped(next)),
            None => return names,
        }
    }
}

async fn are_sorted_over_all_their_pages(app: TestApp) {
    let ada = app.first_admin().await;
    // Names that are alike stay in one order; a cursor holds any of them.
    let given = ["delta", "Alpha", "b: c&d", "alpha", "Écho", "zebra", "Äpfel"];
    for name in given {
        // Ready: what is still prepared changes while its pages are read.
        ada.has_project().named(name).create().await;
    }
    for name in ["grace", "eve", "vera"] {
        app.person(name, Viewer).await;
    }
    ada.makes_team("Zeta", &[]).await;
    ada.makes_team("eta", &[("grace", Viewer), ("eve", Viewer)]).await;
    ada.makes_team("Theta", &[("vera", Viewer)]).await;
    ada.makes_team("Édith", &[]).await;

    let up = names(&ada, "projects", "name").await;
    assert_eq!(up, ["Alpha", "alpha", "Äpfel", "b: c&d", "delta", "Écho", "zebra"]);
    let mut down = names(&ada, "projects", "-name").await;
    down.reverse();
    assert_eq!(down, up);
    assert_eq!(names(&ada, "projects", "runs").await.len(), 7);
    assert_eq!(names(&ada, "projects", "-changed").await.len(), 7);

    assert_eq!(names(&ada, "v2/teams", "name").await, ["Édith", "eta", "Theta", "Zeta"]);
    assert_eq!(names(&ada, "v2/teams", "people").await, ["Zeta", "Édith", "Theta", "eta"]);
    assert_eq!(names(&ada, "v2/teams", "-people").await, ["eta", "Theta", "Édith", "Zeta"]);
    assert_eq!(names(&ada, "v2/teams", "projects").await.len(), 4);
    for sort in ["name", "-role", "state", "since"] {
        assert_eq!(names(&ada, "v2/users", sort).await.len(), 4, "{sort}");
    }
}

#[tokio::test]
async fn the_audit_trail_is_read_from_either_end() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for number in 1..=3 {
        ada.post("/api/projects", &json!({"name": format!("Project {number}")})).await.expect(201);
    }
    let page = async |query: &str| {
        let page = ada.get(&format!("/api/v2/audit?action=create&limit=2{query}")).await.expect(200).value();
        let seqs: Vec<i64> = page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
        (seqs, page["next"].as_str().unwrap_or_default().to_owned())
    };

    let (first, next) = page("&sort=when").await;
    let (then, _) = page(&format!("&sort=when&after={next}")).await;
    assert!(first[0] < first[1] && first[1] < then[0], "{first:?} {then:?}");
    let (newest, _) = page("&sort=-when").await;
    assert_eq!(newest, page("").await.0);
    assert!(newest[0] > newest[1] && newest[0] > first[1], "{newest:?} {first:?}");
    let answer = ada.get("/api/v2/audit?sort=who").await.expect(422);
    assert!(answer.detail().contains("sort"), "{}", answer.detail());
}

/// A spec may be as long as a thousand rows.
#[tokio::test]
async fn the_page_of_projects_carries_no_specs() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    ada.post(
        "/api/projects",
        &json!({"name": "Greeter", "prd_text": "# Greeter\n\nIt greets.\n\n## Details\n\nSomething at great length."}),
    )
    .await
    .expect(201);

    for path in ["/projects", "/ui/projects?after="] {
        let text = ada.get(path).await.expect(200).text();
        assert!(text.contains("Greeter") && !text.contains("at great length"), "{path}: {text}");
    }
}

#[tokio::test]
async fn bad_queries_are_refused_by_name() {
    let app = TestApp::start().await;
    let user = app.viewer().await;
    let cases = [
        ("/api/projects?limit=0", "limit"),
        ("/api/projects?limit=201", "limit"),
        ("/api/projects?limit=many", "limit"),
        ("/api/projects?after=nowhere", "after"),
        ("/api/projects?page=2", "page"),
        ("/api/projects?sort=colour", "sort"),
        ("/api/projects?sort=name&after=runs:01936f00-0000-7000-8000-000000000001:3", "after"),
        ("/api/v2/teams?sort=--name", "sort"),
        ("/api/v2/runs?sort=name", "sort"),
        ("/api/v2/runs?after='--", "after"),
        ("/api/v2/runs?status=odd", "status"),
        ("/api/v2/runs?project_id=x", "project_id"),
        ("/api/events?after=x", "after"),
        ("/api/events?after=-1", "after"),
        ("/api/templates?colour=red", "colour"),
    ];
    for (path, named) in cases {
        let answer = user.get(path).await.expect(422);
        assert!(answer.detail().to_lowercase().contains(named), "{path}: {}", answer.detail());
    }
}

#[tokio::test]
async fn cursors_that_were_never_made_are_refused() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let id = "01936f00-0000-7000-8000-000000000001";
    let sorted: [(&str, &str, &[&str]); 5] = [
        ("/api/projects?", "/ui/projects?", &["runs", "changed"]),
        ("/api/v2/runs?", "/ui/run_list?state=&project=&", &["elapsed", "cost"]),
        ("/api/v2/teams?", "/ui/teams?q=&", &["people", "projects"]),
        ("/api/v2/users?", "/ui/users?q=&", &["state", "since", "role"]),
        ("", "/ui/tokens?q=&all=&", &["used", "until"]),
    ];
    let mut paths: Vec<String> = [
        "/api/v2/audit?after=-1",
        "/api/v2/audit?after=x",
        "/api/v2/audit?sort=when&after=9223372036854775808",
        "/ui/secrets?project=&team=&shown[q]=&shown[sort]=written&shown[after]=written:A:yesterday&name=",
        "/ui/secrets?project=&team=&shown[q]=&shown[sort]=written&shown[after]=name:A:a&name=",
    ]
    .map(str::to_owned)
    .into();
    for (program, page, columns) in sorted {
        for list in [program, page].into_iter().filter(|list| !list.is_empty()) {
            paths.push(format!("{list}after=x"));
            for by in columns {
                let keys = ["many", "1.5", "9223372036854775808", "-"];
                paths.extend(keys.map(|key| format!("{list}sort={by}&after={by}:{id}:{key}")));
                paths.push(format!("{list}sort={by}&after=name:{id}:a"));
                paths.push(format!("{list}sort={by}&after={by}:x:0"));
            }
        }
    }

    for path in paths {
        let status = if path.starts_with("/ui/") { 400 } else { 422 };
        let answer = ada.get(&path).await.expect(status);
        assert!(answer.text().contains("`after` is no cursor of this list"), "{path}: {}", answer.text());
    }
    // Nobody has to be there still for a place to be one.
    for path in
        ["/api/projects?sort=runs&after=runs", "/api/v2/teams?sort=-people&after=people", "/api/v2/users?sort=since&after=since"]
    {
        ada.get(&format!("{path}:{id}:3")).await.expect(200);
    }
}

#[tokio::test]
async fn a_route_without_parameters_takes_none() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let id = "0198c000-0000-7000-8000-000000000000";
    let document = app.get("/openapi.json").await.expect(200).value();
    for (path, item) in document["paths"].as_object().unwrap() {
        if !item["get"].is_object() || ["/ws", "/health"].contains(&path.as_str()) {
            continue;
        }
        let address = path.replace("{id}", id).replace("{name}", "cli-tool").replace("{provider}", "x");
        let answer = user.get(&format!("{address}?bogus=1")).await.expect(422);
        let is_told = ["bogus", "takes no parameters"].iter().any(|words| answer.detail().contains(words));
        assert!(is_told, "{path}: {}", answer.detail());
    }
    // Probes put what they like behind it.
    app.nobody().get("/health?at=1").await.expect(200);
    // Who is nobody here hears of nothing else; one that may be there is still read.
    app.nobody().get("/api/status?bogus=1").await.expect(401);
    user.get("/api/status?").await.expect(200);
    user.post("/api/projects?bogus=1", &json!({"name": "A"})).await.expect(422);
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let app = TestApp::start().await;
    let user = app.viewer().await;
    for path in ["/api/projects/x", "/api/v2/runs/..%2F..", "/api/v2/runs/1/log", "/api/templates/..%2Fcli-tool", "/api/nothing"]
    {
        let answer = user.get(path).await.expect(404);
        assert!(!answer.detail().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_deleted_project_is_gone_with_its_folders() {
    is_gone_with_its_folders(TestApp::start().await).await;
}

#[tokio::test]
async fn a_deleted_project_is_gone_with_its_folders_on_postgres() {
    is_gone_with_its_folders(Setup::default().on_postgres().start().await).await;
}

async fn is_gone_with_its_folders(app: TestApp) {
    let user = app.operator().await;
    let project = user.has_project().with_spec(tests::specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;

    user.delete(&format!("/api/projects/{}", project.id())).await.expect(204);

    user.get(&format!("/api/projects/{}", project.id())).await.expect(404);
    user.get(&format!("/api/v2/runs/{}", run.id)).await.expect(404);
    assert!(!project.path().exists());
    assert_eq!(user.events().await.last().unwrap().kind, "project_deleted");
}

#[tokio::test]
async fn a_project_is_changed_where_a_field_is_given() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().named("Before").with_spec(tests::specs::ONE).create().await;
    let path = format!("/api/projects/{}", project.id());

    let changed: Project = user.put(&path, &json!({"name": "Ünïcode 名前", "delivery": "review"})).await.expect(200).json();

    assert_eq!((changed.name.as_str(), &changed.spec), ("Ünïcode 名前", &project.project.spec));
    assert_eq!(user.reads_project(project.id()).await, changed);
}

#[tokio::test]
async fn templates_to_choose_from_stand_as_people_think_of_them() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let form = ada.get("/projects/new").await.expect(200).text();
    let names = ["static-landing-page", "saas-starter", "rest-api", "cli-tool", "data-pipeline", "slack-bot"];
    let places = names.map(|name| form.find(&format!("value=\"{name}\"")).unwrap_or_else(|| panic!("{name} is not in {form}")));
    assert!(places.is_sorted(), "{places:?}");
}
