//! Making, cloning and asking a repository.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use domain::ports::vcs::{CommitIdentity, VcsError};
use protocol::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    Git,
    checkout::Checkout,
    command::Call,
    commit::Signed,
    folder::{Sibling, is_free},
    names,
};

pub(crate) async fn init(
    git: &Git,
    path: &Path,
    identity: &CommitIdentity,
    at: Timestamp,
    files: &[(String, String)],
) -> Result<String, VcsError> {
    names::identity(identity)?;
    for (path, _) in files {
        names::inner_path(path)?;
    }
    let _lock = git.lock(path).await;
    let sibling = Sibling::of(path)?;
    let checkout = git.empty_repository(&sibling.path).await?;
    let mut list = Vec::new();
    for (path, content) in files {
        let file = sibling.path.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, content)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
        list.extend_from_slice(path.as_bytes());
        list.push(0);
    }
    git.output(Call::new("update-index", ["-z", "--add", "--stdin"]).at(&checkout).input(list).long()).await?;
    let tree = git.word(Call::new("write-tree", [""; 0]).at(&checkout)).await?;
    let signed = Signed { identity, at, message: "Initial commit" };
    let commit = git.commit_object(&checkout, &tree, &[], &signed).await?;
    git.output(Call::new("update-ref", ["--", "refs/heads/main", &commit]).at(&checkout)).await?;
    if is_free(path)? {
        sibling.move_in()?;
        return Ok(commit);
    }
    // A second time: the same repository stands there already, perhaps with more commits.
    if let Ok(checkout) = git.checkout_at(path)
        && git.descends(&checkout, &commit, "refs/heads/main").await?
    {
        return Ok(commit);
    }
    Err(VcsError::Refused(format!("{} is not empty", path.display())))
}

/// An address to clone from, without its credentials.
pub(crate) fn check_url(git: &Git, url: &str) -> Result<String, VcsError> {
    if git.protocols == "file" { Ok(url.to_owned()) } else { names::clone_url(url) }
}

pub(crate) async fn clone(git: &Git, url: &str, path: &Path, cancel: &CancellationToken) -> Result<String, VcsError> {
    let kept = check_url(git, url)?;
    let _lock = git.lock(path).await;
    if !is_free(path)? {
        return Err(VcsError::Refused(format!("{} is not empty", path.display())));
    }
    let clone = Call::new("clone", [""; 0]).network(cancel).long();
    let (clone, bound) = tokio::select! {
        bound = git.bound(url, clone) => bound?,
        () = cancel.cancelled() => {
            return Err(VcsError::Git { command: "clone", detail: "it was cancelled".to_owned() });
        }
    };
    let sibling = Sibling::of(path)?;
    let options = ["--quiet", "--no-recurse-submodules", "--template=", "--no-hardlinks", "--origin=origin", "--"];
    let arguments = options.into_iter().chain([bound.as_str()]).map(std::ffi::OsString::from);
    let clone = clone.arguments(arguments.chain([sibling.path.clone().into()]));
    git.output(clone).await.map_err(|error| git.clone_error(url, error))?;
    let checkout = git.checkout_at(&sibling.path)?;
    if kept != bound {
        // An agent may read the configuration; the credentials stay with the caller.
        git.output(Call::new("config", ["--local", "remote.origin.url", &kept]).at(&checkout)).await?;
    }
    let branch = git.settle_head(&checkout).await?;
    sibling.move_in()?;
    Ok(branch)
}

