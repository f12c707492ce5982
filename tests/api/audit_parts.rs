//! The part of the audit trail that belongs to a team or a project: whoever is an auditor there reads what is about it, and
//! nothing else.

use migration::{Migrator, MigratorTrait as _};
use protocol::{
    access::Role::{Auditor, Operator, Viewer},
    audit::{AuditEntry, AuditPage, AuditSummary, AuditTail},
    teams::Team,
};
use sea_orm_migration::sea_orm::Database;
use serde_json::{Value, json};
use tests::{Actor, ProjectHandle, Setup, TestApp, actor::Credentials};

use crate::audit::entries;

const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

/// What was done with a team and its projects, oldest first.
const OF_TEAM: [&str; 12] = [
    "create team",
    "set_member team",
    "set_member team",
    "create project",
    "update project",
    "start run",
    "stop run",
    "set secret",
    "set secret",
    "create project",
    "delete project",
    "invite user",
];

/// Of that, what was done with its first project.
const OF_PROJECT: [&str; 5] = ["create project", "update project", "start run", "stop run", "set secret"];

/// What was done with a project of somebody else, which a guest audits.
const SHARED: [&str; 2] = ["create project", "share project"];

/// What the reader is told, oldest first.
async fn told(reader: &Actor<'_>, query: &str) -> Vec<String> {
    let found = entries(reader, &format!("sort=when&limit=1000&{query}")).await;
    found.into_iter().map(|entry| format!("{} {}", entry.action, entry.resource_type)).collect()
}

async fn makes<'a>(ada: &'a Actor<'a>, name: &str, team: &Team) -> ProjectHandle<'a> {
    let owner = json!({"kind": "team", "id": team.id});
    ada.has_project().named(name).with_spec("Make a page").with("owner", owner).create().await
}

/// A team with a run, secrets, a project that is gone and an invitation; its project.
async fn is_busy<'a>(ada: &'a Actor<'a>, team: &Team) -> ProjectHandle<'a> {
    let engine = makes(ada, "Engine", team).await;
    ada.put(&format!("/api/projects/{}", engine.id()), &json!({"description": "Turns"})).await.expect(200);
    let run = engine.starts_run().await;
    run.stop().await.expect(200);
    run.finishes().await;
    let secret = json!({"value": "hush hush", "uses": ["tests"]});
    for owner in [format!("projects/{}", engine.id()), format!("teams/{}", team.id)] {
        ada.put(&format!("/api/v2/{owner}/secrets/A"), &secret).await.expect(200);
    }
    let brakes = makes(ada, "Brakes", team).await;
    ada.delete(&format!("/api/projects/{}", brakes.id())).await.expect(204);
    ada.post("/api/v2/invitations", &json!({"team_id": team.id})).await.expect(201);
    engine
}

fn setup() -> Setup {
    Setup::default().demo("--pace 30000").argument("--limits").argument("off")
}

#[tokio::test]
async fn auditors_of_teams_and_projects_read_what_is_about_them() {
    read_what_is_about_them(setup().start().await).await;
}

#[tokio::test]
async fn auditors_of_teams_and_projects_read_what_is_about_them_on_postgres() {
    read_what_is_about_them(setup().on_postgres().start().await).await;
}

