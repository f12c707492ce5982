//! Checkpoints: signed statements that the chain had a certain hash at a certain entry. They hold what comes before them even
//! when somebody who can write the database rewrites the chain from there on, and when old entries were removed.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::chain::Link;
use crate::hex;

/// The server's key for checkpoints.
#[derive(Clone)]
pub struct AuditKey(SigningKey);

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AuditKey").field(&self.public().id()).finish()
    }
}

/// What checkpoints are checked with; it may be told to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an Ed25519 key is written as 64 hexadecimal digits")]
pub struct KeyError;

/// A signed statement on the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub seq: i64,
    /// The hash of that entry, in hex.
    pub hash: String,
    /// When it was signed, in milliseconds since 1970.
    pub at: i64,
    /// Which key signed it: the first 16 digits of the public one.
    pub key: String,
    /// In hex.
    pub signature: String,
}

impl AuditKey {
    /// From 32 bytes of chance.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// From what [`AuditKey::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        bytes::<32>(text.trim()).map(Self::new).ok_or(KeyError)
    }

    /// The secret itself.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0.to_bytes())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs that the chain ends at `link`, at `at`.
    pub fn sign(&self, link: &Link, at: i64) -> Checkpoint {
        let mut checkpoint =
            Checkpoint { seq: link.seq, hash: link.hash.clone(), at, key: self.public().id(), signature: String::new() };
        checkpoint.signature = hex::encode(&self.0.sign(checkpoint.text().as_bytes()).to_bytes());
        checkpoint
    }
}

impl PublicKey {
    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let bytes = bytes::<32>(text.trim()).ok_or(KeyError)?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| KeyError)
    }

    pub fn to_hex(&self) -> String {
        hex::encode(self.0.as_bytes())
    }

    /// Names the key in a few digits.
    pub fn id(&self) -> String {
        self.to_hex().chars().take(16).collect()
    }
}

impl Checkpoint {
    /// What is signed.
    fn text(&self) -> String {
        format!("{{\"at\":{},\"hash\":\"{}\",\"key\":\"{}\",\"seq\":{}}}", self.at, self.hash, self.key, self.seq)
    }

    /// Whether one of `keys` signed it. The error says what is wrong.
    pub fn check(&self, keys: &[PublicKey]) -> Result<(), String> {
        let Some(key) = keys.iter().find(|key| key.id() == self.key) else {
            return Err(format!(
                "the checkpoint at entry {} is signed by the key {}, which is not known here",
                self.seq, self.key
            ));
        };
        let signature = bytes::<64>(&self.signature).map(|bytes| Signature::from_bytes(&bytes));
        let good = signature.is_some_and(|signature| key.0.verify_strict(self.text().as_bytes(), &signature).is_ok());
        if good { Ok(()) } else { Err(format!("the checkpoint at entry {} was changed: its signature does not fit", self.seq)) }
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = Zeroizing::new(hex::decode(text)?);
    bytes.as_slice().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_holds_its_entry_and_nobody_else_can_sign_one() {
        let key = AuditKey::new([7; 32]);
        let good = key.sign(&Link::genesis(), 1);
        assert_eq!(good.check(&[key.public()]), Ok(()));
        let changes: [fn(&mut Checkpoint); 5] = [
            |checkpoint| checkpoint.seq = 1,
            |checkpoint| checkpoint.at = 2,
            |checkpoint| checkpoint.hash = "1".repeat(64),
            |checkpoint| checkpoint.signature = "0".repeat(128),
            |checkpoint| checkpoint.signature.clear(),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = good.clone();
            change(&mut changed);
            assert!(changed.check(&[key.public()]).unwrap_err().contains("does not fit"), "change {number}");
        }
        let foreign = AuditKey::new([8; 32]).sign(&Link::genesis(), 1);
        assert!(foreign.check(&[key.public()]).unwrap_err().contains("not known here"));
    }

    #[test]
    fn keys_are_written_and_read() {
        let key = AuditKey::new([7; 32]);
        let again = AuditKey::from_hex(&format!("{}\n", key.to_hex())).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(PublicKey::from_hex(&key.public().to_hex()), Ok(key.public()));
        assert!(!format!("{key:?}").contains(&key.to_hex()));
        for wrong in ["", "07", &"g".repeat(64), &"+1".repeat(32)] {
            assert!(AuditKey::from_hex(wrong).is_err(), "{wrong}");
        }
    }
}
