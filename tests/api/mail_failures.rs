//! Mail when something fails: a server that is not there, refuses or hangs up, and a loki that is killed.

use protocol::audit::{AuditEntry, AuditPage};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use tests::{
    Actor, Browser, Setup, command, eventually,
    server::{self, Server},
    smtp::{Does, SmtpServer, free_address},
};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

fn with(setup: Setup, url: &str) -> Setup {
    setup.variable("LOKI_MAIL_URL", url).variable("LOKI_MAIL_FROM", "loki@example.org")
}

async fn invites(actor: &Actor<'_>, email: &str) {
    actor.post("/api/v2/invitations", &json!({"email": email})).await.expect(201);
}

/// What the trail says of mails, newest first.
async fn trail(actor: &Actor<'_>) -> Vec<AuditEntry> {
    actor.get("/api/v2/audit?resource_type=mail").await.expect(200).json::<AuditPage>().entries
}

/// The newest entry of that action, when there is one.
async fn noted(actor: &Actor<'_>, action: &str) -> AuditEntry {
    let found = async || trail(actor).await.into_iter().find(|entry| entry.action == action);
    eventually(&format!("{action} mail in the trail"), found).await
}

#[tokio::test]
async fn a_server_that_comes_later_gets_the_mail_once() {
    comes_later(Setup::default()).await;
}

#[tokio::test]
async fn a_server_that_comes_later_gets_the_mail_once_on_postgres() {
    comes_later(Setup::default().on_postgres()).await;
}

