//! Making, cloning, reading and comparing.

use std::fs;

use crate::world::{World, at, first_files, identity, plain, tree, write};
use domain::ports::vcs::{ChangedFile, DiffStat, Vcs, VcsError};
use protocol::runs::{DiffSide, FileChange};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_new_repository_is_clean_and_making_it_again_is_the_same() {
    let world = World::new().await;
    assert_eq!(plain(&world.repository, &["status", "--porcelain"]), "");
    assert_eq!(
        plain(&world.repository, &["log", "-1", "--format=%H|%an|%ce|%at|%s"]).trim(),
        format!("{}|Ada Ü|ada@example.org|1700000000|Initial commit", world.base)
    );
    assert_eq!(world.git.head(&world.repository).await.unwrap(), ("main".into(), world.base.clone()));
    assert_eq!(world.git.init(&world.repository, &identity(), at(), &first_files()).await.unwrap(), world.base);
    assert_eq!(tree(&world.repository, "HEAD"), ["100644 .gitignore", "100644 a.txt", "100644 sub/b.txt"]);

    write(&world.path("other"), "x", "x");
    assert!(matches!(world.git.init(&world.path("other"), &identity(), at(), &[]).await, Err(VcsError::Refused(_))));
    let names: Vec<_> = fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing half-made is left: {names:?}");
}

#[tokio::test]
async fn files_outside_the_repository_are_refused() {
    let world = World::new().await;
    for path in ["../x", "/etc/x", ".git/hooks/post-commit", "a/.Git/x"] {
        let result = world.git.init(&world.path("new"), &identity(), at(), &[(path.into(), String::new())]).await;
        assert!(matches!(result, Err(VcsError::Refused(_))), "{path}");
    }
}

#[tokio::test]
async fn a_folder_inside_a_repository_is_no_repository() {
    let world = World::new().await;
    assert!(matches!(world.git.head(&world.repository.join("sub")).await, Err(VcsError::Refused(_))));
    assert!(matches!(world.git.head(&world.path("nothing")).await, Err(VcsError::Refused(_))));
}

