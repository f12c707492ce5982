//! Mail to people: written in the transaction of what it is about, sealed, and sent after it was committed.

mod look;
mod queue;
mod send;

pub use look::{Standing, standing};
pub use send::{forget, step, take_back};

pub(crate) use queue::{ToSend, notice, put};

use domain::vault::{MasterKey, SecretScope};
use uuid::Uuid;

use crate::Cx;

/// Whether this installation sends mail.
pub fn is_set_up(cx: &Cx) -> bool {
    cx.mailer.is_some()
}

/// The address of a path of this server, for a link.
pub(crate) fn link(cx: &Cx, path: &str) -> String {
    format!("{}{path}", cx.settings.reach.public_url)
}

/// Under what a mail is sealed: the vault's envelope for the installation, and a name that no secret can have.
const SCOPE: SecretScope = SecretScope::Installation;

fn name(id: Uuid) -> String {
    format!("mail/{id}")
}

/// What a mail says, for another master key.
pub(crate) fn rewrap(
    from: &MasterKey,
    to: &MasterKey,
    (id, sealed): (Uuid, &domain::vault::Sealed),
    nonce: [u8; 12],
) -> Option<domain::vault::Sealed> {
    from.rewrap(to, (SCOPE, &name(id)), sealed, nonce).ok()
}
