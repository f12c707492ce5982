//! First access, signing in and out.

use tests::{Actor, Setup, TestApp, actor::Credentials, app::PASSWORD};

async fn signs_in<'a>(app: &'a TestApp, email: &str, password: &str) -> Option<Actor<'a>> {
    let answer = app.nobody().send_form("/login", &[("email", email), ("password", password)]).await;
    let cookie = answer.cookie("loki_login").filter(|_| answer.header("location") == "/")?;
    Some(Actor::new(app, Credentials::Cookie(cookie)))
}

#[tokio::test]
async fn the_setup_link_works_once() {
    let app = TestApp::start().await;
    let link = app.setup_link().unwrap();
    let ada = app.first_admin().await;
    ada.get("/api/status").await.expect(200);

    let token = link.rsplit_once("token=").unwrap().1;
    let form = [("token", token), ("email", "eve@example.org"), ("name", "Eve"), ("password", PASSWORD)];
    let again = app.nobody().send_form("/setup", &form).await.expect(401);

    assert!(again.text().contains("loki is set up"), "{}", again.text());
    assert_eq!(again.cookie("loki_login"), None);
    assert!(signs_in(&app, "eve@example.org", PASSWORD).await.is_none());
}

#[tokio::test]
async fn a_wrong_setup_token_makes_nobody_admin() {
    let app = TestApp::start().await;
    for token in ["", "0000", "' or 1=1 --"] {
        let form = [("token", token), ("email", "eve@example.org"), ("password", PASSWORD)];
        let answer = app.nobody().send_form("/setup", &form).await.expect(401);
        assert_eq!(answer.cookie("loki_login"), None);
        assert!(answer.text().contains("This setup link has been used or replaced"), "{}", answer.text());
    }
    // The real one still counts.
    app.first_admin().await.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn the_form_is_offered_with_the_link_that_counts() {
    let app = TestApp::start().await;
    let link = app.setup_link().unwrap();
    let token = link.rsplit_once("token=").unwrap().1;
    for (query, offered) in [(String::new(), false), ("?token=made-up".to_owned(), false), (format!("?token={token}"), true)] {
        let page = app.get(&format!("/setup{query}")).await.expect(200).text();
        assert_eq!(page.contains("name=\"password\""), offered, "{query}: {page}");
        assert_eq!(page.contains("loki setup-link"), !offered, "{query}: {page}");
    }
}

#[tokio::test]
async fn a_short_password_is_refused_and_the_link_still_works() {
    let app = TestApp::start().await;
    let link = app.setup_link().unwrap();
    let token = link.rsplit_once("token=").unwrap().1;
    let form = [("token", token), ("email", "ada@example.org"), ("password", "short")];
    let answer = app.nobody().send_form("/setup", &form).await.expect(422);
    assert_eq!((answer.cookie("loki_login"), answer.header("location")), (None, String::new()));
    // What was typed is in the page, and in no address.
    let page = answer.text();
    assert!(page.contains("value=\"ada@example.org\"") && page.contains(token) && !page.contains("\"short\""), "{page}");
    app.first_admin().await;
}

#[tokio::test]
async fn a_person_made_on_the_command_line_signs_in_with_their_role() {
    signs_in_with_their_role(TestApp::start().await).await;
}

#[tokio::test]
async fn a_person_made_on_the_command_line_signs_in_with_their_role_on_postgres() {
    signs_in_with_their_role(Setup::default().on_postgres().start().await).await;
}

async fn signs_in_with_their_role(app: TestApp) {
    app.offline(
        &["user", "create", "--email", "vera@example.org", "--role", "viewer", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );

    let vera = signs_in(&app, "Vera@Example.org", PASSWORD).await.unwrap();

    vera.get("/api/projects").await.expect(200);
    vera.post("/api/projects", &serde_json::json!({"name": "A"})).await.expect(403);
    // Nobody needs the link any more.
    assert!(app.get("/projects").await.header("location").starts_with("/login"));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let answer = app.nobody().send_form("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    let cookie = answer.header("set-cookie");
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn signing_in_changes_the_session_id() {
    changes_the_session_id(TestApp::start().await).await;
}

#[tokio::test]
async fn signing_in_changes_the_session_id_on_postgres() {
    changes_the_session_id(Setup::default().on_postgres().start().await).await;
}

async fn changes_the_session_id(app: TestApp) {
    let before = app.first_admin().await;
    // With the old cookie in hand, as somebody who planted it would have it.
    let answer =
        before.as_of_now().send_form("/login", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(303);

    let after = answer.cookie("loki_login").unwrap();

    assert_ne!(after, before.secret());
    before.get("/api/status").await.expect(401);
    Actor::new(&app, Credentials::Cookie(after)).get("/api/status").await.expect(200);
}

#[tokio::test]
async fn signing_out_ends_the_cookie() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;

    ada.send_form("/logout", &[]).await.expect(303);

    ada.get("/api/status").await.expect(401);
}

/// The page that answers a wrong password: the form again, with what was typed in it and in no address.
async fn refused(app: &TestApp, email: &str) -> String {
    let form = [("email", email), ("password", "wrong wrong wrong")];
    let answer = app.nobody().send_form("/login", &form).await.expect(401);
    assert_eq!((answer.cookie("loki_login"), answer.header("location")), (None, String::new()));
    let page = answer.text();
    assert!(page.contains(&format!("value=\"{email}\"")) && !page.contains("wrong wrong"), "{page}");
    page.split_once("<main").unwrap().1.split("</main>").next().unwrap().to_owned()
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    is_slowed_down(TestApp::start().await).await;
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_on_postgres() {
    is_slowed_down(Setup::default().on_postgres().start().await).await;
}

async fn is_slowed_down(app: TestApp) {
    let ada = app.first_admin().await;
    for _ in 0..6 {
        let page = refused(&app, "ada@example.org").await;
        assert!(page.contains("Email or password is wrong. Check both and try again."), "{page}");
    }

    let form = [("email", "ada@example.org"), ("password", PASSWORD), ("next", "/runs?x=\"><b>")];
    let held_up = app.nobody().send_form("/login", &form).await.expect(429);

    assert!(!held_up.header("retry-after").is_empty() && held_up.cookie("loki_login").is_none());
    // The form itself, with what was typed but the password.
    let page = held_up.text();
    assert!(page.contains("Too many attempts. Wait a minute") && page.contains("value=\"ada@example.org\""), "{page}");
    assert!(page.contains("action=\"/login\"") && !page.contains(PASSWORD) && !page.contains("\"><b>"), "{page}");
    // Who is in stays in.
    ada.get("/api/status").await.expect(200);
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_wrong_password() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let ask = async |email: &str| refused(&app, email).await.replace(email, "X");
    assert_eq!(ask("ada@example.org").await, ask("nobody@example.org").await);
}

#[tokio::test]
async fn the_sign_in_page_shows_no_words_of_the_address() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let page = app.get("/login?error=You+have+won&email=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await.expect(200).text();
    assert!(!page.contains("You have won"), "{page}");
    assert!(!page.contains("alert(1)"), "{page}");
}

#[tokio::test]
async fn sign_in_never_leads_to_another_site() {
    let app = TestApp::start().await;
    app.first_admin().await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let form = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next)];
        let answer = app.nobody().send_form("/login", &form).await.expect(303);
        assert_eq!(answer.header("location"), "/", "{next}");
    }
    let form = [("email", "ada@example.org"), ("password", PASSWORD), ("next", "/projects")];
    assert_eq!(app.nobody().send_form("/login", &form).await.header("location"), "/projects");
}

#[tokio::test]
async fn a_password_counts_exactly_as_it_was_given() {
    let app = TestApp::start().await;
    let token = app.setup_link().unwrap().rsplit_once("token=").unwrap().1.to_owned();
    let password = format!(" Zwölf Zeichen, {} ", "und noch viele mehr ".repeat(5));
    let form = [("token", token.as_str()), ("email", "ada@example.org"), ("name", "Ada"), ("password", password.as_str())];
    assert!(app.nobody().send_form("/setup", &form).await.expect(303).cookie("loki_login").is_some());

    for other in [password.trim(), &password.to_lowercase(), &password[..72], &format!("{password} ")] {
        assert!(signs_in(&app, "ada@example.org", other).await.is_none(), "{other:?}");
    }
    assert!(signs_in(&app, "ada@example.org", &password).await.is_some());
}

#[tokio::test]
async fn passwords_are_kept_by_argon2id_alone() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let tx = app.store().await.read().await.unwrap();
    let user = tx.accounts().by_email("ada@example.org").await.unwrap().unwrap();
    assert!(user.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", user.password_hash);
}

#[tokio::test]
async fn who_is_signed_in_already_is_not_led_away_either() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for next in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "javascript%3Aalert(1)",
        "%2F%09%2Fevil.example",
    ] {
        let answer = ada.get(&format!("/login?next={next}")).await.expect(303);
        assert_eq!(answer.header("location"), "/", "{next}");
        let page = app.get(&format!("/login?next={next}")).await.expect(200).text();
        assert!(
            !page.contains("action=\"https://evil") && !page.contains("href=\"https://evil") && !page.contains("href=\"//evil"),
            "{next}"
        );
    }
    assert_eq!(ada.get("/login?next=%2Fruns").await.header("location"), "/runs");
}
