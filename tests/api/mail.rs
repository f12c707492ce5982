//! Mail: a forgotten password, invitations, and notices of what was changed; with a mail server that is one.

use protocol::{access::Role, teams::Invitation};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::json;
use tests::{
    Actor, Browser, Setup, TestApp,
    app::PASSWORD,
    command, server,
    smtp::{Does, Received, SmtpServer, Tls, authority},
};

const ADA: &str = "ada@example.org";

fn with(smtp: &SmtpServer) -> Setup {
    Setup::default().variable("LOKI_MAIL_URL", &smtp.url()).variable("LOKI_MAIL_FROM", "Loki <loki@example.org>")
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let answer = Browser::new(app).posts("/login", &[("email", ADA), ("password", password)]).await;
    answer.status == 303 && answer.header("location") == "/"
}

/// Everything that the table of mails holds, as one text.
async fn stored(app: &TestApp) -> String {
    let database = Database::connect(app.database_url()).await.unwrap();
    let columns = "id || kind || recipient || state || master || data_key || letter || holder || problem";
    let columns = columns.replacen("id", if app.database_url().starts_with("sqlite") { "hex(id)" } else { "id::text" }, 1);
    let select = Statement::from_string(database.get_database_backend(), format!("SELECT {columns} AS row FROM mails"));
    let rows = database.query_all_raw(select).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "row").unwrap() + "\n").collect()
}

#[tokio::test]
async fn a_forgotten_password_is_made_anew_by_mail() {
    is_made_anew(Setup::default()).await;
}

#[tokio::test]
async fn a_forgotten_password_is_made_anew_by_mail_on_postgres() {
    is_made_anew(Setup::default().on_postgres()).await;
}

async fn is_made_anew(setup: Setup) {
    let smtp = SmtpServer::start_with(Tls::None, Some(("loki", "correct%20horse")));
    // The account's password stands in the address with its percent signs.
    let url = smtp.url().replace("correct%20horse", "correct%2520horse");
    let app = setup.variable("LOKI_MAIL_URL", &url).variable("LOKI_MAIL_FROM", "Loki <loki@example.org>").start().await;
    let ada = app.first_admin().await;
    app.person("grace", Role::Viewer).await;
    let browser = Browser::new(&app);
    assert!(browser.opens("/login").await.expect(200).text().contains("href=\"/forgot\""));
    let page = browser.opens("/forgot").await.expect(200);
    assert!(page.text().contains("name=\"email\"") && !page.text().contains("<script>"), "{}", page.text());

    // Whose it is cannot be told by the answer.
    let unknown = browser.posts("/forgot", &[("email", "nobody@example.org")]).await.expect(200);
    let known = browser.posts("/forgot", &[("email", " Ada@Example.org ")]).await.expect(200);
    assert_eq!(unknown.text(), known.text());
    let mail = smtp.mail_to(ADA, 0).await;

    assert_eq!((mail.from.as_str(), mail.header("from").as_str()), ("loki@example.org", "Loki <loki@example.org>"));
    assert_eq!(mail.account, Some(("loki".to_owned(), "correct%20horse".to_owned())));
    assert!(mail.header("message-id").ends_with("@example.org>") && !mail.header("date").is_empty(), "{}", mail.data);
    assert!(mail.link().starts_with(&format!("{}/reset?token=", app.url())), "{}", mail.data);
    // The link works: once, in this browser.
    let token = mail.link().rsplit_once('=').unwrap().1.to_owned();
    browser.opens(&mail.link()).await.expect(200);
    let new = "an even longer password";
    browser.posts("/reset", &[("token", &token), ("password", new)]).await.expect(303);
    browser.person().get("/api/status").await.expect(200);
    ada.get("/api/status").await.expect(401);
    assert!(signs_in(&app, new).await && !signs_in(&app, PASSWORD).await);
    browser.posts("/reset", &[("token", &token), ("password", PASSWORD)]).await.expect(401);

    // Its owner is told. Who was not there got nothing, and nothing of the link is left.
    let notice = smtp.mail_to(ADA, 1).await;
    assert_eq!(notice.header("subject"), "Your password was set by a link on loki");
    assert_eq!(smtp.mails().len(), 2, "{:#?}", smtp.mails());
    let stored = stored(&app).await;
    assert!(!stored.contains(&token) && !stored.contains("nobody@example.org"), "{stored}");
    assert!(!app.log().contains(&token) && !app.log().contains("correct"), "{}", app.log());
    let trail = browser.person().get("/api/v2/audit?resource_type=mail").await.expect(200).text();
    assert!(trail.contains("\"send\"") && trail.contains("new_password") && !trail.contains(&token), "{trail}");
}

