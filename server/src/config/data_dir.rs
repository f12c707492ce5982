//! The data directory: for its owner alone, and for one server at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use domain::ports::clock::Ids;
use rustix::fs::{FlockOperation, flock};

use super::ConfigError;

/// Makes the directory (0700) if it is not there, and returns its absolute path.
pub fn prepare(path: &Path) -> Result<PathBuf, ConfigError> {
    let failed = |source: io::Error| ConfigError::DataDir { path: path.to_path_buf(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    path.canonicalize().map_err(failed)
}

/// Where agents and unsandboxed processes keep what nobody needs after them.
pub fn scratch(data_dir: &Path) -> PathBuf {
    data_dir.join("scratch")
}

/// Held for as long as a server works on the directory; the kernel gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

/// Takes the directory for this process alone.
pub fn lock(data_dir: &Path) -> Result<DataDirLock, ConfigError> {
    let path = data_dir.join("loki.lock");
    let failed = |source: io::Error| ConfigError::DataDir { path: path.clone(), source };
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Err(ConfigError::Locked { path: data_dir.to_path_buf() }),
        Err(errno) => return Err(failed(errno.into())),
    }
    // The number is for people who look; the lock itself is the kernel's.
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(failed)?;
    Ok(DataDirLock { _file: file })
}

/// A name that this data directory keeps, so that a restarted server knows its own leases.
pub fn instance(data_dir: &Path, ids: &dyn Ids) -> io::Result<String> {
    let path = data_dir.join("instance");
    match fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let name = ids.uuid().to_string();
    let mut file = File::create(&path)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    Ok(name)
}

/// The file with the address of the server that works on the directory, or did last.
const ADDRESS: &str = "address";

/// Keeps the address under which the server of this directory is reached, for commands that print links to it.
pub fn keep_address(data_dir: &Path, url: &str) -> io::Result<()> {
    let (path, new) = (data_dir.join(ADDRESS), data_dir.join("address.new"));
    // Whoever reads meanwhile finds the old one or the new one, never a half.
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    writeln!(file, "{url}")?;
    drop(file);
    fs::rename(new, path)
}

/// What [`keep_address`] kept; nothing where no server was started yet.
pub fn kept_address(data_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(data_dir.join(ADDRESS)).ok()?;
    super::hosts::public_url(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiring::clock::SystemIds;

    #[test]
    fn the_address_of_the_last_start_is_kept_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kept_address(folder.path()), None);
        for url in ["http://127.0.0.1:58101", "https://loki.example.org"] {
            keep_address(folder.path(), url).unwrap();
            assert_eq!(kept_address(folder.path()).as_deref(), Some(url));
        }
        assert_eq!(fs::metadata(folder.path().join(ADDRESS)).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(folder.path().join(ADDRESS), "javascript:alert(1)").unwrap();
        assert_eq!(kept_address(folder.path()), None);
    }

    #[test]
    fn a_data_directory_is_for_its_owner_and_one_server() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = prepare(&folder.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);

        let first = lock(&path).unwrap();
        assert!(matches!(lock(&path), Err(ConfigError::Locked { .. })));
        drop(first);
        lock(&path).unwrap();
    }

    #[test]
    fn a_data_directory_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let first = instance(folder.path(), &SystemIds).unwrap();
        assert_eq!(instance(folder.path(), &SystemIds).unwrap(), first);
    }
}
