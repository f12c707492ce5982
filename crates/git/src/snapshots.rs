//! Where snapshots are stored until they are committed: apart from the repository, so that what is refused never is in it.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind, Write as _},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

use domain::ports::vcs::VcsError;

use crate::{Git, checkout::Checkout, command::Call, folder, names, own_index::blocking, reading::Records};

/// Makes the place for a worktree's snapshots, unless it is there.
pub(crate) fn make_store(checkout: &Checkout) -> Result<(), VcsError> {
    let Some((store, others)) = checkout.snapshots() else { return Ok(()) };
    // Git looks for what is not stored here among the repository's own objects.
    let mut line = quoted(&checkout.common_dir.join("objects"));
    line.push(b'\n');
    if fs::read(&others).is_ok_and(|found| found == line) {
        return Ok(());
    }
    fs::create_dir_all(store.join("info"))?;
    let new = store.join("info/alternates.new");
    let mut file = fs::File::create(&new)?;
    file.write_all(&line)?;
    file.sync_all()?;
    Ok(fs::rename(&new, &others)?)
}

/// A path in quotes, which git reads back as it is.
fn quoted(path: &Path) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b'\n' => line.extend(b"\\n"),
            byte => line.push(*byte),
        }
    }
    line.push(b'"');
    line
}

impl Git {
    /// Whether the worktree knows an object: among its snapshots, or in the repository.
    pub(crate) async fn has_object(&self, checkout: &Checkout, object: &str) -> Result<bool, VcsError> {
        let call = Call::new("cat-file", ["-e", names::object(object)?]).apart_at(checkout);
        let (outcome, _) = self.outcome(call).await?;
        match outcome.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(outcome.error()),
        }
    }

    /// Makes the repository's own what a snapshot is made of: the tree, and all that is in it.
    pub(crate) async fn hand_over(&self, checkout: &Checkout, tree: &str) -> Result<(), VcsError> {
        let Some((store, others)) = checkout.snapshots() else { return Ok(()) };
        if !others.is_file() {
            return Ok(());
        }
        let mut records = Records::new(usize::MAX);
        let call = Call::new("ls-tree", ["-r", "-t", "-z", "--full-tree", "--end-of-options", tree]).apart_at(checkout).long();
        self.run(call, &mut |piece| records.take(piece)).await?.ok()?;
        // `<mode> <type> <object>\t<path>`; a submodule's commit is in another repository.
        let object = |record: &String| {
            let mut fields = record.split('\t').next()?.split(' ').skip(1);
            fields.next().filter(|kind| *kind != "commit")?;
            fields.next().map(str::to_owned)
        };
        let mut objects: Vec<String> = records.found.iter().filter_map(object).collect();
        objects.push(tree.to_owned());
        let repository = checkout.common_dir.join("objects");
        let packs = store.join("pack");
        // Two runs may hand over the same object.
        let _lock = self.lock(&checkout.common_dir).await;
        let objects = blocking(move || {
            objects.iter().try_for_each(|object| copy_object(&store, &repository, object))?;
            Ok(objects)
        })
        .await?;
        if packs.is_dir() { self.hand_over_packed(checkout, &objects).await } else { Ok(()) }
    }

    /// Hands over what is no file of its own: git packs files that are too large for that at once, several into one pack. What was
    /// refused may be in the same pack, so none is copied as it is. Git writes a new one, and streams what is large.
    async fn hand_over_packed(&self, checkout: &Checkout, objects: &[String]) -> Result<(), VcsError> {
        let Some((store, _)) = checkout.snapshots() else { return Ok(()) };
        // An empty line for an object that the repository has, `<object> missing` for all others.
        let ask = Call::new("cat-file", ["--batch-check="]).apart_at(checkout).lasting().input(lines(objects)).long();
        let answer = String::from_utf8_lossy(&self.output(ask).await?).into_owned();
        let missing: Vec<&str> = answer.lines().filter_map(|line| line.strip_suffix(" missing")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let pack = checkout.common_dir.join("objects/pack/pack").into_os_string();
        let call = Call::new("pack-objects", ["-q", "--window=0"]).arguments([pack]).apart_at(checkout).lasting().long();
        let call = call.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", OsString::from_vec(quoted(&store))).input(lines(&missing));
        self.output(call).await.map(drop)
    }
}

/// Each on a line of its own.
fn lines(objects: &[impl AsRef<str>]) -> Vec<u8> {
    objects.iter().flat_map(|object| [object.as_ref(), "\n"]).collect::<String>().into_bytes()
}

/// Copies an object, if it is among the snapshots and not in the repository.
fn copy_object(store: &Path, repository: &Path, object: &str) -> io::Result<()> {
    let Some((first, rest)) = object.split_at_checked(2) else { return Ok(()) };
    copy(&store.join(first).join(rest), &repository.join(first), rest)
}

/// Copies a file to `folder/name`, where it appears as a whole or not at all.
fn copy(from: &Path, folder: &Path, name: &str) -> io::Result<()> {
    let to = folder.join(name);
    if to.exists() || !from.is_file() {
        return Ok(());
    }
    if let Err(error) = fs::create_dir(folder)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    // Git clears away what has such a name and is old.
    let new = folder.join(format!("tmp_obj_{name}"));
    folder::remove(&new)?;
    fs::copy(from, &new)?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, &to)
}
