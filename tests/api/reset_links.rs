//! A new password by a one-time link.

use tests::{Browser, Setup, TestApp, app::PASSWORD, command};

fn link(app: &TestApp) -> String {
    let output = app.offline(&["user", "reset-link", "--email", "Ada@example.org", "--public-url", &app.url()], "");
    command::stdout(&output).trim().to_owned()
}

fn token(link: &str) -> &str {
    link.rsplit_once("token=").unwrap().1
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let answer = Browser::new(app).posts("/login", &[("email", "ada@example.org"), ("password", password)]).await;
    answer.status == 303 && answer.header("location") == "/"
}

#[tokio::test]
async fn a_link_gives_a_new_password_once_and_ends_every_login() {
    gives_a_new_password_once(Setup::default()).await;
}

#[tokio::test]
async fn a_link_gives_a_new_password_once_and_ends_every_login_on_postgres() {
    gives_a_new_password_once(Setup::default().on_postgres()).await;
}

async fn gives_a_new_password_once(setup: Setup) {
    let app = setup.start().await;
    let ada = app.first_admin().await;
    let replaced = link(&app);
    let link = link(&app);
    let browser = Browser::new(&app);
    let page = browser.opens(&link).await.expect(200);
    assert!(page.text().contains(&format!("value=\"{}\"", token(&link))), "{}", page.text());
    assert_eq!(page.header("cache-control"), "no-store");

    let new = "an even longer password";
    let send = async |token: &str, password: &str| browser.posts("/reset", &[("token", token), ("password", password)]).await;
    let short = send(token(&link), "short").await.expect(422).text();
    assert!(short.contains("at least 12") && short.contains(token(&link)), "{short}");
    for wrong in ["", "0000", token(&replaced), "' or 1=1 --"] {
        send(wrong, new).await.expect(401);
    }
    ada.get("/api/status").await.expect(200);
    send(token(&link), new).await.expect(303);

    ada.get("/api/status").await.expect(401);
    browser.person().get("/api/status").await.expect(200);
    assert!(signs_in(&app, new).await && !signs_in(&app, PASSWORD).await);
    send(token(&link), "a third long password").await.expect(401);
    assert!(signs_in(&app, new).await);
    assert!(!app.log().contains(token(&link)));
}

#[tokio::test]
async fn there_is_no_link_for_somebody_who_is_not_there() {
    let app = TestApp::start().await;
    let mut loki = tests::server::loki();
    loki.args(["user", "reset-link", "--email", "nobody@example.org", "--data-dir"]).arg(app.data_dir());
    let output = command::run(loki, "");
    assert!(!output.status.success() && command::stderr(&output).contains("nobody has an account"), "{output:?}");
    // And one that does not count says so at once, without a form to fill in.
    for token in ["bad", "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"] {
        let page = app.get(&format!("/reset?token={token}")).await.expect(401).text();
        assert!(page.contains("This link is not valid") && page.contains("/login"), "{page}");
        assert!(!page.contains("name=\"password\"") && !page.contains("<script>alert"), "{page}");
    }
}
