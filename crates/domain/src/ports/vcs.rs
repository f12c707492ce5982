//! Git: repositories, worktrees, snapshots, commits and diffs. Every repository is taken to be hostile.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use protocol::{Timestamp, runs::FileDiff};
use tokio_util::sync::CancellationToken;

/// Who a commit is by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitIdentity {
    pub name: String,
    pub email: String,
}

/// A worktree of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    pub path: PathBuf,
    pub branch: String,
    /// The commit it was made from.
    pub base: String,
}

/// A tree that was stored of a worktree, and is known through it.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    pub worktree: &'a Path,
    pub tree: &'a str,
}

/// Two branches, of which the second takes up the first.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    pub branch: &'a str,
    pub into: &'a str,
}

/// How a merge ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The branch now points to this commit.
    Merged(String),
    /// Both sides changed these files; nothing was changed.
    Conflict(Vec<String>),
}

/// What changed between two trees, without the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffStat {
    pub files: u32,
    pub added: u32,
    pub removed: u32,
}

/// A file's change with both texts, for the gates that read code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: String,
    /// `None` when it is new. Text that is not UTF-8, or larger than a megabyte, is given as `Some(String::new())` with `opaque`.
    pub before: Option<String>,
    /// `None` when it is gone.
    pub after: Option<String>,
    /// Binary or too large to read.
    pub opaque: bool,
    /// A symbolic link, and where it points to.
    pub link: Option<String>,
}

/// Where the snapshots of a worktree are stored: beside it, where no sandbox can look.
pub fn snapshots_beside(worktree: &Path) -> PathBuf {
    let mut path = worktree.as_os_str().to_owned();
    path.push(".snapshots");
    PathBuf::from(path)
}

/// Git, for what the engine needs of it. All paths are absolute.
#[async_trait]
pub trait Vcs: Send + Sync {
    /// Makes a repository at `path` with branch `main` and a first commit of `files` (path, content).
    async fn init(
        &self,
        path: &Path,
        identity: &CommitIdentity,
        at: Timestamp,
        files: &[(String, String)],
    ) -> Result<String, VcsError>;

    /// The address without credentials, if [`Vcs::clone`] would take it: known before anything is made.
    fn check_url(&self, url: &str) -> Result<String, VcsError>;

    /// Clones `url` (https, http, ssh or git; never `ext::`, a local path, or an option) to `path`, and returns its branch.
    async fn clone(&self, url: &str, path: &Path, cancel: &CancellationToken) -> Result<String, VcsError>;

    /// The branch and commit that `path`, a repository's top folder, has checked out. A folder that is no repository is an error.
    async fn head(&self, path: &Path) -> Result<(String, String), VcsError>;

    /// The folder of git's own data of a repository, which that of all its worktrees lies in: what a job reads besides the files
    /// that it works on. A repository may itself be a worktree of another one, whose folder it is then.
    fn data(&self, repository: &Path) -> Result<PathBuf, VcsError>;

    /// The commit at which `branch` stands.
    async fn branch_commit(&self, repository: &Path, branch: &str) -> Result<Option<String>, VcsError>;

    /// Makes, or finds again, a worktree at `path` on a new branch `branch` from commit `base`.
    async fn add_worktree(&self, repository: &Path, path: &Path, branch: &str, base: &str) -> Result<Worktree, VcsError>;

    /// Removes a worktree and all its snapshots; its branch stays.
    async fn remove_worktree(&self, repository: &Path, path: &Path) -> Result<(), VcsError>;

    /// Stores everything in the worktree that git does not ignore (and neither `.loki/`, apart from `.loki/config/`) as a tree
    /// object and returns its id. The index and HEAD stay as they are. Of a run's worktree, the objects are stored in
    /// [`snapshots_beside`] it and known through this worktree alone, so what is never committed never is in the repository.
    async fn snapshot(&self, worktree: &Path) -> Result<String, VcsError>;

