//! Teams: people have a role together, on projects that belong to the team.

use protocol::{
    access::Role::{self, Admin, Auditor, Operator, Viewer},
    events::SocketMessage,
    projects::{Project, ProjectList},
    teams::{Member, MemberList, Owner, Team, TeamList},
};
use serde_json::{Value, json};
use tests::{Actor, Setup, TestApp, socket::Heard};

const UNKNOWN: &str = "0198c000-0000-7000-8000-000000000000";

async fn makes_project(actor: &Actor<'_>, body: Value) -> Project {
    actor.post("/api/projects", &body).await.expect(201).json()
}

async fn of_team(actor: &Actor<'_>, team: &Team, name: &str) -> Project {
    makes_project(actor, json!({"name": name, "owner": {"kind": "team", "id": team.id}})).await
}

async fn names(actor: &Actor<'_>) -> Vec<String> {
    let list: ProjectList = actor.get("/api/projects").await.expect(200).json();
    list.projects.into_iter().map(|project| project.name).collect()
}

async fn members(actor: &Actor<'_>, team: &Team) -> Vec<(String, Role)> {
    let list: MemberList = actor.get(&format!("/api/v2/teams/{}/members", team.id)).await.expect(200).json();
    list.members.into_iter().map(|member| (member.name, member.role)).collect()
}

#[tokio::test]
async fn members_have_the_role_of_the_team_on_its_projects() {
    have_the_role_of_the_team(TestApp::start().await).await;
}

#[tokio::test]
async fn members_have_the_role_of_the_team_on_postgres() {
    have_the_role_of_the_team(Setup::default().on_postgres().start().await).await;
}

async fn have_the_role_of_the_team(app: TestApp) {
    let ada = app.first_admin().await;
    let (grace, alan, eve) =
        (app.person("grace", Viewer).await, app.person("alan", Operator).await, app.person("eve", Operator).await);
    let team = ada.makes_team("Backend", &[("grace", Operator), ("alan", Viewer)]).await;
    assert_eq!(
        members(&grace, &team).await,
        [("Ada".to_owned(), Admin), ("alan".to_owned(), Viewer), ("grace".to_owned(), Operator)]
    );

    // Grace only reads in the installation, and works in the team.
    grace.post("/api/projects", &json!({"name": "Mine"})).await.expect(403);
    let project = of_team(&grace, &team, "Engine").await;
    assert_eq!(project.owner, Owner::Team(team.id));
    let path = format!("/api/projects/{}", project.id);
    grace.put(&path, &json!({"description": "Runs"})).await.expect(200);
    // Alan operates the installation, and reads in the team.
    alan.get(&path).await.expect(200);
    assert!(alan.put(&path, &json!({"description": "x"})).await.expect(403).detail().contains("write"));
    let theirs = json!({"name": "B", "owner": {"kind": "team", "id": team.id}});
    alan.post("/api/projects", &theirs).await.expect(403);
    // Eve knows nothing of it.
    let unknown = eve.get(&format!("/api/projects/{UNKNOWN}")).await.expect(404);
    assert_eq!(eve.get(&path).await.expect(404).detail(), unknown.detail());
    eve.post("/api/projects", &theirs).await.expect(404);
    assert_eq!((names(&grace).await.len(), names(&alan).await.len(), names(&eve).await.len()), (1, 1, 0));
    assert!(app.operator().await.get(&path).await.status == 404 && app.admin().await.get(&path).await.status == 200);

    // A role that is taken away is gone with the next request.
    let grace_id = members_of(&ada, &team).await.into_iter().find(|member| member.name == "grace").unwrap().user_id;
    ada.put(&format!("/api/v2/teams/{}/members/{grace_id}", team.id), &json!({"role": "viewer"})).await.expect(200);
    grace.put(&path, &json!({"description": "x"})).await.expect(403);
    ada.delete(&format!("/api/v2/teams/{}/members/{grace_id}", team.id)).await.expect(204);
    grace.get(&path).await.expect(404);
    grace.get(&format!("/api/v2/teams/{}", team.id)).await.expect(404);
}

