//! Without bubblewrap nothing runs, unless the person who started the server said so.

use std::{fs, os::unix::fs::symlink, path::Path};

use protocol::runs::Verdict;
use tests::{Browser, Setup, TestApp, specs};

/// A folder with this machine's programs, bubblewrap left out.
fn programs_without_bubblewrap() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for from in ["/usr/bin", "/bin"] {
        for entry in fs::read_dir(from).into_iter().flatten().flatten() {
            if entry.file_name() != "bwrap" {
                let _ = symlink(Path::new(from).join(entry.file_name()), folder.path().join(entry.file_name()));
            }
        }
    }
    folder
}

#[tokio::test]
async fn without_bubblewrap_no_run_starts() {
    let programs = programs_without_bubblewrap();
    let app = Setup::default().variable("PATH", &programs.path().to_string_lossy()).start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let refused = project.asks_to_start(serde_json::json!({})).await.expect(503);

    let detail = refused.detail();
    assert!(detail.contains("bubblewrap") && detail.contains("Install it"), "{detail}");
    assert_eq!(user.runs().await, []);
}

#[tokio::test]
async fn a_run_without_a_sandbox_is_verified_with_that_gap_at_most() {
    let programs = programs_without_bubblewrap();
    let setup = Setup::default().variable("PATH", &programs.path().to_string_lossy()).argument("--no-sandbox");
    let app: TestApp = setup.start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.verdict, finished.sandboxed), (Some(Verdict::VerifiedWithGaps), false), "{}", run.log_text().await);
    let gaps = run.receipt().await.gaps;
    assert!(gaps.iter().any(|gap| gap.contains("without a sandbox")), "{gaps:?}");
    app.assert_no_process_left().await;
}

#[tokio::test]
async fn every_page_says_that_there_is_no_sandbox() {
    let app = Setup::default().argument("--no-sandbox").start().await;
    let ada = app.first_admin().await;
    let says = |path: &str, page: String| assert!(page.contains("Sandbox off:"), "{path}: {page}");
    for path in ["/", "/projects", "/runs", "/templates", "/teams", "/docs", "/account/sign-in-methods"] {
        says(path, ada.get(path).await.expect(200).text());
    }
    let stranger = Browser::new(&app);
    for path in ["/login", "/setup", "/forgot", "/docs"] {
        says(path, stranger.opens(path).await.expect(200).text());
    }
    says("/login/with/nowhere", stranger.opens("/login/with/nowhere").await.expect(404).text());
}