pub(crate) async fn head(git: &Git, path: &Path) -> Result<(String, String), VcsError> {
    let checkout = git.checkout_at(path)?;
    let call = Call::new("rev-parse", ["HEAD", "--symbolic-full-name", "HEAD"]).at(&checkout);
    let (outcome, output) = git.outcome(call).await?;
    if outcome.code != Some(0) {
        let path = checkout.work_tree.display();
        return Err(VcsError::Refused(format!("{path} has no commit checked out: make a first commit in it")));
    }
    let text = String::from_utf8_lossy(&output).into_owned();
    match text.lines().collect::<Vec<_>>().as_slice() {
        [commit, name] if name.starts_with("refs/heads/") => {
            Ok((name.trim_start_matches("refs/heads/").to_owned(), (*commit).to_owned()))
        }
        _ => {
            let path = checkout.work_tree.display();
            Err(VcsError::Refused(format!("{path} has no branch checked out: check one out with `git switch`")))
        }
    }
}

pub(crate) async fn branch_commit(git: &Git, checkout: &Checkout, branch: &str) -> Result<Option<String>, VcsError> {
    let reference = names::branch_reference(branch)?;
    let call = Call::new("rev-parse", ["--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")]);
    let (outcome, output) = git.outcome(call.apart_at(checkout)).await?;
    match outcome.code {
        Some(0) => Ok(Some(String::from_utf8_lossy(&output).trim().to_owned())),
        Some(1) => Ok(None),
        _ => Err(outcome.error()),
    }
}

impl Git {
    async fn empty_repository(&self, path: &Path) -> Result<Checkout, VcsError> {
        let arguments = ["--quiet", "--template=", "--initial-branch=main", "--"].map(std::ffi::OsString::from);
        self.output(Call::new("init", arguments.into_iter().chain([path.into()]))).await?;
        self.checkout_at(path)
    }

    /// A clone may have no commit, or none on a branch; afterwards it has.
    async fn settle_head(&self, checkout: &Checkout) -> Result<String, VcsError> {
        let (outcome, commit) =
            self.outcome(Call::new("rev-parse", ["--verify", "--quiet", "HEAD^{commit}"]).at(checkout)).await?;
        let branch = self.head_branch(checkout).await?;
        if outcome.code == Some(0)
            && let Some(branch) = branch
        {
            return Ok(branch);
        }
        let commit = if outcome.code == Some(0) {
            String::from_utf8_lossy(&commit).trim().to_owned()
        } else {
            let tree = self.word(Call::new("write-tree", [""; 0]).at(checkout)).await?;
            let identity = CommitIdentity { name: "loki".to_owned(), email: "loki@localhost".to_owned() };
            let signed = Signed { identity: &identity, at: Timestamp::from_millis(0), message: "Initial commit" };
            self.commit_object(checkout, &tree, &[], &signed).await?
        };
        self.output(Call::new("update-ref", ["--", "refs/heads/main", &commit]).at(checkout)).await?;
        self.output(Call::new("symbolic-ref", ["HEAD", "refs/heads/main"]).at(checkout)).await?;
        Ok("main".to_owned())
    }

    /// The branch that HEAD names, with or without commits.
    pub(crate) async fn head_branch(&self, checkout: &Checkout) -> Result<Option<String>, VcsError> {
        let head = crate::checkout::line_of(&checkout.git_dir.join("HEAD")).map(|line| line.to_string_lossy().into_owned());
        match head.as_deref().and_then(|head| head.strip_prefix("ref: refs/heads/")) {
            // Where references are not loose files, HEAD says this for older programs.
            Some(".invalid") => {
                let (outcome, name) = self.outcome(Call::new("symbolic-ref", ["--quiet", "HEAD"]).at(checkout)).await?;
                let name = String::from_utf8_lossy(&name).trim().to_owned();
                Ok((outcome.code == Some(0)).then(|| name.trim_start_matches("refs/heads/").to_owned()))
            }
            branch => Ok(branch.map(ToOwned::to_owned)),
        }
    }

    /// Whether `old` is `new` or an ancestor of it; not if either is missing.
    pub(crate) async fn descends(&self, checkout: &Checkout, old: &str, new: &str) -> Result<bool, VcsError> {
        let call = Call::new("merge-base", ["--is-ancestor", "--end-of-options", old, new]).apart_at(checkout);
        Ok(self.outcome(call).await?.0.code == Some(0))
    }
}