    /// Makes the worktree's files equal to `tree`: what was added is removed, what was changed or deleted is back. Ignored
    /// files and `.loki/` stay, unless their paths are too long to be looked at.
    async fn restore(&self, worktree: &Path, tree: &str) -> Result<(), VcsError>;

    /// Writes the files of a tree or commit, and nothing else, into `folder`, which is missing or empty and becomes no worktree.
    /// Files are as in a fresh clone; filters that the repository names are not run.
    async fn export(&self, repository: &Path, tree: &str, folder: &Path) -> Result<(), VcsError>;

    /// Commits `tree`, a snapshot, onto the worktree's branch on top of `parent`: its objects are the repository's then. The same
    /// arguments always give the same commit, and doing it twice is doing it once. The branch standing anywhere else than at
    /// `parent` or at this commit is an error.
    async fn commit(&self, worktree: &Path, commit: &NewCommit) -> Result<String, VcsError>;

    /// Numbers of what changed between two trees or commits.
    async fn stat(&self, repository: &Path, from: &str, to: &str) -> Result<DiffStat, VcsError>;

    /// Every file that changed between two trees or commits, with both texts; at most `most` files.
    async fn changed(&self, repository: &Path, from: &str, to: &str, most: usize) -> Result<Vec<ChangedFile>, VcsError>;

    /// The diff for reading: three lines of context, renames found, files over `max_lines` lines of change folded.
    async fn diff(&self, repository: &Path, from: &str, to: &str, max_lines: u32) -> Result<Vec<FileDiff>, VcsError>;

    /// As [`Vcs::diff`], to a snapshot of a worktree of the repository; `None` where there is no such worktree or snapshot.
    async fn diff_to_snapshot(
        &self,
        repository: &Path,
        from: &str,
        snapshot: Snapshot<'_>,
        max_lines: u32,
    ) -> Result<Option<Vec<FileDiff>>, VcsError>;

    /// SHA-256, in hex, of `git diff --binary --full-index --no-renames FROM TO`, read as a stream.
    async fn diff_sha256(&self, repository: &Path, from: &str, to: &str) -> Result<String, VcsError>;

    /// Commits after `from` up to `to`, oldest first, as `<hash> <subject>`.
    async fn log(&self, repository: &Path, from: &str, to: &str) -> Result<Vec<String>, VcsError>;

    /// Paths of all files of a commit or tree, at most `most`.
    async fn files(&self, repository: &Path, at: &str, most: usize) -> Result<Vec<String>, VcsError>;

    /// A file of a commit or tree, if it is there, text and at most `max_bytes` long.
    async fn read(&self, repository: &Path, at: &str, path: &str, max_bytes: usize) -> Result<Option<String>, VcsError>;

    /// Brings one branch into the other: fast-forward if that can be, else a merge commit. If `into` is checked out in the
    /// repository's own folder, its files follow, unless it has changes of its own, which is an error that names them.
    async fn merge(
        &self,
        repository: &Path,
        sides: Sides<'_>,
        identity: &CommitIdentity,
        at: Timestamp,
    ) -> Result<Merge, VcsError>;
}

/// A commit to be made. `at` is part of it, so that making it again gives the same hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    pub tree: String,
    pub parent: String,
    pub branch: String,
    pub message: String,
    pub identity: CommitIdentity,
    pub at: Timestamp,
}

/// Why git did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VcsError {
    /// The caller's fault: a URL, branch or path that is not allowed; the text is for people.
    #[error("{0}")]
    Refused(String),
    /// Git said no; the text is git's own, cut to 2,000 characters and without credentials.
    #[error("git {command} failed: {detail}")]
    Git { command: &'static str, detail: String },
    #[error("git could not be run: {0}")]
    Io(#[from] std::io::Error),
    #[error("git {command} took longer than {seconds} s and was stopped")]
    TimedOut { command: &'static str, seconds: u64 },
    /// Of a file or folder in a worktree, which no program can open by its path.
    #[error("a path in the worktree is too long: {0}")]
    PathTooLong(String),
    #[error("the disk is full")]
    DiskFull,
}
