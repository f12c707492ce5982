//! Where the vault's master keys come from.

use crate::vault::Keyring;

/// The keys of this machine, read anew each time: a change of the key needs no restart, and no key waits in memory.
pub trait MasterKeys: Send + Sync {
    /// All keys at hand. The error says where they are looked for and what to do.
    fn load(&self) -> Result<Keyring, String>;
}
