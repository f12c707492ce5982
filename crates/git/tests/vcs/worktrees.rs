//! Worktrees, snapshots, the way back, commits and merges.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::world::{World, at, identity, new_commit, plain, tree, write};
use domain::ports::vcs::{Merge, Sides, Snapshot, Vcs, VcsError};

const RUN_INTO_MAIN: Sides<'static> = Sides { branch: "loki/run", into: "main" };

#[tokio::test]
async fn a_worktree_is_found_again_or_made_again() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "x");
    assert_eq!(world.worktree().await, worktree);
    assert_eq!(world.again().add_worktree(&world.repository, &worktree.path, "loki/run", &world.base).await.unwrap(), worktree);
    assert!(worktree.path.join("new").exists(), "work is kept");

    fs::remove_dir_all(&worktree.path).unwrap();
    assert_eq!(world.worktree().await, worktree);
    assert!(worktree.path.join("a.txt").exists());

    fs::remove_file(world.repository.join(".git/worktrees/worktree/loki-ready")).unwrap();
    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    assert_eq!(world.again().add_worktree(&world.repository, &worktree.path, "loki/run", &world.base).await.unwrap(), worktree);
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), "");

    for branch in ["--upload-pack=x", "-x", "a..b"] {
        let result = world.git.add_worktree(&world.repository, &world.path("other"), branch, &world.base).await;
        assert!(matches!(result, Err(VcsError::Refused(_))), "{branch}");
    }
    write(&world.path("taken"), "x", "x");
    assert!(matches!(
        world.git.add_worktree(&world.repository, &world.path("taken"), "b", &world.base).await,
        Err(VcsError::Refused(_))
    ));

    for _ in 0..2 {
        world.git.remove_worktree(&world.repository, &worktree.path).await.unwrap();
    }
    assert!(!worktree.path.exists());
    assert_eq!(world.git.branch_commit(&world.repository, "loki/run").await.unwrap(), Some(world.base.clone()));
    assert_eq!(plain(&world.repository, &["worktree", "list"]).lines().count(), 1);
    assert!(matches!(world.git.remove_worktree(&world.repository, &world.repository).await, Err(VcsError::Refused(_))));
}

#[tokio::test]
async fn a_branch_that_went_on_is_taken_up_and_a_foreign_one_is_refused() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "x");
    let head = world.commit(&worktree, &world.base).await;
    world.git.remove_worktree(&world.repository, &worktree.path).await.unwrap();
    assert_eq!(world.git.head(&world.worktree().await.path).await.unwrap(), ("loki/run".into(), head.clone()));
    let result = world.git.add_worktree(&world.repository, &world.path("second"), "main", &head).await;
    assert!(matches!(result, Err(VcsError::Refused(_))));
}

#[tokio::test]
async fn a_snapshot_holds_what_is_not_ignored_and_changes_nothing() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "x.log", "ignored");
    write(&worktree.path, ".loki/state", "ours");
    write(&worktree.path, ".loki/config/c.yaml", "theirs");
    write(&worktree.path, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(worktree.path.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_dir_all(worktree.path.join("sub")).unwrap();
    std::os::unix::fs::symlink("/etc", worktree.path.join("sub")).unwrap();
    let before = plain(&worktree.path, &["status", "--porcelain"]);
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();
    let expected = ["100644 .gitignore", "100644 .loki/config/c.yaml", "100644 a.txt", "100755 run.sh", "120000 sub"];
    assert_eq!(tree(&world.repository, &snapshot), expected);
    assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), snapshot);
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), before);
    assert_eq!(plain(&world.repository, &["for-each-ref", "refs/loki"]), "");
    plain(&world.repository, &["gc", "--quiet", "--prune=now"]);
    world.git.restore(&worktree.path, &snapshot).await.unwrap();
}

