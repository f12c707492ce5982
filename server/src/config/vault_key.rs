//! The vault's master keys: given in the environment, or in a file for its owner alone that is made at the first start.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use domain::{
    ports::{clock::Ids, keys::MasterKeys},
    vault::{Keyring, MasterKey},
};
use zeroize::Zeroizing;

use super::variable;

/// Where the keys are.
#[derive(Clone, Debug)]
pub struct VaultKeys {
    /// `LOKI_VAULT_KEY`.
    given: Option<MasterKey>,
    /// `LOKI_VAULT_OLD_KEY`: the one before, until `loki vault rotate` is done.
    old: Option<MasterKey>,
    file: PathBuf,
}

impl VaultKeys {
    /// With the key in `file`, or `vault.key` in the data directory, unless the environment has the key itself.
    pub fn from_env(file: Option<PathBuf>, data_dir: &Path) -> Result<Self, String> {
        let key = |name: &str| {
            let text = variable(name).map(Zeroizing::new);
            text.map(|text| MasterKey::from_hex(&text).map_err(|error| format!("{name}: {error}"))).transpose()
        };
        let given = key("LOKI_VAULT_KEY")?;
        if given.is_some() && file.is_some() {
            return Err("LOKI_VAULT_KEY and LOKI_VAULT_KEY_FILE name two keys: give one of them".to_owned());
        }
        let file = file.unwrap_or_else(|| data_dir.join("vault.key"));
        Ok(Self { given, old: key("LOKI_VAULT_OLD_KEY")?, file })
    }

    /// Where the key is, for people.
    pub fn place(&self) -> String {
        if self.given.is_some() { "the key in the environment".to_owned() } else { self.file.display().to_string() }
    }

    /// Makes the key's file where there is none and none is needed. Only for a vault that is empty.
    pub fn make_first(&self, ids: &dyn Ids) -> io::Result<()> {
        if self.given.is_some() || self.file.exists() {
            return Ok(());
        }
        match write(&self.file, &new_key(ids)) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    /// The key that is to come into force: the given one, or a new one beside the file, which [`Self::finish`] puts in its place.
    /// What an earlier change left unfinished is taken up.
    pub fn begin(&self, ids: &dyn Ids) -> io::Result<MasterKey> {
        if let Some(key) = &self.given {
            return Ok(key.clone());
        }
        let next = self.next();
        if let Ok(Some(key)) = read(&next) {
            return Ok(key);
        }
        let key = new_key(ids);
        // Written whole or not at all: half a key would be one that is lost.
        let draft = with_ending(&self.file, ".draft");
        remove(&draft)?;
        write(&draft, &key)?;
        fs::rename(&draft, &next).map_err(|error| named(&next, &error))?;
        sync_folder(&next)?;
        Ok(key)
    }

    /// Puts `key`, which everything is sealed with by now, in the old one's place.
    pub fn finish(&self, key: &MasterKey) -> io::Result<()> {
        if self.given.is_some() {
            return Ok(());
        }
        match fs::rename(self.next(), &self.file) {
            Ok(()) => sync_folder(&self.file),
            // Another `loki vault rotate` has done it.
            Err(_) if matches!(read(&self.file), Ok(Some(found)) if found == *key) => Ok(()),
            Err(error) => Err(named(&self.file, &error)),
        }
    }

    /// Whether the key is given, so that the person who gives it has to keep it.
    pub fn is_given(&self) -> bool {
        self.given.is_some()
    }

    fn next(&self) -> PathBuf {
        with_ending(&self.file, ".new")
    }
}

impl MasterKeys for VaultKeys {
    fn load(&self) -> Result<Keyring, String> {
        let in_file = |path: &Path| read(path).map_err(|error| error.to_string());
        let mut keys: Vec<MasterKey> = self.given.iter().cloned().collect();
        if self.given.is_none() {
            let missing = || {
                format!(
                    "the vault's master key is missing: there is no {}. Put it back, or give the key as LOKI_VAULT_KEY or its \
                     file as LOKI_VAULT_KEY_FILE",
                    self.file.display()
                )
            };
            keys.push(in_file(&self.file)?.ok_or_else(missing)?);
            // There in the middle of a change; a broken one was never used.
            keys.extend(read(&self.next()).ok().flatten());
        } else {
            // Whoever comes from a file to the environment has the old key there.
            keys.extend(read(&self.file).ok().flatten());
        }
        keys.extend(self.old.clone());
        Ok(Keyring(keys))
    }
}

fn new_key(ids: &dyn Ids) -> MasterKey {
    let mut bytes = Zeroizing::new([0; 32]);
    ids.random(bytes.as_mut_slice());
    MasterKey::new(*bytes)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The key in a file, if there is one.
fn read(path: &Path) -> io::Result<Option<MasterKey>> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => {
            let key = MasterKey::from_hex(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
            key.map(Some).map_err(|error| named(path, &error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(path, &error)),
    }
}

/// Writes a new file and sees it on the disk.
fn write(path: &Path, key: &MasterKey) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).map_err(|error| named(path, &error))?;
    file.write_all(key.to_hex().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    sync_folder(path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(path, &error)),
        _ => Ok(()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::wiring::clock::SystemIds;

    fn keys(folder: &Path) -> VaultKeys {
        VaultKeys { given: None, old: None, file: folder.join("vault.key") }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_missed_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        assert!(keys.load().unwrap_err().contains("LOKI_VAULT_KEY_FILE"));

        keys.make_first(&SystemIds).unwrap();
        let first = keys.load().unwrap();
        keys.make_first(&SystemIds).unwrap();

        assert_eq!(keys.load().unwrap(), first);
        assert_eq!(fs::metadata(&keys.file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&keys.file, "nonsense").unwrap();
        let problem = keys.load().unwrap_err();
        assert!(problem.contains("vault.key") && problem.contains("64"), "{problem}");
    }

    #[test]
    fn a_change_of_the_key_can_break_off_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        keys.make_first(&SystemIds).unwrap();
        let old = keys.load().unwrap().0.remove(0);

        // Broken off while the new key was written.
        fs::write(folder.path().join("vault.key.draft"), "abc").unwrap();
        let new = keys.begin(&SystemIds).unwrap();
        // Broken off before everything was sealed with it.
        assert_eq!(keys.begin(&SystemIds).unwrap(), new);
        assert_eq!(keys.load().unwrap().0, [old.clone(), new.clone()]);
        keys.finish(&new).unwrap();
        // And done by two at once.
        keys.finish(&new).unwrap();

        assert_eq!(keys.load().unwrap().0, std::slice::from_ref(&new));
        assert!(keys.finish(&old).is_err());
        assert_ne!(keys.begin(&SystemIds).unwrap(), new);
    }

    #[test]
    fn a_given_key_comes_first_and_the_old_ones_are_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        let in_file = keys(folder.path());
        in_file.make_first(&SystemIds).unwrap();
        let (given, old) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let keys = VaultKeys { given: Some(given.clone()), old: Some(old.clone()), file: in_file.file.clone() };

        let ring = keys.load().unwrap().0;

        assert_eq!((ring.first(), ring.last(), ring.len()), (Some(&given), Some(&old), 3));
        assert_eq!(keys.begin(&SystemIds).unwrap(), given);
        keys.finish(&given).unwrap();
        assert_eq!(in_file.load().unwrap().0.len(), 1);
    }
}
