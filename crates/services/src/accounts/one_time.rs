//! Secrets that somebody shows once: chance goes out, and what is kept of it gives nobody the secret.

use domain::hex;
use sha2::{Digest as _, Sha256};

use crate::Cx;

/// That many bytes of chance, in hexadecimal digits.
pub(super) fn secret<const BYTES: usize>(cx: &Cx) -> String {
    let mut bytes = [0; BYTES];
    cx.ids.random(&mut bytes);
    hex::encode(&bytes)
}

/// What is kept of a secret. It needs no salt: nobody tries all of so much chance.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(&Sha256::digest(secret.as_bytes()))
}