#[tokio::test]
async fn the_link_waits_sealed() {
    // Nobody listens there, so the mail stays.
    let url = format!("smtp://{}", tests::smtp::free_address());
    let setup = Setup::default().variable("LOKI_MAIL_URL", &url).variable("LOKI_MAIL_FROM", "loki@example.org");
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let invitation: Invitation = ada.post("/api/v2/invitations", &json!({"email": "grace@example.org"})).await.expect(201).json();

    assert!(invitation.mailed);
    let secret = invitation.link.unwrap().rsplit_once('=').unwrap().1.to_owned();
    let stored = stored(&app).await;
    assert!(stored.contains("grace@example.orgwaiting") && !stored.contains(&secret) && !stored.contains("invite"), "{stored}");
    assert!(!app.log().contains(&secret));
}

#[tokio::test]
async fn asking_again_and_again_is_slowed_down_for_everybody_alike() {
    let smtp = SmtpServer::start();
    let app = with(&smtp).start().await;
    app.first_admin().await;
    for email in [ADA, "nobody@example.org"] {
        // The address that it comes from counts as well, so each begins anew.
        let mut statuses = Vec::new();
        for _ in 0..8 {
            statuses.push(Browser::new(&app).posts("/forgot", &[("email", email)]).await.status);
        }
        assert!(statuses.contains(&429), "{email}: {statuses:?}");
    }
    let browser = Browser::new(&app);
    for nonsense in ["", "nobody", "a@b@c", "a@b.c\r\nBcc: d@e.f"] {
        browser.posts("/forgot", &[("email", nonsense)]).await.expect(422);
    }
    browser.posts("/forgot", &[("email", &"x".repeat(10_000))]).await.expect(422);
}

#[tokio::test]
async fn without_a_mail_server_people_are_told_whom_to_ask() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let browser = Browser::new(&app);
    assert!(browser.opens("/forgot").await.expect(200).text().contains("Ask an admin"));
    assert!(browser.posts("/forgot", &[("email", ADA)]).await.expect(409).text().contains("Ask an admin"));
    let answer = ada.post("/api/v2/invitations", &json!({"email": "grace@example.org"})).await.expect(201);
    assert!(!answer.text().contains("mailed"), "{}", answer.text());
    let settings = ada.get("/ui/admin_settings").await.expect(200).text();
    assert!(settings.contains("none is sent"), "{settings}");
}

#[tokio::test]
async fn an_admin_sends_a_test_mail_and_reads_what_the_server_said() {
    let smtp = SmtpServer::start();
    let app = with(&smtp).start().await;
    let ada = app.first_admin().await;
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", ADA), ("password", PASSWORD)]).await.expect(303);
    let page = async || browser.opens("/admin/settings").await.expect(200).text();
    let before = page().await;
    assert!(before.contains("Send a test mail") && before.contains("Last test mail"), "{before}");

    let answer = browser.posts("/ui/send_test_mail", &[]).await.expect(302);
    assert!(answer.header("location").starts_with("/admin/settings"), "{}", answer.header("location"));
    assert_eq!(smtp.mail_to(ADA, 0).await.header("subject"), "loki can send mail");
    let sent = page().await;
    assert!(sent.contains(&format!("the mail server took it; look whether it arrives; to {ADA} ")), "{sent}");

    // A second one right after it is not sent; a page without script is told so, once.
    browser.posts("/ui/send_test_mail", &[]).await.expect(302);
    assert!(page().await.contains("A test mail has just been sent."));
    assert!(!page().await.contains("has just been sent"));
    let script = app.http().post(format!("{}/ui/send_test_mail", app.url())).header("accept", "application/json");
    let script = script.header("origin", app.url()).header("content-type", "application/x-www-form-urlencoded");
    let login = format!("loki_login={}", browser.cookie("loki_login").unwrap());
    assert_eq!(script.header("cookie", login).send().await.unwrap().status(), 429);
    assert_eq!((smtp.mails().len(), problems_on_record(&ada).await), (1, vec![false]));
}

