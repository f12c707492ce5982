//! The event log, as far as an actor may see it.

use std::collections::HashMap;

use domain::{
    access::{self, Action},
    actor::Actor,
    vault::SecretScope,
};
use protocol::{Envelope, Event, EventScope, EventSeq, ProjectId, UserId, teams::Owner};
use store::Tx;

use crate::{Cx, Error};

/// Events after a position that the actor may know of, oldest first.
pub async fn read(cx: &Cx, actor: &Actor, after: EventSeq, limit: u32) -> Result<Vec<Envelope>, Error> {
    access::require(actor, Action::ReadEvents)?;
    let tx = cx.store.read().await?;
    Ok(tx.events().seen_by(actor.reach().visible(), after, u64::from(limit)).await?)
}

/// The position of the newest event.
pub async fn last_seq(cx: &Cx) -> Result<EventSeq, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.events().last_seq().await?)
}

/// Whom the projects of those events belong to now, also when they are gone. For loki itself, which tells sockets apart by it.
pub async fn owners(cx: &Cx, envelopes: &[Envelope]) -> Result<HashMap<ProjectId, Owner>, Error> {
    let mut ids: Vec<ProjectId> = envelopes.iter().filter_map(|envelope| envelope.scope.project_id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tx = cx.store.read().await?;
    Ok(tx.sharing().owners(&ids).await?)
}

/// Tells the admins that people, their roles or who is invited changed. Like the next three it is told when the
/// change's transaction commits, and needs no nudge: a second later is soon enough.
pub(crate) fn users_changed(cx: &Cx, tx: &Tx) {
    tell(cx, tx, EventScope::default(), &Event::UsersChanged {});
}

/// Tells the admins that API tokens changed.
pub(crate) fn tokens_changed(cx: &Cx, tx: &Tx) {
    tell(cx, tx, EventScope::default(), &Event::TokensChanged {});
}

/// Tells a person that where they are signed in changed, or how they sign in.
pub(crate) fn logins_changed(cx: &Cx, tx: &Tx, user: UserId) {
    tell(cx, tx, EventScope::person(user), &Event::LoginsChanged {});
}

/// Tells whoever may know the project or the team, or for the installation's the admins, that secrets changed.
pub(crate) fn secrets_changed(cx: &Cx, tx: &Tx, of: SecretScope) {
    let scope = match of {
        SecretScope::Installation => EventScope::default(),
        SecretScope::Team(id) => EventScope::team(id),
        SecretScope::Project(id) => EventScope::project(id),
    };
    tell(cx, tx, scope, &Event::SecretsChanged {});
}

fn tell(cx: &Cx, tx: &Tx, scope: EventScope, event: &Event) {
    tx.events().tell(cx.clock.now(), scope, event);
}
