//! Git: repositories, worktrees, snapshots, commits and diffs. Every repository is taken to be hostile.

mod batch;
mod checkout;
mod command;
mod commit;
mod config;
mod diff;
mod export;
mod folder;
mod merge;
mod names;
mod own_index;
mod patch;
mod reading;
mod remote;
mod repository;
mod snapshots;
mod worktrees;

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::ports::vcs::{ChangedFile, CommitIdentity, DiffStat, Merge, NewCommit, Sides, Snapshot, Vcs, VcsError, Worktree};
use protocol::{Timestamp, runs::FileDiff};
use tokio_util::sync::CancellationToken;

use crate::{checkout::Checkout, config::Overrides};

/// Git by its command line. It reads neither the system's nor the user's configuration, runs no hook, filter, driver or helper
/// that a repository names, and talks to no remote except in `clone`.
pub struct Git {
    /// `PATH` for git and its helpers.
    search_path: OsString,
    /// An empty folder of our own: home, and the work tree of commands that need none.
    empty: PathBuf,
    /// Protocols that `clone` may use.
    protocols: &'static str,
    /// Hosts of the server's own network that may be cloned from.
    clone_hosts: Vec<String>,
    /// The SSH key that commits are signed with.
    signing_key: Option<PathBuf>,
    overrides: Mutex<HashMap<PathBuf, Overrides>>,
    /// Worktrees seen by `add_worktree`. Their `.git` file is the agent's to overwrite, so it is not asked where their git
    /// folder is.
    known: Mutex<HashMap<PathBuf, Checkout>>,
    /// One lock for each folder that is worked on.
    locks: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl Git {
    /// Git found along `search_path` (the value of `PATH`). `private` is a folder for this alone, made if it is missing.
    pub fn new(private: &Path, search_path: impl Into<OsString>) -> Result<Self, VcsError> {
        let empty = private.join("empty");
        std::fs::create_dir_all(&empty)?;
        Ok(Self {
            search_path: search_path.into(),
            empty: empty.canonicalize()?,
            protocols: "https:http:ssh:git",
            clone_hosts: Vec::new(),
            signing_key: None,
            overrides: Mutex::default(),
            known: Mutex::default(),
            locks: Mutex::default(),
        })
    }

    /// Signs every commit with this SSH key. Its signatures have to be the same each time (Ed25519 or RSA), so that making a commit
    /// again gives the same hash.
    #[must_use]
    pub fn signed_with(self, signing_key: Option<PathBuf>) -> Self {
        Self { signing_key, ..self }
    }

    /// Also clones from these hosts, wherever they are; from all others only where their addresses are public.
    #[must_use]
    pub fn cloning_from(self, clone_hosts: Vec<String>) -> Self {
        Self { clone_hosts, ..self }
    }

    /// As [`Git::new`], with `clone` from local folders allowed. For tests alone: a local folder runs commands of its own.
    #[doc(hidden)]
    pub fn with_local_clones(private: &Path, search_path: impl Into<OsString>) -> Result<Self, VcsError> {
        Ok(Self { protocols: "file", ..Self::new(private, search_path)? })
    }

    /// Waits until nobody else changes `path` through this value.
    async fn lock(&self, path: &Path) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = Arc::clone(self.locks.lock().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_default());
        lock.lock_owned().await
    }
}

#[async_trait]
impl Vcs for Git {
    async fn init(
        &self,
        path: &Path,
        identity: &CommitIdentity,
        at: Timestamp,
        files: &[(String, String)],
    ) -> Result<String, VcsError> {
        repository::init(self, path, identity, at, files).await
    }

    fn check_url(&self, url: &str) -> Result<String, VcsError> {
        repository::check_url(self, url)
    }

    async fn clone(&self, url: &str, path: &Path, cancel: &CancellationToken) -> Result<String, VcsError> {
        repository::clone(self, url, path, cancel).await
    }

    async fn head(&self, path: &Path) -> Result<(String, String), VcsError> {
        repository::head(self, path).await
    }

    fn data(&self, repository: &Path) -> Result<PathBuf, VcsError> {
        Ok(self.checkout_at(repository)?.common_dir)
    }

    async fn branch_commit(&self, repository: &Path, branch: &str) -> Result<Option<String>, VcsError> {
        repository::branch_commit(self, &self.checkout_at(repository)?, branch).await
    }

    async fn add_worktree(&self, repository: &Path, path: &Path, branch: &str, base: &str) -> Result<Worktree, VcsError> {
        worktrees::add_worktree(self, repository, path, branch, base).await
    }

    async fn remove_worktree(&self, repository: &Path, path: &Path) -> Result<(), VcsError> {
        worktrees::remove_worktree(self, repository, path).await
    }

    async fn snapshot(&self, worktree: &Path) -> Result<String, VcsError> {
        own_index::snapshot(self, worktree).await
    }

    async fn restore(&self, worktree: &Path, tree: &str) -> Result<(), VcsError> {
        own_index::restore(self, worktree, tree).await
    }

    async fn export(&self, repository: &Path, tree: &str, folder: &Path) -> Result<(), VcsError> {
        export::export(self, repository, tree, folder).await
    }

    async fn commit(&self, worktree: &Path, commit: &NewCommit) -> Result<String, VcsError> {
        commit::commit(self, worktree, commit).await
    }

    async fn stat(&self, repository: &Path, from: &str, to: &str) -> Result<DiffStat, VcsError> {
        diff::stat(self, repository, from, to).await
    }

    async fn changed(&self, repository: &Path, from: &str, to: &str, most: usize) -> Result<Vec<ChangedFile>, VcsError> {
        reading::changed(self, repository, from, to, most).await
    }

    async fn diff(&self, repository: &Path, from: &str, to: &str, max_lines: u32) -> Result<Vec<FileDiff>, VcsError> {
        diff::diff(self, &self.checkout_at(repository)?, from, to, max_lines).await
    }

    async fn diff_to_snapshot(
        &self,
        repository: &Path,
        from: &str,
        snapshot: Snapshot<'_>,
        max_lines: u32,
    ) -> Result<Option<Vec<FileDiff>>, VcsError> {
        let Snapshot { worktree, tree } = snapshot;
        let Some(checkout) = self.worktree_of(repository, worktree)? else { return Ok(None) };
        let error = match diff::diff(self, &checkout, from, tree, max_lines).await {
            Ok(files) => return Ok(Some(files)),
            Err(error) => error,
        };
        // The worktree may have gone meanwhile, as its run ended.
        match self.worktree_of(repository, worktree)? {
            Some(checkout) if self.has_object(&checkout, tree).await? => Err(error),
            _ => Ok(None),
        }
    }

    async fn diff_sha256(&self, repository: &Path, from: &str, to: &str) -> Result<String, VcsError> {
        diff::diff_sha256(self, repository, from, to).await
    }

    async fn log(&self, repository: &Path, from: &str, to: &str) -> Result<Vec<String>, VcsError> {
        reading::log(self, repository, from, to).await
    }

    async fn files(&self, repository: &Path, at: &str, most: usize) -> Result<Vec<String>, VcsError> {
        reading::files(self, repository, at, most).await
    }

    async fn read(&self, repository: &Path, at: &str, path: &str, max_bytes: usize) -> Result<Option<String>, VcsError> {
        reading::read(self, repository, at, path, max_bytes).await
    }

    async fn merge(
        &self,
        repository: &Path,
        sides: Sides<'_>,
        identity: &CommitIdentity,
        at: Timestamp,
    ) -> Result<Merge, VcsError> {
        merge::merge(self, repository, sides, identity, at).await
    }
}
