//! Invitations: a link that works once, into the installation or a team.

use protocol::{
    access::Role::{Admin, Operator, Viewer},
    teams::{Invitation, InvitationList, MemberList, Team},
};
use serde_json::{Value, json};
use tests::{Actor, Browser, Setup, TestApp, actor::Credentials, app::PASSWORD};

const PATH: &str = "/api/v2/invitations";

async fn invites(actor: &Actor<'_>, body: Value) -> Invitation {
    actor.post(PATH, &body).await.expect(201).json()
}

/// Path and secret of the link.
fn of_link(invitation: &Invitation) -> (String, String) {
    let link = invitation.link.clone().unwrap();
    let path = link.split_once("//").unwrap().1.split_once('/').unwrap().1.to_owned();
    (format!("/{path}"), link.rsplit_once('=').unwrap().1.to_owned())
}

async fn names(actor: &Actor<'_>, team: &Team) -> Vec<(String, protocol::access::Role)> {
    let list: MemberList = actor.get(&format!("/api/v2/teams/{}/members", team.id)).await.expect(200).json();
    list.members.into_iter().map(|member| (member.email, member.role)).collect()
}

#[tokio::test]
async fn a_link_makes_an_account_in_a_team_once() {
    makes_an_account_once(TestApp::start().await).await;
}

#[tokio::test]
async fn a_link_makes_an_account_in_a_team_once_on_postgres() {
    makes_an_account_once(Setup::default().on_postgres().start().await).await;
}

async fn makes_an_account_once(app: TestApp) {
    let ada = app.first_admin().await;
    let team = ada.makes_team("Back & \"end\"", &[]).await;
    let invitation = invites(&ada, json!({"team_id": team.id, "team_role": "operator"})).await;
    assert_eq!((invitation.role, invitation.team_role, invitation.invited_by.as_str()), (Viewer, Some(Operator), "Ada"));
    let (path, secret) = of_link(&invitation);
    let listed = ada.get(PATH).await.expect(200).text();
    assert!(listed.contains(&invitation.id) && !listed.contains(&secret) && !listed.contains("hash"), "{listed}");

    let grace = Browser::new(&app);
    let page = grace.opens(&path).await.expect(200).text();
    assert!(page.contains("Ada has invited you") && page.contains("Back &amp; &quot;end&quot;"), "{page}");
    assert!(!page.contains("<script>") && page.contains("method=\"post\""), "{page}");
    let fields = |email: &str, password: &str| {
        [("link", secret.clone()), ("email", email.to_owned()), ("name", "Grace".to_owned()), ("password", password.to_owned())]
    };
    let posts = async |browser: &Browser<'_>, email: &str, password: &str| {
        let fields = fields(email, password);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.posts("/invite", &fields).await
    };
    // What is wrong with the form leaves the link as it is.
    assert!(posts(&grace, "grace@example.org", "short").await.expect(422).text().contains("password"));
    posts(&grace, "nonsense", PASSWORD).await.expect(422);
    let taken = posts(&grace, "ada@example.org", PASSWORD).await.expect(422).text();
    assert!(taken.contains("sign in first and open the link again"), "{taken}");
    assert_eq!(posts(&grace, "grace@example.org", PASSWORD).await.expect(303).header("location"), "/");

    let person = grace.person();
    assert_eq!(names(&person, &team).await, [("ada@example.org".to_owned(), Admin), ("grace@example.org".to_owned(), Operator)]);
    person.post("/api/projects", &json!({"name": "A"})).await.expect(403);
    person.post("/api/projects", &json!({"name": "A", "owner": {"kind": "team", "id": team.id}})).await.expect(201);
    // It worked once.
    let eve = Browser::new(&app);
    eve.opens(&path).await.expect(401);
    posts(&eve, "eve@example.org", PASSWORD).await.expect(401);
    assert_eq!(ada.get(PATH).await.expect(200).json::<InvitationList>().invitations, []);
}

