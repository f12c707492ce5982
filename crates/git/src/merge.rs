//! Merges that are known to be clean before anything that is checked out is touched.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use domain::ports::vcs::{CommitIdentity, Merge, Sides, VcsError};
use protocol::Timestamp;

use crate::{
    Git,
    checkout::Checkout,
    command::Call,
    commit::Signed,
    folder::{Look, Standing},
    names,
    own_index::blocking,
    repository::branch_commit,
};

/// How many names an error lists.
const SHOWN_NAMES: usize = 20;

pub(crate) async fn merge(
    git: &Git,
    repository: &Path,
    sides: Sides<'_>,
    identity: &CommitIdentity,
    at: Timestamp,
) -> Result<Merge, VcsError> {
    let Sides { branch, into } = sides;
    names::identity(identity)?;
    let checkout = git.checkout_at(repository)?;
    let _lock = git.lock(&checkout.work_tree).await;
    let reference = names::branch_reference(into)?;
    let theirs = git.existing(&checkout, branch).await?;
    let ours = git.existing(&checkout, into).await?;

    let call = Call::new("merge-base", ["--end-of-options", &ours, &theirs]).apart_at(&checkout);
    let (outcome, base) = git.outcome(call).await?;
    let base = String::from_utf8_lossy(&base).trim().to_owned();
    match outcome.code {
        Some(0) => {}
        Some(1) => return Err(VcsError::Refused(format!("{branch} and {into} have no commit in common"))),
        _ => return Err(outcome.error()),
    }
    if base == theirs {
        return Ok(Merge::Merged(ours));
    }
    let merged = if base == ours {
        theirs
    } else {
        let tree = match git.merged_tree(&checkout, &ours, &theirs).await? {
            Ok(tree) => tree,
            Err(files) => return Ok(Merge::Conflict(files)),
        };
        let message = format!("Merge branch '{branch}' into {into}");
        let signed = Signed { identity, at, message: &message };
        git.commit_object(&checkout, &tree, &[&ours, &theirs], &signed).await?
    };
    git.refuse_if_checked_out_elsewhere(&checkout, into).await?;
    if git.head_branch(&checkout).await?.as_deref() == Some(into) {
        git.follow(&checkout, &ours, &merged).await?;
    }
    // Last, so that a crash before it leaves a merge that can be done again.
    git.move_branch(&checkout, &reference, &merged, &ours).await?;
    Ok(Merge::Merged(merged))
}

impl Git {
    async fn existing(&self, checkout: &Checkout, branch: &str) -> Result<String, VcsError> {
        let commit = branch_commit(self, checkout, branch).await?;
        commit.ok_or_else(|| VcsError::Refused(format!("there is no branch {branch}")))
    }

    /// The tree of both sides together, or the files in conflict.
    async fn merged_tree(&self, checkout: &Checkout, ours: &str, theirs: &str) -> Result<Result<String, Vec<String>>, VcsError> {
        let options = ["--write-tree", "-z", "--name-only", "--no-messages", "--end-of-options", ours, theirs];
        let (outcome, output) = self.outcome(Call::new("merge-tree", options).at(checkout).long()).await?;
        let mut records = output.split(|byte| *byte == 0).map(|record| String::from_utf8_lossy(record).into_owned());
        let tree = records.next().unwrap_or_default();
        match outcome.code {
            Some(0) => Ok(Ok(tree)),
            Some(1) => Ok(Err(records.filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter().collect())),
            _ => Err(outcome.error()),
        }
    }

    /// Moving a branch under another worktree would make its files look changed.
    async fn refuse_if_checked_out_elsewhere(&self, checkout: &Checkout, branch: &str) -> Result<(), VcsError> {
        let mut others = checkout.worktrees()?;
        if checkout.linked()
            && let Some(folder) = checkout.common_dir.parent()
        {
            others.push(Checkout {
                work_tree: folder.to_owned(),
                git_dir: checkout.common_dir.clone(),
                common_dir: checkout.common_dir.clone(),
            });
        }
        for other in others.iter().filter(|other| other.git_dir != checkout.git_dir && other.work_tree.is_dir()) {
            if self.head_branch(other).await?.as_deref() == Some(branch) {
                return Err(VcsError::Refused(format!("{branch} is checked out in {}", other.work_tree.display())));
            }
        }
        Ok(())
    }

