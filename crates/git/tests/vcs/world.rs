//! Real repositories in folders that go away with the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use domain::ports::vcs::{CommitIdentity, NewCommit, Vcs, Worktree};
use git::Git;
use protocol::Timestamp;
use tempfile::TempDir;

const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) git: Git,
    pub(crate) repository: PathBuf,
    /// The first commit.
    pub(crate) base: String,
}

impl World {
    /// A repository with `a.txt` (`one`, `two`), `sub/b.txt` and a `.gitignore` of `*.log`.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(&folder.path().join("private"), SEARCH_PATH).unwrap();
        let repository = folder.path().join("repository");
        let base = git.init(&repository, &identity(), at(), &first_files()).await.unwrap();
        Self { folder, git, repository, base }
    }

    /// As after a restart.
    pub(crate) fn again(&self) -> Git {
        Git::with_local_clones(&self.folder.path().join("private"), SEARCH_PATH).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn worktree(&self) -> Worktree {
        self.git.add_worktree(&self.repository, &self.path("worktree"), "loki/run", &self.base).await.unwrap()
    }

    /// Commits what stands in a worktree.
    pub(crate) async fn commit(&self, worktree: &Worktree, parent: &str) -> String {
        let tree = self.git.snapshot(&worktree.path).await.unwrap();
        self.git.commit(&worktree.path, &new_commit(&worktree.branch, tree, parent)).await.unwrap()
    }
}

pub(crate) fn first_files() -> Vec<(String, String)> {
    [("a.txt", "one\ntwo\n"), ("sub/b.txt", "b\n"), (".gitignore", "*.log\n")]
        .map(|(path, text)| (path.into(), text.into()))
        .into()
}

pub(crate) fn new_commit(branch: &str, tree: String, parent: &str) -> NewCommit {
    let (branch, parent, message) = (branch.into(), parent.into(), "feat: something\n\nWhy.".into());
    NewCommit { tree, parent, branch, message, identity: identity(), at: at() }
}

pub(crate) fn identity() -> CommitIdentity {
    CommitIdentity { name: "Ada Ü".into(), email: "ada@example.org".into() }
}

pub(crate) fn at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// Plain git, as a person would run it.
pub(crate) fn plain(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=P", "-c", "user.email=p@example.org"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Names in a tree, sorted, with their modes. It may be a snapshot of [`World::worktree`].
pub(crate) fn tree(repository: &Path, tree: &str) -> Vec<String> {
    let snapshots = repository.with_file_name("worktree.snapshots");
    let mut command = Command::new("git");
    command.current_dir(repository).args(["ls-tree", "-r", "-z", "--full-tree", tree]);
    let output = command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", snapshots).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let records = text.split('\0').filter(|record| !record.is_empty());
    records.map(|record| format!("{} {}", &record[..6], record.split_once('\t').unwrap().1)).collect()
}