#[tokio::test]
async fn what_is_not_committed_never_is_in_the_repository() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    let everything = || {
        let mut git = std::process::Command::new("git");
        git.current_dir(&world.repository).args(["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        // Trees are no text.
        let text = String::from_utf8_lossy(&git.output().unwrap().stdout).into_owned();
        (text.contains("refused work"), text.contains("good work"))
    };
    write(&worktree.path, "sub/deep/settings", "refused work\n");
    world.git.snapshot(&worktree.path).await.unwrap();
    assert_eq!(everything(), (false, false));

    fs::remove_dir_all(worktree.path.join("sub/deep")).unwrap();
    write(&worktree.path, "sub/deeper/code", "good work\n");
    let tree = world.git.snapshot(&worktree.path).await.unwrap();
    // As after a restart: where the objects are is not remembered.
    let git = world.again();
    let head = git.commit(&worktree.path, &new_commit("loki/run", tree.clone(), &world.base)).await.unwrap();
    assert_eq!(git.commit(&worktree.path, &new_commit("loki/run", tree, &world.base)).await.unwrap(), head);
    assert_eq!(everything(), (false, true));

    // Somebody removed the folder: it is made again, and its snapshots are still known.
    write(&worktree.path, "sub/later", "refused work\n");
    let later = world.git.snapshot(&worktree.path).await.unwrap();
    fs::remove_dir_all(&worktree.path).unwrap();
    world.git.add_worktree(&world.repository, &worktree.path, "loki/run", &world.base).await.unwrap();
    world.git.restore(&worktree.path, &later).await.unwrap();
    assert!(worktree.path.join("sub/later").exists());
    assert_eq!(everything(), (false, true));

    world.git.remove_worktree(&world.repository, &worktree.path).await.unwrap();
    assert!(!world.path("worktree.snapshots").exists());
    assert_eq!(plain(&world.repository, &["fsck", "--full", "--no-dangling"]), "");
    assert_eq!(plain(&world.repository, &["show", &format!("{head}:sub/deeper/code")]), "good work\n");
}

#[tokio::test]
async fn of_files_too_large_for_objects_of_their_own_only_those_that_are_committed_are_handed_over() {
    const LARGE: u64 = 513 << 20;
    let world = World::new().await;
    let worktree = world.worktree().await;
    let large = |name: &str, bytes: u64| {
        // All holes, so that it takes no room.
        fs::File::create(worktree.path.join(name)).unwrap().set_len(bytes).unwrap();
    };
    large("refused", LARGE);
    large("good", LARGE + 1);
    world.git.snapshot(&worktree.path).await.unwrap();
    assert!(world.path("worktree.snapshots/pack").is_dir());
    fs::remove_file(worktree.path.join("refused")).unwrap();

    let head = world.commit(&worktree, &world.base).await;

    let list = plain(&world.repository, &["cat-file", "--batch-all-objects", "--batch-check=%(objectsize)"]);
    let sizes: Vec<u64> = list.lines().map(|line| line.parse().unwrap()).filter(|size| *size >= LARGE).collect();
    assert_eq!(sizes, [LARGE + 1]);
    world.git.remove_worktree(&world.repository, &worktree.path).await.unwrap();
    assert_eq!(plain(&world.repository, &["cat-file", "-s", &format!("{head}:good")]).trim(), (LARGE + 1).to_string());
}

#[tokio::test]
async fn snapshots_of_earlier_versions_are_let_go_of_with_the_next_worktree() {
    let world = World::new().await;
    let run = "refs/loki/run-0192f3a4-0000-7000-8000-000000000001";
    let others = ["refs/loki/run-mine", "refs/loki/x/run-0192f3a4-0000-7000-8000-000000000001"];
    for name in [run, &format!("{run}-last"), others[0], others[1]] {
        plain(&world.repository, &["update-ref", name, "HEAD^{tree}"]);
    }
    plain(&world.repository, &["pack-refs", "--all"]);
    plain(&world.repository, &["update-ref", &format!("{run}-rejected"), "HEAD^{tree}"]);
    plain(&world.repository, &["symbolic-ref", "refs/loki/run-0192f3a4-0000-7000-8000-000000000002", "refs/heads/main"]);

    world.worktree().await;

    let left = plain(&world.repository, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(left.lines().collect::<Vec<_>>(), ["refs/heads/loki/run", "refs/heads/main", others[0], others[1]]);
}

#[tokio::test]
async fn only_a_snapshot_that_is_not_there_has_no_difference() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "work\n");
    let tree = world.git.snapshot(&worktree.path).await.unwrap();
    let diff = async |tree: &str| {
        let snapshot = Snapshot { worktree: &worktree.path, tree };
        world
            .git
            .diff_to_snapshot(&world.repository, &world.base, snapshot, 100)
            .await
            .map(|files| files.map(|files| files.len()))
    };
    assert_eq!(diff(&tree).await.unwrap(), Some(1));
    assert_eq!(diff(&"12".repeat(20)).await.unwrap(), None);

    let object = world.path("worktree.snapshots").join(&tree[..2]).join(&tree[2..]);
    fs::remove_file(&object).unwrap();
    assert_eq!(diff(&tree).await.unwrap(), None);
    // One that cannot be read is no missing one.
    fs::write(&object, "broken").unwrap();
    assert!(matches!(diff(&tree).await, Err(VcsError::Git { .. })));
    world.git.remove_worktree(&world.repository, &worktree.path).await.unwrap();
    assert_eq!(diff(&tree).await.unwrap(), None);
}

