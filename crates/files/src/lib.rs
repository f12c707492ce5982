//! Files and folders that hostile programs could write to: no link is followed, nothing large or special is read, and whatever
//! they left is removed, however deep. A crate of its own, since git, sandbox and engine all meet them.

pub mod removal;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The kernel resolves a way below a folder by these rules, so that nothing can be swapped in between. `NO_XDEV` keeps it on the
/// folder's own mount, and so on its device.
const BENEATH: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV);

/// The text of `path` below `folder`, if it is a plain file of at most a megabyte of UTF-8 and its way there has no links.
/// A pipe does not block.
pub fn read(folder: &Path, path: &str) -> Option<String> {
    let top = open_top(folder).ok()?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat2(&top, path, flags, Mode::empty(), BENEATH).ok()?);
    let data = file.metadata().ok()?;
    if !data.is_file() || data.len() > MOST_BYTES {
        return None;
    }
    let mut text = String::new();
    file.by_ref().take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A folder by its own path, as a place to go on from; it must not be a link itself.
pub fn open_top(folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::PATH | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, folder, flags, Mode::empty())?)
}

/// A folder below `top`, as a place to go on from.
pub fn open_folder(top: impl AsFd, path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(top, path, flags, Mode::empty(), BENEATH)?)
}

/// What `name` in `folder` is by itself; `None` when it is not there or cannot be looked at.
pub fn kind(folder: impl AsFd, name: impl rustix::path::Arg) -> Option<FileType> {
    let data = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(data.st_mode))
}

/// Where `path` is, if it stays below `worktree` and no part of it is a link. For commands in the sandbox; the server itself
/// reads with [`read`].
pub fn resolve(worktree: &Path, path: &str) -> Option<PathBuf> {
    let mut found = worktree.to_path_buf();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => found.push(name),
            Component::CurDir => continue,
            _ => return None,
        }
        let data = std::fs::symlink_metadata(&found).ok()?;
        if data.file_type().is_symlink() {
            return None;
        }
    }
    Some(found)
}

/// Does what may take long on the disk apart from the server's other work.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
