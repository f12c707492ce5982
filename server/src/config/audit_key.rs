//! The key of the audit trail's checkpoints: a file for its owner alone, made at the first start.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use domain::{audit::AuditKey, ports::clock::Ids};

/// The key in that file; a new one when there is no file.
pub fn load(path: &Path, ids: &dyn Ids) -> io::Result<AuditKey> {
    if let Some(key) = find(path)? {
        return Ok(key);
    }
    let mut seed = [0; 32];
    ids.random(&mut seed);
    let key = AuditKey::new(seed);
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(format!("{}\n", key.to_hex()).as_bytes())?;
            file.sync_all()?;
            Ok(key)
        }
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path, &fs::read_to_string(path)?),
        Err(error) => Err(named(path, &error)),
    }
}

/// The key in that file; nothing when there is no file.
pub fn find(path: &Path) -> io::Result<Option<AuditKey>> {
    match fs::read_to_string(path) {
        Ok(text) => read(path, &text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(path, &error)),
    }
}

fn read(path: &Path, text: &str) -> io::Result<AuditKey> {
    AuditKey::from_hex(text).map_err(|error| named(path, &io::Error::new(io::ErrorKind::InvalidData, error)))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::wiring::clock::SystemIds;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.key");
        let first = load(&path, &SystemIds).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&path, &SystemIds).unwrap().public(), first.public());

        fs::write(&path, "nonsense").unwrap();
        assert!(load(&path, &SystemIds).unwrap_err().to_string().contains("audit.key"));
    }
}
