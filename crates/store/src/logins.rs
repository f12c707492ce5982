//! Authenticated browsers. The cookie's value is never stored, only its hash.

use protocol::{Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{StoreError, Tx, tables::logins};

/// A login as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRow {
    /// SHA-256 of the cookie's value, in hex.
    pub id_hash: String,
    /// Absent for a browser that has not signed in yet.
    pub user_id: Option<UserId>,
    /// What the session layer keeps, as JSON.
    pub data: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Logins.
#[derive(Debug)]
pub struct Logins<'a>(pub(crate) &'a Tx);

impl Logins<'_> {
    /// Writes a new login.
    pub async fn insert(&self, login: &LoginRow) -> Result<(), StoreError> {
        let row = logins::ActiveModel {
            id_hash: Set(login.id_hash.clone()),
            user_id: Set(login.user_id.map(|id| id.0)),
            data: Set(login.data.clone()),
            created_at: Set(login.created_at.millis()),
            expires_at: Set(login.expires_at.millis()),
        };
        logins::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Writes what changed of a login, if it is still there.
    pub async fn update(&self, login: &LoginRow) -> Result<(), StoreError> {
        let row = logins::ActiveModel {
            user_id: Set(login.user_id.map(|id| id.0)),
            data: Set(login.data.clone()),
            expires_at: Set(login.expires_at.millis()),
            ..Default::default()
        };
        let update = logins::Entity::update_many().set(row).filter(logins::Column::IdHash.eq(login.id_hash.as_str()));
        update.exec(&self.0.inner).await?;
        Ok(())
    }

    /// The login of that hash, unless it has expired at `now`.
    pub async fn load(&self, id_hash: &str, now: Timestamp) -> Result<Option<LoginRow>, StoreError> {
        let row = logins::Entity::find_by_id(id_hash.to_owned())
            .filter(logins::Column::ExpiresAt.gt(now.millis()))
            .one(&self.0.inner)
            .await?;
        Ok(row.map(read))
    }

    /// The logins of a person that have not expired at `now`.
    pub async fn of_user(&self, user: UserId, now: Timestamp) -> Result<Vec<LoginRow>, StoreError> {
        let found = logins::Entity::find()
            .filter(logins::Column::UserId.eq(user.0))
            .filter(logins::Column::ExpiresAt.gt(now.millis()))
            .limit(1_000);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// Removes a login; `false` when it was not there any more.
    pub async fn delete(&self, id_hash: &str) -> Result<bool, StoreError> {
        let done = logins::Entity::delete_by_id(id_hash.to_owned()).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes every login of that person; returns how many.
    pub async fn delete_of(&self, user: UserId) -> Result<u64, StoreError> {
        let done = logins::Entity::delete_many().filter(logins::Column::UserId.eq(user.0)).exec(&self.0.inner).await?;
        Ok(done.rows_affected)
    }

    /// Removes all that expired before `now`; returns how many.
    pub async fn delete_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let done = logins::Entity::delete_many().filter(logins::Column::ExpiresAt.lte(now.millis())).exec(&self.0.inner).await?;
        Ok(done.rows_affected)
    }
}

fn read(row: logins::Model) -> LoginRow {
    LoginRow {
        id_hash: row.id_hash,
        user_id: row.user_id.map(UserId),
        data: row.data,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: Timestamp::from_millis(row.expires_at),
    }
}
