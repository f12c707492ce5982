//! Where snapshots are stored until they are committed: apart from the repository, so that what is refused never is in it.

use std::{
    fs,
    io::{self, ErrorKind, Write as _},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use domain::ports::vcs::VcsError;

use crate::{Git, command::Call, folder, names, own_index::blocking, place::Place, reading::Records};

/// Makes the place for a worktree's snapshots, unless it is there.
pub(crate) fn make_store(place: &Place) -> Result<(), VcsError> {
    let Some((store, others)) = place.snapshots() else { return Ok(()) };
    // Git looks for what is not stored here among the repository's own objects.
    let line = quoted(&place.common_dir.join("objects"));
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

/// A path as a line that git reads back as it is.
fn quoted(path: &Path) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b'\n' => line.extend(b"\\n"),
            byte => line.push(*byte),
        }
    }
    line.extend(b"\"\n");
    line
}

impl Git {
    /// Whether the worktree knows an object: among its snapshots, or in the repository.
    pub(crate) async fn has_object(&self, place: &Place, object: &str) -> Result<bool, VcsError> {
        let call = Call::new("cat-file", ["-e", names::object(object)?]).apart_at(place);
        let (outcome, _) = self.outcome(call).await?;
        match outcome.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(outcome.error()),
        }
    }

    /// Makes the repository's own what a snapshot is made of: the tree, and all that is in it.
    pub(crate) async fn hand_over(&self, place: &Place, tree: &str) -> Result<(), VcsError> {
        let Some((store, others)) = place.snapshots() else { return Ok(()) };
        if !others.is_file() {
            return Ok(());
        }
        let mut records = Records::new(usize::MAX);
        let call = Call::new("ls-tree", ["-r", "-t", "-z", "--full-tree", "--end-of-options", tree]).apart_at(place).long();
        self.run(call, &mut |piece| records.take(piece)).await?.ok()?;
        // `<mode> <type> <object>\t<path>`
        let object = |record: &String| Some(record.split('\t').next()?.split(' ').nth(2)?.to_owned());
        let mut objects: Vec<String> = records.found.iter().filter_map(object).collect();
        objects.push(tree.to_owned());
        let repository = place.common_dir.join("objects");
        // Two runs may hand over the same object.
        let _lock = self.lock(&place.common_dir).await;
        blocking(move || {
            copy_packs(&store, &repository)?;
            objects.iter().try_for_each(|object| copy_object(&store, &repository, object))
        })
        .await
    }
}

/// Copies an object, if it is among the snapshots and not in the repository.
fn copy_object(store: &Path, repository: &Path, object: &str) -> io::Result<()> {
    let Some((first, rest)) = object.split_at_checked(2) else { return Ok(()) };
    copy(&store.join(first).join(rest), &repository.join(first), rest)
}

/// Copies the packs that git made of files too large for objects of their own.
fn copy_packs(store: &Path, repository: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(store.join("pack")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // Only bytes that git chose: `pack-<hash>.pack` and so on.
        names.extend(entry?.file_name().into_string().ok().filter(|name| name.starts_with("pack-")));
    }
    // The index last: with it, git takes the pack to be there.
    names.sort_unstable_by_key(|name| Path::new(name).extension().is_some_and(|extension| extension == "idx"));
    names.iter().try_for_each(|name| copy(&store.join("pack").join(name), &repository.join("pack"), name))
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
