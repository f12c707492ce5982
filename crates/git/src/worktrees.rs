//! Linked worktrees, made and removed so that a crash at any line is made good by doing it again.

use std::{fs, path::Path};

use domain::ports::vcs::{VcsError, Worktree, snapshots_beside};
use protocol::RunId;

use crate::{
    Git,
    checkout::{Checkout, line_of, settled},
    command::Call,
    folder, names,
    own_index::{blocking, relink},
    repository::branch_commit,
};

/// Written into a worktree's git folder when everything else is done.
const READY: &str = "loki-ready";
/// What references to snapshots began with.
const OLD_SNAPSHOTS: &str = "refs/loki/";

pub(crate) async fn add_worktree(
    git: &Git,
    repository: &Path,
    path: &Path,
    branch: &str,
    base: &str,
) -> Result<Worktree, VcsError> {
    let reference = names::branch_reference(branch)?;
    let base = names::object(base)?;
    if !path.is_absolute() {
        return Err(VcsError::Refused(format!("{} is no absolute path", path.display())));
    }
    let main = git.checkout_at(repository)?;
    let _lock = git.lock(&main.common_dir).await;
    let wanted = settled(path);
    let worktree = || Worktree { path: path.to_owned(), branch: branch.to_owned(), base: base.to_owned() };
    for checkout in main.worktrees()?.into_iter().filter(|checkout| checkout.work_tree == wanted) {
        let whole = line_of(&checkout.git_dir.join(READY)).is_some() && wanted.is_dir();
        let head = git.head_branch(&checkout).await?;
        if whole && head.as_deref() == Some(branch) {
            relink(&checkout)?;
            git.remember(&checkout);
            return Ok(worktree());
        }
        if whole {
            let head = head.unwrap_or_else(|| "no branch".to_owned());
            return Err(VcsError::Refused(format!("{} is a worktree of {head}, not of {branch}", path.display())));
        }
        git.discard(checkout).await?;
    }
    if !folder::is_free(&wanted)? {
        return Err(VcsError::Refused(format!("{} is not empty and no worktree of this repository", path.display())));
    }
    if let Err(error) = git.remove_old_snapshots(&main).await {
        tracing::warn!(%error, repository = %main.work_tree.display(), "references to snapshots of earlier runs stay");
    }
    git.add_whole(&main, &wanted, &reference, base).await?;
    Ok(worktree())
}

pub(crate) async fn remove_worktree(git: &Git, repository: &Path, path: &Path) -> Result<(), VcsError> {
    let main = git.checkout_at(repository)?;
    let _lock = git.lock(&main.common_dir).await;
    let wanted = settled(path);
    let checkouts: Vec<Checkout> = main.worktrees()?.into_iter().filter(|checkout| checkout.work_tree == wanted).collect();
    if checkouts.is_empty() && wanted.exists() {
        return Err(VcsError::Refused(format!("{} is no worktree of this repository", path.display())));
    }
    blocking(move || folder::remove(&snapshots_beside(&wanted))).await?;
    for checkout in checkouts {
        git.discard(checkout).await?;
    }
    Ok(())
}

impl Git {
    async fn add_whole(&self, main: &Checkout, path: &Path, reference: &str, base: &str) -> Result<(), VcsError> {
        let branch = reference.trim_start_matches("refs/heads/");
        match branch_commit(self, main, branch).await? {
            Some(at) if at != base && !self.descends(main, base, &at).await? => {
                return Err(VcsError::Refused(format!("{branch} exists already, and does not come from {base}")));
            }
            Some(_) => {}
            None => {
                let nothing = "0".repeat(base.len());
                self.move_branch(main, reference, base, &nothing).await?;
            }
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let options = ["add", "--quiet", "--no-checkout", "--no-guess-remote", "--"].map(Into::into);
        let arguments: Vec<std::ffi::OsString> = options.into_iter().chain([path.into(), branch.into()]).collect();
        self.output(Call::new("worktree", arguments).at(main)).await?;

        let wanted = settled(path);
        let checkout = main.worktrees()?.into_iter().find(|checkout| checkout.work_tree == wanted);
        let Some(checkout) = checkout else {
            return Err(VcsError::Git { command: "worktree", detail: "the new worktree is not listed".to_owned() });
        };
        self.output(Call::new("read-tree", ["--reset", "-u", reference]).at(&checkout).long()).await?;
        // With the files' times in it, so that the first snapshot reads no file again.
        fs::copy(checkout.git_dir.join("index"), checkout.own_index())?;
        fs::write(checkout.git_dir.join(READY), base)?;
        self.remember(&checkout);
        Ok(())
    }

    /// Earlier versions kept snapshots in the repository, also what was refused, by references that nobody asks for any more. Their
    /// objects go when the repository is cleared up.
    async fn remove_old_snapshots(&self, main: &Checkout) -> Result<(), VcsError> {
        let list = Call::new("for-each-ref", ["--format=%(refname)", OLD_SNAPSHOTS]).apart_at(main);
        let names = String::from_utf8_lossy(&self.output(list).await?).into_owned();
        let commands: String =
            names.lines().filter(|name| is_old_snapshot(name)).map(|name| format!("delete {name}\n")).collect();
        if commands.is_empty() {
            return Ok(());
        }
        // One that is a link goes itself, and not the branch that it leads to.
        let delete = Call::new("update-ref", ["--no-deref", "--stdin"]).apart_at(main);
        self.output(delete.input(commands.into_bytes())).await.map(drop)
    }

    /// Removes the files first: while they exist, git's own data still says whose they are. Snapshots stay, for a worktree that is
    /// made again.
    async fn discard(&self, checkout: Checkout) -> Result<(), VcsError> {
        if checkout.common_dir.starts_with(&checkout.work_tree) {
            return Err(VcsError::Refused(format!("{} contains the repository itself", checkout.work_tree.display())));
        }
        self.forget(&checkout.work_tree);
        blocking(move || {
            folder::remove(&checkout.work_tree)?;
            folder::remove(&checkout.git_dir)
        })
        .await
    }
}

/// Whether loki made the reference: `run-<id>`, and the same with `-last` or `-rejected`.
fn is_old_snapshot(reference: &str) -> bool {
    let Some(name) = reference.strip_prefix(OLD_SNAPSHOTS).and_then(|name| name.strip_prefix("run-")) else { return false };
    let id = name.strip_suffix("-last").or_else(|| name.strip_suffix("-rejected")).unwrap_or(name);
    id.parse::<RunId>().is_ok_and(|run| run.to_string() == id)
}
