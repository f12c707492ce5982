//! The pages about oneself and about others, in a browser without script.

use tests::{Browser, TestApp, app::PASSWORD};

use crate::logins::vera;

async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    browser.posts("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
    browser
}

/// The value of the first field of that name on a page.
fn field(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}")).1;
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn people_change_their_password_and_end_logins_without_script() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let here = signed_in(&app, "vera@example.org").await;
    let there = signed_in(&app, "vera@example.org").await;

    let page = here.opens("/profile").await.expect(200).text();
    for part in ["vera@example.org", "Viewer", "Where you are signed in", "127.0.0.1", "This one", "Sign out everywhere else"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    here.posts("/ui/end_login", &[("id", &field(&page, "id"))]).await.expect(302);
    there.opens("/profile").await.expect(303);

    let there = signed_in(&app, "vera@example.org").await;
    let before = here.cookie("loki_login");
    let wrong = [("form[current]", "no"), ("form[new]", "another long password"), ("form[again]", "another long password")];
    assert_eq!(here.posts("/ui/change_password", &wrong).await.expect(302).header("location"), "/profile");
    assert!(here.opens("/profile").await.text().contains("The present password is not right."));
    let right = [("form[current]", PASSWORD), ("form[new]", "another long password"), ("form[again]", "another long password")];
    let answer = here.posts("/ui/change_password", &right).await.expect(302);
    assert_eq!(answer.header("location"), "/profile?done=password");
    assert_ne!(here.cookie("loki_login"), before);
    assert!(here.opens("/profile?done=password").await.expect(200).text().contains("Your password is changed."));
    there.opens("/profile").await.expect(303);
}

#[tokio::test]
async fn admins_look_people_up_and_change_them_without_script() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let ada = signed_in(&app, "ada@example.org").await;
    let vera = signed_in(&app, "vera@example.org").await;

    let list = ada.opens("/admin/users?q=vera").await.expect(200).text();
    assert!(list.contains("vera@example.org") && list.matches("\"/admin/users/").count() == 1, "{list}");
    let address = list.split_once("/admin/users/").unwrap().1.split('"').next().unwrap();
    let page = ada.opens(&format!("/admin/users/{address}")).await.expect(200).text();
    let id = field(&page, "id");
    assert_eq!(id, address);

    let answer = ada.posts("/ui/change_role", &[("id", &id), ("role", "auditor")]).await.expect(302);
    assert_eq!(answer.header("location"), format!("/admin/users/{id}?done=saved"));
    vera.person().get("/api/v2/audit").await.expect(200);
    ada.posts("/ui/switch_user", &[("id", &id), ("off", "yes")]).await.expect(302);
    vera.opens("/profile").await.expect(303);
    assert!(ada.opens("/admin/users").await.text().contains("Switched off"));
    ada.posts("/ui/remove_user", &[("id", &id), ("confirm", "somebody else")]).await.expect(302);
    assert!(ada.opens(&format!("/admin/users/{id}")).await.expect(200).text().contains("does not match"));
    let answer = ada.posts("/ui/remove_user", &[("id", &id), ("confirm", "Vera@example.org")]).await.expect(302);
    assert_eq!(answer.header("location"), "/admin/users");
    ada.opens(&format!("/admin/users/{id}")).await.expect(404);
}

#[tokio::test]
async fn pages_about_people_are_for_admins_alone() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "operator");
    let vera = signed_in(&app, "vera@example.org").await;
    let page = vera.opens("/admin/users").await.expect(404).text();
    assert!(!page.contains("ada@example.org") && !page.contains("Search users"), "{page}");
    for function in ["change_role", "switch_user", "end_logins_of", "remove_user"] {
        let ids = [("id", "0198c000-0000-7000-8000-000000000000"), ("role", "admin"), ("off", "yes"), ("confirm", "x")];
        let answer = vera.posts(&format!("/ui/{function}"), &ids).await;
        assert!(!answer.header("location").contains("done"), "{function}: {}", answer.header("location"));
    }
    Browser::new(&app).opens("/admin/users").await.expect(303);
}

#[tokio::test]
async fn pages_of_the_server_itself_have_the_shell_of_whoever_looks() {
    let app = TestApp::start().await;
    app.first_admin().await;
    vera(&app, "viewer");
    let ada = signed_in(&app, "ada@example.org").await;
    let vera = signed_in(&app, "vera@example.org").await;

    for path in ["/docs", "/account/sign-in-methods", "/account/confirm"] {
        let page = ada.opens(path).await.expect(200).text();
        for part in [
            "ada@example.org",
            "Sign out",
            "aria-label=\"Breadcrumb\"",
            "href=\"/admin\"",
            "class=\"search needs-script\"",
            "Inbox, 0 need you",
            "data-choice=\"dark\"",
        ] {
            assert!(page.contains(part), "{path}: {part} is missing in {page}");
        }
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        let page = vera.opens(path).await.expect(200).text();
        assert!(page.contains("vera@example.org") && !page.contains("href=\"/admin\""), "{path}: {page}");
    }
    let page = Browser::new(&app).opens("/docs").await.expect(200).text();
    assert!(page.contains("href=\"/login\"") && !page.contains("Sign out"), "{page}");
}

#[tokio::test]
async fn logins_are_shown_in_pages() {
    let app = TestApp::start().await;
    app.first_admin().await;
    let mut last = signed_in(&app, "ada@example.org").await;
    for _ in 0..10 {
        last = signed_in(&app, "ada@example.org").await;
    }

    let first = last.opens("/profile").await.expect(200).text();
    assert_eq!(first.matches("action=\"/ui/end_login\"").count(), 9, "{first}");
    let next = first.split_once("/profile?after=").unwrap_or_else(|| panic!("no next page in {first}")).1;
    let second = last.opens(&format!("/profile?after={}", &next[..36])).await.expect(200).text();

    assert_eq!(second.matches("action=\"/ui/end_login\"").count(), 2, "{second}");
    assert!(second.contains("Sign out everywhere else") && !second.contains("Show more logins"), "{second}");
}

#[tokio::test]
async fn the_page_names_the_second_factors_that_there_are() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let says = async |words: &str| {
        let page = ada.get("/profile").await.expect(200).text();
        assert!(page.contains(words), "{words} is missing in {page}");
    };

    says("nothing is asked for after the password").await;
    ada.has_passkey().await;
    says("A passkey is asked for after the password").await;
    ada.has_authenticator().await;
    says("A passkey or a code of an authenticator app is asked for after the password").await;
}
