//! Files of a work tree, reached without ever following a symbolic link.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use files::removal;
use rustix::io::Errno;

/// Gives the owner all rights on every folder at and below `folder`, but for those whose paths are too long, which it answers.
/// Links are left alone.
pub(crate) fn unlock(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = vec![folder.to_owned()];
    let mut too_long = Vec::new();
    while let Some(folder) = folders.pop() {
        match unlock_one(&folder, 0o700) {
            Err(error) if is_too_long(&error) => {
                too_long.push(folder);
                continue;
            }
            result => result?,
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(too_long)
}

fn is_too_long(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::NAMETOOLONG)
}

/// Gives the owner the rights `needed` on a file or folder that is no link.
pub(crate) fn unlock_one(path: &Path, needed: u32) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode();
    if metadata.is_symlink() || mode & needed == needed {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode | needed))
}

/// Removes a file, a link, or a folder with all that is in it, whatever its permissions and depth. Nothing there is fine.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match removal::remove_path(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            if let Some(parent) = path.parent() {
                unlock_one(parent, 0o700)?;
            }
            removal::remove_path(path)
        }
        result => result,
    }
}

/// What stands at a path inside a work tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A regular file that its owner may read, a link or a folder.
    There,
    Missing,
    /// A parent is no folder (a link, for example), or it is a pipe, socket or device.
    Unreachable,
    /// A parent folder may not be entered.
    Denied,
    /// A file its owner may not read.
    Unreadable,
    /// The path is too long to be looked at.
    TooLong,
}

/// Looks at paths below one folder; remembers the last parent, as lists come sorted.
pub(crate) struct Look<'a> {
    root: &'a Path,
    last: Option<(PathBuf, Option<Standing>)>,
}

impl<'a> Look<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, last: None }
    }

    pub(crate) fn at(&mut self, relative: &Path) -> io::Result<Standing> {
        if let Some(standing) = self.parent(relative)? {
            return Ok(standing);
        }
        let metadata = match fs::symlink_metadata(self.root.join(relative)) {
            Ok(metadata) => metadata,
            Err(error) => return standing_of(error),
        };
        let kind = metadata.file_type();
        Ok(match () {
            () if kind.is_file() && metadata.permissions().mode() & 0o400 == 0 => Standing::Unreadable,
            () if kind.is_file() || kind.is_symlink() || kind.is_dir() => Standing::There,
            () => Standing::Unreachable,
        })
    }

    /// `None` when every parent is a real folder.
    fn parent(&mut self, relative: &Path) -> io::Result<Option<Standing>> {
        let parent = relative.parent().unwrap_or(Path::new(""));
        if let Some((last, standing)) = &self.last
            && last == parent
        {
            return Ok(*standing);
        }
        let mut standing = None;
        let mut path = self.root.to_owned();
        for part in parent.components() {
            path.push(part);
            standing = match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => None,
                Ok(_) => Some(Standing::Unreachable),
                Err(error) => Some(standing_of(error)?),
            };
            if standing.is_some() {
                break;
            }
        }
        self.last = Some((parent.to_owned(), standing));
        Ok(standing)
    }
}

fn standing_of(error: io::Error) -> io::Result<Standing> {
    match error.kind() {
        ErrorKind::NotFound => Ok(Standing::Missing),
        ErrorKind::NotADirectory => Ok(Standing::Unreachable),
        ErrorKind::PermissionDenied => Ok(Standing::Denied),
        _ if is_too_long(&error) => Ok(Standing::TooLong),
        _ => Err(error),
    }
}

/// Removes the folders above `relative` that have become empty, up to `root`.
pub(crate) fn prune_parents(root: &Path, relative: &Path) {
    let mut parent = relative.parent();
    while let Some(folder) = parent.filter(|folder| !folder.as_os_str().is_empty()) {
        // Fails where something is left in it, which is where this ends.
        if fs::remove_dir(root.join(folder)).is_err() {
            return;
        }
        parent = folder.parent();
    }
}

/// A folder made beside the one it becomes, removed again unless it was moved there.
pub(crate) struct Sibling {
    pub(crate) path: PathBuf,
    target: PathBuf,
}

impl Sibling {
    /// An empty folder beside `target`; what an earlier try left is removed.
    pub(crate) fn of(target: &Path) -> io::Result<Self> {
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "a folder with a name is needed"));
        };
        fs::create_dir_all(parent)?;
        let path = parent.canonicalize()?.join(format!(".{}.loki-new", name.to_string_lossy()));
        remove(&path)?;
        fs::create_dir(&path)?;
        Ok(Self { path, target: target.to_owned() })
    }

    pub(crate) fn move_in(self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for Sibling {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a half-made repository was not removed");
        }
    }
}

/// Whether there is nothing at `path`, or an empty folder.
pub(crate) fn is_free(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(fs::read_dir(path)?.next().is_none()),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
