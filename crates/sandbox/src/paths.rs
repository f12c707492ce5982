//! Which paths a job may see, and where its programs are.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

use domain::ports::sandbox::SandboxError;

/// Where the system's programs are.
const SYSTEM_BINARIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// A path as it was given, and the file or folder that it really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub given: PathBuf,
    pub real: PathBuf,
}

impl Resolved {
    /// An existing, absolute path without `..`.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
            return Err(invalid(format!("{} is not an absolute path", path.display())));
        }
        let real = path.canonicalize().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        // Rebuilt from its components, so that no `//`, `/./` or slash at the end is left.
        Ok(Self { given: path.components().collect(), real })
    }

    /// Like [`Resolved::of`], for a folder that others will write to: it must not itself be a symbolic link.
    pub(crate) fn own_folder(path: &Path) -> io::Result<Self> {
        let resolved = Self::of(path)?;
        let metadata = fs::symlink_metadata(&resolved.given)?;
        if metadata.is_symlink() {
            return Err(invalid(format!("{} is a symbolic link", path.display())));
        }
        if !metadata.is_dir() {
            return Err(invalid(format!("{} is not a folder", path.display())));
        }
        Ok(resolved)
    }

    /// Whether this is `other` or contains it, by either of their names.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        [&self.given, &self.real].iter().any(|own| other.given.starts_with(own) || other.real.starts_with(own))
    }
}

pub(crate) fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// The error for a job whose program did not start.
pub(crate) fn not_started(argv: &[OsString], source: io::Error) -> SandboxError {
    let program = argv.first().map_or_else(|| "an empty command".to_owned(), |program| program.to_string_lossy().into_owned());
    SandboxError::Start { program, source }
}

/// The folders for PATH: those of `places` that are or have a folder named `bin`, then the system's.
pub(crate) fn binary_folders<'a>(places: impl IntoIterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for place in places {
        let folder = if place.file_name() == Some(OsStr::new("bin")) { place.clone() } else { place.join("bin") };
        // A colon would make two entries of it.
        if folder.is_dir() && !folder.as_os_str().as_encoded_bytes().contains(&b':') && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders.extend(SYSTEM_BINARIES.map(PathBuf::from));
    folders
}

/// Joins `folders` to a PATH.
pub(crate) fn search_path(folders: &[PathBuf]) -> OsString {
    folders.iter().map(|folder| folder.as_os_str()).collect::<Vec<_>>().join(OsStr::new(":"))
}

/// The program that `name` means: looked up in `folders`, or itself where it has a slash.
pub(crate) fn find_program(name: &OsStr, folders: &[PathBuf], workspace: &Path) -> io::Result<PathBuf> {
    if name.as_encoded_bytes().contains(&b'/') {
        let program = workspace.join(name);
        return program.try_exists()?.then_some(program).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    }
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|program| !name.is_empty() && is_executable(program))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such program on the sandbox's PATH"))
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
