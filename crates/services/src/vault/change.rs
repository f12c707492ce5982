//! Writing and removing secrets.

use domain::{
    actor::Actor,
    audit::Changes,
    vault::{self as rules, Binding, Chance, SecretScope},
};
use protocol::secrets::{PutSecret, Secret, SecretUse};
use store::SecretRow;
use zeroize::Zeroizing;

use super::{Mode, allowed, master, view};
use crate::{Cx, Error, audit::done};

/// Makes the secret `name`, or changes what is given of it. Its value is in no answer, ever.
pub async fn put(cx: &Cx, actor: &Actor, scope: SecretScope, name: &str, command: PutSecret) -> Result<Secret, Error> {
    let tx = allowed(cx, actor, scope, Mode::Write).await?;
    rules::check_name(name).map_err(Error::Invalid)?;
    let value = command.value.map(Zeroizing::new);
    if let Some(value) = &value {
        rules::check_value(value).map_err(Error::Invalid)?;
    }
    let uses = command.uses.map(rules::uses);
    let key = master(cx, &tx).await?;
    let before = tx.secrets().by_name(scope, name).await?;
    let now = cx.clock.now();
    let row = match (&before, &value, uses) {
        (None, Some(value), Some(uses)) => {
            if tx.secrets().count_of(scope).await? >= rules::MOST_SECRETS as u64 {
                return Err(Error::Conflict(format!("there are {} secrets already: remove one first", rules::MOST_SECRETS)));
            }
            SecretRow {
                id: cx.ids.uuid(),
                scope,
                name: name.to_owned(),
                uses,
                sealed: seal(cx, &key, &Binding::secret(scope, name), value)?,
                created_at: now,
                updated_at: now,
                updated_by: actor.display_name().to_owned(),
            }
        }
        (None, None, _) => return Err(Error::Invalid("there is no secret of that name yet: give its `value`".to_owned())),
        (None, Some(_), None) => {
            let text =
                "a new secret needs `uses`: name the processes that are given it, any of agent, tests, preview and terminal";
            return Err(Error::Invalid(text.to_owned()));
        }
        (Some(before), value, uses) => SecretRow {
            uses: uses.unwrap_or_else(|| before.uses.clone()),
            sealed: match value {
                Some(value) => seal(cx, &key, &Binding::secret(scope, name), value)?,
                None => before.sealed.clone(),
            },
            updated_at: now,
            updated_by: actor.display_name().to_owned(),
            ..before.clone()
        },
    };
    match &before {
        Some(_) => tx.secrets().update(&row).await?,
        None => tx.secrets().insert(&row).await?,
    }
    let changes = changes(before.as_ref(), &row, value.is_some());
    crate::events::secrets_changed(cx, &tx, scope);
    tx.record(done(cx, actor, "set secret", resource(scope, name)).about(scope).with(changes));
    tx.commit().await?;
    Ok(view(row))
}

/// Removes a secret; whoever has it already keeps it.
pub async fn remove(cx: &Cx, actor: &Actor, scope: SecretScope, name: &str) -> Result<(), Error> {
    let tx = allowed(cx, actor, scope, Mode::Write).await?;
    let row =
        tx.secrets().by_name(scope, name).await?.ok_or_else(|| Error::NotFound("there is no secret of that name".to_owned()))?;
    tx.secrets().delete(row.id).await?;
    let changes = Changes::default().field("uses", words(&row.uses), "");
    crate::events::secrets_changed(cx, &tx, scope);
    tx.record(done(cx, actor, "remove secret", resource(scope, name)).about(scope).with(changes));
    Ok(tx.commit().await?)
}

/// For one envelope.
pub(crate) fn chance(cx: &Cx) -> Chance {
    let mut chance = Chance { data_key: Zeroizing::new([0; 32]), key_nonce: [0; 12], value_nonce: [0; 12] };
    cx.ids.random(chance.data_key.as_mut_slice());
    cx.ids.random(&mut chance.key_nonce);
    cx.ids.random(&mut chance.value_nonce);
    chance
}

pub(super) fn seal(cx: &Cx, key: &rules::MasterKey, binding: &Binding, value: &str) -> Result<rules::Sealed, Error> {
    key.seal(binding, value, &chance(cx)).map_err(|error| Error::Internal(format!("a secret could not be sealed: {error}")))
}

/// What the trail says: that there is a value now or another one, never which.
fn changes(before: Option<&SecretRow>, after: &SecretRow, is_new_value: bool) -> Changes {
    let (from, to) = (before.map_or("", |_| "before"), if is_new_value { "after" } else { "before" });
    Changes::default().field("uses", before.map_or_else(String::new, |row| words(&row.uses)), words(&after.uses)).field(
        "secret_value",
        from,
        to,
    )
}

/// How the trail names it: `PROJECT/NAME` or `TEAM/NAME`, or the name alone for the installation's.
fn resource(scope: SecretScope, name: &str) -> String {
    match scope {
        SecretScope::Installation => name.to_owned(),
        SecretScope::Team(_) | SecretScope::Project(_) => format!("{}/{name}", scope.owner()),
    }
}

fn words(uses: &[SecretUse]) -> String {
    uses.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
}