#[tokio::test]
async fn an_open_link_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (path, secret) = of_link(&invites(&ada, json!({"role": "viewer"})).await);
    let asks = async |email: &str| {
        let fields = [("link", secret.as_str()), ("email", email), ("password", PASSWORD)];
        Browser::new(&app).posts("/invite", &fields).await
    };
    let alert = |page: String| page.split_once("role=\"alert\"").unwrap().1.split("</p>").next().unwrap().to_owned();

    let taken = alert(asks("Ada@example.org").await.expect(422).text());
    assert_eq!(taken, alert(asks("nonsense").await.expect(422).text()));
    assert!(taken.contains("If you have an account, sign in first and open the link again."), "{taken}");
    // Whoever goes on asking is slowed down; the link counts as before.
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) {
        assert!(statuses.len() < 20, "{statuses:?}");
        statuses.push(asks("ada@example.org").await.status);
    }
    assert_eq!(statuses[..4], [422; 4]);
    Browser::new(&app).opens(&path).await.expect(200);
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_wins() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (_, secret) = of_link(&invites(&ada, json!({"role": "operator"})).await);
    let tries = ["one@example.org", "two@example.org", "three@example.org"].map(|email| {
        let (browser, secret) = (Browser::new(&app), secret.as_str());
        async move { browser.posts("/invite", &[("link", secret), ("email", email), ("password", PASSWORD)]).await.status }
    });
    let mut statuses = futures::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 401, 401]);
}

#[tokio::test]
async fn who_has_an_account_joins_with_it() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    app.person("grace", Viewer).await;
    let team = ada.makes_team("Backend", &[]).await;
    let for_eve = invites(&ada, json!({"team_id": team.id, "email": "Eve@example.org", "team_role": "admin"})).await;
    let for_all = invites(&ada, json!({"team_id": team.id, "team_role": "operator"})).await;
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", "grace@example.org"), ("password", PASSWORD)]).await.expect(303);

    // An invitation for another address is not hers.
    let (path, secret) = of_link(&for_eve);
    assert!(browser.opens(&path).await.expect(200).text().contains("signed in as grace"));
    assert!(browser.posts("/invite", &[("link", secret.as_str())]).await.expect(409).text().contains("another email address"));
    let (_, secret) = of_link(&for_all);
    browser.posts("/invite", &[("link", secret.as_str())]).await.expect(303);
    assert_eq!(names(&browser.person(), &team).await.len(), 2);
    // The one for an address makes an account with that address, whatever the form says.
    let eve = Browser::new(&app);
    let (_, secret) = of_link(&for_eve);
    let fields = [("link", secret.as_str()), ("email", "mallory@example.org"), ("name", ""), ("password", PASSWORD)];
    eve.posts("/invite", &fields).await.expect(303);
    assert!(names(&ada, &team).await.contains(&("eve@example.org".to_owned(), Admin)));
}

#[tokio::test]
async fn an_invitation_is_worth_what_its_maker_may_give() {
    is_worth_what_its_maker_may_give(TestApp::start().await).await;
}

#[tokio::test]
async fn an_invitation_is_worth_what_its_maker_may_give_on_postgres() {
    is_worth_what_its_maker_may_give(Setup::default().on_postgres().start().await).await;
}

