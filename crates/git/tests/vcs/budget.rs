//! How many processes each step of an iteration costs.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::world::{World, new_commit, write};
use domain::ports::vcs::Vcs;
use git::Git;

/// A `git` that writes down what it is called for.
fn counted(world: &World) -> (Git, PathBuf) {
    let folder = world.path("bin");
    let log = world.path("calls");
    write(
        &folder,
        "git",
        &format!("#!/bin/sh\necho \"$1\" >> {}\nPATH=/usr/local/bin:/usr/bin:/bin exec git \"$@\"\n", log.display()),
    );
    fs::set_permissions(folder.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let search_path = format!("{}:/usr/bin:/bin", folder.display());
    (Git::new(&world.path("private"), search_path).unwrap(), log)
}

fn calls(log: &PathBuf) -> String {
    let text = fs::read_to_string(log).unwrap().replace('\n', " ").trim_end().to_owned();
    fs::remove_file(log).unwrap();
    text
}

#[tokio::test]
async fn each_step_starts_few_processes() {
    let world = World::new().await;
    let (git, log) = counted(&world);
    let worktree = git.add_worktree(&world.repository, &world.path("worktree"), "loki/run", &world.base).await.unwrap();
    assert_eq!(calls(&log), "for-each-ref rev-parse update-ref worktree read-tree");
    write(&worktree.path, "new", "x");
    let tree = git.snapshot(&worktree.path).await.unwrap();
    assert_eq!(calls(&log), "ls-files update-index write-tree");
    let head = git.commit(&worktree.path, &new_commit("loki/run", tree, &world.base)).await.unwrap();
    assert_eq!(calls(&log), "ls-tree commit-tree update-ref read-tree");
    git.restore(&worktree.path, &head).await.unwrap();
    assert_eq!(calls(&log), "ls-files read-tree");
    git.stat(&worktree.path, &world.base, &head).await.unwrap();
    assert_eq!(calls(&log), "diff-tree");
    git.diff(&worktree.path, &world.base, &head, 100).await.unwrap();
    assert_eq!(calls(&log), "diff-tree");
    git.changed(&worktree.path, &world.base, &head, 100).await.unwrap();
    assert_eq!(calls(&log), "diff-tree cat-file");
    git.diff_sha256(&worktree.path, &world.base, &head).await.unwrap();
    assert_eq!(calls(&log), "diff-tree");
}

#[tokio::test]
async fn a_git_that_hangs_is_ended_with_its_children() {
    let world = World::new().await;
    let folder = world.path("bin");
    let pids = world.path("pids");
    write(&folder, "git", &format!("#!/bin/sh\nsleep 1000 &\necho $! $$ > {0}.new\nmv {0}.new {0}\nwait\n", pids.display()));
    fs::set_permissions(folder.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let git = Git::new(&world.path("private"), format!("{}:/usr/bin:/bin", folder.display())).unwrap();
    let git = git.cloning_from(vec!["host.example".to_owned()]);
    let cancel = tokio_util::sync::CancellationToken::new();
    let target = world.path("clone");
    let clone = Vcs::clone(&git, "https://host.example/a", &target, &cancel);
    let stop = async {
        eventually(|| pids.exists()).await;
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(clone, stop);
    assert!(result.unwrap_err().to_string().contains("cancelled"));
    assert!(!world.path(".clone.loki-new").exists());
    for pid in fs::read_to_string(&pids).unwrap().split_whitespace() {
        // Until the orphan is reaped it may stay as a zombie, which has no command line.
        eventually(|| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().is_empty()).await;
    }
}

/// Looks again and again, for at most half a minute.
async fn eventually(fact: impl Fn() -> bool) {
    let look = async {
        while !fact() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), look).await.unwrap();
}