async fn comes_later(setup: Setup) {
    let address = free_address();
    let app = with(setup, &format!("smtp://{address}")).start().await;
    let ada = app.first_admin().await;
    let browser = Browser::new(&app);
    browser.posts("/forgot", &[("email", ADA)]).await.expect(200);
    let waits = async || {
        let settings = ada.get("/ui/admin_settings").await.expect(200).text();
        (settings.contains("1; the ") && settings.contains("the oldest one was written")).then_some(settings)
    };
    let settings = eventually("the mail waits, with the reason", async || {
        waits().await.filter(|settings| settings.contains("the last failure"))
    });
    let settings = settings.await;
    assert!(settings.contains(&address.port().to_string()), "{settings}");
    // Meanwhile the key changes that it is sealed with.
    app.offline(&["vault", "rotate"], "");

    let smtp = SmtpServer::start_at(address);
    let mail = smtp.mail_to(ADA, 0).await;

    browser.opens(&mail.link()).await.expect(200);
    assert_eq!(noted(&ada, "send").await.resource_type, "mail");
    invites(&ada, GRACE).await;
    smtp.mail_to(GRACE, 0).await;
    assert_eq!(smtp.mails().len(), 2);
    let settings = ada.get("/ui/admin_settings").await.expect(200).text();
    assert!(!settings.contains("the oldest one was written"), "{settings}");
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_as_the_same_mail() {
    let smtp = SmtpServer::start();
    let app = with(Setup::default(), &smtp.url()).start().await;
    let ada = app.first_admin().await;
    smtp.next(Does::Refuses("451 4.7.1 Greylisted, come back later"));
    smtp.next(Does::TakesAndHangsUp);

    invites(&ada, GRACE).await;

    let answered = eventually("the mail is taken", async || smtp.mails().into_iter().find(|mail| mail.answered)).await;
    noted(&ada, "send").await;
    // It was not known whether it had been taken, so it came twice; whoever receives it can tell by the id.
    let mails = smtp.mails();
    assert_eq!((mails.len(), &mails[0].data), (2, &answered.data));
    assert_eq!(smtp.connections(), 3);
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again_and_admins_see_it() {
    refused_for_good(Setup::default()).await;
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again_and_admins_see_it_on_postgres() {
    refused_for_good(Setup::default().on_postgres()).await;
}

async fn refused_for_good(setup: Setup) {
    let smtp = SmtpServer::start();
    let app = with(setup, &smtp.url()).start().await;
    let ada = app.first_admin().await;
    smtp.next(Does::Refuses("550 5.1.1 No such user here"));

    invites(&ada, GRACE).await;

    let entry = noted(&ada, "refuse").await;
    let text = serde_json::to_string(&entry).unwrap();
    assert!(text.contains("No such user here") && text.contains(GRACE) && text.contains("invitation"), "{text}");
    let settings = ada.get("/ui/admin_settings").await.expect(200).text();
    assert!(settings.contains(&format!("1; the last one to {GRACE}")) && settings.contains("No such user"), "{settings}");
    smtp.next(Does::RefusesData("554 5.7.1 Spam"));
    invites(&ada, "eve@example.org").await;
    eventually("the second is refused too", async || (trail(&ada).await.len() == 2).then_some(())).await;
    // Others are not held up, and each was tried once.
    invites(&ada, "mary@example.org").await;
    smtp.mail_to("mary@example.org", 0).await;
    assert_eq!((smtp.mails().len(), smtp.connections()), (1, 3));
}

#[tokio::test]
async fn a_server_that_is_killed_while_it_sends_sends_again_after_its_start() {
    let smtp = SmtpServer::start();
    let app = with(Setup::default(), &smtp.url()).start().await;
    let ada = app.first_admin().await;
    smtp.next(Does::TakesAndStalls);
    invites(&ada, GRACE).await;
    let first = smtp.mail_to(GRACE, 0).await;
    assert!(!first.answered);

    app.kill();
    app.start_again();

    let second = smtp.mail_to(GRACE, 1).await;
    assert!(second.answered && second.data == first.data, "{first:?} {second:?}");
    noted(&app.admin().await, "send").await;
    assert_eq!(smtp.mails().len(), 2);
}

#[tokio::test]
async fn what_a_killed_server_had_not_begun_is_sent_after_its_start() {
    let smtp = SmtpServer::start();
    // The command writes, and no server is there to send.
    let app = with(Setup::default(), &smtp.url()).start().await;
    app.first_admin().await;
    app.kill();
    let mut loki = server::loki();
    loki.args(["user", "invite", "--email", GRACE, "--role", "viewer"]).arg("--data-dir").arg(app.data_dir());
    loki.args(["--database-url", app.database_url(), "--mail-url", &smtp.url(), "--mail-from", "loki@example.org"]);
    assert!(command::run(loki, "").status.success());

    app.start_again();

    smtp.mail_to(GRACE, 0).await;
}

#[tokio::test]
async fn a_mail_whose_time_is_over_is_dropped() {
    let smtp = SmtpServer::start();
    let app = with(Setup::default(), &smtp.url()).start().await;
    let ada = app.first_admin().await;
    smtp.next(Does::Refuses("450 4.2.1 Busy"));
    invites(&ada, GRACE).await;
    eventually("it was tried", async || (smtp.connections() == 1).then_some(())).await;
    let database = Database::connect(app.database_url()).await.unwrap();
    database.execute_unprepared("UPDATE mails SET expires_at = 1").await.unwrap();

    let entry = noted(&ada, "give_up").await;

    let text = serde_json::to_string(&entry).unwrap();
    assert!(text.contains(GRACE), "{text}");
    assert!(smtp.mails().is_empty());
    let left = database.execute_unprepared("DELETE FROM mails WHERE letter = '' AND state = 'given_up'").await.unwrap();
    assert_eq!(left.rows_affected(), 1, "what it said is gone");
}

#[tokio::test]
async fn of_two_servers_on_one_database_one_sends_each_mail() {
    let smtp = SmtpServer::start();
    let key = "ab".repeat(32);
    let app = with(Setup::default().on_postgres(), &smtp.url()).variable("LOKI_VAULT_KEY", &key).start().await;
    let ada = app.first_admin().await;
    let other = tempfile::tempdir().unwrap();
    let arguments =
        ["--listen", "127.0.0.1:0", "--data-dir", &other.path().to_string_lossy(), "--database-url", app.database_url()];
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let variables = [("LOKI_MAIL_URL", smtp.url()), ("LOKI_MAIL_FROM", "loki@example.org".to_owned()), ("LOKI_VAULT_KEY", key)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let _second = Server::start(&arguments, &variables, None, &other.path().join("log"));

    let people: Vec<String> = (0..20).map(|number| format!("person{number}@example.org")).collect();
    futures::future::join_all(people.iter().map(|email| invites(&ada, email))).await;

    for email in &people {
        smtp.mail_to(email, 0).await;
    }
    eventually("all of them are noted", async || (trail(&ada).await.len() == people.len()).then_some(())).await;
    assert_eq!(smtp.mails().len(), people.len());
}

#[tokio::test]
async fn somebody_without_a_password_gets_no_link_and_somebody_switched_off_nothing() {
    let smtp = SmtpServer::start();
    let app = with(Setup::default(), &smtp.url()).start().await;
    let ada = app.first_admin().await;
    app.person("grace", protocol::access::Role::Viewer).await;
    app.person("linus", protocol::access::Role::Viewer).await;
    let database = Database::connect(app.database_url()).await.unwrap();
    // As an account is that was made by signing in with a provider.
    database.execute_unprepared("UPDATE users SET password_hash = '' WHERE email = 'grace@example.org'").await.unwrap();
    database.execute_unprepared("UPDATE users SET switched_off_at = 1 WHERE email = 'linus@example.org'").await.unwrap();
    for email in ["linus@example.org", GRACE, ADA] {
        Browser::new(&app).posts("/forgot", &[("email", email)]).await.expect(200);
    }

    let mail = smtp.mail_to(GRACE, 0).await;
    assert!(mail.text().contains("no password") && !mail.text().contains("token="), "{}", mail.data);
    smtp.mail_to(ADA, 0).await;
    assert_eq!(smtp.mails().len(), 2);
    ada.get("/api/status").await.expect(200);
}