async fn read_what_is_about_them(app: TestApp) {
    let ada = app.first_admin().await;
    let (grace, _joan) = (app.person("grace", Viewer).await, app.person("joan", Viewer).await);
    let guest = app.person("guest", Operator).await;
    let team = ada.makes_team("Backend", &[("grace", Auditor), ("joan", Operator)]).await;
    let research = ada.makes_team("Research", &[]).await;
    let engine = is_busy(&ada, &team).await;
    let wheels = makes(&ada, "Wheels", &research).await;
    let shared = json!({"email": "guest@example.org", "role": "auditor"});
    ada.post(&format!("/api/v2/projects/{}/shares", wheels.id()), &shared).await.expect(201);
    let (of_engine, of_team) = (format!("project_id={}", engine.id()), format!("team_id={}", team.id));

    // All that they may read, by the thing, and what fits besides.
    for query in ["", &of_team] {
        assert_eq!(told(&grace, query).await, OF_TEAM, "{query}");
    }
    assert_eq!(told(&grace, &of_engine).await, OF_PROJECT);
    assert_eq!(told(&guest, "").await, SHARED);
    assert_eq!(told(&grace, "action=create").await, ["create team", "create project", "create project"]);
    assert_eq!(told(&grace, &format!("{of_engine}&action=start")).await, ["start run"]);
    let of_wheels = format!("resource_id={}", wheels.id());
    for nothing in [of_wheels.as_str(), "resource_type=user&actor=loki", "outcome=denied"] {
        assert_eq!(told(&grace, nothing).await, [""; 0], "{nothing}");
    }
    reads_the_same_everywhere(&grace, &of_engine).await;
    // A page goes on behind its last entry.
    let first: AuditPage = grace.get("/api/v2/audit?sort=when&limit=5").await.expect(200).json();
    let rest = told(&grace, &format!("after={}", first.next.unwrap())).await;
    assert_eq!(rest, OF_TEAM[5..]);

    // Who reads the whole trail may ask for a part of it, too.
    let auditor = app.auditor().await;
    assert_eq!(told(&auditor, &of_team).await, OF_TEAM);
    assert!(told(&auditor, "").await.len() > OF_TEAM.len() + SHARED.len());

    is_refused_elsewhere(&app, &of_engine, &of_team).await;
    grace.get(&format!("/api/v2/audit?project_id={}", wheels.id())).await.expect(404);
    grace.get("/api/v2/audit/verify").await.expect(403);

    // What a token is held to, it reads about.
    let holder = async |limits: Value| {
        let mut body = json!({"name": "reader", "scopes": ["audit"]});
        body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        let token: Value = ada.post("/api/v2/api-keys", &body).await.expect(201).value();
        Actor::new(&app, Credentials::Bearer(token["token"].as_str().unwrap().to_owned()))
    };
    assert_eq!(told(&holder(json!({"teams": [team.id]})).await, "").await, OF_TEAM);
    assert_eq!(told(&holder(json!({"projects": [engine.id()]})).await, "").await, OF_PROJECT);

    // A project goes with what was done with it; that it went is told to whom it left.
    let owner = format!("/api/v2/projects/{}/owner", engine.id());
    ada.put(&owner, &json!({"team_id": research.id})).await.expect(200);
    let left = [
        "create team",
        "set_member team",
        "set_member team",
        "set secret",
        "create project",
        "delete project",
        "invite user",
        "transfer project",
    ];
    assert_eq!(told(&grace, "").await, left);
    grace.get(&format!("/api/v2/audit?{of_engine}")).await.expect(404);
}

/// The role is missing, or they may not even know.
async fn is_refused_elsewhere(app: &TestApp, of_engine: &str, of_team: &str) {
    let (joan, eve) = (app.signs_in("joan@example.org").await, app.person("eve", Operator).await);
    for refused in ["", of_engine, of_team] {
        joan.get(&format!("/api/v2/audit?{refused}")).await.expect(403);
    }
    eve.get("/api/v2/audit").await.expect(403);
    for (thing, nothing) in [(of_engine, format!("project_id={UNKNOWN}")), (of_team, format!("team_id={UNKNOWN}"))] {
        for path in ["/api/v2/audit", "/api/v2/audit/export", "/api/enterprise/audit", "/api/enterprise/audit/summary"] {
            let hidden = eve.get(&format!("{path}?{thing}")).await.expect(404);
            let unknown = eve.get(&format!("{path}?{nothing}")).await.expect(404);
            assert_eq!(hidden.detail(), unknown.detail(), "{path}");
        }
    }
}