async fn members_of(actor: &Actor<'_>, team: &Team) -> Vec<Member> {
    actor.get(&format!("/api/v2/teams/{}/members", team.id)).await.expect(200).json::<MemberList>().members
}

#[tokio::test]
async fn lists_have_what_is_seen_and_page_by_it() {
    page_by_what_is_seen(TestApp::start().await).await;
}

#[tokio::test]
async fn lists_have_what_is_seen_and_page_by_it_on_postgres() {
    page_by_what_is_seen(Setup::default().on_postgres().start().await).await;
}

async fn page_by_what_is_seen(app: TestApp) {
    let ada = app.first_admin().await;
    let grace = app.person("grace", Operator).await;
    let team = ada.makes_team("Backend", &[]).await;
    for number in 1..=6 {
        of_team(&ada, &team, &format!("Hidden {number}")).await;
        if number % 2 == 0 {
            makes_project(&ada, json!({"name": format!("Open {number}")})).await;
        }
    }
    makes_project(&ada, json!({"name": "Ada's", "owner": {"kind": "user", "id": user_id(&ada, &team).await}})).await;

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page: ProjectList = grace.get(&format!("/api/projects?limit=1{after}")).await.expect(200).json();
        seen.extend(page.projects.into_iter().map(|project| project.name));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["Open 6", "Open 4", "Open 2"]);
    assert_eq!(names(&ada).await.len(), 10);
    let events = grace.events().await;
    assert!(events.iter().all(|event| !event.data.to_string().contains("Hidden")), "{events:?}");
    assert!(events.iter().any(|event| event.data.to_string().contains("Open 2")), "{events:?}");
    // Teams too: she knows of none.
    assert_eq!(grace.get("/api/v2/teams").await.expect(200).json::<TeamList>().teams, []);
    let others = ada.makes_team("Frontend", &[("grace", Auditor)]).await;
    let known: TeamList = grace.get("/api/v2/teams").await.expect(200).json();
    assert_eq!(known.teams.iter().map(|team| (team.id, team.your_role)).collect::<Vec<_>>(), [(others.id, Some(Auditor))]);
    let first: TeamList = ada.get("/api/v2/teams?limit=1").await.expect(200).json();
    assert_eq!((first.teams[0].id, first.next), (others.id, Some(others.id.to_string())));
}

async fn user_id(actor: &Actor<'_>, team: &Team) -> protocol::UserId {
    members_of(actor, team).await[0].user_id
}

#[tokio::test]
async fn the_last_admin_stays_while_the_team_has_projects() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let grace = app.person("grace", Viewer).await;
    let team = ada.makes_team("Backend", &[("grace", Viewer)]).await;
    let me = format!("/api/v2/teams/{}/members/{}", team.id, user_id(&ada, &team).await);
    of_team(&ada, &team, "Engine").await;

    for refused in [ada.delete(&me).await, ada.put(&me, &json!({"role": "viewer"})).await] {
        assert!(refused.expect(409).detail().contains("only admin"));
    }
    ada.post(&format!("/api/v2/teams/{}/members", team.id), &json!({"email": "grace@example.org", "role": "admin"}))
        .await
        .expect(201);
    ada.delete(&me).await.expect(204);
    assert_eq!(members(&grace, &team).await, [("grace".to_owned(), Admin)]);
    grace.put(&format!("/api/v2/teams/{}", team.id), &json!({"name": "Engine room"})).await.expect(200);
}

#[tokio::test]
async fn a_team_goes_when_its_projects_have_an_heir() {
    goes_with_an_heir(TestApp::start().await).await;
}

#[tokio::test]
async fn a_team_goes_when_its_projects_have_an_heir_on_postgres() {
    goes_with_an_heir(Setup::default().on_postgres().start().await).await;
}

