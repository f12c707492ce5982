//! Headers: what browsers are told to hold pages, answers and files to.

use tests::{Setup, TestApp, app::PASSWORD};

#[tokio::test]
async fn pages_allow_no_script_but_their_own() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let pages = [(app.nobody(), "/login"), (ada.clone(), "/"), (ada.clone(), "/projects"), (ada, "/nothing-here")];
    for (actor, path) in pages {
        let page = actor.get(path).await;
        let policy = page.header("content-security-policy");
        let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(directives.contains(&directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        let script = directives.iter().find(|directive| directive.starts_with("script-src")).unwrap();
        let nonce = script.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        let html = page.text();
        for tag in html.split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        assert!(!html.contains("onclick=") && !html.contains("javascript:"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_is_secured() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for path in ["/health", "/api/status", "/api/nothing", "/login", "/openapi.json", "/docs", "/ws"] {
        let answer = user.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    assert_eq!(user.get("/api/status").await.header("cache-control"), "no-store");
    assert_eq!(user.get("/api/projects").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn behind_tls_browsers_are_told_to_stay_there() {
    let app = Setup::default().argument("--tls-terminated").start().await;
    let answer = app.nobody().get("/login").await;
    assert!(answer.header("strict-transport-security").starts_with("max-age="), "{:?}", answer.headers);
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_this_host_and_tls_alone() {
    let app = Setup::default().argument("--tls-terminated").start().await;
    let words = ["user", "create", "--email", "ada@example.org", "--role", "viewer", "--password-stdin"];
    app.offline(&words, &format!("{PASSWORD}\n"));
    let form = [("email", "ada@example.org"), ("password", PASSWORD)];
    let answer = app.nobody().send_form("/login", &form).await.expect(303);
    assert!(answer.cookie("__Host-loki_login").is_some(), "{:?}", answer.headers);
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for word in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(word), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_clients_request_id_stands_in_the_log_beside_the_servers_own() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    // Questions that go well are not logged.
    let asked = nobody.request(reqwest::Method::POST, "/health").header("x-request-id", "trace-42 \"x\"");
    let id = nobody.send(asked).await.header("x-request-id");

    assert!(id.len() == 16 && !id.contains("trace"), "{id}");
    let line =
        tests::eventually("it is logged", async || app.log().lines().find(|line| line.contains(&id)).map(ToOwned::to_owned));
    let line = line.await;
    assert!(line.contains("client_request_id") && line.contains("trace-42x"), "{line}");
}

#[tokio::test]
async fn files_of_the_site_are_compressed_and_kept_for_ever() {
    let app = TestApp::start().await;
    let html = app.nobody().get("/login").await.expect(200).text();
    let named: Vec<&str> = html.split('"').filter(|part| part.starts_with("/pkg/")).collect();
    assert!(!named.is_empty(), "the binary was built without its site: run `make build` first");
    let nobody = app.nobody();
    for path in named {
        let ask = async |encoding: &str| {
            nobody.send(nobody.request(reqwest::Method::GET, path).header("accept-encoding", encoding)).await.expect(200)
        };
        let small = ask("gzip, br").await;
        assert_eq!(small.header("content-encoding"), "br", "{path}");
        assert_eq!(small.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert!(small.header("vary").to_lowercase().contains("accept-encoding"), "{path}");
        assert!(small.body.len() < ask("identity").await.body.len(), "{path}");
        let again = nobody
            .request(reqwest::Method::GET, path)
            .header("accept-encoding", "br")
            .header("if-none-match", small.header("etag"));
        nobody.send(again).await.expect(304);
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.expect(200).value();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let page = app.get("/docs").await.expect(200).text();
    assert!(page.contains("/api/control/start"));
}