    /// Brings the work tree and index from commit `old` to `new`. Files that a crashed earlier try has brought there already
    /// are no changes of the work tree's own.
    async fn follow(&self, checkout: &Checkout, old: &str, new: &str) -> Result<(), VcsError> {
        let index = checkout.git_dir.join("index");
        let local = self.differing(checkout, &index, old).await?;
        let call = Call::new("diff-tree", ["-r", "-z", "--no-renames", "--name-status", "--end-of-options", old, new]);
        let output = self.output(call.apart_at(checkout)).await?;
        let mut touched = Vec::new();
        let mut records = output.split(|byte| *byte == 0);
        while let (Some(status), Some(path)) = (records.next(), records.next()) {
            touched.push((status.first().copied().unwrap_or_default(), PathBuf::from(OsStr::from_bytes(path))));
        }
        let (root, removed) = (checkout.work_tree.clone(), gone(&touched));
        let found = blocking(move || found(&root, touched)).await?;

        let in_the_way = found.iter().any(|(status, _, standing)| *status == b'A' && *standing != Standing::Missing);
        let mut own: BTreeSet<PathBuf> = BTreeSet::new();
        if !local.is_empty() || in_the_way {
            let differs = self.differs_from(checkout, new).await?;
            let mut arrived = BTreeSet::new();
            for (status, path, standing) in found {
                let replaces_parent =
                    standing == Standing::Unreachable && path.ancestors().skip(1).any(|parent| removed.contains(parent));
                let right = match status {
                    b'D' => standing == Standing::Missing,
                    _ => standing == Standing::There && !differs.contains(&path),
                };
                if right {
                    arrived.insert(path);
                } else if status == b'A' && standing != Standing::Missing && !replaces_parent {
                    own.insert(path);
                }
            }
            own.extend(local.into_iter().filter(|path| !arrived.contains(path)));
        }
        if !own.is_empty() {
            let names: Vec<_> = own.iter().take(SHOWN_NAMES).map(|path| path.display().to_string()).collect();
            let more = if own.len() > SHOWN_NAMES { " and others" } else { "" };
            let checkout = checkout.work_tree.display();
            return Err(VcsError::Refused(format!("{checkout} has changes of its own in {}{more}", names.join(", "))));
        }
        self.output(Call::new("read-tree", ["--reset", "-u", "--end-of-options", new]).at(checkout).long()).await.map(drop)
    }

    /// Tracked files whose content is not that of a commit, by an index.
    async fn differing(&self, checkout: &Checkout, index: &Path, commit: &str) -> Result<BTreeSet<PathBuf>, VcsError> {
        let options = ["--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--no-renames", "--name-only", "-z"];
        let call =
            Call::new("diff", options.into_iter().chain(["--end-of-options", commit, "--"])).at(checkout).index(index).long();
        let output = self.output(call).await?;
        let paths = output.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect())
    }

    /// Files of a commit that the work tree does not have in the same way, whether tracked or not.
    async fn differs_from(&self, checkout: &Checkout, commit: &str) -> Result<BTreeSet<PathBuf>, VcsError> {
        self.seed_own_index(checkout, commit).await?;
        let differing = self.differing(checkout, &checkout.own_index(), commit).await;
        // Made for the question; the next snapshot makes its own.
        crate::folder::remove(&checkout.own_index())?;
        differing
    }
}

/// Paths that are gone, or are something else, in the new commit.
fn gone(touched: &[(u8, PathBuf)]) -> BTreeSet<PathBuf> {
    touched.iter().filter(|(status, _)| matches!(status, b'D' | b'T')).map(|(_, path)| path.clone()).collect()
}

/// How each path stands. A folder that holds nothing but files that go is as good as missing.
fn found(root: &Path, touched: Vec<(u8, PathBuf)>) -> std::io::Result<Vec<(u8, PathBuf, Standing)>> {
    let removed = gone(&touched);
    let mut look = Look::new(root);
    let mut found = Vec::new();
    for (status, path) in touched {
        let mut standing = look.at(&path)?;
        if status == b'A' && standing == Standing::There && holds_only(root, &path, &removed)? {
            standing = Standing::Missing;
        }
        found.push((status, path, standing));
    }
    Ok(found)
}

/// Whether `path` is a real folder with no files but those named.
fn holds_only(root: &Path, path: &Path, files: &BTreeSet<PathBuf>) -> std::io::Result<bool> {
    if !std::fs::symlink_metadata(root.join(path))?.is_dir() {
        return Ok(false);
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if !files.contains(&path) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
