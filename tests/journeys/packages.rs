//! Projects that need packages: the checks install them from the committed lock file, and from nothing else.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::Command,
};

use protocol::runs::Verdict;
use serde_json::{Value, json};
use tests::command;

use crate::folder::Folder;

/// The package `left` as npm packs it: the archive and its integrity.
fn packed() -> (Vec<u8>, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("package.json"), r#"{"name": "left", "version": "1.0.0", "main": "index.js"}"#).unwrap();
    std::fs::write(folder.path().join("index.js"), "module.exports = text => text.trimStart();\n").unwrap();
    let mut npm = Command::new("npm");
    npm.args(["pack", "--json", "--silent"]).current_dir(folder.path());
    let output = command::run(npm, "");
    assert!(output.status.success(), "{}", command::stderr(&output));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = told[0]["filename"].as_str().unwrap();
    (std::fs::read(folder.path().join(file)).unwrap(), told[0]["integrity"].as_str().unwrap().to_owned())
}

/// A registry that knows one archive, for as long as the test runs.
fn registry(archive: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/left-1.0.0.tgz", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", archive.len());
            let _ = stream.write_all(&archive);
        }
    });
    url
}

/// A project whose test needs the package.
fn project(lock: Option<(&str, &str)>) -> Folder {
    let folder = Folder::new();
    let manifest = json!({"name": "app", "version": "1.0.0", "private": true, "scripts": {"test": "node --test"}, "dependencies": {"left": "1.0.0"}});
    folder.write("package.json", &manifest.to_string());
    folder.write(".gitignore", "node_modules/\n");
    // Nobody is to wait for a registry that is not there.
    folder.write(".npmrc", "fetch-retries=0\nupdate-notifier=false\n");
    let test = "const test = require('node:test');\nconst assert = require('node:assert');\nconst left = require('left');\n\
        test('left trims', () => assert.strictEqual(left('  a'), 'a'));\n";
    folder.write("test/left.test.js", test);
    if let Some((url, integrity)) = lock {
        let lock = json!({
            "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
            "packages": {
                "": {"name": "app", "version": "1.0.0", "dependencies": {"left": "1.0.0"}},
                "node_modules/left": {"version": "1.0.0", "resolved": url, "integrity": integrity}
            }
        });
        folder.write("package-lock.json", &lock.to_string());
    }
    folder.commit();
    folder
}

#[tokio::test]
async fn packages_of_a_lock_file_are_there_in_the_checks() {
    let (archive, integrity) = packed();
    let folder = project(Some((&registry(archive), &integrity)));
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    run.is_verified().await;

    let log = run.log_text().await;
    assert!(log.contains("$ npm ci"), "{log}");
    let whole = run.gate("tests", |gate| gate.iteration == 0).await;
    assert!(whole.summary.contains("npm run"), "{whole:#?}");
    let paths = project.committed_paths();
    assert!(!paths.iter().any(|path| path.starts_with("node_modules")), "{paths:?}");
    // What the lock file names counts, not what lies in some worktree.
    assert!(!Path::new(&project.path()).join("node_modules").exists());
}

#[tokio::test]
async fn packages_without_a_lock_file_are_a_finding_that_says_so() {
    let folder = project(None);
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    let tests = run.gate("tests", |_| true).await;
    assert!(tests.summary.contains("no lock file"), "{tests:#?}");
}

#[tokio::test]
async fn a_registry_that_is_away_is_no_fault_of_the_work() {
    let (_, integrity) = packed();
    let folder = project(Some(("http://127.0.0.1:9/left-1.0.0.tgz", &integrity)));
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::VerifiedWithGaps), "{}", run.log_text().await);
    let gaps = run.receipt().await.gaps.join("\n");
    assert!(gaps.contains("could not reach its registry"), "{gaps}");
}

#[tokio::test]
async fn a_package_that_is_not_what_the_lock_file_says_is_refused() {
    let (archive, _) = packed();
    let other = format!("sha512-{}==", "A".repeat(86));
    let folder = project(Some((&registry(archive), &other)));
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified));
    run.gate("tests", |gate| gate.summary.contains("npm ci")).await;
}

#[tokio::test]
async fn a_server_may_forbid_the_network_to_every_check() {
    let (archive, integrity) = packed();
    let folder = project(Some((&registry(archive), &integrity)));
    let app = folder.setup().argument("--no-install").start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;

    assert_eq!(run.finishes().await.verdict, Some(Verdict::NotVerified));
    assert!(!run.log_text().await.contains("npm ci"));
}
