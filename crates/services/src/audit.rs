//! The audit trail: what was done and what was denied, in one chain that proves that it was not altered.

mod anchor;
mod denials;
pub mod forward;
mod keep;
mod names;
mod read;
mod signer;
mod verify;

pub use anchor::follow;
pub use denials::{Denials, DeniedRequest, write_denials};
pub use keep::{When, checkpoint, prune};
pub use names::{Names, actor_names, names};
pub use read::{MOST, entry, list, summary, tail};
pub use signer::foreign_signer;
pub use verify::verify;

use domain::{actor::Actor, audit::Entry};

use crate::{Cx, Error};

/// That `actor` did `what` now, a verb and a kind of thing like `create project`, to the one of that id.
pub(crate) fn done(cx: &Cx, actor: &Actor, what: &str, id: impl ToString) -> Entry {
    Entry::done(cx.clock.now().millis(), actor, what, &id)
}

/// Writes that somebody took the trail along.
pub async fn exported(cx: &Cx, actor: &Actor) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    tx.record(done(cx, actor, "export audit", ""));
    Ok(tx.commit().await?)
}

/// Writes that somebody signed in or out.
pub async fn signed(cx: &Cx, actor: &Actor, action: SignedHow) -> Result<(), Error> {
    let id = match actor {
        Actor::User { login, .. } => login.to_string(),
        Actor::Token { .. } | Actor::Automation => String::new(),
    };
    let tx = cx.store.begin().await?;
    if let Some(user) = actor.user_id() {
        crate::events::logins_changed(cx, &tx, user);
    }
    tx.record(done(cx, actor, action.as_str(), id));
    Ok(tx.commit().await?)
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedHow {
    In,
    Out,
}

impl SignedHow {
    fn as_str(self) -> &'static str {
        match self {
            Self::In => "sign_in login",
            Self::Out => "sign_out login",
        }
    }
}
