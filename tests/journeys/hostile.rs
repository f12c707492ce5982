//! Hostile repositories: what they hold runs nothing on the server's side and leads nowhere.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use tests::specs;

use crate::folder::Folder;

/// Exists once anything of the repository was run.
fn mark(folder: &Folder) -> PathBuf {
    folder.root.path().join("pwned")
}

fn script(path: &Path, mark: &Path) {
    fs::write(path, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn is_verified(folder: &Folder) {
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;
    project.starts_run().await.is_verified().await;
    assert!(!mark(folder).exists(), "something of the repository was run");
}

#[tokio::test]
async fn hooks_of_a_repository_are_not_run() {
    let folder = Folder::new();
    for hook in ["pre-commit", "post-checkout", "post-merge", "reference-transaction", "prepare-commit-msg", "post-index-change"]
    {
        script(&folder.path().join(".git/hooks").join(hook), &mark(&folder));
    }
    is_verified(&folder).await;
}

#[tokio::test]
async fn commands_in_a_repositorys_settings_are_not_run() {
    let folder = Folder::new();
    let command = folder.root.path().join("command");
    script(&command, &mark(&folder));
    let command = command.to_string_lossy().into_owned();
    fs::write(folder.path().join(".gitattributes"), "* filter=evil diff=evil merge=evil\n").unwrap();
    fs::write(folder.path().join("a.txt"), "a\n").unwrap();
    folder.commit();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "core.editor",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "merge.evil.driver",
        "gpg.program",
        "credential.helper",
    ] {
        folder.git(&["config", key, &command]);
    }
    folder.git(&["config", "commit.gpgSign", "true"]);
    is_verified(&folder).await;
}

// EC-005
#[tokio::test]
async fn links_out_of_a_repository_are_not_followed() {
    let folder = Folder::new();
    let outside = folder.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret.md"), specs::ONE).unwrap();
    // Where loki keeps its export, and where the demo agent would write its tests.
    symlink(&outside, folder.path().join(".loki")).unwrap();
    symlink(outside.join("secret.md"), folder.path().join("spec.md")).unwrap();
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let linked = project.asks_to_start(serde_json::json!({"prd_path": "spec.md"})).await;
    assert!(matches!(linked.status, 404 | 422), "{}", linked.text());
    project.starts_run().await.finishes().await;

    let left: Vec<String> =
        fs::read_dir(&outside).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(left, ["secret.md"], "nothing was written through the link");
}

// EC-001
#[tokio::test]
async fn names_that_look_like_options_or_commands_are_names() {
    let folder = Folder::new();
    for name in ["--help", "-rf", "$(touch pwned)", "a;touch pwned", "名前 with spaces", "quote\"s", ":(exclude)*"] {
        fs::write(folder.path().join(name), "x\n").unwrap();
    }
    folder.git(&["add", "--all", "--", "."]);
    folder.commit();
    is_verified(&folder).await;
    assert!(!folder.path().join("pwned").exists());
}

#[tokio::test]
async fn edits_in_a_persons_own_folder_are_not_lost() {
    let folder = Folder::new();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;
    fs::write(folder.path().join("README.md"), "# Not committed yet\n").unwrap();
    fs::write(folder.path().join("new.txt"), "new\n").unwrap();

    let run = project.starts_run().await;
    run.is_verified().await;

    assert_eq!(fs::read_to_string(folder.path().join("README.md")).unwrap(), "# Not committed yet\n");
    assert_eq!(fs::read_to_string(folder.path().join("new.txt")).unwrap(), "new\n");
}
