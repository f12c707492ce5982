//! Repositories that try to run something.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::world::{World, at, identity, plain, tree, write};
use domain::ports::vcs::{Merge, Sides, Vcs, VcsError};

/// A script that leaves `mark` behind.
fn trap(world: &World) -> String {
    let script = world.path("trap.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", world.path("mark").display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script.display().to_string()
}

fn poison(folder: &Path, trap: &str) {
    for key in [
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "filter.a=b.clean",
        "diff.evil.command",
        "diff.evil.textconv",
        "diff.external",
        "merge.evil.driver",
        "core.fsmonitor",
        "core.sshCommand",
        "core.editor",
        "core.pager",
        "core.askPass",
        "credential.helper",
        "gpg.program",
        "core.alternateRefsCommand",
        "merge.default",
    ] {
        plain(folder, &["config", key, trap]);
    }
    plain(folder, &["config", "filter.evil.required", "true"]);
    plain(folder, &["config", "commit.gpgSign", "true"]);
    plain(folder, &["config", "log.showSignature", "true"]);
    plain(folder, &["config", "core.worktree", "/"]);
}

fn set_hooks(git_dir: &Path, trap: &str) {
    let names =
        ["pre-commit", "post-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change", "pre-auto-gc"];
    for name in names {
        fs::create_dir_all(git_dir.join("hooks")).unwrap();
        fs::copy(trap, git_dir.join("hooks").join(name)).unwrap();
    }
}

#[tokio::test]
async fn nothing_a_repository_names_is_run() {
    let world = World::new().await;
    let trap = trap(&world);
    set_hooks(&world.repository.join(".git"), &trap);
    poison(&world.repository, &trap);
    fs::create_dir_all(world.repository.join(".git/info")).unwrap();
    let attributes = "* filter=evil diff=evil merge=evil\n*.eq filter=a=b\n";
    write(&world.repository, ".git/info/attributes", attributes);

    let worktree = world.worktree().await;
    write(&worktree.path, ".gitattributes", attributes);
    write(&worktree.path, "a.txt", "one\nthree\n");
    write(&worktree.path, "x.eq", "x\n");
    let head = world.commit(&worktree, &world.base).await;
    assert_eq!(world.git.read(&world.repository, &head, "a.txt", 100).await.unwrap().as_deref(), Some("one\nthree\n"));
    world.git.restore(&worktree.path, &world.base).await.unwrap();
    world.git.diff(&world.repository, &world.base, &head, 100).await.unwrap();
    world.git.diff_sha256(&world.repository, &world.base, &head).await.unwrap();
    world.git.log(&world.repository, &world.base, &head).await.unwrap();
    let merged = world.git.merge(&world.repository, Sides { branch: "loki/run", into: "main" }, &identity(), at()).await.unwrap();
    assert_eq!(merged, Merge::Merged(head));
    assert_eq!(fs::read_to_string(world.repository.join("a.txt")).unwrap(), "one\nthree\n");
    assert!(!world.path("mark").exists());

    // The trap does work: git as it is falls into it.
    plain(&world.repository, &["config", "--unset", "core.worktree"]);
    std::process::Command::new("git").current_dir(&world.repository).args(["hash-object", "a.txt"]).output().unwrap();
    assert!(world.path("mark").exists());
}

#[tokio::test]
async fn a_repository_set_in_place_of_the_worktrees_link_is_not_asked() {
    let world = World::new().await;
    let trap = trap(&world);
    let worktree = world.worktree().await;
    fs::remove_file(worktree.path.join(".git")).unwrap();
    plain(&worktree.path, &["init", "--quiet"]);
    poison(&worktree.path, &trap);
    set_hooks(&worktree.path.join(".git"), &trap);
    write(&worktree.path, ".gitattributes", "* filter=evil\n");
    write(&worktree.path, "new", "x");
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();
    assert_eq!(tree(&world.repository, &snapshot).len(), 5);
    world.git.restore(&worktree.path, &snapshot).await.unwrap();
    assert!(worktree.path.join(".git").is_file());

    fs::remove_file(worktree.path.join(".git")).unwrap();
    write(&worktree.path, ".git", &format!("gitdir: {}\n", world.repository.join(".git").display()));
    let fresh = world.again();
    assert!(matches!(fresh.snapshot(&worktree.path).await, Err(VcsError::Refused(_))));
    fresh.add_worktree(&world.repository, &worktree.path, "loki/run", &world.base).await.unwrap();
    assert_eq!(fresh.snapshot(&worktree.path).await.unwrap(), snapshot);
    assert!(!world.path("mark").exists());
}

#[tokio::test]
async fn a_submodule_is_neither_asked_nor_changed() {
    let world = World::new().await;
    let trap = trap(&world);
    let info = format!("160000,{},module", world.base);
    plain(&world.repository, &["update-index", "--add", "--cacheinfo", &info]);
    write(&world.repository, ".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = ext::x\n\tignore = none\n");
    plain(&world.repository, &["add", ".gitmodules"]);
    plain(&world.repository, &["commit", "--quiet", "-m", "module"]);
    fs::create_dir_all(world.repository.join("module")).unwrap();
    let (_, base) = world.git.head(&world.repository).await.unwrap();
    let worktree = world.git.add_worktree(&world.repository, &world.path("worktree"), "loki/run", &base).await.unwrap();
    let module = worktree.path.join("module");
    write(&module, "file", "x");
    plain(&module, &["init", "--quiet"]);
    plain(&module, &["commit", "--quiet", "--allow-empty", "-m", "other"]);
    poison(&module, &trap);
    let snapshot = world.git.snapshot(&worktree.path).await.unwrap();
    assert_eq!(snapshot, plain(&world.repository, &["rev-parse", &format!("{base}^{{tree}}")]).trim());
    write(&worktree.path, "new", "x");
    world.commit(&worktree, &base).await;
    world.git.merge(&world.repository, Sides { branch: "loki/run", into: "main" }, &identity(), at()).await.unwrap();
    world.git.restore(&worktree.path, &snapshot).await.unwrap();
    assert!(!world.path("mark").exists());
}

#[tokio::test]
async fn included_configuration_is_refused() {
    let world = World::new().await;
    plain(&world.repository, &["config", "include.path", "/etc/evil"]);
    let error = world.git.head(&world.repository).await.unwrap_err();
    assert!(matches!(&error, VcsError::Refused(text) if text.contains("include.path")), "{error}");
    plain(&world.repository, &["config", "--unset", "include.path"]);
    assert!(world.git.head(&world.repository).await.is_ok());
}

#[tokio::test]
async fn pointers_of_large_files_stay_pointers() {
    let world = World::new().await;
    plain(&world.repository, &["config", "filter.lfs.process", "git-lfs filter-process"]);
    plain(&world.repository, &["config", "filter.lfs.required", "true"]);
    let worktree = world.worktree().await;
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    write(&worktree.path, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    write(&worktree.path, "x.bin", pointer);
    let head = world.commit(&worktree, &world.base).await;
    assert_eq!(world.git.read(&world.repository, &head, "x.bin", 1000).await.unwrap().as_deref(), Some(pointer));
}

#[tokio::test]
async fn attributes_cannot_hide_a_change_and_a_huge_file_is_opaque() {
    let world = World::new().await;
    let worktree = world.worktree().await;
    write(&worktree.path, ".gitattributes", "* -diff\n");
    write(&worktree.path, "a.txt", "changed\n");
    write(&worktree.path, "huge", &"0123456789abcde\n".repeat(1 << 20));
    let head = world.commit(&worktree, &world.base).await;
    let diff = world.git.diff(&worktree.path, &world.base, &head, 1000).await.unwrap();
    let short: Vec<_> = diff.iter().map(|file| (file.path.as_str(), file.folded.as_deref())).collect();
    assert_eq!(short, [(".gitattributes", None), ("a.txt", None), ("huge", Some("too large"))]);
    let changed = world.git.changed(&worktree.path, &world.base, &head, 10).await.unwrap();
    let opaque: Vec<_> = changed.iter().map(|file| (file.path.as_str(), file.opaque)).collect();
    assert_eq!(opaque, [(".gitattributes", false), ("a.txt", false), ("huge", true)]);
}
