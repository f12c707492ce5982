//! Where a repository's or worktree's git folder is. Git itself is never left to look for one.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::PoisonError,
};

use domain::ports::vcs::{VcsError, snapshots_beside};

use crate::Git;

/// A work tree and its git folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    pub(crate) work_tree: PathBuf,
    pub(crate) git_dir: PathBuf,
    /// The same as `git_dir`, unless this is a linked worktree.
    pub(crate) common_dir: PathBuf,
}

impl Checkout {
    pub(crate) fn linked(&self) -> bool {
        self.git_dir != self.common_dir
    }

    pub(crate) fn config_files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.common_dir.join("config"), self.common_dir.join("config.worktree")];
        if self.linked() {
            files.push(self.git_dir.join("config.worktree"));
        }
        files
    }

    /// The index for snapshots, which nobody else uses.
    pub(crate) fn own_index(&self) -> PathBuf {
        self.git_dir.join("loki-index")
    }

    /// Where a linked worktree's snapshots are stored, and the file that says where all other objects are. Snapshots may hold what is
    /// refused later, secrets among it, so they are kept out of the repository, which every run of the project may read.
    pub(crate) fn snapshots(&self) -> Option<(PathBuf, PathBuf)> {
        let store = snapshots_beside(&self.work_tree);
        let others = store.join("info/alternates");
        self.linked().then_some((store, others))
    }

    /// Every linked worktree of the repository.
    pub(crate) fn worktrees(&self) -> Result<Vec<Self>, VcsError> {
        let Ok(entries) = std::fs::read_dir(self.common_dir.join("worktrees")) else { return Ok(Vec::new()) };
        let mut checkouts = Vec::new();
        for entry in entries {
            let entry = entry?;
            let git_dir = entry.path();
            let Some(link) = line_of(&git_dir.join("gitdir")) else { continue };
            let link = git_dir.join(link);
            if entry.file_type()?.is_dir()
                && let Some(work_tree) = link.parent()
            {
                checkouts.push(Self { work_tree: settled(work_tree), git_dir, common_dir: self.common_dir.clone() });
            }
        }
        Ok(checkouts)
    }
}

/// The first line of a small file, as a path.
pub(crate) fn line_of(file: &Path) -> Option<PathBuf> {
    let metadata = std::fs::symlink_metadata(file).ok()?;
    if !metadata.is_file() || metadata.len() > 64 << 10 {
        return None;
    }
    let text = std::fs::read(file).ok()?;
    Some(PathBuf::from(OsStr::from_bytes(text.trim_ascii_end())))
}

/// The path without symbolic links as far as it exists.
pub(crate) fn settled(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => settled(parent).join(name),
        _ => path.to_owned(),
    }
}

impl Git {
    /// The checkout of a folder that is the top of a repository or of a worktree.
    pub(crate) fn checkout_at(&self, path: &Path) -> Result<Checkout, VcsError> {
        if !path.is_absolute() {
            return Err(VcsError::Refused(format!("{} is no absolute path", path.display())));
        }
        let work_tree = settled(path);
        if let Some(checkout) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&work_tree) {
            return Ok(checkout.clone());
        }
        let link = work_tree.join(".git");
        let no_repository = || {
            let way_out = "run `git init` in it and make a first commit, or name the top folder";
            VcsError::Refused(format!("{} is not the top folder of a git repository: {way_out}", path.display()))
        };
        let metadata = std::fs::symlink_metadata(&link).map_err(|_| no_repository())?;
        if metadata.is_dir() {
            // Git would take objects and configuration from wherever this file points to.
            if !link.join("HEAD").is_file() || link.join("commondir").exists() {
                return Err(no_repository());
            }
            return Ok(Checkout { work_tree, git_dir: link.clone(), common_dir: link });
        }
        linked_checkout(&work_tree).ok_or_else(|| {
            let why = "is a submodule, or a worktree of a repository that does not know it";
            VcsError::Refused(format!("{} {why}: name the repository that it belongs to", path.display()))
        })
    }

    /// A worktree of the repository as the repository knows it: what stands in the worktree itself may be anybody's.
    pub(crate) fn worktree_of(&self, repository: &Path, worktree: &Path) -> Result<Option<Checkout>, VcsError> {
        let worktree = settled(worktree);
        Ok(self.checkout_at(repository)?.worktrees()?.into_iter().find(|checkout| checkout.work_tree == worktree))
    }

    pub(crate) fn remember(&self, checkout: &Checkout) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(checkout.work_tree.clone(), checkout.clone());
    }

    pub(crate) fn forget(&self, work_tree: &Path) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(work_tree);
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(work_tree);
    }
}

/// The checkout that a worktree's `.git` file names, if the repository there knows of the worktree in turn.
fn linked_checkout(work_tree: &Path) -> Option<Checkout> {
    let link = line_of(&work_tree.join(".git"))?;
    let target = link.as_os_str().as_bytes().strip_prefix(b"gitdir: ")?;
    let git_dir = work_tree.join(OsStr::from_bytes(target)).canonicalize().ok()?;
    let worktrees = git_dir.parent().filter(|parent| parent.file_name() == Some(OsStr::new("worktrees")))?;
    let common_dir = worktrees.parent()?.to_owned();
    let back = git_dir.join(line_of(&git_dir.join("gitdir"))?);
    let known = settled(back.parent()?) == work_tree;
    let inside = git_dir.starts_with(work_tree);
    (known && !inside && common_dir.join("objects").is_dir()).then_some(Checkout {
        work_tree: work_tree.to_owned(),
        git_dir,
        common_dir,
    })
}
