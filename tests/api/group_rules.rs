//! Teams by rules: the groups at a sign-in provider put people into teams, and take them out again.

use protocol::{
    access::Role::{Admin, Operator, Viewer},
    teams::{Member, MemberList, Team},
};
use serde_json::json;
use tests::{
    Actor, Browser, Setup, TestApp,
    identity_provider::{IdentityProvider, Person},
};

use crate::providers::signs_in;

async fn member(actor: &Actor<'_>, team: &Team) -> Option<Member> {
    let list: MemberList = actor.get(&format!("/api/v2/teams/{}/members", team.id)).await.expect(200).json();
    list.members.into_iter().find(|member| member.email == "grace@example.org")
}

#[tokio::test]
async fn what_groups_gave_goes_with_the_group_and_what_a_person_gave_stays() {
    goes_with_the_group(Setup::default()).await;
}

#[tokio::test]
async fn what_groups_gave_goes_with_the_group_on_postgres() {
    goes_with_the_group(Setup::default().on_postgres()).await;
}

async fn goes_with_the_group(setup: Setup) {
    let provider = IdentityProvider::start().await;
    let rules = "devs=Backend:operator,ops=ops,devs=Not there:admin";
    let app: TestApp = provider.serves(setup, "corp", "oidc").variable("LOKI_SIGN_IN_CORP_TEAMS", rules).start().await;
    let ada = app.first_admin().await;
    let (backend, ops) = (ada.makes_team("Backend", &[]).await, ada.makes_team("Ops", &[]).await);
    provider.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });

    provider.has_groups(&["devs", "ops", "others"]);
    let browser = Browser::new(&app);
    signs_in(&browser, &provider, "/login/with/corp").await.expect(303);
    let grace = browser.person();
    let found = member(&ada, &backend).await.unwrap();
    assert_eq!((found.role, found.given, found.by_rules), (Operator, None, Some(Operator)));
    assert_eq!(member(&ada, &ops).await.unwrap().role, Viewer);
    let project = json!({"name": "Engine", "owner": {"kind": "team", "id": backend.id}});
    grace.post("/api/projects", &project).await.expect(201);
    // Nobody takes by hand what the rules gave.
    let path = format!("/api/v2/teams/{}/members", backend.id);
    ada.delete(&format!("{path}/{}", found.user_id)).await.expect(409);
    ada.post(&path, &json!({"email": "grace@example.org"})).await.expect(201);
    let both = member(&ada, &backend).await.unwrap();
    assert_eq!((both.role, both.given, both.by_rules), (Operator, Some(Viewer), Some(Operator)));

    grace.get("/api/status").await.expect(200);
    let before = grace.as_of_now();
    provider.has_groups(&["others"]);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    let left = member(&ada, &backend).await.unwrap();
    assert_eq!((left.role, left.given, left.by_rules), (Viewer, Some(Viewer), None));
    assert_eq!(member(&ada, &ops).await, None);
    // In the older login too.
    grace.post("/api/projects", &project).await.expect(403);
    grace.get(&format!("/api/v2/teams/{}", ops.id)).await.expect(404);
    // Which goes on under another id.
    before.get("/api/status").await.expect(401);
    let changes = app.auditor().await.get("/api/v2/audit?action=set_member&resource_type=team").await.expect(200).text();
    assert!(changes.contains("\"provider\":{\"from\":\"\",\"to\":\"corp\"}"), "{changes}");
}

#[tokio::test]
async fn rules_leave_the_last_admin_of_a_team_with_projects() {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_TEAMS", "devs=Backend:admin");
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    ada.post("/api/projects", &json!({"name": "Engine", "owner": {"kind": "team", "id": team.id}})).await.expect(201);
    provider.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });
    provider.has_groups(&["devs"]);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    let path = format!("/api/v2/teams/{}/members", team.id);
    let list: MemberList = ada.get(&path).await.expect(200).json();
    let of_ada = list.members.iter().find(|member| member.email == "ada@example.org").unwrap().user_id;
    ada.delete(&format!("{path}/{of_ada}")).await.expect(204);

    provider.has_groups(&["others"]);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    assert_eq!(member(&ada, &team).await.unwrap().by_rules, Some(Admin));

    ada.post(&path, &json!({"email": "ada@example.org", "role": "admin"})).await.expect(201);
    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);
    assert_eq!(member(&ada, &team).await, None);
}

#[tokio::test]
async fn team_rules_alone_ask_for_groups_that_stand_in_the_user_info() {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_TEAMS", "devs=Backend:operator");
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    provider.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });
    provider.keeps_groups_apart();
    provider.has_groups(&["devs"]);

    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);

    assert_eq!(member(&ada, &team).await.unwrap().by_rules, Some(Operator));
}

#[tokio::test]
async fn team_rules_alone_ask_github_for_organisations_and_teams() {
    let provider = IdentityProvider::start().await;
    let rules = "acme/platform=Backend:operator";
    let setup = provider.serves(Setup::default(), "github", "github").variable("LOKI_SIGN_IN_GITHUB_TEAMS", rules);
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    provider.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });
    provider.has_groups(&["acme", "acme/platform"]);

    signs_in(&Browser::new(&app), &provider, "/login/with/github").await.expect(303);

    assert_eq!(member(&ada, &team).await.unwrap().by_rules, Some(Operator));
}

#[tokio::test]
async fn an_invitation_into_a_team_holds_for_who_signs_in_with_a_provider() {
    let provider = IdentityProvider::start().await;
    let setup = provider.serves(Setup::default(), "corp", "oidc").variable("LOKI_SIGN_IN_CORP_PROVISIONING", "invitation");
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    let invited = json!({"email": "grace@example.org", "team_id": team.id, "team_role": "operator"});
    ada.post("/api/v2/invitations", &invited).await.expect(201);
    provider.vouches_for(Person { subject: "7".to_owned(), email: "grace@example.org".to_owned(), ..Person::ada() });

    signs_in(&Browser::new(&app), &provider, "/login/with/corp").await.expect(303);

    assert_eq!(member(&ada, &team).await.unwrap().given, Some(Operator));
}