async fn goes_with_an_heir(app: TestApp) {
    let ada = app.first_admin().await;
    let grace = app.person("grace", Viewer).await;
    let (old, new) = (ada.makes_team("Old", &[("grace", Admin)]).await, ada.makes_team("New", &[("grace", Viewer)]).await);
    let project = of_team(&grace, &old, "Engine").await;
    let path = format!("/api/v2/teams/{}", old.id);

    assert!(grace.delete(&path).await.expect(409).detail().contains("1 project"));
    grace.delete(&format!("{path}?heir_team={}", old.id)).await.expect(422);
    grace.delete(&format!("{path}?heir_team={}&heir_installation=true", new.id)).await.expect(422);
    // She may write neither in the new team nor in the installation, and knows no other.
    grace.delete(&format!("{path}?heir_team={}", new.id)).await.expect(403);
    grace.delete(&format!("{path}?heir_installation=true")).await.expect(403);
    grace.delete(&format!("{path}?heir_team={UNKNOWN}")).await.expect(404);
    ada.delete(&format!("{path}?heir_team={}", new.id)).await.expect(204);

    ada.get(&path).await.expect(404);
    assert_eq!(grace.reads_project(project.id).await.owner, Owner::Team(new.id));
    let teams: TeamList = grace.get("/api/v2/teams").await.expect(200).json();
    assert_eq!(teams.teams.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(), ["New"]);
}

#[tokio::test]
async fn what_cannot_be_a_team_or_a_member_is_refused() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    for (body, status, named) in [
        (json!({"name": " "}), 422, "name"),
        (json!({"name": "a\nb"}), 422, "name"),
        (json!({"name": "x".repeat(10_000)}), 422, "name"),
        (json!({"name": "A", "color": "red"}), 422, "color"),
        (json!({"name": " back  end".replace("  ", "")}), 409, "Backend"),
    ] {
        let answer = ada.post("/api/v2/teams", &body).await.expect(status);
        assert!(answer.detail().contains(named), "{body}: {}", answer.detail());
    }
    let path = format!("/api/v2/teams/{}/members", team.id);
    for body in [
        json!({}),
        json!({"email": "nobody@example.org"}),
        json!({"email": "x"}),
        json!({"user_id": UNKNOWN}),
        json!({"user_id": UNKNOWN, "email": "ada@example.org"}),
        json!({"email": "ada@example.org", "role": "king"}),
    ] {
        ada.post(&path, &body).await.expect(422);
    }
    ada.delete(&format!("{path}/{UNKNOWN}")).await.expect(404);
    ada.makes_team("Ünïcode 名前 & \"Co\"", &[]).await;
    assert_eq!(members(&ada, &team).await.len(), 1);
}

#[tokio::test]
async fn tokens_reach_as_far_as_their_maker_and_their_limits() {
    reach_as_far_as_their_maker(TestApp::start().await).await;
}

#[tokio::test]
async fn tokens_reach_as_far_as_their_maker_on_postgres() {
    reach_as_far_as_their_maker(Setup::default().on_postgres().start().await).await;
}

async fn reach_as_far_as_their_maker(app: TestApp) {
    let ada = app.first_admin().await;
    let (one, two) = (ada.makes_team("One", &[]).await, ada.makes_team("Two", &[]).await);
    let (engine, wheels) = (of_team(&ada, &one, "Engine").await, of_team(&ada, &two, "Wheels").await);
    let open = makes_project(&ada, json!({"name": "Open"})).await;
    let holder = async |body: Value| {
        let token: Value = ada.post("/api/v2/api-keys", &body).await.expect(201).value();
        (Actor::new(&app, tests::actor::Credentials::Bearer(token["token"].as_str().unwrap().to_owned())), token)
    };

    let (reader, _) = holder(json!({"name": "reader", "role": "viewer"})).await;
    assert_eq!(names(&reader).await, ["Open", "Wheels", "Engine"]);
    let (of_one, shown) = holder(json!({"name": "of one", "role": "operator", "teams": [one.id]})).await;
    assert_eq!((&shown["teams"][0], &shown["projects"]), (&json!(one.id), &json!([])));
    assert_eq!(names(&of_one).await, ["Engine"]);
    of_one.put(&format!("/api/projects/{}", engine.id), &json!({"description": "x"})).await.expect(200);
    for hidden in [wheels.id, open.id] {
        of_one.get(&format!("/api/projects/{hidden}")).await.expect(404);
    }
    // Of the installation itself it only reads.
    of_one.post("/api/projects", &json!({"name": "A"})).await.expect(403);
    of_team(&of_one, &one, "Second").await;
    let (of_project, _) = holder(json!({"name": "of a project", "role": "admin", "projects": [wheels.id]})).await;
    assert_eq!(names(&of_project).await, ["Wheels"]);
    for refused in ["/api/v2/api-keys", "/api/v2/audit/verify"] {
        of_project.get(refused).await.expect(403);
    }
    of_project.post("/api/v2/teams", &json!({"name": "A"})).await.expect(403);
    of_project.get(&format!("/api/v2/teams/{}", two.id)).await.expect(404);
    for wrong in [json!([]), json!([UNKNOWN]), json!(["x"]), json!("x")] {
        let status = if wrong == json!([UNKNOWN]) { 404 } else { 422 };
        ada.post("/api/v2/api-keys", &json!({"name": "A", "projects": wrong})).await.expect(status);
    }
}

