//! Time and ids, so that tests can stop the one and foresee the other.

use protocol::Timestamp;
use uuid::Uuid;

/// What time it is.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Where new ids come from.
pub trait Ids: Send + Sync {
    /// A UUID of version 7.
    fn uuid(&self) -> Uuid;

    /// Fills `bytes` from the system's generator, for tokens, salts and nonces.
    fn random(&self, bytes: &mut [u8]);
}
