//! Credentials in an address to clone from: git gets them, and nobody else sees them again.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::projects::{Project, ProjectStatus};
use serde_json::json;
use tests::{Setup, TestApp, command::git, eventually};

const SECRET: &str = "s3cret-of-the-team";

/// A repository behind a password, as plain files, which is all that git needs.
async fn repository_behind_a_password() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let (work, served) = (folder.path().join("work"), folder.path().join("served"));
    std::fs::create_dir(&work).unwrap();
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(work.join("README.md"), "# Kept behind a password\n").unwrap();
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "first"]);
    git(&work, &["clone", "--quiet", "--bare", ".", &served.join("thing.git").to_string_lossy()]);
    git(&served.join("thing.git"), &["update-server-info"]);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let router = Router::new().fallback(file).with_state(Arc::new(served));
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    (folder, host)
}

async fn file(State(served): State<Arc<PathBuf>>, request: Request) -> Response {
    let expected = format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}")));
    if request.headers().get(header::AUTHORIZATION).is_none_or(|given| given != expected.as_str()) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")]).into_response();
    }
    let path = served.join(request.uri().path().trim_start_matches('/'));
    std::fs::read(path).map_or_else(|_| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

#[tokio::test]
async fn credentials_of_a_clone_are_used_and_never_shown() {
    let app = Setup::default().variable("LOKI_ALLOW_CLONE_FROM", "git.example.org,127.0.0.1").start().await;
    let user = app.admin().await;
    let (_folder, host) = repository_behind_a_password().await;
    for (password, becomes) in [(SECRET, ProjectStatus::Ready), ("wr0ng-of-the-team", ProjectStatus::Failed)] {
        let kept = format!("http://{host}/thing.git");
        let body = json!({"name": "Cloned", "git_url": format!("http://ada:{password}@{host}/thing.git")});
        let answer = user.post("/api/projects", &body).await.expect(201);
        assert!(!answer.text().contains(password), "{}", answer.text());
        let made: Project = answer.json();
        let project = eventually("the repository is cloned, or not", async || {
            let project = user.reads_project(made.id).await;
            (project.status != ProjectStatus::Preparing).then_some(project)
        })
        .await;
        assert_eq!((project.status, project.git_url.as_deref()), (becomes, Some(kept.as_str())), "{:?}", project.problem);

        let id = made.id;
        for path in ["/api/projects", &format!("/api/projects/{id}"), "/api/events", "/api/v2/audit", "/api/enterprise/audit"] {
            let text = user.get(path).await.expect(200).text();
            assert!(!text.contains(password), "{path}: {text}");
        }
        assert!(!app.log().contains(password), "{}", app.log());
        // What has served is not kept either.
        let tx = app.store().await.read().await.unwrap();
        assert_eq!(tx.projects().clone_url(id).await.unwrap(), Some(kept));
        let config = std::path::Path::new(&project.path).join(".git/config");
        assert!(!std::fs::read_to_string(config).unwrap_or_default().contains(password));
    }
}

#[tokio::test]
async fn a_clone_does_not_reach_into_the_servers_own_network() {
    let app = TestApp::start().await;
    let user = app.admin().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for (url, host) in [
        (format!("http://127.0.0.1:{port}/a.git"), "127.0.0.1"),
        (format!("http://localhost:{port}/a.git"), "localhost"),
        (format!("http://2130706433:{port}/a.git"), "2130706433"),
        (format!("http://[::ffff:127.0.0.1]:{port}/a.git"), "::ffff:127.0.0.1"),
        (format!("git://127.0.0.1:{port}/a.git"), "127.0.0.1"),
        (format!("ssh://git@127.0.0.1:{port}/a.git"), "127.0.0.1"),
        // Nothing listens there, which sounds the same.
        ("http://127.0.0.1:1/a.git".to_owned(), "127.0.0.1"),
        ("http://nowhere.invalid/a.git".to_owned(), "nowhere.invalid"),
    ] {
        let problem = user.has_project().with("git_url", json!(url)).create_in_vain().await;
        let expected = format!(
            "{host} cannot be reached, or is in the server's own network: whoever runs loki may allow that with --allow-clone-from {host}"
        );
        assert_eq!(problem, expected, "{url}");
    }
    assert!(listener.accept().is_err(), "nobody connected");
}

#[tokio::test]
async fn a_host_that_may_be_cloned_from_and_does_not_answer_is_not_asked_to_be_allowed() {
    let app = Setup::default().argument("--allow-clone-from").argument("127.0.0.1").start().await;
    let user = app.admin().await;
    let problem = user.has_project().with("git_url", json!("http://127.0.0.1:1/x.git")).create_in_vain().await;
    assert_eq!(problem, "127.0.0.1 cannot be reached: see whether its name and port are right, and whether it answers");
}