/// Folders within each other, with a file in the last, further down than any path reaches.
fn dig(folder: &std::path::Path) {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let open = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, folder, open, Mode::empty()).unwrap();
    for _ in 0..1_000 {
        mkdirat(&at, "deeper", Mode::RWXU).unwrap();
        at = openat(&at, "deeper", open, Mode::empty()).unwrap();
    }
    openat(&at, "file", OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC, Mode::RWXU).unwrap();
}

#[tokio::test]
async fn a_path_that_is_too_long_is_told_and_put_right() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    let before = world.git.snapshot(&worktree.path).await.unwrap();
    fs::create_dir_all(worktree.path.join("sub/new")).unwrap();
    for top in ["", "sub", "sub/new"] {
        dig(&worktree.path.join(top));
        let refused = world.git.snapshot(&worktree.path).await.unwrap_err();
        assert!(matches!(&refused, VcsError::PathTooLong(path) if path.contains("deeper/deeper")), "{top}: {refused:?}");

        world.git.restore(&worktree.path, &before).await.unwrap();
        assert!(!worktree.path.join(top).join("deeper").exists(), "{top}");
        assert!(worktree.path.join("sub/b.txt").exists());
        assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), before);
        fs::create_dir_all(worktree.path.join("sub/new")).unwrap();
    }
}

