//! The vault: names are seen, values never; who may write them; and the master key that they are sealed with.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use protocol::{
    factors::ConfirmedFactor,
    secrets::{Secret, SecretList, SecretUse},
};
use serde_json::{Value, json};
use store::{FactorRow, Thing};
use tests::{Actor, Setup, TestApp, command, server};

const ALL: &str = "/api/v2/secrets";
const VALUE: &str = "correct-horse-battery-staple";

async fn names(actor: &Actor<'_>, path: &str) -> Vec<String> {
    let list: SecretList = actor.get(path).await.expect(200).json();
    list.secrets.into_iter().map(|secret| secret.name).collect()
}

/// `loki doctor` on the vault: whether it is well, and what it says.
fn doctor(app: &TestApp, variables: &[(&str, &str)]) -> (bool, String) {
    let mut loki = server::loki();
    loki.args(["doctor", "--json", "--database-url", app.database_url(), "--data-dir"]).arg(app.data_dir());
    let output = command::run(on(loki, variables), "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "vault").unwrap().clone();
    (check["ok"].as_bool().unwrap(), check["found"].as_str().unwrap().to_owned())
}

fn rotate(app: &TestApp, variables: &[(&str, &str)]) -> Output {
    let mut loki = server::loki();
    loki.args(["vault", "rotate", "--database-url", app.database_url(), "--data-dir"]).arg(app.data_dir());
    command::run(on(loki, variables), "")
}

fn on(mut loki: std::process::Command, variables: &[(&str, &str)]) -> std::process::Command {
    loki.envs(variables.iter().copied());
    loki
}

fn key(app: &TestApp) -> String {
    fs::read_to_string(app.data_dir().join("vault.key")).unwrap().trim().to_owned()
}

#[tokio::test]
async fn names_are_seen_and_values_never() {
    names_are_seen_and_values_never_on(TestApp::start().await).await;
}

#[tokio::test]
async fn names_are_seen_and_values_never_on_postgres() {
    names_are_seen_and_values_never_on(Setup::default().on_postgres().start().await).await;
}

async fn names_are_seen_and_values_never_on(app: TestApp) {
    let user = app.admin().await;
    let project = user.has_project().create().await;
    let path = format!("/api/v2/projects/{}/secrets", project.id());
    let (mut said, value) = (Vec::new(), VALUE);
    for path in [path.as_str(), ALL] {
        let body = json!({"value": value, "uses": ["tests", "agent", "tests"]});
        let made = user.put(&format!("{path}/DATABASE_PASSWORD"), &body).await.expect(200);
        said.push(made.text());
        let made: Secret = made.json();
        assert_eq!((made.name.as_str(), made.uses), ("DATABASE_PASSWORD", vec![SecretUse::Agent, SecretUse::Tests]));
        assert_eq!(made.updated_by, "admin");

        // Uses alone, the value alone.
        let less: Secret = user.put(&format!("{path}/DATABASE_PASSWORD"), &json!({"uses": ["preview"]})).await.expect(200).json();
        assert_eq!(less.uses, [SecretUse::Preview]);
        let again = user.put(&format!("{path}/DATABASE_PASSWORD"), &json!({"value": format!("{value}-2")})).await.expect(200);
        said.push(again.text());
        assert_eq!(again.json::<Secret>().uses, [SecretUse::Preview]);
        user.put(&format!("{path}/A_TOKEN"), &json!({"value": value, "uses": []})).await.expect(200);

        assert_eq!(names(&user, path).await, ["A_TOKEN", "DATABASE_PASSWORD"]);
        said.push(user.get(path).await.text());
        user.delete(&format!("{path}/A_TOKEN")).await.expect(204);
        user.delete(&format!("{path}/A_TOKEN")).await.expect(404);
        assert_eq!(names(&user, path).await, ["DATABASE_PASSWORD"]);
        // There is no way to read one.
        let reading = user.get(&format!("{path}/DATABASE_PASSWORD")).await;
        assert!(matches!(reading.status, 404 | 405), "{}", reading.text());
    }

    let trail = user.get("/api/v2/audit?limit=200").await.expect(200).text();
    assert!(trail.contains(&format!("{}/DATABASE_PASSWORD", project.id())) && trail.contains("[secret]"), "{trail}");
    said.extend([trail, serde_json::to_string(&user.events().await).unwrap(), app.log()]);
    for text in said {
        assert!(!text.contains(VALUE), "{text}");
    }
    // Nor in what lies on the disk.
    assert_eq!(fs::metadata(app.data_dir().join("vault.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(app.stop());
    for entry in fs::read_dir(app.data_dir()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = fs::read(entry.path()).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!has(VALUE), "{}", entry.path().display());
        assert!(!entry.path().to_string_lossy().contains("loki.db") || !has(&key(&app)), "{}", entry.path().display());
    }
    assert!(doctor(&app, &[]).0);
}

#[tokio::test]
async fn secrets_of_apps_lie_sealed_and_change_keys_with_the_others() {
    apps_lie_sealed(Setup::default()).await;
}

#[tokio::test]
async fn secrets_of_apps_lie_sealed_and_change_keys_with_the_others_on_postgres() {
    apps_lie_sealed(Setup::default().on_postgres()).await;
}

async fn apps_lie_sealed(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let (phone, confirmed) = ada.has_authenticator().await;
    let codes = "/api/v2/factors/recovery-codes";
    let in_use = async || {
        let tx = app.store().await.read().await.unwrap();
        let row = tx.factors().apps().await.unwrap().remove(0);
        assert_eq!(row.id, confirmed.factor.id);
        row
    };
    assert!(matches!(in_use().await.thing, Thing::App(sealed) if !sealed.master.is_empty() && sealed.value.len() > 64));

    // One from before, as the database had it.
    assert!(app.stop());
    let tx = app.store().await.begin().await.unwrap();
    tx.factors().delete(confirmed.factor.id).await.unwrap();
    let plain = Thing::PlainApp(phone.secret().to_owned());
    tx.factors().insert(&FactorRow { thing: plain, ..row_of(&confirmed, ada_id(&app).await) }).await.unwrap();
    tx.commit().await.unwrap();
    app.start_again();
    let Thing::App(sealed) = in_use().await.thing else { panic!("it is not sealed") };
    assert!(!sealed.value.contains(phone.secret()));

    // Another key, beside the running server.
    let before = key(&app);
    assert!(command::stderr(&rotate(&app, &[])).contains("1 secrets are sealed"));
    assert_ne!(key(&app), before);
    let Thing::App(after) = in_use().await.thing else { panic!("it is not sealed") };
    assert_ne!(after.master, sealed.master);
    ada.post(codes, &json!({"proof": phone.fresh().await})).await.expect(201);
    assert!(doctor(&app, &[]).0);

    // Without the key a code cannot be looked at, and no other key is made; recovery codes go on.
    fs::remove_file(app.data_dir().join("vault.key")).unwrap();
    assert!(!doctor(&app, &[]).0);
    let refused = ada.post(codes, &json!({"proof": phone.again()})).await.expect(503).detail();
    assert!(refused.contains("recovery code") && !refused.contains("vault.key"), "{refused}");
    ada.post(codes, &json!({"proof": tests::app::PASSWORD})).await.expect(201);
}

async fn ada_id(app: &TestApp) -> protocol::UserId {
    let tx = app.store().await.read().await.unwrap();
    tx.accounts().by_email("ada@example.org").await.unwrap().unwrap().id
}

fn row_of(confirmed: &ConfirmedFactor, user_id: protocol::UserId) -> FactorRow {
    let factor = &confirmed.factor;
    FactorRow {
        id: factor.id,
        user_id,
        name: factor.name.clone(),
        thing: Thing::PlainApp(String::new()),
        last_step: None,
        created_at: factor.created_at,
        confirmed_at: Some(factor.created_at),
        last_used_at: None,
    }
}

#[tokio::test]
async fn what_would_bend_a_program_or_cannot_be_hidden_is_refused() {
    let app = TestApp::start().await;
    let user = app.admin().await;
    let good = json!({"value": VALUE, "uses": ["tests"]});
    for name in ["PATH", "LD_PRELOAD", "GIT_DIR", "LOKI_TOKEN", "HOME", "BASH_ENV", "NODE_OPTIONS", "PYTHONPATH"] {
        let detail = user.put(&format!("{ALL}/{name}"), &good).await.expect(422).detail();
        assert!(detail.contains(name) && detail.contains("choose another"), "{detail}");
    }
    for name in ["9A", "A-B", "A%20B", "A%3DB", "%C3%84", &"A".repeat(101)] {
        let detail = user.put(&format!("{ALL}/{name}"), &good).await.expect(422).detail();
        assert!(detail.contains("DATABASE_PASSWORD"), "{detail}");
    }
    let secret = "4711471147114711";
    let bodies = [
        (json!({"value": "1234567", "uses": []}), "8 characters"),
        (json!({"value": "x".repeat(20_000), "uses": []}), "16384"),
        (json!({"value": format!("{secret}\u{0}"), "uses": []}), "NUL"),
        (json!({"value": 4_711_471_147_114_711_u64, "uses": []}), "value"),
        (json!({"value": {secret: secret}, "uses": []}), "value"),
        (json!({"value": secret}), "needs `uses`"),
        (json!({"uses": ["tests"]}), "give its `value`"),
        (json!({"value": secret, "uses": ["tests", "everything"]}), "everything"),
        (json!({"value": secret, "uses": [], "surprise": 1}), "surprise"),
        (json!({}), "give its `value`"),
    ];
    for (body, named) in bodies {
        let detail = user.put(&format!("{ALL}/A"), &body).await.expect(422).detail();
        assert!(detail.to_lowercase().contains(&named.to_lowercase()), "{body}: {detail}");
        assert!(!detail.contains("471147"), "{detail}");
    }
    assert!(names(&user, ALL).await.is_empty());
    for number in 0..100 {
        user.put(&format!("{ALL}/S{number}"), &good).await.expect(200);
    }
    assert!(user.put(&format!("{ALL}/S100"), &good).await.expect(409).detail().contains("100"));
    user.put(&format!("{ALL}/S99"), &good).await.expect(200);
}

#[tokio::test]
async fn an_operator_has_the_projects_and_an_admin_the_installations() {
    let app = TestApp::start().await;
    let (operator, viewer) = (app.operator().await, app.viewer().await);
    let project = operator.has_project().create().await;
    let path = format!("/api/v2/projects/{}/secrets", project.id());
    let body = json!({"value": VALUE, "uses": ["tests"]});

    operator.put(&format!("{path}/A"), &body).await.expect(200);
    operator.put(&format!("{ALL}/A"), &body).await.expect(403);
    operator.get(ALL).await.expect(403);
    viewer.get(&path).await.expect(403);
    viewer.put(&format!("{path}/A"), &body).await.expect(403);
    viewer.delete(&format!("{path}/A")).await.expect(403);
    let unknown = "/api/v2/projects/0198c000-0000-7000-8000-000000000000/secrets";
    operator.get(unknown).await.expect(404);
    operator.put(&format!("{unknown}/A"), &body).await.expect(404);

    // Its secrets go with a project.
    operator.delete(&format!("/api/projects/{}", project.id())).await.expect(204);
    assert!(doctor(&app, &[]).1.starts_with("0 secrets"), "{:?}", doctor(&app, &[]));
}

#[tokio::test]
async fn the_command_line_sets_lists_and_removes() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let project = operator.has_project().named("Greeter").create().await;
    let set = |arguments: &[&str], input: &str| {
        let mut loki = server::loki();
        loki.args(["secret"]).args(arguments).env("LOKI_SERVER", app.url()).env("LOKI_TOKEN", operator.secret());
        command::run(loki, input)
    };
    let made = set(&["set", "A", "--project", "Greeter", "--use", "tests", "--value-stdin"], &format!("{VALUE}\n"));
    assert!(made.status.success(), "{}", command::stderr(&made));
    let list = set(&["list", "--project", &project.id().to_string()], "");
    assert!(command::stdout(&list).starts_with("A · tests · "), "{}", command::stdout(&list));
    assert!(!format!("{made:?}{list:?}").contains(VALUE));
    assert!(set(&["set", "A", "--project", "Greeter", "--no-use"], "").status.success());
    assert!(command::stdout(&set(&["list", "--project", "Greeter"], "")).contains("given to nobody"));
    assert!(!set(&["set", "PATH", "--project", "Greeter", "--use", "tests", "--value-stdin"], VALUE).status.success());
    assert!(!set(&["list"], "").status.success());
    assert!(set(&["remove", "A", "--project", "Greeter"], "").status.success());
    assert_eq!(command::stdout(&set(&["list", "--project", "Greeter"], "")), "");
}

#[tokio::test]
async fn secrets_are_set_and_removed_without_script() {
    let app = TestApp::start().await;
    let admin = app.first_admin().await;
    let project = admin.has_project().create().await;
    for (id, page) in
        [(project.id().to_string(), format!("/projects/{}/secrets", project.id())), (String::new(), "/admin/secrets".to_owned())]
    {
        assert!(admin.get(&page).await.expect(200).text().contains("No secrets yet"), "{page}");
        let form = [("form[project]", id.as_str()), ("form[name]", "A_KEY"), ("form[value]", VALUE), ("form[tests]", "on")];
        let set = admin.send_form("/ui/set_secret", &form).await.expect(302);
        assert_eq!(set.header("location"), page);
        let shown = admin.get(&page).await.expect(200).text();
        assert!(shown.contains("A_KEY") && shown.contains("tests") && !shown.contains(VALUE), "{shown}");
        // A refused one brings the name back, and not the value.
        let wrong = [("form[project]", id.as_str()), ("form[name]", "PATH"), ("form[value]", VALUE)];
        let refused = admin.send_form("/ui/set_secret", &wrong).await.expect(302);
        assert!(!format!("{:?}", refused.headers).contains(VALUE) && refused.cookie("loki_flash").is_some());
        admin.send_form("/ui/remove_secret", &[("project", id.as_str()), ("name", "A_KEY")]).await.expect(302);
        assert!(admin.get(&page).await.expect(200).text().contains("No secrets yet"), "{page}");
    }
}

#[tokio::test]
async fn the_master_key_is_changed_while_the_server_runs() {
    the_master_key_is_changed_on(TestApp::start().await).await;
}

#[tokio::test]
async fn the_master_key_is_changed_on_postgres() {
    the_master_key_is_changed_on(Setup::default().on_postgres().start().await).await;
}

async fn the_master_key_is_changed_on(app: TestApp) {
    let admin = app.admin().await;
    for name in ["A", "B"] {
        admin.put(&format!("{ALL}/{name}"), &json!({"value": VALUE, "uses": ["tests"]})).await.expect(200);
    }
    let (first, before) = (key(&app), doctor(&app, &[]));
    assert!(before.0 && before.1.starts_with("2 secrets under the master key "), "{before:?}");

    let rotated = rotate(&app, &[]);

    assert!(rotated.status.success(), "{}", command::stderr(&rotated));
    assert!(command::stderr(&rotated).contains("2 secrets"), "{}", command::stderr(&rotated));
    assert_ne!(key(&app), first);
    assert!(!format!("{rotated:?}").contains(&key(&app)) && !format!("{rotated:?}").contains(&first));
    let after = doctor(&app, &[]);
    assert!(after.0 && after.1 != before.1, "{after:?}");
    // The server, which was never stopped, seals with the new one.
    admin.put(&format!("{ALL}/C"), &json!({"value": VALUE, "uses": []})).await.expect(200);
    assert!(doctor(&app, &[]).0);
    assert!(admin.get("/api/v2/audit?limit=200").await.text().contains("rotate"));

    // Broken off when the new key was made and nothing was sealed with it yet: it is taken up.
    let next = "ab".repeat(32);
    fs::write(app.data_dir().join("vault.key.new"), &next).unwrap();
    admin.put(&format!("{ALL}/D"), &json!({"value": VALUE, "uses": []})).await.expect(200);
    assert!(doctor(&app, &[]).0);
    let old = key(&app);
    assert!(rotate(&app, &[]).status.success());
    assert_eq!((key(&app), doctor(&app, &[]).0), (next.clone(), true));

    // Broken off when everything was sealed with it and the file was not in its place yet.
    fs::write(app.data_dir().join("vault.key"), old).unwrap();
    fs::write(app.data_dir().join("vault.key.new"), &next).unwrap();
    admin.put(&format!("{ALL}/E"), &json!({"value": VALUE, "uses": []})).await.expect(200);
    assert!(doctor(&app, &[]).0);
    assert!(rotate(&app, &[]).status.success());
    assert_eq!(key(&app), next);
    assert!(doctor(&app, &[]).1.starts_with("5 secrets"));

    // From the file to the environment.
    let given = "cd".repeat(32);
    let wrong = rotate(&app, &[("LOKI_VAULT_KEY", "not a key")]);
    assert!(command::stderr(&wrong).contains("LOKI_VAULT_KEY") && command::stderr(&wrong).contains("64"), "{wrong:?}");
    assert!(rotate(&app, &[("LOKI_VAULT_KEY", &given)]).status.success());
    fs::remove_file(app.data_dir().join("vault.key")).unwrap();
    assert!(doctor(&app, &[("LOKI_VAULT_KEY", &given)]).0);
    let newer = "ef".repeat(32);
    let without_old = rotate(&app, &[("LOKI_VAULT_KEY", &newer)]);
    assert!(
        !without_old.status.success() && command::stderr(&without_old).contains("sealed with the master key"),
        "{without_old:?}"
    );
    assert!(rotate(&app, &[("LOKI_VAULT_KEY", &newer), ("LOKI_VAULT_OLD_KEY", &given)]).status.success());
    assert!(doctor(&app, &[("LOKI_VAULT_KEY", &newer)]).0);
}

#[tokio::test]
async fn a_wrong_or_missing_master_key_says_what_to_do() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"value": VALUE, "uses": ["tests"]});
    admin.put(&format!("{ALL}/A"), &body).await.expect(200);
    let right = key(&app);
    let file = app.data_dir().join("vault.key");

    for (key, named) in [(None, "is missing"), (Some("ab".repeat(32)), "was sealed with the master key")] {
        assert!(app.stop());
        match &key {
            Some(key) => fs::write(&file, key).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        app.start_again();
        // No other one is made in its place.
        assert_eq!(file.exists(), key.is_some());
        let (well, found) = doctor(&app, &[]);
        assert!(!well && found.contains(named), "{found}");
        assert!(app.log().contains(named), "{}", app.log());
        let detail = admin.put(&format!("{ALL}/B"), &body).await.expect(503).detail();
        assert!(detail.contains(named) && detail.contains("LOKI_VAULT_KEY"), "{detail}");
        assert_eq!(names(&admin, ALL).await, ["A"]);
    }

    fs::write(&file, &right).unwrap();
    admin.put(&format!("{ALL}/B"), &body).await.expect(200);
    assert!(doctor(&app, &[]).0);
    // Whoever lost the key for good begins anew.
    fs::write(&file, "ab".repeat(32)).unwrap();
    for name in ["A", "B"] {
        admin.delete(&format!("{ALL}/{name}")).await.expect(204);
    }
    admin.put(&format!("{ALL}/A"), &body).await.expect(200);
    assert!(doctor(&app, &[]).0);
}

