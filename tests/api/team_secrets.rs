//! Secrets of a team: everybody in it sees their names, its admins and operators write them, and to others there is no team.

use protocol::{
    access::Role,
    secrets::{Secret, SecretList},
};
use serde_json::json;
use tests::{Actor, Setup, TestApp, command};

const VALUE: &str = "correct-horse-battery-staple";

async fn names(actor: &Actor<'_>, path: &str) -> Vec<String> {
    let list: SecretList = actor.get(path).await.expect(200).json();
    list.secrets.into_iter().map(|secret| secret.name).collect()
}

#[tokio::test]
async fn who_is_in_a_team_sees_names_and_who_may_write_there_sets_them() {
    are_for_the_team(Setup::default()).await;
}

#[tokio::test]
async fn who_is_in_a_team_sees_names_and_who_may_write_there_sets_them_on_postgres() {
    are_for_the_team(Setup::default().on_postgres()).await;
}

async fn are_for_the_team(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    // In the installation they are viewers; the team decides.
    let (boss, hand) = (app.person("boss", Role::Viewer).await, app.person("hand", Role::Viewer).await);
    let (eye, trail) = (app.person("eye", Role::Operator).await, app.person("trail", Role::Viewer).await);
    let (stranger, bystander) = (app.person("stranger", Role::Operator).await, app.person("bystander", Role::Viewer).await);
    let members = [("boss", Role::Admin), ("hand", Role::Operator), ("eye", Role::Viewer), ("trail", Role::Auditor)];
    let team = ada.makes_team("Core", &members).await;
    let path = format!("/api/v2/teams/{}/secrets", team.id);
    let body = json!({"value": VALUE, "uses": ["tests"]});

    for (actor, name) in [(&ada, "A"), (&boss, "B"), (&hand, "C")] {
        let made: Secret = actor.put(&format!("{path}/{name}"), &body).await.expect(200).json();
        assert_eq!(made.name, name);
    }
    for actor in [&ada, &boss, &hand, &eye, &trail] {
        assert_eq!(names(actor, &path).await, ["A", "B", "C"]);
        assert!(!actor.get(&path).await.text().contains(VALUE));
    }
    for actor in [&eye, &trail] {
        actor.put(&format!("{path}/A"), &body).await.expect(403);
        actor.delete(&format!("{path}/A")).await.expect(403);
    }
    // To others it is as if it were not there.
    let nothing = "/api/v2/teams/0198c000-0000-7000-8000-000000000000/secrets";
    for (there, not_there) in [
        (stranger.get(&path).await, stranger.get(nothing).await),
        (stranger.put(&format!("{path}/A"), &body).await, stranger.put(&format!("{nothing}/A"), &body).await),
        (stranger.delete(&format!("{path}/A")).await, stranger.delete(&format!("{nothing}/A")).await),
        (bystander.get(&path).await, bystander.get(nothing).await),
        (bystander.put(&format!("{path}/A"), &body).await, bystander.put(&format!("{nothing}/A"), &body).await),
    ] {
        assert_eq!(there.expect(404).detail(), not_there.expect(404).detail());
    }
    app.nobody().get(&path).await.expect(401);

    hand.delete(&format!("{path}/A")).await.expect(204);
    hand.delete(&format!("{path}/A")).await.expect(404);
    assert_eq!(names(&eye, &path).await, ["B", "C"]);
    // What is taken in is checked as everywhere.
    assert!(boss.put(&format!("{path}/PATH"), &body).await.expect(422).detail().contains("PATH"));
    boss.put(&format!("{path}/D"), &json!({"value": "short", "uses": []})).await.expect(422);
    let trail = app.admin().await.get("/api/v2/audit?resource_type=secret&limit=200").await.expect(200).text();
    assert!(trail.contains(&format!("{}/A", team.id)) && !trail.contains(VALUE), "{trail}");

    // They go with the team.
    ada.delete(&format!("/api/v2/teams/{}", team.id)).await.expect(204);
    let store = app.store().await;
    let left = store.read().await.unwrap().secrets().count().await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_token_that_is_held_to_other_teams_knows_no_secret_of_this_one() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let (core, other) = (ada.makes_team("Core", &[]).await, ada.makes_team("Other", &[]).await);
    let body = json!({"name": "held", "role": "operator", "teams": [other.id]});
    let made = ada.post("/api/enterprise/tokens", &body).await.expect(201).value();
    let token = Actor::new(&app, tests::actor::Credentials::Bearer(made["token"].as_str().unwrap().to_owned()));

    token.get(&format!("/api/v2/teams/{}/secrets", core.id)).await.expect(404);
    token.get(&format!("/api/v2/teams/{}/secrets", other.id)).await.expect(200);
}

#[tokio::test]
async fn the_command_line_knows_a_team_by_its_name() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    ada.makes_team("Core Team", &[]).await;
    let admin = app.admin().await;
    let mut loki = tests::server::loki();
    loki.args(["secret", "set", "A", "--team", "core team", "--use", "tests", "--value-stdin"]);
    loki.env("LOKI_SERVER", app.url()).env("LOKI_TOKEN", admin.secret());
    let made = command::run(loki, VALUE);
    assert!(made.status.success(), "{}", command::stderr(&made));

    let list = admin.loki(&["secret", "list", "--team", "Core Team"]);
    assert!(command::stdout(&list).starts_with("A · tests · "), "{list:?}");
    assert!(admin.loki(&["secret", "remove", "A", "--team", "Core Team"]).status.success());
    assert_eq!(command::stdout(&admin.loki(&["secret", "list", "--team", "Core Team"])), "");
    let unknown = admin.loki(&["secret", "list", "--team", "Nobody"]);
    assert!(command::stderr(&unknown).contains("no team named \"Nobody\""), "{unknown:?}");
    assert!(!admin.loki(&["secret", "list", "--team", "Core Team", "--project", "A"]).status.success());
    let without_value = admin.loki(&["secret", "set", "B", "--team", "Core Team", "--use", "tests"]);
    assert!(command::stderr(&without_value).contains("--value-stdin"), "{without_value:?}");
}

#[tokio::test]
async fn forms_set_and_remove_them_without_script() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Core", &[]).await;
    let (id, page) = (team.id.to_string(), format!("/teams/{}/secrets", team.id));

    let form = [("form[team]", id.as_str()), ("form[name]", "A_KEY"), ("form[value]", VALUE), ("form[tests]", "on")];
    assert_eq!(ada.send_form("/ui/set_secret", &form).await.expect(302).header("location"), page);
    let read = ada.get(&format!("/ui/secrets?project=&team={id}")).await.expect(200).text();
    assert!(read.contains("A_KEY") && read.contains("Core") && !read.contains(VALUE), "{read}");
    let removed = ada.send_form("/ui/remove_secret", &[("project", ""), ("team", &id), ("name", "A_KEY")]).await.expect(302);
    assert_eq!(removed.header("location"), page);
    assert!(!ada.get(&format!("/ui/secrets?project=&team={id}")).await.expect(200).text().contains("A_KEY"));
    ada.get("/ui/secrets?project=&team=nothing").await.expect(404);
}
