//! The pages of teams and of sharing, as a browser without script uses them.

use protocol::{
    access::Role::{Admin, Operator, Viewer},
    projects::Project,
    teams::{MemberList, Owner, ShareList, Team, TeamList},
};
use serde_json::json;
use tests::{Answer, Browser, TestApp, app::PASSWORD};

async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    browser
}

/// Follows a form's answer to the page that it leads to.
async fn leads(browser: &Browser<'_>, answer: Answer) -> (String, String) {
    let place = answer.expect(302).header("location");
    let page = browser.opens(&place).await.expect(200).text();
    (place, page)
}

#[tokio::test]
async fn a_team_is_made_filled_and_removed_without_script() {
    let app = TestApp::start().await;
    app.first_admin().await;
    app.person("grace", Viewer).await;
    let (ada, grace) = (signed_in(&app, "ada@example.org").await, signed_in(&app, "grace@example.org").await);
    assert!(ada.opens("/teams").await.expect(200).text().contains("No teams yet"));
    let seen = grace.opens("/teams").await.expect(200).text();
    assert!(seen.contains("You are in no team") && !seen.contains("New team"), "{seen}");
    // The shell is that of every page.
    assert!(seen.contains("id=\"palette\"") && seen.contains("Account and logins"), "{seen}");
    let (_, refused) = leads(&grace, grace.posts("/ui/create_team", &[("name", "Mine")]).await).await;
    assert!(!refused.contains("Mine</a>"), "{refused}");

    let (_, nameless) = leads(&ada, ada.posts("/ui/create_team", &[("name", " ")]).await).await;
    assert!(nameless.contains("role=\"alert\"") && nameless.contains("The team needs a name"), "{nameless}");
    let (path, page) = leads(&ada, ada.posts("/ui/create_team", &[("name", "Back & \"end\"")]).await).await;
    assert!(page.contains("Back &amp; "), "{page}");
    let (_, refused) = leads(&ada, ada.posts("/ui/create_team", &[("name", "<i>Backend")]).await).await;
    assert!(refused.contains("role=\"alert\"") && refused.contains("as in HTML"), "{refused}");
    let id = path.rsplit('/').next().unwrap();
    let team = ("id", id);
    grace.opens(&path).await.expect(404);
    let add = [team, ("email", "grace@example.org"), ("role", "operator")];
    let (_, page) = leads(&ada, ada.posts("/ui/add_member", &add).await).await;
    assert!(page.contains("grace@example.org"), "{page}");
    let (_, page) = leads(&ada, ada.posts("/ui/add_member", &[team, ("email", "nobody@x.org"), ("role", "viewer")]).await).await;
    assert!(page.contains("Nobody has an account with nobody@x.org") && page.contains("value=\"nobody@x.org\""), "{page}");
    // Who is no admin of it sees who is in it, and may leave.
    let seen = grace.opens(&path).await.expect(200).text();
    assert!(seen.contains("ada@example.org") && seen.contains("Leave") && !seen.contains("Make a link"), "{seen}");
    let (_, page) = leads(&grace, grace.posts("/ui/rename_team", &[team, ("name", "Grace's")]).await).await;
    assert!(page.contains("Your role does not allow this") && page.contains("<h1>Back &amp; "), "{page}");

    let (_, invited) = leads(&ada, ada.posts("/ui/invite_to_team", &[team, ("email", ""), ("role", "viewer")]).await).await;
    let link = invited.split_once(&format!("{}/invite?link=", app.url())).unwrap().1.split('<').next().unwrap().to_owned();
    assert!(!ada.opens(&path).await.expect(200).text().contains(&link), "it is shown once");
    let eve = Browser::new(&app);
    let fields = [("link", link.as_str()), ("email", "eve@example.org"), ("password", PASSWORD)];
    eve.posts("/invite", &fields).await.expect(303);
    eve.opens(&path).await.expect(200);

    let teams: TeamList = ada.person().get("/api/v2/teams").await.expect(200).json();
    let members: MemberList = ada.person().get(&format!("/api/v2{path}/members")).await.expect(200).json();
    assert_eq!((teams.teams[0].members, members.members.len()), (3, 3));
    let found = ada.opens(&format!("{path}?q=EVE")).await.expect(200).text();
    assert!(found.contains("eve@example.org") && !found.contains("grace@example.org"), "{found}");
    let user = |name: &str| {
        let email = format!("{name}@example.org");
        members.members.iter().find(|member| member.email == email).unwrap().user_id.to_string()
    };
    let (eve_id, grace_id) = (user("eve"), user("grace"));
    ada.posts("/ui/set_member_role", &[team, ("user", &eve_id), ("role", "admin")]).await.expect(302);
    ada.posts("/ui/remove_member", &[team, ("user", &eve_id)]).await.expect(302);
    eve.opens(&path).await.expect(404);
    let (place, _) = leads(&grace, grace.posts("/ui/remove_member", &[team, ("user", &grace_id)]).await).await;
    assert_eq!(place, "/teams");
    let (place, _) = leads(&ada, ada.posts("/ui/remove_team", &[team]).await).await;
    assert_eq!(place, "/teams");
    ada.opens(&path).await.expect(404);
}