#[tokio::test]
async fn a_test_mail_that_is_refused_says_why_and_is_not_tried_again() {
    let smtp = SmtpServer::start();
    let app = with(&smtp).start().await;
    let ada = app.first_admin().await;
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", ADA), ("password", PASSWORD)]).await.expect(303);
    smtp.next(Does::Refuses("550 5.1.1 No such mailbox"));

    browser.posts("/ui/send_test_mail", &[]).await.expect(302);

    let refused = browser.opens("/admin/settings").await.expect(200).text();
    assert!(refused.contains("it was not sent") && refused.contains("No such mailbox"), "{refused}");
    assert_eq!((smtp.mails().len(), problems_on_record(&ada).await), (0, vec![true]));
}

#[tokio::test]
async fn of_test_mails_that_are_asked_for_at_once_one_is_sent() {
    one_is_sent(Setup::default()).await;
}

#[tokio::test]
async fn of_test_mails_that_are_asked_for_at_once_one_is_sent_on_postgres() {
    one_is_sent(Setup::default().on_postgres()).await;
}

async fn one_is_sent(setup: Setup) {
    let smtp = SmtpServer::start();
    let app = setup.variable("LOKI_MAIL_URL", &smtp.url()).variable("LOKI_MAIL_FROM", "loki@example.org").start().await;
    let ada = app.first_admin().await;
    let nothing = json!({});

    let mut answers = futures::future::join_all((0..4).map(|_| ada.post("/api/v2/mail/test", &nothing))).await;

    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 429, 429, 429]);
    let sent = answers[0].value();
    assert_eq!((&sent["to"], &sent["problem"]), (&json!(ADA), &json!(null)));
    assert_eq!(smtp.mail_to(ADA, 0).await.header("subject"), "loki can send mail");
    assert_eq!((smtp.mails().len(), problems_on_record(&ada).await), (1, vec![false]));
    // Nobody's address is that of a token.
    let refused = app.admin().await.post("/api/v2/mail/test", &json!({})).await.expect(422);
    assert!(refused.detail().contains("a token is none"), "{}", refused.detail());
    app.operator().await.post("/api/v2/mail/test", &json!({})).await.expect(403);
}

/// Of each test mail in the audit trail whether there was a problem.
async fn problems_on_record(ada: &Actor<'_>) -> Vec<bool> {
    let trail = ada.get("/api/v2/audit?action=test&resource_type=mail").await.expect(200).value();
    trail["entries"].as_array().unwrap().iter().map(|entry| entry["details"]["problem"].is_object()).collect()
}

/// The link of a mail makes an account.
async fn makes_an_account(app: &TestApp, mail: &Received) {
    let browser = Browser::new(app);
    browser.opens(&mail.link()).await.expect(200);
    let link = mail.link().rsplit_once('=').unwrap().1.to_owned();
    let fields = [("link", link.as_str()), ("name", "Somebody"), ("password", PASSWORD)];
    browser.posts("/invite", &fields).await.expect(303);
    browser.person().get("/api/status").await.expect(200);
}

#[tokio::test]
async fn whoever_is_invited_gets_the_link_by_mail() {
    gets_the_link(Setup::default()).await;
}

#[tokio::test]
async fn whoever_is_invited_gets_the_link_by_mail_on_postgres() {
    gets_the_link(Setup::default().on_postgres()).await;
}

