//! A repository that is cloned by one server at a time, under a lease.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::{
    ProjectId, Timestamp,
    projects::{Project, ProjectStatus},
};
use serde_json::json;
use tests::{Setup, TestApp, command::git, eventually};
use tokio::sync::watch;

/// A repository as plain files, which is all that git needs, behind a door that is closed at first.
struct Remote {
    folder: tempfile::TempDir,
    asked: AtomicU32,
    is_open: watch::Sender<bool>,
}

impl Remote {
    /// With the address to clone from.
    async fn serve() -> (Arc<Self>, String) {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        fs::create_dir(&work).unwrap();
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        git(&work, &["commit", "--quiet", "--allow-empty", "-m", "first"]);
        let bare = folder.path().join("thing.git");
        git(&work, &["clone", "--quiet", "--bare", ".", &bare.to_string_lossy()]);
        git(&bare, &["update-server-info"]);

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/thing.git", listener.local_addr().unwrap());
        let remote = Arc::new(Self { folder, asked: AtomicU32::default(), is_open: watch::Sender::new(false) });
        let router = Router::new().fallback(file).with_state(Arc::clone(&remote));
        // It ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        (remote, url)
    }

    fn path(&self, asked: &str) -> PathBuf {
        self.folder.path().join(asked.trim_start_matches('/'))
    }
}

async fn file(State(remote): State<Arc<Remote>>, request: Request) -> Response {
    remote.asked.fetch_add(1, Ordering::Relaxed);
    let mut is_open = remote.is_open.subscribe();
    drop(is_open.wait_for(|is_open| *is_open).await);
    fs::read(remote.path(request.uri().path()))
        .map_or_else(|_| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

/// Takes a project away from the server `from`, and gives it to `to` for good.
async fn pass_on(app: &TestApp, project: ProjectId, (from, to): (&str, Option<&str>)) {
    let store = app.store().await;
    let tx = store.begin().await.unwrap();
    tx.projects().release(project, from).await.unwrap();
    if let Some(to) = to {
        let [now, until] = [0, 4_000_000_000_000].map(Timestamp::from_millis);
        assert!(tx.projects().claim(project, to, now, until).await.unwrap());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_clone_whose_lease_is_lost_ends_and_says_nothing() {
    let app = Setup::default().argument("--allow-clone-from").argument("127.0.0.1").start().await;
    let user = app.admin().await;
    let (remote, url) = Remote::serve().await;
    let made: Project = user.post("/api/projects", &json!({"name": "Cloned", "git_url": url})).await.expect(201).json();
    eventually("git asks for the repository", async || (remote.asked.load(Ordering::Relaxed) > 0).then_some(())).await;

    let own = fs::read_to_string(app.data_dir().join("instance")).unwrap();
    pass_on(&app, made.id, (own.trim(), Some("another server"))).await;

    // Git is ended in its middle, and what it had made is gone.
    app.assert_no_process_left().await;
    let folder = app.data_dir().join("projects");
    eventually("nothing half-made is left", async || fs::read_dir(&folder).unwrap().next().is_none().then_some(())).await;
    let project = user.reads_project(made.id).await;
    assert_eq!((project.status, project.problem), (ProjectStatus::Preparing, None));

    // Given back, it is made by whoever is there.
    remote.is_open.send_replace(true);
    pass_on(&app, made.id, ("another server", None)).await;
    let project = eventually("the repository is made", async || {
        let project = user.reads_project(made.id).await;
        (project.status != ProjectStatus::Preparing).then_some(project)
    })
    .await;
    assert_eq!((project.status, project.problem, project.branch.as_deref()), (ProjectStatus::Ready, None, Some("main")));
    let told = user.events().await.into_iter().filter(|event| event.kind == "project_ready").count();
    assert_eq!(told, 1, "the clone that was lost told nobody anything");
}