#[tokio::test]
async fn an_open_invitation_is_taken_back_and_a_team_with_projects_needs_an_heir() {
    let app = TestApp::start().await;
    let owner = app.first_admin().await;
    let (team, other) = (owner.makes_team("Backend", &[]).await, owner.makes_team("Ops", &[]).await);
    let body = json!({"name": "Engine", "owner": {"kind": "team", "id": team.id}});
    let project: Project = owner.post("/api/projects", &body).await.expect(201).json();
    let ada = signed_in(&app, "ada@example.org").await;
    let (path, id) = (format!("/teams/{}", team.id), team.id.to_string());
    let team = ("id", id.as_str());
    let invite = [team, ("email", "eve@example.org"), ("role", "viewer")];
    let (_, page) = leads(&ada, ada.posts("/ui/invite_to_team", &invite).await).await;
    let invitation = page.split_once("name=\"invitation\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let (_, page) = leads(&ada, ada.posts("/ui/withdraw_invitation", &[team, ("invitation", &invitation)]).await).await;
    assert!(!page.contains("eve@example.org"), "{page}");

    let heir = |kind: &'static str, name: &'static str| [team, ("owner[kind]", kind), ("owner[team]", name)];
    for (form, said) in [
        (heir("", ""), "still belongs"),
        (heir("team", "Nobody's"), "You know no team that is called “Nobody's”"),
        (heir("team", "Backend"), "the one that is to be removed"),
        (heir("something", ""), "Choose one of them"),
    ] {
        let (_, page) = leads(&ada, ada.posts("/ui/remove_team", &form).await).await;
        assert!(page.contains(said) || page.contains(&said.replace('\'', "&#x27;")), "{said}: {page}");
    }
    let (place, _) = leads(&ada, ada.posts("/ui/remove_team", &heir("team", "ops")).await).await;
    assert_eq!(place, "/teams");
    ada.opens(&path).await.expect(404);
    let given: Project = owner.get(&format!("/api/projects/{}", project.id)).await.expect(200).json();
    assert_eq!(given.owner, Owner::Team(other.id));
}

#[tokio::test]
async fn a_team_with_nobody_in_it_says_how_somebody_is_added() {
    let app = TestApp::start().await;
    app.first_admin().await;
    // A program is no member of the team that it makes.
    let team: Team = app.admin().await.post("/api/v2/teams", &json!({"name": "Backend"})).await.expect(201).json();
    let ada = signed_in(&app, "ada@example.org").await;
    let page = ada.opens(&format!("/teams/{}", team.id)).await.expect(200).text();
    assert!(page.contains("Nobody is in this team yet") && page.contains("href=\"#member-email\""), "{page}");
    let found = ada.opens(&format!("/teams/{}?q=eve", team.id)).await.expect(200).text();
    assert!(found.contains("Nobody is in this team yet"), "{found}");
}

#[tokio::test]
async fn teams_are_found_by_words_of_their_name() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let grace = app.person("grace", Viewer).await;
    for name in ["Backend", "Frontend", "100%_Docs"] {
        ada.makes_team(name, &[]).await;
    }
    let names = async |query: &str| {
        let list: TeamList = ada.get(&format!("/api/v2/teams?q={query}")).await.expect(200).json();
        list.teams.into_iter().map(|team| team.name).collect::<Vec<_>>()
    };
    assert_eq!(names("END").await, ["Frontend", "Backend"]);
    assert_eq!(names("%25_").await, ["100%_Docs"]);
    assert_eq!(names("").await.len(), 3);
    assert!(names("ops").await.is_empty());
    ada.get(&format!("/api/v2/teams?q={}", "x".repeat(201))).await.expect(422);
    let hidden: TeamList = grace.get("/api/v2/teams?q=end").await.expect(200).json();
    assert!(hidden.teams.is_empty());
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
    let project: Project = owner.post("/api/projects", &json!({"name": "Engine"})).await.expect(201).json();
    let path = format!("/projects/{}/sharing", project.id);
    let id = project.id.to_string();
    let project_id = ("id", id.as_str());
    // Everybody knows the project; who shares it is its admins' matter.
    eve.opens(&path).await.expect(403);
    let page = ada.opens(&path).await.expect(200).text();
    assert!(page.contains("belongs to the installation"), "{page}");
    // It is a tab of the project, for whoever may open it.
    assert!(page.contains("<h1>Engine") && page.contains(&format!("href=\"{path}\"")), "{page}");
    let seen = eve.opens(&format!("/projects/{}", project.id)).await.expect(200).text();
    assert!(seen.contains("?tab=settings") && !seen.contains(&path), "{seen}");

    let nobody = [project_id, ("owner[kind]", "person"), ("owner[email]", "")];
    let (_, page) = leads(&ada, ada.posts("/ui/give_project", &nobody).await).await;
    assert!(page.contains("role=\"alert\"") && page.contains("That is no email address"), "{page}");
    let team_id = team.id.to_string();
    let to_team = [project_id, ("owner[kind]", "team"), ("owner[team]", team_id.as_str())];
    let (place, page) = leads(&ada, ada.posts("/ui/give_project", &to_team).await).await;
    assert!(place == path && page.contains("Backend"), "{place} {page}");
    eve.opens(&path).await.expect(404);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(404);
    let share = [project_id, ("owner[kind]", "person"), ("owner[email]", "eve@example.org"), ("role", "viewer")];
    grace.posts("/ui/share_project", &share).await.expect(302);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(200);
    let list = async || -> ShareList {
        grace.person().get(&format!("/api/v2{}", path.replace("sharing", "shares"))).await.expect(200).json()
    };
    let before = list().await;
    assert_eq!((before.owner, before.shares.len(), before.shares[0].role), (Owner::Team(team.id), 1, Viewer));
    let share = before.shares[0].id.to_string();
    grace.posts("/ui/set_share_role", &[project_id, ("share", &share), ("role", "operator")]).await.expect(302);
    let after = list().await;
    assert_eq!((after.shares.len(), after.shares[0].role), (1, Operator));
    grace.posts("/ui/unshare_project", &[project_id, ("share", &share)]).await.expect(302);
    eve.opens(&format!("/projects/{}", project.id)).await.expect(404);
    // What is given away is somebody else's.
    let away = [project_id, ("owner[kind]", "person"), ("owner[email]", "eve@example.org")];
    let (place, _) = leads(&grace, grace.posts("/ui/give_project", &away).await).await;
    assert_eq!(place, "/projects");
    grace.opens(&path).await.expect(404);
    eve.opens(&path).await.expect(200);
}