async fn gets_the_link(setup: Setup) {
    let smtp = SmtpServer::start();
    let app = setup.variable("LOKI_MAIL_URL", &smtp.url()).variable("LOKI_MAIL_FROM", "loki@example.org").start().await;
    let ada = app.first_admin().await;
    let team = ada.makes_team("Back\"end & Co \u{1f980}", &[]).await;
    let invites = async |body: serde_json::Value| ada.post("/api/v2/invitations", &body).await.expect(201).json::<Invitation>();

    let into_team = invites(json!({"team_id": team.id, "team_role": "operator", "email": "Grace@example.org"})).await;
    let for_all = invites(json!({"team_id": team.id})).await;

    assert!(into_team.mailed && !for_all.mailed);
    let mail = smtp.mail_to("grace@example.org", 0).await;
    assert_eq!(Some(mail.link()), into_team.link);
    assert_eq!(mail.header("subject"), "An invitation to loki");
    makes_an_account(&app, &mail).await;

    // By the command line, while the server runs, and on the page of the people.
    let words = ["user", "invite", "--email", "linus@example.org", "--role", "operator", "--public-url", &app.url()];
    let mut loki = server::loki();
    loki.args(words).arg("--data-dir").arg(app.data_dir()).args(["--database-url", app.database_url()]);
    loki.args(["--mail-url", &smtp.url(), "--mail-from", "loki@example.org"]);
    let output = command::run(loki, "");
    assert!(output.status.success() && command::stderr(&output).contains("by mail"), "{}", command::stderr(&output));
    makes_an_account(&app, &smtp.mail_to("linus@example.org", 0).await).await;
    let page = ada.send_form("/ui/invite_user", &[("email", "eve@example.org"), ("role", "viewer")]).await.expect(302);
    assert!(page.header("location").contains("done=mailed"), "{}", page.header("location"));
    let people = ada.get("/admin/users").await.expect(200).text();
    for part in ["Invitations", "eve@example.org", "Take back the invitation for eve@example.org"] {
        assert!(people.contains(part), "{part} is missing in {people}");
    }
    // One that is gone meanwhile is told above the list, not in the form that invites.
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", ADA), ("password", PASSWORD)]).await.expect(303);
    browser.posts("/ui/withdraw_user_invitation", &[("invitation", "gone")]).await.expect(302);
    let told = browser.opens("/admin/users").await.expect(200).text();
    let (said, list) = (told.find("There is no such invitation."), told.find("eve@example.org"));
    assert!(said.is_some() && said < list, "{told}");
    makes_an_account(&app, &smtp.mail_to("eve@example.org", 0).await).await;
    assert_eq!(smtp.mails().len(), 3, "the one for whoever has the link was not sent");
}

async fn subject(smtp: &SmtpServer, number: usize) -> String {
    smtp.mail_to(ADA, number).await.header("subject")
}

#[tokio::test]
async fn people_are_told_when_what_they_sign_in_with_is_changed() {
    let smtp = SmtpServer::start();
    let app = with(&smtp).start().await;
    let ada = app.first_admin().await;
    let new = "an even longer password";
    let browser = Browser::new(&app);
    browser.posts("/login", &[("email", ADA), ("password", PASSWORD)]).await.expect(303);
    let ada_here: Actor<'_> = browser.person();

    let (_, confirmed) = ada.has_authenticator().await;
    assert_eq!(subject(&smtp, 0).await, "A second factor was added on loki");
    let text = smtp.mail_to(ADA, 0).await.text();
    assert!(text.contains("127.0.0.1") && text.contains(&app.url()), "{text}");
    let remove = format!("/api/v2/factors/{}/remove", confirmed.factor.id);
    ada.post(&remove, &json!({"proof": PASSWORD})).await.expect(204);
    assert_eq!(subject(&smtp, 1).await, "A second factor was removed on loki");
    ada.has_authenticator().await;
    assert_eq!(subject(&smtp, 2).await, "A second factor was added on loki");
    ada.post("/api/v2/factors/recovery-codes", &json!({"proof": PASSWORD})).await.expect(201);
    assert_eq!(subject(&smtp, 3).await, "You have new recovery codes on loki");
    ada.post("/api/v2/factors/reset", &json!({"email": ADA})).await.expect(200);
    assert_eq!(subject(&smtp, 4).await, "Your second factors were taken away on loki");
    let body = json!({"current_password": PASSWORD, "new_password": new});
    ada_here.put("/api/v2/password", &body).await.expect(200);
    assert_eq!(subject(&smtp, 5).await, "Your password was changed on loki");
    assert_eq!(smtp.mails().len(), 6);
}