async fn is_worth_what_its_maker_may_give(app: TestApp) {
    let ada = app.first_admin().await;
    let (boss, grace) = (app.person("boss", Admin).await, app.person("grace", Operator).await);
    let team = ada.makes_team("Backend", &[("grace", Admin)]).await;
    let made: Value = boss.post("/api/v2/api-keys", &json!({"name": "of the boss", "role": "admin"})).await.expect(201).value();
    let program = Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));
    let made: Value = ada.post("/api/v2/api-keys", &json!({"name": "of Ada", "role": "admin"})).await.expect(201).value();
    let ended = Actor::new(&app, Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));
    let body = json!({"role": "admin", "expires_days": 90});
    let stays = invites(&ada, body.clone()).await;
    let links = [
        invites(&boss, body.clone()).await,
        invites(&program, body.clone()).await,
        invites(&ended, body).await,
        invites(&grace, json!({"team_id": team.id, "team_role": "admin"})).await,
    ];
    for link in &links {
        Browser::new(&app).opens(&of_link(link).0).await.expect(200);
    }
    assert_eq!(ada.get(PATH).await.expect(200).json::<InvitationList>().invitations.len(), 5);

    let id = async |name: &str| {
        let list = ada.get(&format!("/api/v2/users?q={name}")).await.expect(200).value();
        list["users"][0]["id"].as_str().unwrap().to_owned()
    };
    let (boss, grace) = (format!("/api/v2/users/{}", id("boss").await), id("grace").await);
    ada.put(&boss, &json!({"role": "operator"})).await.expect(200);
    ada.put(&format!("/api/v2/teams/{}/members/{grace}", team.id), &json!({"role": "operator"})).await.expect(200);
    ada.delete("/api/v2/api-keys/of%20Ada").await.expect(204);

    let are_worth_nothing = async || {
        for link in &links {
            let (path, secret) = of_link(link);
            let page = Browser::new(&app).opens(&path).await.expect(401).text();
            assert!(page.contains("This link is not valid"), "{page}");
            let fields = [("link", secret.as_str()), ("email", "eve@example.org"), ("password", PASSWORD)];
            Browser::new(&app).posts("/invite", &fields).await.expect(401);
        }
        let left: Vec<String> =
            ada.get(PATH).await.expect(200).json::<InvitationList>().invitations.into_iter().map(|row| row.id).collect();
        assert_eq!(left, std::slice::from_ref(&stays.id));
    };
    are_worth_nothing().await;
    ada.delete(&boss).await.expect(204);
    are_worth_nothing().await;
    let (_, secret) = of_link(&stays);
    let fields = [("link", secret.as_str()), ("email", "eve@example.org"), ("password", PASSWORD)];
    Browser::new(&app).posts("/invite", &fields).await.expect(303);
}

#[tokio::test]
async fn nobody_invites_further_than_they_may() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (grace, eve) = (app.person("grace", Operator).await, app.person("eve", Operator).await);
    let team = ada.makes_team("Backend", &[("grace", Admin)]).await;
    let other = ada.makes_team("Other", &[("grace", Viewer)]).await;

    // An admin of a team invites into it, with the least role in the installation.
    let made = invites(&grace, json!({"team_id": team.id, "team_role": "admin"})).await;
    for body in [
        json!({}),
        json!({"email": "x@example.org"}),
        json!({"team_id": team.id, "role": "operator"}),
        json!({"team_id": other.id}),
    ] {
        grace.post(PATH, &body).await.expect(403);
    }
    grace.get(PATH).await.expect(403);
    let path = format!("{PATH}?team={}", team.id);
    assert_eq!(grace.get(&path).await.expect(200).json::<InvitationList>().invitations.len(), 1);
    // To admins of another team this one and its invitations are not there.
    ada.makes_team("Eve's", &[("eve", Admin)]).await;
    eve.post(PATH, &json!({"team_id": team.id})).await.expect(404);
    eve.get(&path).await.expect(404);
    eve.delete(&format!("{PATH}/{}", made.id)).await.expect(404);
    for body in [
        json!({"team_role": "viewer"}),
        json!({"email": "nonsense"}),
        json!({"expires_days": 0}),
        json!({"expires_days": 91}),
        json!({"role": "king"}),
        json!({"surprise": 1}),
    ] {
        ada.post(PATH, &body).await.expect(422);
    }
    assert!(ada.post(PATH, &json!({"email": "eve@example.org"})).await.expect(409).detail().contains("has an account"));

    let (path, _) = of_link(&made);
    grace.delete(&format!("{PATH}/{}", made.id)).await.expect(204);
    Browser::new(&app).opens(&path).await.expect(401);
    let page = Browser::new(&app).opens("/invite?link=nonsense").await.expect(401).text();
    assert!(page.contains("This link is not valid") && !page.contains("Unauthorized"), "{page}");
}

