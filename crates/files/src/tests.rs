//! Reading from worktrees that an agent has prepared against it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::*;

#[test]
fn only_plain_files_of_the_folder_itself_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (top, outside) = (folder.path().join("top"), folder.path().join("outside"));
    fs::create_dir_all(top.join("sub")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    fs::write(top.join("sub/a"), "a").unwrap();
    fs::write(top.join("large"), vec![b'a'; (1 << 20) + 1]).unwrap();
    symlink(&outside, top.join("folder-link")).unwrap();
    symlink(outside.join("secret"), top.join("link")).unwrap();
    symlink("sub/a", top.join("inner-link")).unwrap();
    symlink(&top, folder.path().join("top-link")).unwrap();
    rustix::fs::mkfifoat(CWD, top.join("pipe"), Mode::RWXU).unwrap();

    assert_eq!(read(&top, "sub/a").as_deref(), Some("a"));
    for path in ["folder-link/secret", "link", "inner-link", "../outside/secret", "pipe", "large", "sub", "none", ""] {
        assert_eq!(read(&top, path), None, "{path}");
    }
    let absolute = outside.join("secret");
    assert_eq!(read(&top, absolute.to_str().unwrap()), None);
    assert_eq!(read(&folder.path().join("top-link"), "sub/a"), None);
}

#[test]
fn a_locked_tree_with_links_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (parent, outside) = (folder.path().join("parent"), folder.path().join("outside"));
    fs::create_dir_all(parent.join("x/a/b/c")).unwrap();
    fs::create_dir(parent.join(".to-be-removed-0")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "precious").unwrap();
    fs::write(parent.join("x/a/b/file"), "").unwrap();
    symlink(&outside, parent.join("x/a/link")).unwrap();
    symlink(&outside, parent.join("link")).unwrap();
    for path in ["x/a/b/c", "x/a/b", "x/a", "x"] {
        fs::set_permissions(parent.join(path), fs::Permissions::from_mode(0o000)).unwrap();
    }

    for name in ["x", "link", "none"] {
        removal::remove_below(&parent, name).unwrap();
    }
    let left: Vec<_> = fs::read_dir(&parent).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".to-be-removed-0"]);
    assert_eq!(fs::read_to_string(outside.join("precious")).unwrap(), "precious");
    removal::remove_below(&folder.path().join("none"), "x").unwrap();
}

#[test]
fn folders_deeper_than_any_path_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let top = open_top(folder.path()).unwrap();
    rustix::fs::mkdirat(&top, "deep", Mode::RWXU).unwrap();
    let mut at = open_folder(&top, "deep").unwrap();
    for _ in 0..5_000 {
        rustix::fs::mkdirat(&at, "d", Mode::RWXU).unwrap();
        at = open_folder(&at, "d").unwrap();
    }
    removal::remove_path(&folder.path().join("deep")).unwrap();
    removal::remove_path(&folder.path().join("deep")).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
