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

use domain::{
    actor::Actor,
    audit::{About, Changes, Entry},
};
use store::Tx;

use crate::{Cx, Error};

/// Writes, when `tx` commits, that `actor` did `what`: a verb and a kind of thing like `create project`.
pub(crate) fn record(cx: &Cx, tx: &Tx, actor: &Actor, what: &str, id: impl ToString) {
    record_changes(cx, tx, actor, (what, id), Changes::default());
}

/// The same with what was changed.
pub(crate) fn record_changes(cx: &Cx, tx: &Tx, actor: &Actor, (what, id): (&str, impl ToString), changes: Changes) {
    record_about(cx, tx, actor, (what, id, About::default()), changes);
}

/// The same of a project or a team, whose auditors read it too.
pub(crate) fn record_about(
    cx: &Cx,
    tx: &Tx,
    actor: &Actor,
    (what, id, about): (&str, impl ToString, impl Into<About>),
    changes: Changes,
) {
    let entry = Entry::done(cx.clock.now().millis(), actor, what, &id).with(changes).about(about);
    tx.audit().append([entry]);
}

/// Writes that somebody took the trail along.
pub async fn exported(cx: &Cx, actor: &Actor) -> Result<(), Error> {
    let tx = cx.store.begin().await?;
    record(cx, &tx, actor, "export audit", "");
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
    record(cx, &tx, actor, action.as_str(), id);
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
