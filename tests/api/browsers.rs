//! What a page of another site can do through a person's browser: nothing.

use reqwest::Method;
use serde_json::json;
use tests::{Setup, TestApp};

const BODY: &str = r#"{"name": "A"}"#;

#[tokio::test]
async fn a_request_with_a_cookie_has_to_come_from_here() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    let cookie = format!("loki_login={}", ada.secret());
    let ask = async |headers: &[(&str, &str)]| {
        let mut request =
            app.http().post(format!("{}/api/projects", app.url())).header("content-type", "application/json").body(BODY);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ada.send(request.header("cookie", cookie.as_str())).await.status
    };
    let own = app.url();
    let other_port = "http://127.0.0.1:1";

    assert_eq!(ask(&[("origin", &own)]).await, 201);
    assert_eq!(ask(&[("origin", "http://evil.example")]).await, 403);
    assert_eq!(ask(&[("origin", "null")]).await, 403);
    assert_eq!(ask(&[("origin", other_port)]).await, 403);
    assert_eq!(ask(&[]).await, 403);
    assert_eq!(ask(&[("origin", &own), ("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(ask(&[("referer", &own)]).await, 403);
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in_or_out() {
    signs_nobody_in_or_out(TestApp::start().await).await;
}

#[tokio::test]
async fn a_form_of_another_site_signs_nobody_in_or_out_on_postgres() {
    signs_nobody_in_or_out(Setup::default().on_postgres().start().await).await;
}

async fn signs_nobody_in_or_out(app: TestApp) {
    let ada = app.first_admin().await;
    for path in ["/login", "/logout", "/setup"] {
        for origin in ["http://evil.example", "null"] {
            let request = app.http().post(format!("{}{path}", app.url())).header("origin", origin);
            let request = request.header("cookie", format!("loki_login={}", ada.secret()));
            let request = request.header("content-type", "application/x-www-form-urlencoded").body("email=a&password=b");
            ada.send(request).await.expect(403);
        }
    }
    ada.get("/api/status").await.expect(200);
}

// DNS rebinding
#[tokio::test]
async fn a_server_answers_only_under_its_own_names() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let port = app.host().rsplit_once(':').unwrap().1.to_owned();
    let ask = async |path: &str, host: &str| user.send(user.request(Method::GET, path).header("host", host)).await.status;
    assert_eq!(ask("/api/status", &format!("localhost:{port}")).await, 200);
    for host in [
        format!("evil.example:{port}"),
        "evil.example".to_owned(),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
    ] {
        assert_eq!(ask("/api/status", &host).await, 421, "{host}");
        assert_eq!(ask("/login", &host).await, 421, "{host}");
    }
    // Probes of a cluster ask by address.
    assert_eq!(ask("/health", "10.0.0.7").await, 200);
}

#[tokio::test]
async fn no_other_origin_is_allowed_to_read() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let request = user.request(Method::GET, "/api/status").header("origin", "http://evil.example");
    let answer = user.send(request).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let preflight = app.nobody().request(Method::OPTIONS, "/api/projects").header("origin", "http://evil.example");
    let preflight = user.send(preflight.header("access-control-request-method", "POST")).await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn json_is_taken_as_json_only() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = user.request(Method::POST, "/api/projects").header("content-type", kind).body(BODY);
        user.send(request).await.expect(415);
    }
    let broken = user.request(Method::POST, "/api/projects").header("content-type", "application/json").body("{");
    assert!(user.send(broken).await.expect(422).detail().contains("not JSON"));
    user.post("/api/projects", &json!([])).await.expect(422);
}

#[tokio::test]
async fn methods_that_nobody_needs_are_refused() {
    let app = TestApp::start().await;
    let ada = app.first_admin().await;
    for method in ["TRACE", "PATCH", "PROPFIND"] {
        for path in ["/", "/login", "/api/status", "/health"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = ada.send(ada.request(method.clone(), path).header("origin", app.url())).await;
            assert!(matches!(answer.status, 400 | 404 | 405), "{method} {path}: {}", answer.status);
            assert!(!answer.text().contains(&ada.secret()), "{method} {path} tells what was sent");
        }
    }
}