/// Over every way to the trail the same entries.
async fn reads_the_same_everywhere(grace: &Actor<'_>, of_engine: &str) {
    let bare: Vec<AuditEntry> = grace.get("/api/enterprise/audit?limit=1000").await.expect(200).json();
    assert_eq!(bare.len(), OF_TEAM.len());
    let tail: AuditTail = grace.get("/api/v2/audit/tail?after=0&wait=0&limit=1000").await.expect(200).json();
    assert_eq!((tail.entries.len(), tail.next), (OF_TEAM.len(), bare[0].seq));
    let file: Vec<AuditEntry> = grace.get("/api/v2/audit/export").await.expect(200).json();
    assert_eq!(file, bare);
    let of = async |query: &str| -> AuditSummary {
        grace.get(&format!("/api/enterprise/audit/summary?{query}")).await.expect(200).json()
    };
    let (all, part) = (of("").await, of(of_engine).await);
    assert_eq!((all.total_events, all.by_action["create"], part.total_events), (12, 3, 5));
    assert!(!all.by_resource_type.contains_key("token") && all.recent_failures.is_empty(), "{all:?}");
}

#[tokio::test]
async fn the_parts_are_pages_of_their_teams_and_projects() {
    let app = setup().start().await;
    let ada = app.first_admin().await;
    let (grace, joan) = (app.person("grace", Viewer).await, app.person("joan", Viewer).await);
    let eve = app.person("eve", Operator).await;
    let team = ada.makes_team("Backend", &[("grace", Auditor), ("joan", Viewer)]).await;
    let research = ada.makes_team("Research", &[]).await;
    let (engine, wheels) = (makes(&ada, "Engine", &team).await, makes(&ada, "Wheels", &research).await);
    let seq = entries(&grace, "action=create&resource_type=project").await[0].seq;
    let other = entries(&ada, &format!("resource_id={}", wheels.id())).await[0].seq;

    let (of_project, of_team) = (format!("/projects/{}/audit", engine.id()), format!("/teams/{}/audit", team.id));
    for page in [&of_project, &of_team] {
        let html = grace.get(page).await.expect(200).text();
        let entry = format!("{page}?entry={seq}");
        assert!(html.contains("created project Engine") && html.contains(&entry) && !html.contains("/admin/audit"), "{html}");
        assert!(grace.get(&entry).await.expect(200).text().contains("Position in the chain"));
        grace.get(&format!("{page}?entry={other}")).await.expect(404);
        joan.get(page).await.expect(403);
        eve.get(page).await.expect(404);
    }
    let overview = format!("/projects/{}", engine.id());
    assert!(grace.get(&overview).await.expect(200).text().contains(&of_project));
    assert!(!joan.get(&overview).await.expect(200).text().contains(&of_project));
    let page = format!("/teams/{}", team.id);
    assert!(grace.get(&page).await.expect(200).text().contains(&of_team));
    assert!(!joan.get(&page).await.expect(200).text().contains(&of_team));
    // The admin section stays closed.
    for closed in ["/admin", "/admin/audit", "/admin/audit/verify", &format!("/admin/audit/{seq}")] {
        grace.get(closed).await.expect(404);
    }
}

#[tokio::test]
async fn what_is_older_is_in_the_part_of_its_team() {
    is_in_the_part(setup().start().await).await;
}

#[tokio::test]
async fn what_is_older_is_in_the_part_of_its_team_on_postgres() {
    is_in_the_part(setup().on_postgres().start().await).await;
}

async fn is_in_the_part(app: TestApp) {
    let ada = app.first_admin().await;
    let (grace, _joan) = (app.person("grace", Viewer).await, app.person("joan", Viewer).await);
    let team = ada.makes_team("Backend", &[("grace", Auditor), ("joan", Viewer)]).await;
    is_busy(&ada, &team).await;
    assert!(app.stop());
    // As it was before entries knew what they are about.
    let database = Database::connect(app.database_url()).await.unwrap();
    let steps = Migrator::migrations();
    let since = steps.iter().skip_while(|step| step.name() != "m0044_audit_about").count();
    Migrator::down(&database, Some(u32::try_from(since).unwrap())).await.unwrap();
    Migrator::up(&database, None).await.unwrap();
    database.close().await.unwrap();
    app.start_again();

    // An invitation does not say for which team it was but in what was changed.
    assert_eq!(told(&grace, "").await, OF_TEAM[..11]);
    assert!(crate::audit::verdict(&app.auditor().await).await.valid);
}
