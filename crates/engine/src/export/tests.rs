//! The export into worktrees that an agent has prepared against it.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::*;

struct Worktree {
    folder: tempfile::TempDir,
}

impl Worktree {
    /// With a folder `outside` beside it, which holds `precious`.
    fn new() -> Self {
        let worktree = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(worktree.path()).unwrap();
        fs::create_dir(worktree.outside()).unwrap();
        fs::write(worktree.outside().join("precious"), "precious").unwrap();
        worktree
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("worktree")
    }

    fn own(&self) -> PathBuf {
        self.path().join(".loki")
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    fn is_untouched_outside(&self) {
        assert_eq!(fs::read_to_string(self.outside().join("precious")).unwrap(), "precious");
        assert_eq!(fs::read_dir(self.outside()).unwrap().count(), 1);
    }

    fn write(&self, name: &str) -> io::Result<()> {
        let folder = made(files::open_top(&self.path())?, FOLDER)?;
        replace(&made(&folder, QUEUE)?, name, &json!({"a": 1}))
    }
}

#[test]
fn files_are_replaced_and_appended_to() {
    let worktree = Worktree::new();
    append_lines(&worktree.path(), "lost\n").unwrap_err();
    for _ in 0..2 {
        worktree.write("pending.json").unwrap();
        append_lines(&worktree.path(), "{}\n").unwrap();
    }
    assert_eq!(fs::read_to_string(worktree.own().join("queue/pending.json")).unwrap(), "{\"a\":1}");
    assert_eq!(fs::read_to_string(worktree.own().join("events.jsonl")).unwrap(), "{}\n{}\n");
    assert_eq!(fs::read_dir(worktree.own().join("queue")).unwrap().count(), 1);
}

#[test]
fn planted_links_lead_nowhere() {
    let worktree = Worktree::new();
    symlink(worktree.outside(), worktree.own()).unwrap();
    worktree.write("precious").unwrap_err();
    append_lines(&worktree.path(), "x").unwrap_err();
    worktree.is_untouched_outside();

    fs::remove_file(worktree.own()).unwrap();
    fs::create_dir(worktree.own()).unwrap();
    symlink(worktree.outside(), worktree.own().join("queue")).unwrap();
    worktree.write("precious").unwrap_err();
    symlink(worktree.outside().join("precious"), worktree.own().join("events.jsonl")).unwrap();
    append_lines(&worktree.path(), "x").unwrap_err();
    fs::remove_file(worktree.own().join("events.jsonl")).unwrap();
    fs::hard_link(worktree.outside().join("precious"), worktree.own().join("events.jsonl")).unwrap();
    append_lines(&worktree.path(), "x").unwrap_err();
    worktree.is_untouched_outside();

    fs::remove_file(worktree.own().join("queue")).unwrap();
    fs::create_dir(worktree.own().join("queue")).unwrap();
    symlink(worktree.outside().join("precious"), worktree.own().join("queue/a.json")).unwrap();
    symlink(worktree.outside().join("precious"), worktree.own().join("queue/.a.json.new")).unwrap();
    worktree.write("a.json").unwrap();
    assert!(!worktree.own().join("queue/a.json").is_symlink());
    worktree.is_untouched_outside();
}

#[test]
fn a_file_or_pipe_in_the_way_ends_the_export() {
    let worktree = Worktree::new();
    fs::write(worktree.own(), "mine").unwrap();
    worktree.write("a.json").unwrap_err();
    fs::remove_file(worktree.own()).unwrap();
    fs::create_dir(worktree.own()).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, worktree.own().join("events.jsonl"), Mode::RWXU).unwrap();
    append_lines(&worktree.path(), "x").unwrap_err();
}

#[test]
fn what_others_put_into_the_folder_is_removed() {
    let worktree = Worktree::new();
    assert!(!remove_foreign(&worktree.path()).unwrap());
    for path in [
        "queue/pending.json",
        "queue/hidden.py",
        "session.json/hidden",
        "events.jsonl",
        "PAUSE",
        "config/gates.json",
        "lib/deep/x",
    ] {
        let file = worktree.own().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    symlink(worktree.outside(), worktree.own().join("STOP")).unwrap();
    assert!(remove_foreign(&worktree.path()).unwrap());
    let names = |folder: PathBuf| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(worktree.own()), ["PAUSE", "config", "events.jsonl", "queue"]);
    assert_eq!(names(worktree.own().join("queue")), ["pending.json"]);
    assert!(worktree.own().join("config/gates.json").exists());
    assert!(!remove_foreign(&worktree.path()).unwrap());

    fs::remove_dir_all(worktree.own()).unwrap();
    symlink(worktree.outside(), worktree.own()).unwrap();
    assert!(remove_foreign(&worktree.path()).unwrap());
    assert!(!worktree.own().is_symlink());
    worktree.is_untouched_outside();
}
