//! The pages of teams and of sharing, as a browser without script uses them.

use protocol::{
    access::Role::{Admin, Operator, Viewer},
    projects::Project,
    teams::{MemberList, Owner, ShareList, TeamList},
};
use serde_json::json;
use tests::{Browser, TestApp, app::PASSWORD};

async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    browser
}

#[tokio::test]
async fn a_team_is_made_filled_and_removed_without_script() {
    let app = TestApp::start().await;
    app.first_admin().await;
    app.person("grace", Viewer).await;
    let (ada, grace) = (signed_in(&app, "ada@example.org").await, signed_in(&app, "grace@example.org").await);
    assert!(ada.opens("/teams").await.expect(200).text().contains("You are in no team"));
    assert!(!grace.opens("/teams").await.expect(200).text().contains("New team"));
    grace.posts("/teams", &[("what", "create"), ("name", "Mine")]).await.expect(403);

    let nameless = ada.posts("/teams", &[("what", "create"), ("name", " ")]).await.expect(422).text();
    assert!(nameless.contains("role=\"alert\"") && nameless.contains("The team needs a name"), "{nameless}");
    let made = ada.posts("/teams", &[("what", "create"), ("name", "<i>Backend")]).await.expect(303);
    let path = made.header("location");
    grace.opens(&path).await.expect(404);
    let add = [("what", "add"), ("email", "grace@example.org"), ("role", "operator")];
    ada.posts(&path, &add).await.expect(303);
    let page = ada.opens(&path).await.expect(200).text();
    assert!(page.contains("&lt;i&gt;Backend") && !page.contains("<i>Backend") && page.contains("grace@example.org"), "{page}");
    // Who is no admin of it sees who is in it, and may leave.
    let seen = grace.opens(&path).await.expect(200).text();
    assert!(seen.contains("ada@example.org") && seen.contains("Leave") && !seen.contains("Make a link"), "{seen}");
    grace.posts(&path, &[("what", "rename"), ("name", "Grace's")]).await.expect(403);

    let invited = ada.posts(&path, &[("what", "invite"), ("email", ""), ("role", "viewer")]).await.expect(200).text();
    let link = invited.split_once("/invite?link=").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(!ada.opens(&path).await.expect(200).text().contains(&link), "it is shown once");
    let eve = Browser::new(&app);
    let fields = [("link", link.as_str()), ("email", "eve@example.org"), ("password", PASSWORD)];
    eve.posts("/invite", &fields).await.expect(303);
    eve.opens(&path).await.expect(200);

    let teams: TeamList = ada.person().get("/api/v2/teams").await.expect(200).json();
    let members: MemberList = ada.person().get(&format!("/api/v2{path}/members")).await.expect(200).json();
    assert_eq!((teams.teams[0].members, members.members.len()), (3, 3));
    let id = members.members.iter().find(|member| member.email == "eve@example.org").unwrap().user_id.to_string();
    ada.posts(&path, &[("what", "set_role"), ("id", id.as_str()), ("role", "admin")]).await.expect(303);
    ada.posts(&path, &[("what", "remove"), ("id", id.as_str())]).await.expect(303);
    eve.opens(&path).await.expect(404);
    let grace_id = members.members.iter().find(|member| member.email == "grace@example.org").unwrap().user_id.to_string();
    assert_eq!(
        grace.posts(&path, &[("what", "remove"), ("id", grace_id.as_str())]).await.expect(303).header("location"),
        "/teams"
    );
    ada.posts(&path, &[("what", "nonsense")]).await.expect(422);
    assert_eq!(ada.posts(&path, &[("what", "delete"), ("id", "")]).await.expect(303).header("location"), "/teams");
    ada.opens(&path).await.expect(404);
}

#[tokio::test]
async fn a_project_is_shared_and_given_away_without_script() {
    let app = TestApp::start().await;
    let owner = app.first_admin().await;
    app.person("grace", Viewer).await;
    app.person("eve", Operator).await;
    let team = owner.makes_team("Backend", &[("grace", Admin)]).await;
    let (ada, grace, eve) = (
        signed_in(&app, "ada@example.org").await,
        signed_in(&app, "grace@example.org").await,
        signed_in(&app, "eve@example.org").await,
    );
    let project: Project = owner.post("/api/projects", &json!({"name": "<b>Engine"})).await.expect(201).json();
    let path = format!("/projects/{}/sharing", project.id);
    // Everybody knows the project; who shares it is its admins' matter.
    eve.opens(&path).await.expect(403);
    let page = ada.opens(&path).await.expect(200).text();
    assert!(page.contains("belongs to the installation") && !page.contains("<b>Engine"), "{page}");

    assert!(ada.posts(&path, &[("what", "transfer")]).await.expect(422).text().contains("role=\"alert\""));
    ada.posts(&path, &[("what", "transfer"), ("team", team.id.to_string().as_str()), ("email", "")]).await.expect(303);
    eve.opens(&path).await.expect(404);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(404);
    let share = [("what", "share"), ("team", ""), ("email", "eve@example.org"), ("role", "viewer")];
    grace.posts(&path, &share).await.expect(303);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(200);
    let list: ShareList = grace.person().get(&format!("/api/v2{}", path.replace("sharing", "shares"))).await.expect(200).json();
    assert_eq!((list.owner, list.shares.len()), (Owner::Team(team.id), 1));
    grace.posts(&path, &[("what", "unshare"), ("id", list.shares[0].id.to_string().as_str())]).await.expect(303);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(404);
    // What is given away is somebody else's.
    let away = [("what", "transfer"), ("team", ""), ("email", "eve@example.org")];
    assert_eq!(grace.posts(&path, &away).await.expect(303).header("location"), "/projects");
    grace.opens(&path).await.expect(404);
    eve.opens(&path).await.expect(200);
}
