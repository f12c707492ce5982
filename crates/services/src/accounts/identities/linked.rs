//! The identities of a person: linked and unlinked by themselves alone, while they are signed in.

use domain::{
    actor::Actor,
    audit::Changes,
    mail::Notice,
    sign_in::{Identity, Provider},
};
use protocol::{Timestamp, UserId};
use store::{Tx, UserRow};
use uuid::Uuid;

use super::{Departure, begin_sign_in, identity_row, refused};
use crate::{Cx, Error, accounts::fresh::require_fresh, audit::done, mail, teams};

/// An identity as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub id: Uuid,
    /// The provider's id in the set-up; the provider may be gone from it.
    pub provider: String,
    pub email: String,
    pub last_used_at: Timestamp,
}

/// The identities of the actor, oldest first.
pub async fn linked_identities(cx: &Cx, actor: &Actor) -> Result<Vec<Linked>, Error> {
    let user = person(actor)?;
    let tx = cx.store.read().await?;
    let rows = tx.identities().of(user).await?;
    let linked =
        |row: store::IdentityRow| Linked { id: row.id, provider: row.provider, email: row.email, last_used_at: row.last_used_at };
    Ok(rows.into_iter().map(linked).collect())
}

/// Leaves for a provider to link it, when the actor showed who they are a short while ago; `next` is a local path.
pub async fn begin_link(cx: &Cx, actor: &Actor, provider: &str, next: &str) -> Result<Departure, Error> {
    let Actor::User { login, .. } = actor else { return Err(only_people()) };
    require_fresh(cx, &cx.store.read().await?, actor).await?;
    begin_sign_in(cx, provider, next, Some(*login)).await
}

/// Makes what the provider named another way to sign in to the actor's account. The account keeps its role.
pub async fn link_identity(cx: &Cx, actor: &Actor, provider: &Provider, identity: &Identity) -> Result<(), Error> {
    let user = person(actor)?;
    let admitted = provider.admits(identity).map_err(|why| refused(why.to_string()))?;
    let tx = crate::accounts::begin(cx, actor).await?;
    match tx.identities().find(&provider.issuer, &admitted.subject).await? {
        Some(known) if known.user_id == user => return Ok(()),
        Some(_) => return Err(refused("the identity belongs to another account")),
        None => {}
    }
    let row = identity_row(cx, provider, &admitted.subject, &admitted.email, user);
    tx.identities().insert(&row).await?;
    tx.accounts().privileges_changed(user).await?;
    mail::notice(cx, &tx, user, (Notice::ProviderLinked, actor)).await?;
    let changes = Changes::default().field("provider", "", &provider.id).field("email", "", &admitted.email);
    crate::events::logins_changed(cx, &tx, user);
    tx.record(done(cx, actor, "link identity", row.id).with(changes));
    Ok(tx.commit().await?)
}

/// Takes a way to sign in away, unless it is the only one, when the actor showed who they are a short while ago.
pub async fn unlink_identity(cx: &Cx, actor: &Actor, id: Uuid) -> Result<(), Error> {
    let user = person(actor)?;
    let tx = crate::accounts::begin(cx, actor).await?;
    require_fresh(cx, &tx, actor).await?;
    let rows = tx.identities().of(user).await?;
    let row = rows.iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| Error::NotFound("there is no such way to sign in".to_owned()))?;
    if rows.len() == 1 && account(&tx, user).await?.password_hash.is_empty() {
        let text = "this is the only way to sign in to your account: link another one first, or have a password set";
        return Err(Error::Conflict(text.to_owned()));
    }
    // Otherwise a role that came from a group would outlast the group.
    let decides = |provider: &Provider| provider.issuer == row.issuer && !provider.roles.is_empty();
    if row.manages_role && cx.settings.providers.iter().any(decides) {
        return Err(Error::Conflict("this provider's groups decide your role, so it stays linked".to_owned()));
    }
    tx.identities().delete(id).await?;
    tx.accounts().privileges_changed(user).await?;
    let mut ruled = None;
    if !rows.iter().any(|other| other.id != id && other.provider == row.provider) {
        // What its groups gave goes with it.
        let applied = teams::rules::apply(cx, &tx, (user, &row.provider), &[]).await?;
        if !applied.kept().is_empty() {
            let text = "its groups make you the only admin of a team that has projects: make somebody else its admin first";
            return Err(Error::Conflict(text.to_owned()));
        }
        ruled = Some(applied);
    }
    mail::notice(cx, &tx, user, (Notice::ProviderUnlinked, actor)).await?;
    let changes = Changes::default().field("provider", &row.provider, "").field("email", &row.email, "");
    crate::events::logins_changed(cx, &tx, user);
    if let Some(ruled) = ruled {
        ruled.tell(cx, &tx).await?;
    }
    tx.record(done(cx, actor, "unlink identity", id).with(changes));
    tx.commit().await?;
    cx.nudges.access();
    Ok(())
}

async fn account(tx: &Tx, user: UserId) -> Result<UserRow, Error> {
    tx.accounts().by_id(user).await?.ok_or_else(|| refused("the account is gone"))
}

fn person(actor: &Actor) -> Result<UserId, Error> {
    actor.user_id().ok_or_else(only_people)
}

fn only_people() -> Error {
    Error::Invalid("only a person has ways to sign in".to_owned())
}