#[tokio::test]
async fn a_worktree_of_a_repository_has_its_data_and_a_submodule_is_refused() {
    let world = World::new().await;
    let data = world.repository.join(".git").canonicalize().unwrap();
    assert_eq!(world.git.data(&world.repository).unwrap(), data);

    plain(&world.repository, &["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let side = world.path("side");
    assert_eq!(world.git.data(&side).unwrap(), data);
    let run = world.git.add_worktree(&side, &world.path("worktree"), "loki/run", &world.base).await.unwrap();
    assert_eq!(plain(&run.path, &["rev-parse", "--path-format=absolute", "--git-common-dir"]).trim(), data.to_str().unwrap());

    plain(&world.repository, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./", "module"]);
    let refused = world.git.data(&world.repository.join("module"));
    assert!(matches!(&refused, Err(VcsError::Refused(words)) if words.contains("is a submodule")), "{refused:?}");
}

#[tokio::test]
async fn a_clone_has_its_branch_and_an_empty_one_gets_a_commit() {
    let world = World::new().await;
    let git = world.again();
    let cancel = CancellationToken::new();
    plain(&world.repository, &["branch", "-m", "main", "trunk"]);
    let source = world.repository.to_str().unwrap();
    assert_eq!(git.clone(source, &world.path("clone"), &cancel).await.unwrap(), "trunk");
    assert_eq!(git.head(&world.path("clone")).await.unwrap(), ("trunk".into(), world.base.clone()));
    assert_eq!(plain(&world.path("clone"), &["status", "--porcelain"]), "");

    plain(world.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "empty"]);
    assert_eq!(git.clone(world.path("empty").to_str().unwrap(), &world.path("first"), &cancel).await.unwrap(), "main");
    assert_eq!(plain(&world.path("first"), &["log", "--format=%an <%ae> %s"]).trim(), "loki <loki@localhost> Initial commit");

    assert!(git.clone("/nowhere", &world.path("none"), &cancel).await.is_err());
    assert!(!world.path("none").exists() && !world.path(".none.loki-new").exists());
    cancel.cancel();
    assert!(git.clone(source, &world.path("stopped"), &cancel).await.is_err());
    assert!(!world.path("stopped").exists() && !world.path(".stopped.loki-new").exists());
}

#[tokio::test]
async fn addresses_that_run_commands_are_refused() {
    let world = World::new().await;
    let mark = world.path("mark");
    let command = format!("ext::sh -c touch% {}", mark.display());
    for url in [command.as_str(), "--upload-pack=x", "file:///etc", "/etc", "ssh://-oProxyCommand=x/y"] {
        let result = Vcs::clone(&world.git, url, &world.path("clone"), &CancellationToken::new()).await;
        assert!(matches!(result, Err(VcsError::Refused(_))), "{url}");
    }
    assert!(!mark.exists());
}

#[tokio::test]
async fn submodules_are_not_cloned() {
    let world = World::new().await;
    let source = world.path("source");
    plain(&world.repository, &["clone", "--quiet", ".", source.to_str().unwrap()]);
    plain(
        &source,
        &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", world.repository.to_str().unwrap(), "module"],
    );
    write(&source, ".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = ext::sh -c touch% mark\n");
    plain(&source, &["commit", "--quiet", "-a", "-m", "module"]);
    world.again().clone(source.to_str().unwrap(), &world.path("clone"), &CancellationToken::new()).await.unwrap();
    assert_eq!(fs::read_dir(world.path("clone/module")).unwrap().count(), 0);
}

#[tokio::test]
async fn odd_names_and_contents_are_compared_and_read() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    let odd = "n\n@@ -1 +1 @@\n+fake \"ü\"";
    write(&worktree.path, odd, "x\r\n--- a\n+++ b\nend");
    write(&worktree.path, "-dash", "x\n");
    write(&worktree.path, "a.txt", "one\n-- two\n");
    fs::write(worktree.path.join("bin"), b"\0\xff").unwrap();
    fs::rename(worktree.path.join("sub/b.txt"), worktree.path.join("moved.txt")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", worktree.path.join("link")).unwrap();
    let head = world.commit(&worktree, &world.base).await;

    let stat = world.git.stat(&world.repository, &world.base, &head).await.unwrap();
    assert_eq!(stat, DiffStat { files: 6, added: 7, removed: 1 });
    let diff = world.git.diff(&world.repository, &world.base, &head, 100).await.unwrap();
    let short: Vec<_> =
        diff.iter().map(|file| (file.path.as_str(), file.change, file.folded.as_deref(), file.hunks.len())).collect();
    let expected = [
        ("-dash", FileChange::Added, None, 1),
        ("a.txt", FileChange::Modified, None, 1),
        ("bin", FileChange::Added, Some("binary"), 0),
        ("link", FileChange::Added, None, 1),
        ("moved.txt", FileChange::Renamed, None, 0),
        (odd, FileChange::Added, None, 1),
    ];
    assert_eq!(short, expected);
    assert_eq!(diff[4].old_path.as_deref(), Some("sub/b.txt"));
    let lines: Vec<_> = diff[1].hunks[0].lines.iter().map(|line| (line.side, line.old, line.new, line.text.as_str())).collect();
    let expected = [
        (DiffSide::Context, Some(1), Some(1), "one"),
        (DiffSide::Removed, Some(2), None, "two"),
        (DiffSide::Added, None, Some(2), "-- two"),
    ];
    assert_eq!(lines, expected);
    let texts: Vec<_> = diff[5].hunks[0].lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["x\r", "--- a", "+++ b", "end"]);

    let changed = world.git.changed(&world.repository, &world.base, &head, 100).await.unwrap();
    let link = ChangedFile {
        path: "link".into(),
        before: None,
        after: Some("/etc/passwd".into()),
        opaque: false,
        link: Some("/etc/passwd".into()),
    };
    assert!(changed.contains(&link));
    let binary = ChangedFile { path: "bin".into(), before: None, after: Some(String::new()), opaque: true, link: None };
    assert!(changed.contains(&binary));
    assert_eq!(changed.len(), 7);
    assert_eq!(world.git.changed(&world.repository, &world.base, &head, 2).await.unwrap().len(), 2);
    assert_eq!(world.git.read(&world.repository, &head, odd, 100).await.unwrap().as_deref(), Some("x\r\n--- a\n+++ b\nend"));
    assert_eq!(world.git.read(&world.repository, &head, "link", 100).await.unwrap(), None);
    assert_eq!(world.git.read(&world.repository, "main", "a.txt", 3).await.unwrap(), None);
    assert!(world.git.read(&world.repository, "--help", "a.txt", 3).await.is_err());
    assert_eq!(world.git.files(&world.repository, "main", 2).await.unwrap(), [".gitignore", "a.txt"]);
    assert_eq!(world.git.log(&world.repository, &world.base, &head).await.unwrap(), [format!("{head} feat: something")]);
}

#[tokio::test]
async fn a_link_in_place_of_a_file_and_large_files_are_shown_rightly() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    fs::remove_file(worktree.path.join("a.txt")).unwrap();
    std::os::unix::fs::symlink("sub/b.txt", worktree.path.join("a.txt")).unwrap();
    write(&worktree.path, "long", &"line\n".repeat(50));
    write(&worktree.path, "sub/b.txt", "c\n");
    let head = world.commit(&worktree, &world.base).await;
    let diff = world.git.diff(&world.repository, &world.base, &head, 49).await.unwrap();
    let short: Vec<_> =
        diff.iter().map(|file| (file.path.as_str(), file.folded.as_deref(), file.hunks.len(), file.added)).collect();
    assert_eq!(short, [("a.txt", None, 2, 1), ("long", Some("too large"), 0, 50), ("sub/b.txt", None, 1, 1)]);
}

#[tokio::test]
async fn the_digest_is_that_of_plain_git() {
    use sha2::{Digest, Sha256};
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, "a.txt", "fn a() {\n}\n");
    fs::write(worktree.path.join("bin"), b"\0\xff").unwrap();
    fs::remove_file(worktree.path.join("sub/b.txt")).unwrap();
    let head = world.commit(&worktree, &world.base).await;
    let text = plain(&world.repository, &["diff", "--binary", "--full-index", "--no-renames", &world.base, &head]);
    let expected: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.git.diff_sha256(&world.repository, &world.base, &head).await.unwrap(), expected);
}
