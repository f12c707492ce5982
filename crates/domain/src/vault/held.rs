//! Text that lies in the database and that its holder alone can have read: it is sealed with a secret of theirs, like the value
//! of a cookie, of which the database knows no more than a hash.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::sealing::{Unsealable, decrypt, encrypt};

/// Seals text with a secret of at least 128 bits of chance. `what` says what it is, and opens nothing else. The nonce is used
/// once.
pub fn seal(secret: &[u8], what: &str, text: &str, nonce: [u8; 12]) -> Result<String, Unsealable> {
    encrypt(key(secret, what).as_slice(), nonce, text.as_bytes(), what.as_bytes())
}

/// The text that was sealed with that secret.
pub fn open(secret: &[u8], what: &str, sealed: &str) -> Result<Zeroizing<String>, Unsealable> {
    let bytes = decrypt(key(secret, what).as_slice(), sealed, what.as_bytes())?;
    Ok(Zeroizing::new(str::from_utf8(&bytes).map_err(|_| Unsealable)?.to_owned()))
}

/// The key that is made of a secret: another value than the hash by which the database finds the secret's row.
fn key(secret: &[u8], what: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(
        Sha256::new().chain_update(b"loki held\0").chain_update(what).chain_update(b"\0").chain_update(secret).finalize().into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_opens_for_its_holder_alone() {
        let sealed = seal(b"the cookie's value", "id token", "who somebody is", [7; 12]).unwrap();

        assert!(!sealed.contains("somebody"));
        assert_eq!(open(b"the cookie's value", "id token", &sealed).unwrap().as_str(), "who somebody is");
        assert_eq!(open(b"another value", "id token", &sealed), Err(Unsealable));
        assert_eq!(open(b"the cookie's value", "something else", &sealed), Err(Unsealable));
        assert_eq!(open(b"the cookie's value", "id token", "00"), Err(Unsealable));
        assert_ne!(sealed, seal(b"the cookie's value", "id token", "who somebody is", [8; 12]).unwrap());
    }
}