#[tokio::test]
async fn where_an_agents_key_comes_from_is_told_and_the_key_is_not() {
    let app = Setup::default().variable("ANTHROPIC_API_KEY", "key-of-the-environment").start().await;
    let admin = app.admin().await;
    let origin = async |agent: &str| {
        let answer = admin.get("/api/agents").await.expect(200);
        assert!(!answer.text().contains("key-of-the"), "{}", answer.text());
        let agents = answer.value()["agents"].clone();
        agents.as_array().unwrap().iter().find(|found| found["provider"] == agent).unwrap()["key"].clone()
    };
    assert_eq!((origin("claude").await, origin("demo").await), (json!("environment"), Value::Null));
    admin.put(&format!("{ALL}/ANTHROPIC_API_KEY"), &json!({"value": "key-of-the-vault", "uses": ["agent"]})).await.expect(200);
    assert_eq!((origin("claude").await, origin("acp").await), (json!("vault"), json!("vault")));
    admin.put(&format!("{ALL}/ANTHROPIC_API_KEY"), &json!({"uses": ["tests"]})).await.expect(200);
    assert_eq!(origin("claude").await, json!("environment"));
}

#[tokio::test]
async fn secrets_are_found_by_words_and_listed_in_pages() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for number in 0..52 {
        let secret = json!({"value": "long enough", "uses": ["tests"]});
        ada.put(&format!("{ALL}/KEY_{number:02}"), &secret).await.expect(200);
    }
    let read = async |asked: &str| ada.get(&format!("/ui/secrets?project={asked}")).await.expect(200).value();
    let names = |page: &Value| -> Vec<String> {
        page["secrets"].as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    };

    let first = read("").await;
    assert_eq!((names(&first).len(), &first["next"], &first["chosen"]), (50, &json!("KEY_49"), &json!(null)));
    let second = read("&shown[after]=KEY_49&name=KEY_00").await;
    assert_eq!((names(&second), &second["next"]), (vec!["KEY_50".to_owned(), "KEY_51".to_owned()], &json!(null)));
    assert_eq!(second["chosen"]["name"], "KEY_00");
    assert_eq!(names(&read("&shown[q]=key_1").await).len(), 10);

    let page = ada.get("/admin/secrets?q=key_5").await.expect(200).text();
    assert!(page.contains("KEY_51") && !page.contains("KEY_03"), "{page}");
    assert!(ada.get("/admin/secrets").await.expect(200).text().contains("Show more secrets"));
    assert!(ada.get("/admin/secrets?q=other").await.expect(200).text().contains("No secret found"));
}
