//! Differences between two trees: numbers, text for reading, and a digest.
//!
//! They are taken without a work tree, so that no `.gitattributes` an agent has written can hide a file's text or choose its form.

use std::{ops::ControlFlow, path::Path};

use domain::{
    hex,
    ports::vcs::{DiffStat, VcsError},
};
use protocol::runs::FileDiff;
use sha2::{Digest, Sha256};

use crate::{Git, checkout::Checkout, command::Call, names, patch::PatchReader};

/// What every difference has in common; renames are looked for among at most a thousand files.
const PLAIN: [&str; 6] = ["-r", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "-l1000"];
const PATCH: [&str; 5] = ["-p", "--unified=3", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/"];

/// `git diff-tree` with these options, between two revisions.
pub(crate) fn diff_tree<'a>(options: &[&str], from: &str, to: &str) -> Result<Call<'a>, VcsError> {
    let (from, to) = (names::revision(from)?, names::revision(to)?);
    let arguments = PLAIN.iter().chain(options).copied().chain(["--end-of-options", &from, &to]);
    Ok(Call::new("diff-tree", arguments).long())
}

pub(crate) async fn stat(git: &Git, repository: &Path, from: &str, to: &str) -> Result<DiffStat, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let line = git.word(diff_tree(&["-M", "--shortstat"], from, to)?.apart_at(&checkout)).await?;
    let mut stat = DiffStat::default();
    for part in line.split(", ") {
        let Some((number, what)) = part.split_once(' ') else { continue };
        let number = number.parse().unwrap_or(u32::MAX);
        match () {
            () if what.starts_with("file") => stat.files = number,
            () if what.starts_with("insertion") => stat.added = number,
            () if what.starts_with("deletion") => stat.removed = number,
            () => {}
        }
    }
    Ok(stat)
}

pub(crate) async fn diff(
    git: &Git,
    checkout: &Checkout,
    from: &str,
    to: &str,
    max_lines: u32,
) -> Result<Vec<FileDiff>, VcsError> {
    let options: Vec<&str> = ["-z", "--raw", "--numstat", "-M"].into_iter().chain(PATCH).collect();
    let mut reader = PatchReader::new(max_lines);
    let call = diff_tree(&options, from, to)?.apart_at(checkout);
    git.run(call, &mut |piece| reader.take(piece)).await?.ok()?;
    Ok(reader.finish())
}

pub(crate) async fn diff_sha256(git: &Git, repository: &Path, from: &str, to: &str) -> Result<String, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let options: Vec<&str> = ["--binary", "--full-index", "--no-renames"].into_iter().chain(PATCH).collect();
    let mut digest = Sha256::new();
    let call = diff_tree(&options, from, to)?.apart_at(&checkout);
    let sink = &mut |piece: &[u8]| {
        digest.update(piece);
        ControlFlow::Continue(())
    };
    git.run(call, sink).await?.ok()?;
    Ok(hex::encode(&digest.finalize()))
}
