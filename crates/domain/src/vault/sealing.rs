//! Envelopes: each value under a data key of its own (AES-256-GCM), each data key under the master key. Both are bound to the
//! place where the value belongs, so that whoever can write the database cannot pass one secret off as another.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use protocol::{FactorId, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::SecretScope;
use crate::hex;

/// What a sealed value is bound to: the place where it belongs. In another place it does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    kind: &'static str,
    owner: Uuid,
    name: String,
}

impl Binding {
    /// A scope's secret of that name.
    pub fn secret(scope: SecretScope, name: &str) -> Self {
        Self { kind: scope.kind(), owner: scope.owner(), name: name.to_owned() }
    }

    /// A mail that waits to be sent.
    pub fn mail(id: Uuid) -> Self {
        Self { kind: "mail", owner: id, name: String::new() }
    }

    /// The secret of a person's authenticator app.
    pub fn factor(user: UserId, id: FactorId) -> Self {
        Self { kind: "factor", owner: user.0, name: id.to_string() }
    }
}

/// The key that data keys are wrapped with. It never lies in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// A master key's id is shown, never the key.
impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MasterKey").field(&self.id()).finish()
    }
}

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is written as 64 hexadecimal digits; `openssl rand -hex 32` makes one")]
pub struct NoKey;

/// What was sealed does not open: another key, another place, or altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it does not open with its key: it was altered, or belongs to another secret")]
pub struct Unsealable;

/// Chance for one envelope. It is used once.
pub struct Chance {
    pub data_key: Zeroizing<[u8; 32]>,
    pub key_nonce: [u8; 12],
    pub value_nonce: [u8; 12],
}

/// An envelope as it is stored, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The id of the master key that wraps the data key.
    pub master: String,
    /// Nonce and wrapped data key.
    pub data_key: String,
    /// Nonce and encrypted value.
    pub value: String,
}

/// All master keys at hand: the one in force, and during a change the other one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring(pub Vec<MasterKey>);

impl Keyring {
    /// The key of that id.
    pub fn find(&self, id: &str) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id() == id)
    }
}

impl MasterKey {
    /// From 32 bytes of chance.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, NoKey> {
        let bytes = Zeroizing::new(hex::decode(text.trim()).ok_or(NoKey)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NoKey)?;
        Ok(Self::new(bytes))
    }

    /// The secret itself, for its file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// Names the key without telling it.
    pub fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"loki vault key id\0").chain_update(self.0.as_slice()).finalize();
        hex::encode(digest.get(..8).unwrap_or_default())
    }

    /// Puts `value` into an envelope for the place where it belongs.
    pub fn seal(&self, binding: &Binding, value: &str, chance: &Chance) -> Result<Sealed, Unsealable> {
        let value = encrypt(chance.data_key.as_slice(), chance.value_nonce, value.as_bytes(), &bound("value", binding))?;
        let data_key = encrypt(self.0.as_slice(), chance.key_nonce, chance.data_key.as_slice(), &bound("key", binding))?;
        Ok(Sealed { master: self.id(), data_key, value })
    }

    /// The value in an envelope that this key sealed.
    pub fn open(&self, binding: &Binding, sealed: &Sealed) -> Result<Zeroizing<String>, Unsealable> {
        let data_key = decrypt(self.0.as_slice(), &sealed.data_key, &bound("key", binding))?;
        let value = decrypt(&data_key, &sealed.value, &bound("value", binding))?;
        let text = str::from_utf8(&value).map_err(|_| Unsealable)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The envelope `sealed` under the key `to`: only the data key is wrapped anew.
    pub fn rewrap(&self, to: &Self, binding: &Binding, sealed: &Sealed, nonce: [u8; 12]) -> Result<Sealed, Unsealable> {
        let bound = bound("key", binding);
        let data_key = decrypt(self.0.as_slice(), &sealed.data_key, &bound)?;
        let data_key = encrypt(to.0.as_slice(), nonce, &data_key, &bound)?;
        Ok(Sealed { master: to.id(), data_key, value: sealed.value.clone() })
    }
}

/// What an encryption is bound to. A name has no `/`, so no two bounds are the same text.
fn bound(part: &str, binding: &Binding) -> Vec<u8> {
    format!("loki vault 1/{part}/{}/{}/{}", binding.kind, binding.owner, binding.name).into_bytes()
}

