//! People and the settings of the installation.

use protocol::{Timestamp, UserId, access::Role};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};

use crate::{
    StoreError, Tx,
    tables::{settings, users},
};

/// A person as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    /// Lower case.
    pub email: String,
    pub name: String,
    /// In PHC string format; empty for a person without a password.
    pub password_hash: String,
    pub role: Role,
    pub created_at: Timestamp,
}

/// Users and settings.
#[derive(Debug)]
pub struct Accounts<'a>(pub(crate) &'a Tx);

impl Accounts<'_> {
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(users::Entity::find().count(&self.0.inner).await?)
    }

    pub async fn insert(&self, user: &UserRow) -> Result<(), StoreError> {
        let row = users::ActiveModel {
            id: Set(user.id.0),
            email: Set(user.email.clone()),
            name: Set(user.name.clone()),
            password_hash: Set(user.password_hash.clone()),
            role: Set(user.role.as_str().to_owned()),
            created_at: Set(user.created_at.millis()),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    pub async fn by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        let row = users::Entity::find().filter(users::Column::Email.eq(email)).one(&self.0.inner).await?;
        row.map(read).transpose()
    }

    pub async fn by_id(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        users::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// People after `after` in the order in which they came.
    pub async fn list(&self, after: Option<UserId>, limit: u64) -> Result<Vec<UserRow>, StoreError> {
        let mut found = users::Entity::find().order_by_asc(users::Column::Id).limit(limit);
        if let Some(after) = after {
            found = found.filter(users::Column::Id.gt(after.0));
        }
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// How many have that role.
    pub async fn count_role(&self, role: Role) -> Result<u64, StoreError> {
        Ok(users::Entity::find().filter(users::Column::Role.eq(role.as_str())).count(&self.0.inner).await?)
    }

    pub async fn set_name(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        let row = users::ActiveModel { id: Set(id.0), name: Set(name.to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    pub async fn delete(&self, id: UserId) -> Result<(), StoreError> {
        users::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    pub async fn set_role(&self, id: UserId, role: Role) -> Result<(), StoreError> {
        let row = users::ActiveModel { id: Set(id.0), role: Set(role.as_str().to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Takes another password hash, in PHC string format.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        let row = users::ActiveModel { id: Set(id.0), password_hash: Set(password_hash.to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// A value that the installation has once.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(settings::Entity::find_by_id(name.to_owned()).one(&self.0.inner).await?.map(|row| row.value))
    }

    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let row = settings::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
        let update = OnConflict::column(settings::Column::Name).update_column(settings::Column::Value).to_owned();
        settings::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    pub async fn remove_setting(&self, name: &str) -> Result<(), StoreError> {
        settings::Entity::delete_by_id(name.to_owned()).exec(&self.0.inner).await?;
        Ok(())
    }
}

fn read(row: users::Model) -> Result<UserRow, StoreError> {
    let role = Role::parse(&row.role).ok_or_else(|| StoreError::corrupt("users", format!("unknown role {}", row.role)))?;
    Ok(UserRow {
        id: UserId(row.id),
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        role,
        created_at: Timestamp::from_millis(row.created_at),
    })
}
