//! The vault: secrets that processes are given as environment variables. Values are written here and read by nobody but those
//! processes.

mod change;
mod given;
mod rotate;

pub use change::{put, remove};
pub use given::{Given, given};
pub use rotate::rotate;

use domain::{
    access::{self, Action},
    actor::Actor,
    ports::keys::MasterKeys,
    reach::require_somewhere,
    vault::{Keyring, MasterKey, SecretScope},
};
use protocol::secrets::Secret;
use store::{SecretRow, Store, Tx};

use crate::{Cx, Error, projects, teams};

/// The names of a scope's secrets and who is given them, in the order of their names.
pub async fn list(cx: &Cx, actor: &Actor, scope: SecretScope) -> Result<Vec<Secret>, Error> {
    let tx = allowed(cx, actor, scope, Mode::Read).await?;
    Ok(tx.secrets().of(scope).await?.into_iter().map(view).collect())
}

/// How the vault stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub secrets: u64,
    /// The id of the master key in force; absent before the first secret.
    pub master: Option<String>,
    /// Why secrets cannot be opened or written, and what to do.
    pub problem: Option<String>,
}

/// Whether the master key is at hand that the secrets were sealed with.
pub async fn standing(store: &Store, keys: &dyn MasterKeys) -> Result<Standing, Error> {
    let (rows, master) = {
        let tx = store.read().await?;
        (tx.secrets().all().await?, tx.secrets().master().await?)
    };
    let secrets = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let problem = match keys.load() {
        Err(problem) => Some(problem),
        Ok(_) if rows.is_empty() => None,
        Ok(ring) => {
            let missing = rows.iter().find(|row| ring.find(&row.sealed.master).is_none());
            let altered = || rows.iter().find(|row| open(&ring, row).is_err());
            missing
                .map(|row| wrong_key(&ring, &row.sealed.master))
                .or_else(|| altered().map(|row| format!("the secret {} does not open: it was altered. Set it again", row.name)))
        }
    };
    Ok(Standing { secrets, master, problem })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

/// A transaction for an actor who may see, or write, the secrets of that scope.
async fn allowed(cx: &Cx, actor: &Actor, scope: SecretScope, mode: Mode) -> Result<Tx, Error> {
    let action = match (scope, mode) {
        (SecretScope::Installation, _) => Action::ManageAllSecrets,
        // Everybody in a team sees what its projects are given, by name.
        (SecretScope::Team(_), Mode::Read) => Action::ReadTeams,
        (SecretScope::Team(_), Mode::Write) | (SecretScope::Project(_), _) => Action::ManageSecrets,
    };
    match scope {
        SecretScope::Installation => access::require(actor, action)?,
        SecretScope::Team(_) | SecretScope::Project(_) => require_somewhere(actor, action)?,
    }
    let tx = match mode {
        Mode::Read => cx.store.read().await?,
        Mode::Write => cx.store.begin().await?,
    };
    match scope {
        SecretScope::Project(id) => {
            projects::load(&tx, actor, id, action).await?;
        }
        SecretScope::Installation => {}
        SecretScope::Team(id) => {
            teams::load(&tx, actor, id, action).await?;
        }
    }
    Ok(tx)
}

fn view(row: SecretRow) -> Secret {
    Secret { name: row.name, uses: row.uses, created_at: row.created_at, updated_at: row.updated_at, updated_by: row.updated_by }
}

fn keyring(cx: &Cx) -> Result<Keyring, Error> {
    cx.keys.load().map_err(Error::Unavailable)
}

/// The master key that new secrets are sealed with. Until `tx` is over, nobody puts another in its place.
pub(crate) async fn master(cx: &Cx, tx: &Tx) -> Result<MasterKey, Error> {
    let ring = keyring(cx)?;
    let first = || ring.0.first().cloned().ok_or_else(|| Error::Unavailable("the vault has no master key".to_owned()));
    match tx.secrets().hold_master().await? {
        Some(id) => match ring.find(&id) {
            Some(key) => Ok(key.clone()),
            // Nothing is sealed with the key that is gone, so another one may begin.
            None if tx.secrets().count().await? == 0 => {
                let key = first()?;
                tx.secrets().set_master(&key.id()).await?;
                Ok(key)
            }
            None => Err(Error::Unavailable(wrong_key(&ring, &id))),
        },
        None => {
            let key = first()?;
            tx.secrets().set_master(&key.id()).await?;
            Ok(key)
        }
    }
}

fn open(ring: &Keyring, row: &SecretRow) -> Result<zeroize::Zeroizing<String>, Error> {
    let key = ring.find(&row.sealed.master).ok_or_else(|| Error::Unavailable(wrong_key(ring, &row.sealed.master)))?;
    key.open(row.scope, &row.name, &row.sealed)
        .map_err(|_| Error::Unavailable(format!("the secret {} does not open: it was altered. Set it again", row.name)))
}

fn wrong_key(ring: &Keyring, wanted: &str) -> String {
    let have: Vec<String> = ring.0.iter().map(MasterKey::id).collect();
    let have = if have.is_empty() { "there is none".to_owned() } else { format!("the one at hand is {}", have.join(" and ")) };
    format!(
        "the vault was sealed with the master key {wanted}, and {have}: put the right key into vault.key, LOKI_VAULT_KEY or \
         LOKI_VAULT_KEY_FILE. Without it, remove the secrets and set them again"
    )
}
