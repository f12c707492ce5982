//! The command line: what it prints, and the codes with which it ends.

use std::process::Output;

use serde_json::Value;
use tests::{Setup, TestApp, command, eventually, server, smtp::authority, specs, tls_front::TlsFront};

fn loki(arguments: &[&str]) -> Output {
    let mut loki = server::loki();
    loki.args(arguments);
    command::run(loki, "")
}

#[tokio::test]
async fn one_data_directory_has_one_server() {
    let app = TestApp::start().await;
    let second = loki(&["serve", "--listen", "127.0.0.1:0", "--data-dir", app.data_dir().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(command::stderr(&second).contains("another loki works on"), "{}", command::stderr(&second));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let second = loki(&["serve", "--listen", &app.host(), "--data-dir", folder.path().to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(command::stderr(&second).contains(&app.host()), "{}", command::stderr(&second));
}

#[tokio::test]
async fn codes_say_how_a_command_ended() {
    assert_eq!(loki(&["--help"]).status.code(), Some(0));
    assert_eq!(loki(&["--version"]).status.code(), Some(0));
    assert_eq!(loki(&[]).status.code(), Some(2));
    assert_eq!(loki(&["strat"]).status.code(), Some(2));
    assert_eq!(loki(&["pause", "not-an-id"]).status.code(), Some(2));
    for wrong in [
        &["serve", "--public-url", "nope"] as &[&str],
        &["serve", "--trusted-proxies", "x"],
        &["serve", "--breached-passwords-url", "xx"],
        &["serve", "--allow-host", "http://x/"],
        &["serve", "--allow-clone-from", "https://git.example.org"],
        &["serve", "--commit-email", "a <b>"],
        &["serve", "--commit-email", ""],
        &["token", "create", "--name", "a", "--role", "viewer", "--expires-days", "0"],
        &["token", "create", "--name", "a", "--role", "viewer", "--allow-ip", "nope"],
        &["token", "rotate", "a", "--grace-hours", "900"],
        &["team", "invite-link", "--expires-days", "100"],
        &["start", "Make it", "--project", "a", "--iterations", "0"],
        &["start", "Make it", "--project", "a", "--cost-usd", "0"],
        &["status", "--server", "garbage"],
        &["doctor", "--public-url", "loki.example.org"],
    ] {
        let output = loki(wrong);
        let option = wrong.iter().rfind(|word| word.starts_with("--")).unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(command::stderr(&output).contains(*option), "{}", command::stderr(&output));
    }
    let no_run = loki(&["status", "nope"]);
    assert!(command::stderr(&no_run).contains("<RUN>") || command::stderr(&no_run).contains("[RUN]"), "{no_run:?}");

    let nobody = loki(&["status", "--server", "http://127.0.0.1:9"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(command::stderr(&nobody).contains("loki serve"), "{}", command::stderr(&nobody));

    let app = TestApp::start().await;
    let without_token = loki(&["status", "--server", &app.url()]);
    assert_eq!(without_token.status.code(), Some(1));
    assert!(command::stderr(&without_token).contains("LOKI_TOKEN"), "{}", command::stderr(&without_token));
}

// TW-09
#[tokio::test]
async fn a_viewers_token_reads_and_controls_nothing() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let project = operator.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;
    let viewer = app.viewer().await;

    assert_eq!(viewer.loki(&["status"]).status.code(), Some(0));
    assert_eq!(viewer.loki(&["logs", &run.id.to_string()]).status.code(), Some(0));
    let refused = viewer.loki(&["start", "--project-spec", "--project", "Greeter", "--provider", "demo"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(command::stderr(&refused).contains("control"), "{}", command::stderr(&refused));
}

#[tokio::test]
async fn the_doctor_says_what_is_there_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let programs = tempfile::tempdir().unwrap();
    let claude = programs.path().join("claude");
    command::script(&claude, "#!/bin/sh\necho '9.8.7 (Claude Code)'\n");
    let mut doctor = server::loki();
    doctor.args(["doctor", "--json", "--data-dir", folder.path().to_str().unwrap()]).env("LOKI_AGENT_CLAUDE", &claude);
    let output = command::run(doctor, "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name} in {report}"));
    assert_eq!(of("git")["ok"], true);
    // Where each agent was found, and in which version.
    let demo = format!("{}, {}", server::binary().display(), env!("CARGO_PKG_VERSION"));
    for (agent, found) in [("Demo agent", demo), ("Claude Code", format!("{}, 9.8.7 (Claude Code)", claude.display()))] {
        let check = of(&format!("agent {agent}"));
        assert_eq!((&check["ok"], &check["found"]), (&Value::Bool(true), &Value::String(found)));
    }
    let acp = of("agent ACP agent");
    assert_eq!((&acp["ok"], &acp["needed"]), (&Value::Bool(false), &Value::Bool(false)));
    assert!(acp["todo"].as_str().unwrap().contains("LOKI_AGENT_ACP"), "{acp}");
    assert_eq!(output.status.code(), Some(i32::from(report["ok"] != true)));
}

#[test]
fn the_doctor_only_looks() {
    let folder = tempfile::tempdir().unwrap();
    let mut doctor = server::loki();
    doctor.args(["doctor", "--data-dir"]).arg(folder.path().join("not/there"));
    let output = command::run(doctor, "");

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("not/there, which the first start makes"), "{told}");
    assert!(!folder.path().join("not").exists());
}

#[tokio::test]
async fn commands_on_data_make_none_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("data");
    for words in [
        &["token", "create", "--name", "ci", "--role", "viewer"][..],
        &["token", "list"],
        &["setup-link"],
        &["vault", "rotate"],
        &["team", "list"],
        &["audit", "verify"],
    ] {
        let output = loki(&[words, &["--data-dir", nowhere.to_str().unwrap()]].concat());
        let said = command::stderr(&output);
        assert!(
            output.status.code() == Some(1) && said.contains("no data of loki") && said.contains("--data-dir"),
            "{words:?}: {said}"
        );
        assert!(output.stdout.is_empty() && !nowhere.exists(), "{words:?}");
    }
}

#[tokio::test]
async fn templates_are_listed_and_shown() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let list = viewer.loki(&["template", "list"]);
    assert!(command::stdout(&list).contains("static-landing-page"), "{}", command::stdout(&list));
    let shown = viewer.loki(&["template", "show", "cli-tool"]);
    assert!(command::stdout(&shown).contains("## Requirements"), "{}", command::stdout(&shown));
    assert_eq!(viewer.loki(&["template", "show", "cli-tol"]).status.code(), Some(1));
    let nowhere = viewer.loki(&["template", "list", "--project", "Nobody"]);
    assert!(command::stderr(&nowhere).contains("no project named \"Nobody\""), "{nowhere:?}");
}

#[tokio::test]
async fn a_log_is_followed_live_over_tls() {
    let front = TlsFront::bind();
    let app = Setup::default().demo("--pace 30000").variable("LOKI_ALLOW_HOST", &front.host()).start().await;
    front.leads_to(&app.host());
    let user = app.operator().await;
    let run = user.has_project().with_spec(specs::ONE).create().await.starts_run().await;
    let mut loki = server::loki();
    loki.args(["logs", &run.id.to_string(), "-f"]).env("LOKI_SERVER", format!("https://{}", front.host()));
    loki.env("LOKI_TOKEN", user.secret()).env("SSL_CERT_FILE", authority());
    let follows = tokio::task::spawn_blocking(move || command::run(loki, ""));

    // A socket of its own and no page after page.
    let is_open = async || front.overheard().contains("101 Switching Protocols").then_some(());
    eventually("the log is followed by a socket", is_open).await;
    run.stop().await.expect(200);

    let followed = follows.await.unwrap();
    assert_eq!(followed.status.code(), Some(1), "{followed:?}");
    assert!(command::stderr(&followed).contains("stopped"), "{followed:?}");
}

#[tokio::test]
async fn a_setup_link_can_be_had_again_until_somebody_has_an_account() {
    let app = TestApp::start().await;
    let first = app.setup_link().unwrap();
    let again = command::stdout(&app.offline(&["setup-link"], ""));
    // It leads to where the server listens, whatever its port.
    assert!(again.starts_with(&format!("{}/setup?token=", app.url())) && again.trim() != first, "{again}");

    // The new link takes the place of the old one.
    let token = first.rsplit_once("token=").unwrap().1;
    let form = [("token", token), ("email", "ada@example.org"), ("password", tests::app::PASSWORD)];
    assert_eq!(app.nobody().send_form("/setup", &form).await.cookie("loki_login"), None);
    let token = again.trim().rsplit_once("token=").unwrap().1;
    let form = [("token", token), ("email", "ada@example.org"), ("password", tests::app::PASSWORD)];
    assert!(app.nobody().send_form("/setup", &form).await.cookie("loki_login").is_some());
}
