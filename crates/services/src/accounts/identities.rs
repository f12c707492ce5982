//! Signing in with another provider: a person is found by issuer and subject, never by email address alone.

mod flows;
mod linked;
mod signed_out;

pub use flows::{Departure, Returned, begin_sign_in, take_sign_in};
pub use linked::{Linked, begin_link, link_identity, linked_identities, unlink_identity};
pub use signed_out::signed_out_there;

use domain::{
    actor::Actor,
    audit::Changes,
    sign_in::{Admitted, Identity, Provider, Provisioning},
};
use protocol::{UserId, access::Role};
use store::{IdentityRow, Tx, UserRow};

use super::{UserRecord, invitations};
use crate::{Cx, Error, audit::done, teams};

/// The person that a provider named. Somebody new gets an account if the provider's rules say so. Every refusal is
/// [`Error::Unauthorized`] with the reason, which is for the audit trail and not for the person.
pub async fn sign_in_as(cx: &Cx, provider: &Provider, identity: &Identity) -> Result<UserRecord, Error> {
    let admitted = provider.admits(identity).map_err(|why| refused(why.to_string()))?;
    let tx = cx.store.begin().await?;
    let known = tx.identities().find(&provider.issuer, &admitted.subject).await?;
    let by_rules = admitted.teams.clone();
    let (id, told) = match known {
        Some(known) => returning(cx, &tx, &admitted, &known).await?,
        None => newcomer(cx, &tx, provider, admitted).await?,
    };
    let ruled = teams::rules::apply(cx, &tx, (id, &provider.id), &by_rules).await?;
    for team in ruled.kept() {
        tracing::warn!(user = %id, %team, provider = %provider.id, "groups would take a team's only admin's role; it stays");
    }
    let changed = ruled.is_change();
    if let Some((what, changes)) = told {
        crate::events::users_changed(cx, &tx);
        tx.record(done(cx, &Actor::Automation, what, id).with(changes));
    }
    ruled.tell(cx, &tx).await?;
    // As counted after those changes: the new login has its id for what the person may do now.
    let user = tx.accounts().by_id(id).await?.ok_or_else(|| refused("the account is gone"))?;
    tx.commit().await?;
    if changed {
        cx.nudges.access();
    }
    Ok(user.into())
}

/// What is to be told of a person, when all rows are written: under which words it goes on record, and what changed.
type Told = (&'static str, Changes);

/// Somebody who was here before: the groups of today decide the role, if they decide it at all.
async fn returning(cx: &Cx, tx: &Tx, admitted: &Admitted, known: &IdentityRow) -> Result<(UserId, Option<Told>), Error> {
    let user = tx.accounts().by_id(known.user_id).await?.ok_or_else(|| refused("the account is gone"))?;
    if user.switched_off_at.is_some() {
        return Err(refused("the account is switched off"));
    }
    tx.identities().used(known.id, &admitted.email, cx.clock.now()).await?;
    if !known.manages_role || !admitted.by_groups || user.role == admitted.role {
        return Ok((user.id, None));
    }
    // Without an admin nobody could make one.
    if user.role == Role::Admin && tx.accounts().count_role(Role::Admin).await? <= 1 {
        tracing::warn!(user = %user.id, role = admitted.role.as_str(), "groups would take the only admin's role; it stays");
        return Ok((user.id, None));
    }
    tx.accounts().set_role(user.id, admitted.role).await?;
    let changes = Changes::default().field("role", user.role.as_str(), admitted.role.as_str());
    Ok((user.id, Some(("update user", changes))))
}

async fn newcomer(cx: &Cx, tx: &Tx, provider: &Provider, admitted: Admitted) -> Result<(UserId, Option<Told>), Error> {
    if tx.accounts().by_email(&admitted.email).await?.is_some() {
        // Whoever has the account shows it by signing in to it, and links the provider then.
        return Err(refused("the email address belongs to an account that is not linked"));
    }
    let role = match provider.provisioning {
        Provisioning::Open => admitted.role,
        Provisioning::Closed => {
            return Err(refused("nobody gets an account by signing in with this provider (provisioning closed)"));
        }
        Provisioning::Invitation => {
            let invited = invitations::of_email(cx, tx, &admitted.email).await?;
            let role = invitations::promised(&invited).ok_or_else(|| refused("the email address was not invited"))?;
            if admitted.by_groups { admitted.role } else { role }
        }
    };
    let user = UserRow {
        id: UserId(cx.ids.uuid()),
        email: admitted.email.clone(),
        name: admitted.name,
        password_hash: String::new(),
        role,
        created_at: cx.clock.now(),
        switched_off_at: None,
        privileges: 0,
    };
    tx.accounts().insert(&user).await?;
    let row = IdentityRow { manages_role: true, ..identity_row(cx, provider, &admitted.subject, &admitted.email, user.id) };
    tx.identities().insert(&row).await?;
    invitations::join_all(cx, tx, user.id, &admitted.email).await?;
    let changes = Changes::default().field("provider", "", &provider.id).field("role", "", role.as_str());
    Ok((user.id, Some(("create user", changes))))
}

fn identity_row(cx: &Cx, provider: &Provider, subject: &str, email: &str, user: UserId) -> IdentityRow {
    let now = cx.clock.now();
    IdentityRow {
        id: cx.ids.uuid(),
        issuer: provider.issuer.clone(),
        subject: subject.to_owned(),
        user_id: user,
        provider: provider.id.clone(),
        email: email.to_owned(),
        manages_role: false,
        created_at: now,
        last_used_at: now,
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::Unauthorized(why.into())
}