#[tokio::test]
async fn snapshots_are_found_beside_a_folder_of_any_name() {
    let world = World::new().await;
    let odd = world.path("it's \"odd\": here");
    let base = world.git.init(&odd, &identity(), at(), &[("a".into(), "a\n".into())]).await.unwrap();
    let worktree = world.git.add_worktree(&odd, &world.path("odd"), "loki/run", &base).await.unwrap();
    write(&worktree.path, "b", "b\n");
    let head = world.commit(&worktree, &base).await;
    assert_eq!(world.git.files(&odd, &head, 10).await.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn any_mess_is_put_right_without_reaching_outside() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    let outside = world.path("outside");
    write(&outside, "b.txt", "precious");
    write(&worktree.path, "deep/er/c.txt", "c\n");
    write(&worktree.path, "x.log", "ignored");
    write(&worktree.path, ".loki/state", "ours");
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();

    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    write(&worktree.path, "a.txt/inner/file", "x");
    fs::remove_dir_all(worktree.path.join("sub")).unwrap();
    std::os::unix::fs::symlink(&outside, worktree.path.join("sub")).unwrap();
    std::os::unix::fs::symlink(&outside, worktree.path.join("stray")).unwrap();
    write(&worktree.path, "deep/er/more", "x");
    write(&worktree.path, "nested/file", "x");
    plain(&worktree.path.join("nested"), &["init", "--quiet"]);
    plain(&worktree.path.join("deep"), &["init", "--quiet"]);
    rustix::fs::mkfifoat(rustix::fs::CWD, worktree.path.join("pipe"), rustix::fs::Mode::RWXU).unwrap();
    fs::set_permissions(worktree.path.join("deep/er/c.txt"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(worktree.path.join("deep/er"), fs::Permissions::from_mode(0o000)).unwrap();

    let mess = world.git.snapshot(&worktree.path).await.unwrap();
    fs::set_permissions(worktree.path.join("deep/er"), fs::Permissions::from_mode(0o500)).unwrap();
    world.git.restore(&worktree.path, &snapshot).await.unwrap();
    assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), snapshot);
    assert_eq!(fs::read_to_string(outside.join("b.txt")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(worktree.path.join("a.txt")).unwrap(), "one\ntwo\n");
    assert!(worktree.path.join("x.log").exists() && worktree.path.join(".loki/state").exists());
    assert!(!worktree.path.join("nested").exists() && !worktree.path.join("deep/.git").exists());
    assert!(!worktree.path.join("sub").is_symlink() && !worktree.path.join("stray").is_symlink());

    for _ in 0..2 {
        world.git.restore(&worktree.path, &mess).await.unwrap();
        assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), mess);
    }
    assert_eq!(fs::read_to_string(outside.join("b.txt")).unwrap(), "precious");
}

#[tokio::test]
async fn repositories_inside_are_taken_as_files() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "app/src/main.rs", "x");
    write(&worktree.path, "app/inner/file", "x");
    write(&worktree.path, "app/x.log", "x");
    for folder in ["app", "app/inner"] {
        plain(&worktree.path.join(folder), &["init", "--quiet"]);
        plain(&worktree.path.join(folder), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    }
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();
    let expected = ["100644 .gitignore", "100644 a.txt", "100644 app/inner/file", "100644 app/src/main.rs", "100644 sub/b.txt"];
    assert_eq!(tree(&world.repository, &snapshot), expected);
    assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), snapshot);
    world.commit(&worktree, &world.base).await;
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn committing_twice_is_committing_once() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "x");
    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    let head = world.commit(&worktree, &world.base).await;
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), "");
    assert_eq!(world.commit(&worktree, &world.base).await, head);
    assert_eq!(world.git.head(&worktree.path).await.unwrap(), ("loki/run".into(), head.clone()));
    assert_eq!(plain(&worktree.path, &["log", "-1", "--format=%an %at %B"]).trim(), "Ada Ü 1700000000 feat: something\n\nWhy.");

    write(&worktree.path, "newer", "x");
    let tree = world.git.snapshot(&worktree.path).await.unwrap();
    let result = world.git.commit(&worktree.path, &new_commit("loki/run", tree.clone(), &world.base)).await;
    assert!(matches!(result, Err(VcsError::Refused(_))), "{result:?}");

    plain(&worktree.path, &["checkout", "--quiet", "-b", "elsewhere"]);
    let next = world.git.commit(&worktree.path, &new_commit("loki/run", tree, &head)).await.unwrap();
    assert_eq!(world.git.head(&worktree.path).await.unwrap(), ("loki/run".into(), next));
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn a_merge_moves_the_checked_out_branch_with_its_files() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "x");
    fs::remove_file(worktree.path.join("sub/b.txt")).unwrap();
    let head = world.commit(&worktree, &world.base).await;
    let merge = async || world.git.merge(&world.repository, RUN_INTO_MAIN, &identity(), at()).await;

    write(&world.repository, "sub/b.txt", "mine\n");
    assert!(merge().await.unwrap_err().to_string().contains("sub/b.txt"));
    plain(&world.repository, &["checkout", "--", "."]);
    write(&world.repository, "new", "mine");
    assert!(merge().await.unwrap_err().to_string().contains("new"));
    assert_eq!(world.git.head(&world.repository).await.unwrap().1, world.base);
    assert_eq!(fs::read_to_string(world.repository.join("new")).unwrap(), "mine");

    // As a try that crashed in the middle leaves it.
    write(&world.repository, "new", "x");
    fs::remove_file(world.repository.join("sub/b.txt")).unwrap();
    assert_eq!(merge().await.unwrap(), Merge::Merged(head.clone()));
    assert_eq!(merge().await.unwrap(), Merge::Merged(head));
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");
    assert!(world.git.snapshot(&world.repository).await.is_ok());
}