/// `loki mail test` with the certificate of the server's issuer at hand, or without.
fn tries(url: &str, trusts: bool) -> (bool, String) {
    let mut loki = server::loki();
    loki.args(["mail", "test", "--to", "grace@example.org", "--mail-from", "loki@example.org"]).env("LOKI_MAIL_URL", url);
    if trusts {
        loki.env("SSL_CERT_FILE", authority());
    }
    let output = command::run(loki, "");
    (output.status.success(), command::stderr(&output))
}

#[test]
fn mail_goes_through_tls_or_not_at_all() {
    for tls in [Tls::Wrapped, Tls::StartTls] {
        let smtp = SmtpServer::start_with(tls, Some(("loki", "hunter22")));
        let (sent, words) = tries(&smtp.url(), false);
        assert!(!sent && words.contains("certificate") && !words.contains("hunter22"), "{tls:?}: {words}");
        let (sent, words) = tries(&smtp.url(), true);
        assert!(sent && !words.contains("hunter22"), "{tls:?}: {words}");
        let mails = smtp.mails();
        assert!(mails.len() == 1 && mails[0].encrypted && mails[0].account.is_some(), "{mails:?}");
        assert!(!smtp.overheard().contains("AUTH") && !smtp.overheard().contains("MAIL"), "{}", smtp.overheard());
    }
    // A server that does not offer it, or somebody between who took the offer away, learns nothing.
    let smtp = SmtpServer::start_with(Tls::None, Some(("loki", "hunter22")));
    let (sent, words) = tries(&format!("smtp://loki:hunter22@0.0.0.0:{}", smtp.port()), true);
    assert!(!sent && words.contains("STARTTLS"), "{words}");
    assert!(!smtp.overheard().contains("AUTH") && smtp.mails().is_empty(), "{}", smtp.overheard());
    let (sent, words) = tries(&smtp.url().replace("hunter22", "wrong-one"), true);
    assert!(!sent && words.contains("535") && !words.contains("wrong-one"), "{words}");
}

#[test]
fn a_wrong_set_up_is_refused_at_the_start_in_words_that_help() {
    let folder = tempfile::tempdir().unwrap();
    for (url, from, word) in [
        ("http://loki:hunter22@mail.example.org", "loki@example.org", "smtps://"),
        ("smtps://loki:hunter22@mail.example.org", "", "--mail-from"),
        ("smtps://loki:hunter22@mail.example.org", "nobody", "--mail-from"),
        ("smtps://loki@mail.example.org", "loki@example.org", "--mail-password-file"),
        ("", "loki@example.org", "--mail-url"),
    ] {
        let mut loki = server::loki();
        loki.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path());
        loki.env("LOKI_MAIL_URL", url).env("LOKI_MAIL_FROM", from);
        let output = command::run(loki, "");
        let words = command::stderr(&output) + &command::stdout(&output);
        assert!(!output.status.success() && words.contains(word) && !words.contains("hunter22"), "{words}");
    }
}

#[test]
fn the_doctor_asks_the_mail_server() {
    let smtp = SmtpServer::start_with(Tls::Wrapped, Some(("loki", "hunter22")));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hunter22\n").unwrap();
    let asks = |password: &str| {
        std::fs::write(&file, password).unwrap();
        let mut loki = server::loki();
        loki.args(["doctor", "--json", "--data-dir"]).arg(folder.path().join("data")).env("SSL_CERT_FILE", authority());
        loki.env("LOKI_MAIL_URL", smtp.url().replace(":hunter22", "")).env("LOKI_MAIL_FROM", "loki@example.org");
        loki.env("LOKI_MAIL_PASSWORD_FILE", &file);
        let output = command::run(loki, "");
        let all: serde_json::Value = serde_json::from_str(&command::stdout(&output)).unwrap();
        let check = all["checks"].as_array().unwrap().iter().find(|check| check["name"] == "mail").unwrap().clone();
        assert!(!all.to_string().contains("hunter22"), "{all}");
        check
    };
    let good = asks("hunter22\n");
    assert!(good["ok"] == true && good["found"].as_str().unwrap().ends_with("it answers"), "{good}");
    let bad = asks("another one\n");
    assert!(bad["ok"] == false && bad["found"].as_str().unwrap().contains("535") && bad["todo"].is_string(), "{bad}");
}
