//! Commits whose every byte is given, so that making one again gives the same hash.

use domain::ports::vcs::{CommitIdentity, NewCommit, VcsError};
use protocol::Timestamp;
use std::{ffi::OsString, fs, path::Path};

use crate::{Git, checkout::Checkout, command::Call, folder, names, repository::branch_commit};

/// Who says what, and when.
pub(crate) struct Signed<'a> {
    pub(crate) identity: &'a CommitIdentity,
    pub(crate) at: Timestamp,
    pub(crate) message: &'a str,
}

pub(crate) async fn commit(git: &Git, worktree: &Path, commit: &NewCommit) -> Result<String, VcsError> {
    let reference = names::branch_reference(&commit.branch)?;
    let checkout = git.checkout_at(worktree)?;
    let _lock = git.lock(&checkout.work_tree).await;
    let head = git.head_branch(&checkout).await?;
    if head.as_deref() != Some(&commit.branch) && !checkout.linked() {
        return Err(VcsError::Refused(format!("{} does not have {} checked out", worktree.display(), commit.branch)));
    }

    let signed = Signed { identity: &commit.identity, at: commit.at, message: &commit.message };
    let (tree, parent) = (names::object(&commit.tree)?, names::object(&commit.parent)?);
    git.hand_over(&checkout, tree).await?;
    let made = git.commit_object(&checkout, tree, &[parent], &signed).await?;
    git.move_branch(&checkout, &reference, &made, parent).await?;
    if head.as_deref() != Some(&commit.branch) {
        // The worktree is ours and was made for one branch, whatever an agent did to its HEAD.
        git.output(Call::new("symbolic-ref", ["HEAD", &reference]).at(&checkout)).await?;
    }
    git.index_equals(&checkout, &made).await?;
    Ok(made)
}

impl Git {
    pub(crate) async fn commit_object(
        &self,
        checkout: &Checkout,
        tree: &str,
        parents: &[&str],
        signed: &Signed<'_>,
    ) -> Result<String, VcsError> {
        let identity = names::identity(signed.identity)?;
        if signed.message.trim().is_empty() || signed.message.contains('\0') {
            return Err(VcsError::Refused("a commit needs a message, without NUL".to_owned()));
        }
        let date = format!("@{} +0000", signed.at.millis().div_euclid(1000).max(0));
        let mut message = signed.message.trim_end().as_bytes().to_vec();
        message.push(b'\n');
        let parents = parents.iter().flat_map(|parent| ["-p".into(), OsString::from(parent)]);
        let signature = self.signing_key.iter().map(|key| {
            let mut option = OsString::from("-S");
            option.push(key);
            option
        });
        let words = signature.chain(parents).chain(["-F", "-", tree].map(OsString::from));
        let call = Call::new("commit-tree", words).apart_at(checkout).lasting().input(message);
        let call = if self.signing_key.is_some() { call.signing() } else { call };
        let call = call.env("GIT_AUTHOR_NAME", &identity.name).env("GIT_AUTHOR_EMAIL", &identity.email);
        let call = call.env("GIT_COMMITTER_NAME", &identity.name).env("GIT_COMMITTER_EMAIL", &identity.email);
        self.word(call.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date)).await
    }

    /// Moves a branch from `old` to `new`; that it stands at `new` already is fine.
    pub(crate) async fn move_branch(&self, checkout: &Checkout, reference: &str, new: &str, old: &str) -> Result<(), VcsError> {
        let call = Call::new("update-ref", ["-m", "loki", "--", reference, new, old]).apart_at(checkout).lasting();
        let (outcome, _) = self.outcome(call).await?;
        if outcome.code == Some(0) {
            return Ok(());
        }
        let branch = reference.trim_start_matches("refs/heads/");
        match branch_commit(self, checkout, branch).await? {
            Some(at) if at == new => Ok(()),
            Some(at) if at != old => Err(VcsError::Refused(format!("{branch} stands at {at}, neither at {old} nor at {new}"))),
            _ => Err(outcome.error()),
        }
    }

    /// Makes the real index that of a commit, so that the files are compared with it from now on.
    async fn index_equals(&self, checkout: &Checkout, commit: &str) -> Result<(), VcsError> {
        if checkout.linked() {
            // Left by a git that was killed. Nobody else works here now.
            folder::remove(&checkout.git_dir.join("index.lock"))?;
        }
        let read = || Call::new("read-tree", ["--reset", commit]).at(checkout);
        let (outcome, _) = self.outcome(read()).await?;
        if outcome.code == Some(0) || !checkout.linked() {
            return outcome.ok();
        }
        fs::remove_file(checkout.git_dir.join("index"))?;
        self.output(read()).await?;
        Ok(())
    }
}