#[tokio::test]
async fn both_sides_are_merged_or_the_conflict_is_told() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "a.txt", "one\nTWO\n");
    world.commit(&worktree, &world.base).await;
    write(&world.repository, "sub/b.txt", "B\n");
    plain(&world.repository, &["commit", "--quiet", "-a", "-m", "x"]);
    let merge = async || world.git.merge(&world.repository, RUN_INTO_MAIN, &identity(), at()).await.unwrap();

    let first = merge().await;
    assert_eq!(merge().await, first);
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");
    assert_eq!(plain(&world.repository, &["log", "-1", "--format=%s %p"]).split(' ').count(), 7);
    assert_eq!(fs::read_to_string(world.repository.join("a.txt")).unwrap(), "one\nTWO\n");

    write(&world.repository, "a.txt", "one\n2\n");
    plain(&world.repository, &["commit", "--quiet", "-a", "-m", "x"]);
    write(&worktree.path, "a.txt", "one\nthree\n");
    let (_, head) = world.git.head(&worktree.path).await.unwrap();
    world.commit(&worktree, &head).await;
    assert_eq!(merge().await, Merge::Conflict(vec!["a.txt".into()]));
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");
    let back = world.git.merge(&world.repository, Sides { branch: "main", into: "loki/run" }, &identity(), at()).await.unwrap();
    assert_eq!(back, Merge::Conflict(vec!["a.txt".into()]));
}

#[tokio::test]
async fn folders_and_files_may_change_places_in_a_merge() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    write(&worktree.path, "a.txt/inner", "x");
    fs::remove_dir_all(worktree.path.join("sub")).unwrap();
    write(&worktree.path, "sub", "x");
    let head = world.commit(&worktree, &world.base).await;
    write(&world.repository, "sub/mine", "precious");
    let merge = async || world.git.merge(&world.repository, RUN_INTO_MAIN, &identity(), at()).await;
    assert!(matches!(merge().await, Err(VcsError::Refused(_))));
    assert_eq!(fs::read_to_string(world.repository.join("sub/mine")).unwrap(), "precious");
    fs::remove_file(world.repository.join("sub/mine")).unwrap();
    assert_eq!(merge().await.unwrap(), Merge::Merged(head));
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn an_index_that_was_broken_off_is_made_again() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "new", "x");
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();
    let folder = world.repository.join(".git/worktrees/worktree");
    for text in ["", "nonsense"] {
        fs::write(folder.join("loki-index"), text).unwrap();
        fs::write(folder.join("loki-index.lock"), text).unwrap();
        fs::write(folder.join("index.lock"), text).unwrap();
        assert_eq!(world.git.snapshot(&worktree.path).await.unwrap(), snapshot);
    }
    fs::write(folder.join("index"), "nonsense").unwrap();
    world.commit(&worktree, &world.base).await;
    assert_eq!(plain(&worktree.path, &["status", "--porcelain"]), "");
}
