//! The keys that sign access tokens: in a file for its owner alone, replaced once a month. An old one is kept for as long as
//! something that it signed may be on its way.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::ports::clock::Ids;
use ed25519_dalek::SigningKey;
use protocol::{
    Timestamp,
    access::{KeySet, PublicJwk},
    timestamp::DAY_MS,
};
use serde::{Deserialize, Serialize};

use super::signatures;
use crate::Error;

/// How long a key signs.
const SIGNS_MS: i64 = 30 * DAY_MS;
/// How long it is kept after the next one took its place.
const KEPT_MS: i64 = DAY_MS;

/// The keys, oldest first.
#[derive(Debug)]
pub struct AccessKeys {
    path: PathBuf,
    kept: RwLock<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Vec<Key>,
    /// Which file was read; another process may have put a newer one in its place.
    file: Option<FileMark>,
}

/// When a file was written, and its number, since two may be written in the same moment.
type FileMark = (SystemTime, u64);

fn mark(path: &Path) -> io::Result<FileMark> {
    let file = fs::metadata(path)?;
    Ok((file.modified()?, file.ino()))
}

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    kid: String,
    /// In base64url.
    seed: String,
    /// Milliseconds since 1970.
    since: i64,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.kid).finish()
    }
}

impl Key {
    fn new(ids: &dyn Ids, now: Timestamp) -> Self {
        let (mut kid, mut seed) = ([0; 8], [0; 32]);
        ids.random(&mut kid);
        ids.random(&mut seed);
        Self { kid: URL_SAFE_NO_PAD.encode(kid), seed: URL_SAFE_NO_PAD.encode(seed), since: now.millis() }
    }

    fn signing(&self) -> Option<SigningKey> {
        let seed: [u8; 32] = URL_SAFE_NO_PAD.decode(&self.seed).ok()?.try_into().ok()?;
        Some(SigningKey::from_bytes(&seed))
    }
}

impl AccessKeys {
    /// The keys in that file; with a first one when there is none.
    pub fn load(path: &Path, ids: &dyn Ids, now: Timestamp) -> io::Result<Self> {
        signatures::install();
        let keys = Self { path: path.to_path_buf(), kept: RwLock::default() };
        match keys.read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => keys.write(vec![Key::new(ids, now)])?,
            other => other?,
        }
        Ok(keys)
    }

    /// Takes a new key when the newest one has signed for long enough, and drops what nobody needs any more.
    pub fn rotate(&self, ids: &dyn Ids, now: Timestamp) -> io::Result<()> {
        self.read()?;
        let mut keys = self.kept.read().unwrap_or_else(PoisonError::into_inner).keys.clone();
        let count = keys.len();
        if keys.last().is_none_or(|newest| now.millis() - newest.since >= SIGNS_MS) {
            keys.push(Key::new(ids, now));
        }
        // A key is needed until the one after it is a day old.
        while keys.get(1).is_some_and(|next| now.millis() - next.since >= KEPT_MS) {
            keys.remove(0);
        }
        let newest_is_new = keys.last().is_some_and(|newest| newest.since == now.millis());
        if keys.len() != count || newest_is_new { self.write(keys) } else { Ok(()) }
    }

    /// What everybody may know of them.
    pub fn public_set(&self) -> KeySet {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let public = |key: &Key| {
            Some(PublicJwk {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                x: URL_SAFE_NO_PAD.encode(key.signing()?.verifying_key().as_bytes()),
                kid: key.kid.clone(),
                usage: "sig".to_owned(),
                alg: "EdDSA".to_owned(),
            })
        };
        KeySet { keys: kept.keys.iter().filter_map(public).collect() }
    }

    /// Name and seed of the key that signs now.
    pub(super) fn newest(&self) -> Result<(String, [u8; 32]), Error> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.keys.last().and_then(|key| Some((key.kid.clone(), key.signing()?.to_bytes())));
        newest.ok_or_else(|| Error::Internal("there is no key to sign access tokens with".to_owned()))
    }

    /// The public half of that key.
    pub(super) fn public(&self, kid: &str) -> Option<[u8; 32]> {
        self.known(kid).or_else(|| {
            // Another server on the same file may have taken a new one.
            let read = self.kept.read().unwrap_or_else(PoisonError::into_inner).file;
            if mark(&self.path).ok() == read {
                return None;
            }
            self.read().ok()?;
            self.known(kid)
        })
    }

    fn known(&self, kid: &str) -> Option<[u8; 32]> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        Some(kept.keys.iter().find(|key| key.kid == kid)?.signing()?.verifying_key().to_bytes())
    }

    fn read(&self) -> io::Result<()> {
        if self.path.as_os_str().is_empty() {
            return Ok(());
        }
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display()));
        let file = Some(mark(&self.path).map_err(named)?);
        let text = fs::read_to_string(&self.path).map_err(named)?;
        let keys: Vec<Key> = serde_json::from_str(&text).map_err(|error| named(error.into()))?;
        if keys.is_empty() || keys.iter().any(|key| key.signing().is_none()) {
            return Err(named(io::Error::new(io::ErrorKind::InvalidData, "a key in it cannot be read")));
        }
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept { keys, file };
        Ok(())
    }

    fn write(&self, keys: Vec<Key>) -> io::Result<()> {
        // Beside and renamed, so that nobody reads half a file.
        let new = self.path.with_extension(format!("{}.new", std::process::id()));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(&keys)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        let file = Some(mark(&self.path)?);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Kept { keys, file };
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn in_memory(seeds: &[[u8; 32]]) -> Self {
        signatures::install();
        let key =
            |(number, seed): (usize, &[u8; 32])| Key { kid: format!("k{number}"), seed: URL_SAFE_NO_PAD.encode(seed), since: 0 };
        let keys = seeds.iter().enumerate().map(key).collect();
        Self { path: PathBuf::new(), kept: RwLock::new(Kept { keys, file: None }) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    struct Counter(std::sync::atomic::AtomicU8);

    impl Ids for Counter {
        fn uuid(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn a_key_is_replaced_after_a_month_and_kept_for_another_day() {
        let folder = std::env::temp_dir().join(format!("loki-keys-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("access.keys");
        let _ = fs::remove_file(&path);
        let (ids, at) = (Counter(std::sync::atomic::AtomicU8::new(1)), |days: i64| Timestamp::from_millis(days * DAY_MS));
        let keys = AccessKeys::load(&path, &ids, at(0)).unwrap();
        let first = keys.newest().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        keys.rotate(&ids, at(29)).unwrap();
        assert_eq!(keys.newest().unwrap(), first);
        // Another process on the same file.
        let other = AccessKeys::load(&path, &ids, at(30)).unwrap();
        other.rotate(&ids, at(30)).unwrap();
        let second = other.newest().unwrap();
        assert_ne!(second, first);
        assert!(other.public(&first.0).is_some() && keys.public(&second.0).is_some());
        assert_eq!(keys.public_set().keys.len(), 2);

        other.rotate(&ids, at(31)).unwrap();
        assert!(other.public(&first.0).is_none() && other.public(&second.0).is_some());
        fs::write(&path, "nonsense").unwrap();
        assert!(AccessKeys::load(&path, &ids, at(31)).unwrap_err().to_string().contains("access.keys"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
