//! First access: a one-time link makes the first account, so that no passer-by becomes admin.

use domain::actor::Actor;
use protocol::access::Role;
use subtle::ConstantTimeEq;

use super::{
    one_time::{hash, secret},
    users::{self, NewUser, UserRecord},
};
use crate::{Cx, Error};

const SETTING: &str = "setup_token_sha256";

/// The first account to be.
#[derive(Clone)]
pub struct NewAdmin {
    /// From the one-time link.
    pub token: String,
    pub email: String,
    pub name: String,
    pub password: String,
}

/// Whether nobody has an account yet.
pub async fn setup_needed(cx: &Cx) -> Result<bool, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.accounts().count().await? == 0)
}

/// A new one-time secret, which takes the place of the one before; nothing when somebody has an account.
pub async fn issue_setup_token(cx: &Cx) -> Result<Option<String>, Error> {
    let tx = cx.store.begin().await?;
    if tx.accounts().count().await? > 0 {
        return Ok(None);
    }
    let token = secret::<24>(cx);
    tx.accounts().set_setting(SETTING, &hash(&token)).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Whether `token` is the one that counts now.
pub async fn check_setup_token(cx: &Cx, token: &str) -> Result<bool, Error> {
    let tx = cx.store.read().await?;
    let stored = tx.accounts().setting(SETTING).await?;
    Ok(tx.accounts().count().await? == 0 && stored.is_some_and(|stored| same(&stored, token)))
}

/// Makes the first account, an admin's, and uses the link up.
pub async fn create_first_admin(cx: &Cx, new: NewAdmin) -> Result<UserRecord, Error> {
    if !check_setup_token(cx, &new.token).await? {
        return Err(refused());
    }
    let user = NewUser { email: new.email, name: new.name, password: new.password, role: Role::Admin };
    let row = users::prepare(cx, &user).await?;
    let tx = cx.store.begin().await?;
    // Looked at again under the lock: of two who use the link at once, one wins.
    let stored = tx.accounts().setting(SETTING).await?;
    if tx.accounts().count().await? > 0 || !stored.is_some_and(|stored| same(&stored, &new.token)) {
        return Err(refused());
    }
    users::insert(cx, &tx, &Actor::Automation, &row).await?;
    tx.accounts().remove_setting(SETTING).await?;
    tx.commit().await?;
    Ok(row.into())
}

fn refused() -> Error {
    Error::Unauthorized("this setup link has been used or replaced; `loki setup-link` on the server prints a new one".to_owned())
}

fn same(stored: &str, token: &str) -> bool {
    stored.as_bytes().ct_eq(hash(token).as_bytes()).into()
}