#[tokio::test]
async fn invitations_are_found_by_words_and_listed_in_pages() {
    are_listed_in_pages(TestApp::start().await).await;
}

#[tokio::test]
async fn invitations_are_found_by_words_and_listed_in_pages_on_postgres() {
    are_listed_in_pages(Setup::default().on_postgres().start().await).await;
}

async fn are_listed_in_pages(app: TestApp) {
    let ada = app.first_admin().await;
    let boss = app.person("boss", Admin).await;
    let list = ada.get("/api/v2/users?q=boss").await.expect(200).value();
    let account = format!("/api/v2/users/{}", list["users"][0]["id"].as_str().unwrap());
    ada.put(&account, &json!({"name": "Böss Åkesson"})).await.expect(200);
    let team = ada.makes_team("Backend", &[]).await;
    let mut made = Vec::new();
    for name in ["one", "two", "three", "four", "five"] {
        let invitation = invites(&ada, json!({"email": format!("{name}@example.org"), "team_id": team.id})).await;
        made.push(invitation.id);
        invites(&boss, json!({"role": "admin"})).await;
    }
    let read = async |asked: &str| ada.get(&format!("{PATH}?{asked}")).await.expect(200).json::<InvitationList>();
    assert_eq!(read("limit=200").await.invitations.len(), 10);
    for words in ["BOSS", "b%C3%B6ss", "B%C3%96SS", "akesson", "s%20%C3%A5"] {
        assert_eq!(read(&format!("q={words}")).await.invitations.len(), 5, "{words}");
    }

    // What counts no more leaves no gaps.
    ada.put(&account, &json!({"role": "operator"})).await.expect(200);
    let (mut found, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = read(&format!("limit=2{after}")).await;
        sizes.push(page.invitations.len());
        found.extend(page.invitations.into_iter().map(|invitation| invitation.id));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert!(found.is_sorted_by(|one, other| one > other), "the newest come first: {found:?}");
    made.sort_unstable();
    made.reverse();
    assert_eq!(found, made);
    let of_team = read(&format!("team={}&q=Three%40&limit=1", team.id)).await;
    assert_eq!((of_team.invitations.len(), of_team.next), (1, None));
    assert_eq!(of_team.invitations[0].email.as_deref(), Some("three@example.org"));
    assert!(read("q=ada&limit=3").await.next.is_some());
    for nothing in ["q=boss", "q=%25", "q=_"] {
        assert_eq!(read(nothing).await.invitations, [], "{nothing}");
    }
    for wrong in ["limit=0", "limit=201", "after=nonsense", "page=2", &format!("q={}", "x".repeat(201))] {
        ada.get(&format!("{PATH}?{wrong}")).await.expect(422);
    }
}

#[tokio::test]
async fn the_pages_show_more_invitations_and_find_them() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Backend", &[]).await;
    for number in 0..22 {
        invites(&ada, json!({"email": format!("guest{number:02}@example.org"), "team_id": team.id})).await;
    }
    let of_team = format!("/teams/{}", team.id);
    for (address, form) in [("/admin/users", "withdraw_user_invitation"), (of_team.as_str(), "withdraw_invitation")] {
        let shown = async |asked: &str| {
            let page = ada.get(&format!("{address}{asked}")).await.expect(200).text();
            (page.matches(&format!("action=\"/ui/{form}\"")).count(), page)
        };
        let (count, page) = shown("").await;
        assert_eq!(count, 20, "{page}");
        let next = page.split_once(&format!("{address}?invitations=")).unwrap_or_else(|| panic!("no next page in {page}")).1;
        let (count, page) = shown(&format!("?invitations={}", &next[..36])).await;
        assert!(count == 2 && !page.contains("Show more invitations"), "{page}");
        let (count, page) = shown("?q=guest07").await;
        assert!(count == 1 && page.contains("guest07@example.org"), "{page}");
        assert!(!page.contains("Nobody found"), "{page}");
    }
    let page = ada.get("/admin/users?q=stranger").await.expect(200).text();
    assert!(page.contains("Nobody found"), "{page}");
}
