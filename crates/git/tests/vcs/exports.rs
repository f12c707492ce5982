//! Trees written out without a worktree.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use domain::ports::vcs::{Vcs, VcsError};

use crate::world::{World, plain, tree, write};

/// Paths of everything below a folder but folders themselves, sorted.
fn files_in(folder: &Path) -> Vec<String> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn an_export_holds_the_tree_and_nothing_else() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "x.log", "ignored");
    write(&worktree.path, ".loki/state", "ours");
    write(&worktree.path, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(worktree.path.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("/etc", worktree.path.join("link")).unwrap();
    let commit = world.commit(&worktree, &world.base).await;
    let index = fs::read(world.repository.join(".git/index")).unwrap();

    let folder = world.path("deep/copy");
    world.git.export(&world.repository, &commit, &folder).await.unwrap();
    let names: Vec<String> = tree(&world.repository, &commit).iter().map(|line| line[7..].to_owned()).collect();
    assert_eq!(files_in(&folder), names);
    assert_eq!(fs::read_to_string(folder.join("a.txt")).unwrap(), "one\ntwo\n");
    assert_eq!(fs::symlink_metadata(folder.join("run.sh")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(fs::read_link(folder.join("link")).unwrap(), Path::new("/etc"));
    assert_eq!(files_in(&world.path("deep")).len(), names.len());
    // The repository's own files and index are as before.
    assert_eq!(fs::read(world.repository.join(".git/index")).unwrap(), index);
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");

    for folder in [folder.as_path(), Path::new("relative")] {
        assert!(matches!(world.git.export(&world.repository, &commit, folder).await, Err(VcsError::Refused(_))));
    }
}

#[tokio::test]
async fn an_export_runs_no_filter() {
    let world = World::new().await;
    let mark = world.path("pwned");
    let command = format!("touch {}; cat", mark.display());
    plain(&world.repository, &["config", "filter.evil.smudge", &command]);
    plain(&world.repository, &["config", "filter.evil.process", &command]);
    plain(&world.repository, &["config", "filter.evil.required", "true"]);
    let worktree = world.worktree().await;
    write(&worktree.path, ".gitattributes", "* filter=evil\n");
    write(&worktree.path, "new.txt", "new\n");
    let commit = world.commit(&worktree, &world.base).await;
    world.git.export(&world.repository, &commit, &world.path("copy")).await.unwrap();
    assert_eq!(fs::read_to_string(world.path("copy/new.txt")).unwrap(), "new\n");
    assert!(!mark.exists());
}
