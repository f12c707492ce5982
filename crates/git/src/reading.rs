//! Reading commits, trees and files out of a repository.

use std::{ops::ControlFlow, path::Path};

use domain::ports::vcs::{ChangedFile, VcsError};

use crate::{Git, batch::BatchReader, checkout::Checkout, command::Call, diff::diff_tree, names};

/// Text longer than this is not handed out by `changed`.
const MAX_TEXT: usize = 1 << 20;
/// What `changed` hands out in all.
const MAX_ALL_TEXT: usize = 128 << 20;

/// One side of a changed file.
struct Side {
    mode: String,
    object: String,
}

impl Side {
    fn is_there(&self) -> bool {
        self.mode != "000000"
    }

    fn is_link(&self) -> bool {
        self.mode == "120000"
    }

    /// A submodule's commit is in another repository.
    fn is_blob(&self) -> bool {
        self.is_there() && self.mode != "160000"
    }
}

struct Change {
    path: String,
    before: Side,
    after: Side,
}

pub(crate) async fn changed(
    git: &Git,
    repository: &Path,
    from: &str,
    to: &str,
    most: usize,
) -> Result<Vec<ChangedFile>, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let mut records = Records::new(most.saturating_mul(2));
    let call = diff_tree(&["-z", "--raw", "--no-abbrev", "--no-renames"], from, to)?.apart_at(&checkout);
    git.run(call, &mut |piece| records.take(piece)).await?.ok()?;
    let changes: Vec<Change> = records.found.as_chunks().0.iter().filter_map(change).collect();

    let wanted = changes.iter().flat_map(|change| [&change.before, &change.after]).filter(|side| side.is_blob());
    let names: String = wanted.flat_map(|side| [side.object.as_str(), "\n"]).collect();
    let mut reader = BatchReader::new(MAX_TEXT, MAX_ALL_TEXT);
    if !names.is_empty() {
        let call = Call::new("cat-file", ["--batch"]).apart_at(&checkout).input(names.into_bytes()).long();
        let sink = &mut |piece: &[u8]| {
            reader.take(piece);
            ControlFlow::Continue(())
        };
        git.run(call, sink).await?.ok()?;
    }
    let mut objects = reader.objects.into_iter();
    Ok(changes.into_iter().map(|change| with_texts(change, &mut objects)).collect())
}

pub(crate) async fn log(git: &Git, repository: &Path, from: &str, to: &str) -> Result<Vec<String>, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let (from, to) = (names::revision(from)?, names::revision(to)?);
    let options = ["--reverse", "--topo-order", "--no-commit-header", "--format=%H %s", "--end-of-options"];
    let call = Call::new("rev-list", options.into_iter().chain([to.as_str(), &format!("^{from}")]));
    let output = git.output(call.apart_at(&checkout)).await?;
    Ok(String::from_utf8_lossy(&output).lines().map(ToOwned::to_owned).collect())
}

pub(crate) async fn files(git: &Git, repository: &Path, at: &str, most: usize) -> Result<Vec<String>, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let at = names::revision(at)?;
    let mut records = Records::new(most);
    let call = Call::new("ls-tree", ["-r", "-z", "--name-only", "--full-tree", "--end-of-options", &at]).apart_at(&checkout);
    git.run(call, &mut |piece| records.take(piece)).await?.ok()?;
    Ok(records.found)
}

pub(crate) async fn read(
    git: &Git,
    repository: &Path,
    at: &str,
    path: &str,
    max_bytes: usize,
) -> Result<Option<String>, VcsError> {
    let checkout = git.checkout_at(repository)?;
    let (at, path) = (names::revision(at)?, names::inner_path(path)?);
    let Some(object) = git.file_object(&checkout, &at, path, max_bytes).await? else { return Ok(None) };
    let bytes = git.output(Call::new("cat-file", ["blob", &object]).apart_at(&checkout)).await?;
    Ok(String::from_utf8(bytes).ok())
}

impl Git {
    /// The object of a regular file that is not larger than `max_bytes`.
    async fn file_object(&self, checkout: &Checkout, at: &str, path: &str, max_bytes: usize) -> Result<Option<String>, VcsError> {
        let arguments = ["-z", "-l", "--full-tree", "--end-of-options", at, "--", path];
        let output = self.output(Call::new("ls-tree", arguments).apart_at(checkout)).await?;
        let line = String::from_utf8_lossy(&output).into_owned();
        let fields: Vec<&str> = line.split('\t').next().unwrap_or_default().split_whitespace().collect();
        Ok(match fields.as_slice() {
            [mode, "blob", object, size]
                if mode.starts_with("100") && size.parse().is_ok_and(|size: usize| size <= max_bytes) =>
            {
                Some((*object).to_owned())
            }
            _ => None,
        })
    }
}

/// Records ended by NUL, up to a number of them.
pub(crate) struct Records {
    most: usize,
    open: Vec<u8>,
    pub(crate) found: Vec<String>,
}

impl Records {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Vec::new(), found: Vec::new() }
    }

    pub(crate) fn take(&mut self, piece: &[u8]) -> ControlFlow<()> {
        for byte in piece {
            if self.found.len() >= self.most {
                return ControlFlow::Break(());
            }
            if *byte == 0 {
                self.found.push(String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned());
            } else {
                self.open.push(*byte);
            }
        }
        ControlFlow::Continue(())
    }
}

/// `:<mode> <mode> <object> <object> <status>` and a path.
fn change([raw, path]: &[String; 2]) -> Option<Change> {
    let mut fields = raw.trim_start_matches(':').split(' ').map(ToOwned::to_owned);
    let (old_mode, new_mode) = (fields.next()?, fields.next()?);
    let (old, new) = (fields.next()?, fields.next()?);
    let (before, after) = (Side { mode: old_mode, object: old }, Side { mode: new_mode, object: new });
    Some(Change { path: path.clone(), before, after })
}

fn with_texts(change: Change, objects: &mut impl Iterator<Item = Option<Vec<u8>>>) -> ChangedFile {
    let mut opaque = false;
    let mut text = |side: &Side| {
        let bytes = if side.is_blob() { objects.next().flatten() } else { None };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'));
        opaque |= side.is_there() && text.is_none();
        side.is_there().then(|| text.unwrap_or_default())
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let now = if change.after.is_there() { (&change.after, &after) } else { (&change.before, &before) };
    let link = if now.0.is_link() { now.1.clone() } else { None };
    ChangedFile { path: change.path, before, after, opaque, link }
}
