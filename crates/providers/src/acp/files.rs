//! Files that an agent asks us to read or write for it: those of its workspace, and never through a link.
//!
//! We work outside of the sandbox here, so each folder on the way is opened by itself without following links: nothing that
//! the agent does meanwhile can lead us elsewhere.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
    path::{Component, Path},
};

use rustix::{
    fs::{FileType, Mode, OFlags, fstat, mkdirat, open, openat},
    io::Errno,
};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Why a file is not read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("only files of the workspace can be read and written")]
    Outside,
    #[error("git's own files cannot be written")]
    Git,
    #[error("it is no file")]
    NoFile,
    #[error("it has more than {LARGEST} bytes")]
    TooLarge,
    #[error("{0}")]
    Failed(#[from] io::Error),
}

impl From<Errno> for FileError {
    fn from(error: Errno) -> Self {
        Self::Failed(error.into())
    }
}

/// Lines of a text file of the workspace, from `first` (counted from 1) and at most `count`.
pub(super) fn read(workspace: &Path, path: &Path, first: Option<u32>, count: Option<u32>) -> Result<String, FileError> {
    let (folders, name) = parts(workspace, path)?;
    let folder = walk(workspace, &folders, |_, _| Err(Errno::NOENT.into()))?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = regular(openat(&folder, &name, flags, Mode::empty())?)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(FileError::TooLarge);
    }

    let text = String::from_utf8_lossy(&bytes);
    if first.is_none() && count.is_none() {
        return Ok(text.into_owned());
    }
    let skipped = first.unwrap_or(1).saturating_sub(1) as usize;
    let count = count.map_or(usize::MAX, |count| count as usize);
    Ok(text.split_inclusive('\n').skip(skipped).take(count).collect())
}

/// Writes a text file of the workspace, with the folders on its way.
pub(super) fn write(workspace: &Path, path: &Path, content: &str) -> Result<(), FileError> {
    let (folders, name) = parts(workspace, path)?;
    if folders.iter().chain([&name]).any(|part| part.eq_ignore_ascii_case(".git")) {
        return Err(FileError::Git);
    }
    let folder = walk(workspace, &folders, |folder, name| match mkdirat(folder, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    })?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = regular(openat(&folder, &name, flags, Mode::from_raw_mode(0o644))?)?;
    file.set_len(0)?;
    Ok(file.write_all(content.as_bytes())?)
}

/// The folders below the workspace and the file's name.
fn parts(workspace: &Path, path: &Path) -> Result<(Vec<OsString>, OsString), FileError> {
    let below = if path.is_absolute() { path.strip_prefix(workspace).map_err(|_| FileError::Outside)? } else { path };
    let mut parts = Vec::new();
    for part in below.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_owned()),
            Component::CurDir => {}
            _ => return Err(FileError::Outside),
        }
    }
    let name = parts.pop().ok_or(FileError::NoFile)?;
    Ok((parts, name))
}

/// Opens the last of `folders`, each below the one before; `missing` may create one.
fn walk(
    workspace: &Path,
    folders: &[OsString],
    missing: impl Fn(&OwnedFd, &OsStr) -> Result<(), FileError>,
) -> Result<OwnedFd, FileError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = open(workspace, flags, Mode::empty())?;
    for name in folders {
        let opened = match openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::NOENT) => {
                missing(&at, name)?;
                openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty())
            }
            opened => opened,
        };
        at = opened?;
    }
    Ok(at)
}

fn regular(file: OwnedFd) -> Result<File, FileError> {
    let kind = FileType::from_raw_mode(fstat(&file)?.st_mode);
    if kind == FileType::RegularFile { Ok(File::from(file)) } else { Err(FileError::NoFile) }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn files_of_the_workspace_are_read_and_written() {
        let temp = tempfile::tempdir().unwrap();
        let workspace = temp.path();
        write(workspace, &workspace.join("src/deep/a.txt"), "longer text").unwrap();
        write(workspace, Path::new("src/deep/a.txt"), "one\ntwo\nthree").unwrap();

        assert_eq!(read(workspace, &workspace.join("src/deep/a.txt"), None, None).unwrap(), "one\ntwo\nthree");
        assert_eq!(read(workspace, Path::new("./src/deep/a.txt"), Some(2), Some(1)).unwrap(), "two\n");
        assert_eq!(read(workspace, Path::new("src/deep/a.txt"), Some(9), None).unwrap(), "");
    }

    #[test]
    fn nothing_outside_of_the_workspace_is_reached() {
        let temp = tempfile::tempdir().unwrap();
        let outside = temp.path().join("outside");
        let workspace = temp.path().join("workspace");
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(&workspace).unwrap();
        fs::write(outside.join("key"), "secret").unwrap();
        symlink(&outside, workspace.join("folder")).unwrap();
        symlink(outside.join("key"), workspace.join("file")).unwrap();
        symlink(outside.join("new"), workspace.join("dangling")).unwrap();

        for path in ["../outside/key", "folder/key", "file", "dangling", "x/../../outside/key", "", "/etc/passwd", "folder/a/b"] {
            assert!(read(&workspace, Path::new(path), None, None).is_err(), "{path} was read");
            assert!(write(&workspace, Path::new(path), "changed").is_err(), "{path} was written");
        }
        let absolute = workspace.join("../outside/key");
        assert!(matches!(write(&workspace, &absolute, "changed"), Err(FileError::Outside)));
        assert!(matches!(write(&workspace, Path::new(".git/hooks/pre-commit"), "changed"), Err(FileError::Git)));
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(outside.join("key")).unwrap(), "secret");
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("folder")).unwrap();
        let fifo = FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, temp.path().join("pipe"), fifo, Mode::from_raw_mode(0o644), 0).unwrap();
        fs::write(temp.path().join("large"), vec![b'x'; usize::try_from(LARGEST).unwrap() + 1]).unwrap();

        assert!(matches!(read(temp.path(), Path::new("pipe"), None, None), Err(FileError::NoFile)));
        assert!(write(temp.path(), Path::new("pipe"), "x").is_err());
        assert!(matches!(read(temp.path(), Path::new("folder"), None, None), Err(FileError::NoFile)));
        assert!(write(temp.path(), Path::new("folder"), "x").is_err());
        assert!(matches!(read(temp.path(), Path::new("large"), None, None), Err(FileError::TooLarge)));
    }
}
