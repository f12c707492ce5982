//! The vault: secrets that processes are given as environment variables. Values are written here and read by nobody but those
//! processes. Under the same key lie the secrets of authenticator apps.

mod change;
mod given;
mod rotate;

pub(crate) use change::chance;
pub use change::{put, remove};
pub use given::{Given, given};
pub use rotate::rotate;

use domain::{
    access::{self, Action},
    actor::Actor,
    ports::keys::MasterKeys,
    sort::{self, Sort, name_key, time_key},
    vault::{Binding, Keyring, MasterKey, Sealed, SecretScope},
};
use protocol::{page::PageQuery, secrets::Secret};
use store::{FactorRow, SecretRow, Store, Thing, Tx};
use zeroize::Zeroizing;

use crate::{
    Cx, Error,
    page::{self, Page},
    projects, teams,
};

/// The names of a scope's secrets and who is given them, in the order of their names.
pub async fn list(cx: &Cx, actor: &Actor, scope: SecretScope) -> Result<Vec<Secret>, Error> {
    let tx = allowed(cx, actor, scope, Mode::Read).await?;
    Ok(tx.secrets().of(scope).await?.into_iter().map(view).collect())
}

/// The secrets of a scope that have `words` in their names, in pages, never their values; without `sort` by their names.
pub async fn search(
    cx: &Cx,
    actor: &Actor,
    scope: SecretScope,
    (words, sort): (&str, Option<Sort>),
    query: &PageQuery,
) -> Result<Page<Secret>, Error> {
    let words = name_key(words.trim());
    // There are never more than a hundred; the order is not the database's, which may go by its language.
    let mut found = list(cx, actor, scope).await?;
    found.retain(|secret| name_key(&secret.name).contains(&words));
    if let Some(sort) = sort {
        let key = |secret: &Secret| match sort.by.name {
            "written" => time_key(secret.updated_at),
            _ => name_key(&secret.name),
        };
        return page::of_whole(found, query, sort, |secret| sort::Cursor { key: key(secret), id: secret.name.clone() });
    }
    let (limit, after) = (page::limit(query)?, page::after::<String>(query)?);
    let place = |name: &str| (name_key(name), name.to_owned());
    found.sort_by_cached_key(|secret| place(&secret.name));
    found.retain(|secret| after.as_ref().is_none_or(|after| place(&secret.name) > place(after)));
    Ok(page::cut(found, limit, |secret| secret.name.clone()))
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
    let (rows, apps, master) = {
        let tx = store.read().await?;
        (tx.secrets().all().await?, tx.factors().apps().await?, tx.secrets().master().await?)
    };
    let secrets = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let apps: Vec<(FactorRow, Sealed)> = apps.into_iter().filter_map(sealed_app).collect();
    let problem = match keys.load() {
        Err(problem) => Some(problem),
        Ok(ring) => {
            let mut masters = rows.iter().map(|row| &row.sealed.master).chain(apps.iter().map(|(_, sealed)| &sealed.master));
            let altered = || rows.iter().find(|row| open(&ring, row).is_err()).map(|row| altered_secret(&row.name));
            let altered_app = || apps.iter().find(|(row, sealed)| open_at(&ring, &binding_of(row), sealed).is_err());
            masters
                .find(|master| ring.find(master).is_none())
                .map(|master| wrong_key(&ring, master))
                .or_else(altered)
                .or_else(|| altered_app().map(|(row, _)| altered_factor(row)))
        }
    };
    Ok(Standing { secrets, master, problem })
}

/// Whether nothing is sealed yet, so that any key will do.
pub async fn is_empty(store: &Store) -> Result<bool, Error> {
    let tx = store.read().await?;
    holds_nothing(&tx).await
}

async fn holds_nothing(tx: &Tx) -> Result<bool, Error> {
    Ok(tx.secrets().count().await? == 0 && tx.factors().count_sealed().await? == 0)
}

/// Seals the secret of a person's authenticator app with the key in force.
pub(crate) async fn seal_factor(cx: &Cx, tx: &Tx, binding: &Binding, secret: &str) -> Result<Sealed, Error> {
    let key = master(cx, tx).await?;
    change::seal(cx, &key, binding, secret)
}

/// The secret of a person's authenticator app.
pub(crate) fn open_factor(cx: &Cx, binding: &Binding, sealed: &Sealed) -> Result<Zeroizing<String>, Error> {
    open_at(&keyring(cx)?, binding, sealed)
}

/// An app whose secret is sealed.
fn sealed_app(row: FactorRow) -> Option<(FactorRow, Sealed)> {
    match &row.thing {
        Thing::App(sealed) => Some((row.clone(), sealed.clone())),
        Thing::PlainApp(_) | Thing::Passkey(_) => None,
    }
}

fn binding_of(row: &FactorRow) -> Binding {
    Binding::factor(row.user_id, row.id)
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
    if scope == SecretScope::Installation {
        access::require(actor, action)?;
    }
    let tx = match mode {
        Mode::Read => cx.store.read().await?,
        Mode::Write => crate::accounts::begin(cx, actor).await?,
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

/// The master key that new secrets are sealed with. Until `tx`, which writes, is over, nobody puts another in its place.
pub(crate) async fn master(cx: &Cx, tx: &Tx) -> Result<MasterKey, Error> {
    let ring = keyring(cx)?;
    let first = || ring.0.first().cloned().ok_or_else(|| Error::Unavailable("the vault has no master key".to_owned()));
    match tx.secrets().master().await? {
        Some(id) => match ring.find(&id) {
            Some(key) => Ok(key.clone()),
            // Nothing is sealed with the key that is gone, so another one may begin.
            None if holds_nothing(tx).await? => {
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

fn open(ring: &Keyring, row: &SecretRow) -> Result<Zeroizing<String>, Error> {
    let key = ring.find(&row.sealed.master).ok_or_else(|| Error::Unavailable(wrong_key(ring, &row.sealed.master)))?;
    let binding = Binding::secret(row.scope, &row.name);
    key.open(&binding, &row.sealed).map_err(|_| Error::Unavailable(altered_secret(&row.name)))
}

fn open_at(ring: &Keyring, binding: &Binding, sealed: &Sealed) -> Result<Zeroizing<String>, Error> {
    let key = ring.find(&sealed.master).ok_or_else(|| Error::Unavailable(wrong_key(ring, &sealed.master)))?;
    key.open(binding, sealed).map_err(|_| Error::Unavailable("the secret of an authenticator app was altered".to_owned()))
}

fn altered_secret(name: &str) -> String {
    format!("the secret {name} does not open: it was altered. Set it again")
}

fn altered_factor(row: &FactorRow) -> String {
    format!("the secret of the authenticator app {} does not open: it was altered. Reset its person's second factors", row.id)
}

fn wrong_key(ring: &Keyring, wanted: &str) -> String {
    let have: Vec<String> = ring.0.iter().map(MasterKey::id).collect();
    let have = if have.is_empty() { "there is none".to_owned() } else { format!("the one at hand is {}", have.join(" and ")) };
    format!(
        "the vault was sealed with the master key {wanted}, and {have}: put the right key into vault.key, LOKI_VAULT_KEY or \
         LOKI_VAULT_KEY_FILE. Without it, remove the secrets and set them again"
    )
}