/// Nonce and ciphertext in hex.
pub(super) fn encrypt(key: &[u8], nonce: [u8; 12], plain: &[u8], bound: &[u8]) -> Result<String, Unsealable> {
    let cipher = Aes256Gcm::new_from_slice(key).map_err(|_| Unsealable)?;
    let sealed = cipher.encrypt(&nonce.into(), Payload { msg: plain, aad: bound }).map_err(|_| Unsealable)?;
    Ok(hex::encode(&nonce) + &hex::encode(&sealed))
}

/// What [`encrypt`] made, if it opens.
pub(super) fn decrypt(key: &[u8], text: &str, bound: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
    let bytes = hex::decode(text).ok_or(Unsealable)?;
    let (nonce, sealed) = bytes.split_at_checked(12).ok_or(Unsealable)?;
    let nonce: [u8; 12] = nonce.try_into().map_err(|_| Unsealable)?;
    let cipher = Aes256Gcm::new_from_slice(key).map_err(|_| Unsealable)?;
    cipher.decrypt(&nonce.into(), Payload { msg: sealed, aad: bound }).map(Zeroizing::new).map_err(|_| Unsealable)
}

#[cfg(test)]
mod tests {
    use protocol::{ProjectId, TeamId};

    use super::*;

    fn chance(seed: u8) -> Chance {
        Chance { data_key: Zeroizing::new([seed; 32]), key_nonce: [seed; 12], value_nonce: [seed + 1; 12] }
    }

    #[test]
    fn an_envelope_opens_at_its_place_with_its_key_alone() {
        let (key, other) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let id = Uuid::from_u128(7);
        let scope = SecretScope::Project(ProjectId(id));
        let binding = Binding::secret(scope, "A");
        let sealed = key.seal(&binding, "correct horse", &chance(3)).unwrap();

        assert_eq!(sealed.master, key.id());
        assert!(!format!("{sealed:?}").contains("correct horse") && !format!("{key:?}").contains(key.to_hex().as_str()));
        assert_eq!(key.open(&binding, &sealed).unwrap().as_str(), "correct horse");
        assert_eq!(other.open(&binding, &sealed), Err(Unsealable));
        let elsewhere = [
            Binding::secret(scope, "B"),
            Binding::secret(SecretScope::Installation, "A"),
            Binding::secret(SecretScope::Team(TeamId(id)), "A"),
            Binding::factor(UserId(id), FactorId(id)),
        ];
        for other in elsewhere {
            assert_eq!(key.open(&other, &sealed), Err(Unsealable), "{other:?}");
        }
        let mut altered = sealed.clone();
        altered.value.replace_range(30..31, if &altered.value[30..31] == "0" { "1" } else { "0" });
        assert_eq!(key.open(&binding, &altered), Err(Unsealable));
        for broken in ["", "00", "zz", &"0".repeat(24)] {
            assert_eq!(key.open(&binding, &Sealed { value: broken.to_owned(), ..sealed.clone() }), Err(Unsealable));
        }
    }

    #[test]
    fn an_envelope_that_is_wrapped_anew_opens_with_the_new_key_alone() {
        let (old, new) = (MasterKey::new([1; 32]), MasterKey::new([2; 32]));
        let binding = Binding::factor(UserId(Uuid::from_u128(7)), FactorId(Uuid::from_u128(8)));
        let sealed = old.seal(&binding, "correct horse", &chance(3)).unwrap();

        let rewrapped = old.rewrap(&new, &binding, &sealed, [9; 12]).unwrap();

        assert_eq!((rewrapped.master.as_str(), &rewrapped.value), (new.id().as_str(), &sealed.value));
        assert_eq!(new.open(&binding, &rewrapped).unwrap().as_str(), "correct horse");
        assert_eq!(old.open(&binding, &rewrapped), Err(Unsealable));
        let other = Binding::factor(UserId(Uuid::from_u128(7)), FactorId(Uuid::from_u128(9)));
        assert_eq!(new.rewrap(&old, &other, &rewrapped, [8; 12]), Err(Unsealable));
    }

    #[test]
    fn a_master_key_is_64_digits() {
        let key = MasterKey::new([0xab; 32]);
        assert_eq!(MasterKey::from_hex(&format!(" {}\n", key.to_hex().as_str())), Ok(key.clone()));
        for wrong in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66), &"+a".repeat(32)] {
            assert_eq!(MasterKey::from_hex(wrong), Err(NoKey), "{wrong}");
        }
        assert_eq!(Keyring(vec![key.clone()]).find(&key.id()), Some(&key));
        assert_eq!(Keyring::default().find(&key.id()), None);
    }
}
