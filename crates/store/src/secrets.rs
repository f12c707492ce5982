//! Secrets of the vault, sealed.

use domain::vault::{Sealed, SecretScope};
use protocol::{Timestamp, secrets::SecretUse};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    tables::{
        secrets::{self, Column},
        settings,
    },
};

/// The setting that names the master key in force.
const MASTER: &str = "vault_master";

/// A secret as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    pub id: Uuid,
    pub scope: SecretScope,
    pub name: String,
    pub uses: Vec<SecretUse>,
    pub sealed: Sealed,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Who wrote it last, as people know them.
    pub updated_by: String,
}

/// Secrets of the vault.
#[derive(Debug)]
pub struct Secrets<'a>(pub(crate) &'a Tx);

impl Secrets<'_> {
    /// Adds a secret; a conflict where its scope has one of that name.
    pub async fn insert(&self, secret: &SecretRow) -> Result<(), StoreError> {
        secrets::Entity::insert(row(secret)).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Writes all of a secret; a conflict when it is gone.
    pub async fn update(&self, secret: &SecretRow) -> Result<(), StoreError> {
        row(secret).update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a secret, if it is there.
    pub async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        secrets::Entity::delete_by_id(id).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes all secrets of a scope.
    pub async fn delete_of(&self, scope: SecretScope) -> Result<(), StoreError> {
        let all = secrets::Entity::delete_many().filter(Column::Scope.eq(scope.kind())).filter(Column::Owner.eq(scope.owner()));
        all.exec(&self.0.inner).await?;
        Ok(())
    }

    /// The secret of that name in a scope; what other scopes have is not looked at.
    pub async fn by_name(&self, scope: SecretScope, name: &str) -> Result<Option<SecretRow>, StoreError> {
        within(scope).filter(Column::Name.eq(name)).one(&self.0.inner).await?.map(read).transpose()
    }

    /// All secrets of a scope, in the order of their names.
    pub async fn of(&self, scope: SecretScope) -> Result<Vec<SecretRow>, StoreError> {
        within(scope).order_by_asc(Column::Name).all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// How many secrets a scope has.
    pub async fn count_of(&self, scope: SecretScope) -> Result<u64, StoreError> {
        Ok(within(scope).count(&self.0.inner).await?)
    }

    /// All secrets of all scopes, by id.
    pub async fn all(&self) -> Result<Vec<SecretRow>, StoreError> {
        secrets::Entity::find().order_by_asc(Column::Id).all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// How many secrets there are in all scopes together.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(secrets::Entity::find().count(&self.0.inner).await?)
    }

    /// The id of the master key that new secrets are sealed with; absent before the first one.
    pub async fn master(&self) -> Result<Option<String>, StoreError> {
        Ok(settings::Entity::find_by_id(MASTER.to_owned()).one(&self.0.inner).await?.map(|row| row.value))
    }

    /// Names the master key that new secrets are sealed with, in place of the one before.
    pub async fn set_master(&self, id: &str) -> Result<(), StoreError> {
        let row = settings::ActiveModel { name: Set(MASTER.to_owned()), value: Set(id.to_owned()) };
        let update = OnConflict::column(settings::Column::Name).update_column(settings::Column::Value).to_owned();
        settings::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }
}

fn within(scope: SecretScope) -> Select<secrets::Entity> {
    secrets::Entity::find().filter(Column::Scope.eq(scope.kind())).filter(Column::Owner.eq(scope.owner()))
}

fn row(secret: &SecretRow) -> secrets::ActiveModel {
    secrets::ActiveModel {
        id: Set(secret.id),
        scope: Set(secret.scope.kind().to_owned()),
        owner: Set(secret.scope.owner()),
        name: Set(secret.name.clone()),
        uses: Set(secret.uses.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")),
        master: Set(secret.sealed.master.clone()),
        data_key: Set(secret.sealed.data_key.clone()),
        value: Set(secret.sealed.value.clone()),
        created_at: Set(secret.created_at.millis()),
        updated_at: Set(secret.updated_at.millis()),
        updated_by: Set(secret.updated_by.clone()),
    }
}

fn read(row: secrets::Model) -> Result<SecretRow, StoreError> {
    let unknown = |what: &str, name: &str| StoreError::corrupt("secrets", format!("unknown {what} {name}"));
    let kind = |name: &str| SecretUse::parse(name).ok_or_else(|| unknown("use", name));
    Ok(SecretRow {
        id: row.id,
        scope: SecretScope::of(&row.scope, row.owner).ok_or_else(|| unknown("scope", &row.scope))?,
        name: row.name,
        uses: row.uses.split_whitespace().map(kind).collect::<Result<_, _>>()?,
        sealed: Sealed { master: row.master, data_key: row.data_key, value: row.value },
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        updated_by: row.updated_by,
    })
}
