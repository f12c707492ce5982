//! Removing what hostile programs left, however deep, locked or linked it is. Every step goes by descriptors of real folders.

use std::{
    ffi::{CStr, CString},
    fs::Permissions,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::PermissionsExt},
    },
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

use super::kind;

/// Removes `name` from the folder `parent`, with all that is in it. Nothing there is fine.
pub fn remove_below(parent: &Path, name: &str) -> io::Result<()> {
    match super::open_top(parent) {
        Ok(parent) => remove(&parent, &CString::new(name)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes what `path` names by its last part, with all that is in it. Nothing there is fine.
pub fn remove_path(path: &Path) -> io::Result<()> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            match super::open_top(parent) {
                Ok(parent) => remove(&parent, &CString::new(name.as_bytes())?),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
                Err(error) => Err(error),
            }
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "what is removed needs a name")),
    }
}

/// Moves the folder `path` to `to`, on the same disk, also when it was locked against that. Nothing there is fine.
pub fn move_aside(path: &Path, to: &Path) -> io::Result<()> {
    match super::open_top(path) {
        // A folder's own rights decide, too, whether it may be moved.
        Ok(folder) => unlock_if_needed(&folder)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    std::fs::rename(path, to)
}

/// As [`remove_below`], for a folder that is open.
pub fn remove(parent: &OwnedFd, name: &CStr) -> io::Result<()> {
    match kind(parent, name) {
        Some(FileType::Directory) => remove_folder(parent, name),
        _ => unlink(parent, name),
    }
}

/// Removes a file or the link itself, also from a folder that was locked against it.
pub fn unlink(folder: &OwnedFd, name: &CStr) -> io::Result<()> {
    let once = || match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        result => result,
    };
    match once() {
        Err(Errno::ACCESS) => {
            unlock(folder)?;
            Ok(once()?)
        }
        result => Ok(result?),
    }
}

/// Names of all entries of a folder.
pub fn entries(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    // Opened anew, as a descriptor of a place alone cannot be read from.
    let readable = rustix::fs::openat(folder, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    for entry in Dir::new(readable)? {
        let name = entry?.file_name().to_owned();
        if ![b".".as_slice(), b".."].contains(&name.to_bytes()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Folders inside are moved up beside the first one before they are emptied, so that no depth is too deep.
fn remove_folder(parent: &OwnedFd, name: &CStr) -> io::Result<()> {
    let mut waiting = vec![name.to_owned()];
    let mut number = 0_u64;
    while let Some(name) = waiting.pop() {
        let folder = unlocked(parent, &name)?;
        for entry in entries(&folder)? {
            if kind(&folder, entry.as_c_str()) != Some(FileType::Directory) {
                unlink(&folder, &entry)?;
                continue;
            }
            // A folder's own rights decide, too, whether it may be moved.
            drop(unlocked(&folder, &entry)?);
            waiting.push(move_up(&folder, &entry, parent, &mut number)?);
        }
        rustix::fs::unlinkat(parent, &name, AtFlags::REMOVEDIR)?;
    }
    Ok(())
}

fn move_up(folder: &OwnedFd, entry: &CStr, parent: &OwnedFd, number: &mut u64) -> io::Result<CString> {
    loop {
        let name = CString::new(format!(".to-be-removed-{number}"))?;
        *number += 1;
        match rustix::fs::renameat_with(folder, entry, parent, &name, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(name),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn unlocked(parent: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::PATH | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    unlock_if_needed(&folder)?;
    Ok(folder)
}

/// Gives the owner, which is this server, all rights on a folder.
pub fn unlock_if_needed(folder: &OwnedFd) -> io::Result<()> {
    if rustix::fs::fstat(folder)?.st_mode & 0o700 == 0o700 { Ok(()) } else { unlock(folder) }
}

/// The descriptor stands for the folder itself, whatever has its name by now.
fn unlock(folder: impl AsFd) -> io::Result<()> {
    let path = format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd());
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
}
