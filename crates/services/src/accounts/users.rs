//! People who can sign in.

use domain::{
    access::{self, Action},
    actor::Actor,
};
use protocol::{Timestamp, UserId, access::Role};
use store::{Tx, UserRow};

use super::passwords;
use crate::{Cx, Error, context::audit};

/// A person, without what is secret about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// A person to be.
#[derive(Clone)]
pub struct NewUser {
    pub email: String,
    /// What others see; the part of the e-mail address before the @ when empty.
    pub name: String,
    pub password: String,
    pub role: Role,
}

/// Makes an account.
pub async fn create_user(cx: &Cx, actor: &Actor, new: NewUser) -> Result<UserRecord, Error> {
    access::require(actor, Action::ManageUsers)?;
    let row = prepare(cx, &new).await?;
    let tx = cx.store.begin().await?;
    insert(cx, &tx, actor, &row).await?;
    tx.commit().await?;
    Ok(row.into())
}

/// The person of that id, as they are right now.
pub async fn user(cx: &Cx, id: UserId) -> Result<Option<UserRecord>, Error> {
    let tx = cx.store.read().await?;
    Ok(tx.accounts().by_id(id).await?.map(UserRecord::from))
}

/// Checks and hashes, before a transaction is opened.
pub(super) async fn prepare(cx: &Cx, new: &NewUser) -> Result<UserRow, Error> {
    let no_email = || Error::Invalid("that is no e-mail address; it looks like name@example.org".to_owned());
    let email = domain::sign_in::email(&new.email).ok_or_else(no_email)?;
    let name = match new.name.trim() {
        "" => email.split('@').next().unwrap_or_default().to_owned(),
        name => name.to_owned(),
    };
    if name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::Invalid("the name must have at most 100 characters and no control characters".to_owned()));
    }
    let mut salt = [0; 16];
    cx.ids.random(&mut salt);
    let password_hash = passwords::hash(&cx.hashing, &new.password, salt).await?;
    Ok(UserRow { id: UserId(cx.ids.uuid()), email, name, password_hash, role: new.role, created_at: cx.clock.now() })
}

pub(super) async fn insert(cx: &Cx, tx: &Tx, actor: &Actor, row: &UserRow) -> Result<(), Error> {
    if tx.accounts().by_email(&row.email).await?.is_some() {
        return Err(Error::Conflict(format!("{} has an account already", row.email)));
    }
    tx.accounts().insert(row).await?;
    audit(cx, tx, actor, "create user", row.id).await
}

impl From<UserRow> for UserRecord {
    fn from(row: UserRow) -> Self {
        Self { id: row.id, email: row.email, name: row.name, role: row.role, created_at: row.created_at }
    }
}