#[tokio::test]
async fn a_server_may_give_new_projects_to_who_makes_them() {
    let app = Setup::default().variable("LOKI_NEW_PROJECTS", "maker").start().await;
    let (grace, eve) = (app.person("grace", Operator).await, app.person("eve", Operator).await);

    let project = makes_project(&grace, json!({"name": "Mine"})).await;
    let open = makes_project(&grace, json!({"name": "Ours", "owner": {"kind": "installation"}})).await;

    assert!(matches!(project.owner, Owner::User(_)) && open.owner == Owner::Installation);
    assert_eq!(names(&eve).await, ["Ours"]);
    // A program of nobody's has nobody to give it to.
    assert_eq!(makes_project(&app.operator().await, json!({"name": "A"})).await.owner, Owner::Installation);
    eve.post("/api/projects", &json!({"name": "A", "owner": {"kind": "user", "id": UNKNOWN}})).await.expect(422);
}

#[tokio::test]
async fn a_team_is_told_of_to_its_members_alone() {
    told_of_to_its_members_alone(TestApp::start().await).await;
}

#[tokio::test]
async fn a_team_is_told_of_to_its_members_alone_on_postgres() {
    told_of_to_its_members_alone(Setup::default().on_postgres().start().await).await;
}

async fn told_of_to_its_members_alone(app: TestApp) {
    let ada = app.first_admin().await;
    let (grace, eve) = (app.person("grace", Viewer).await, app.person("eve", Operator).await);
    let (mut live, mut deaf) = (grace.listens(None).await, eve.listens(None).await);

    let team = ada.makes_team("Backend", &[("grace", Viewer)]).await;
    // Her page is read anew, since other things are open to her now; then she hears of the team.
    assert!(matches!(live.hears().await, Heard::Message(SocketMessage::Resync { .. })));
    ada.put(&format!("/api/v2/teams/{}", team.id), &json!({"name": "Engines"})).await.expect(200);
    let heard = loop {
        let events = live.until("team_updated").await;
        let last = events.last().unwrap();
        if last.data["name"] == "Engines" {
            break last.clone();
        }
    };
    assert_eq!((heard.scope.team_id, heard.scope.project_id), (Some(team.id), None));
    let body = json!({"team_id": team.id, "email": "x@example.org"});
    ada.post("/api/v2/invitations", &body).await.expect(201);
    assert_eq!(live.until("team_updated").await.len(), 1);
    assert!(deaf.is_quiet().await);

    // What is read of the log later is the same.
    let of_team = |events: Vec<protocol::Envelope>| events.into_iter().filter(|event| event.kind == "team_updated").count();
    assert_eq!([of_team(ada.events().await), of_team(grace.events().await), of_team(eve.events().await)], [4, 4, 0]);
    ada.delete(&format!("/api/v2/teams/{}", team.id)).await.expect(204);
    let of_nobody = [of_team(ada.events().await), of_team(grace.events().await), of_team(eve.events().await)];
    assert_eq!(of_nobody, [5, 0, 0]);
}
