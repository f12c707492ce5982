//! API tokens.

use protocol::{Timestamp, TokenId, UserId, access::Role};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{StoreError, Tx, tables::api_tokens};

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    /// The part of the secret that finds the row; worthless without the rest.
    pub lookup: String,
    pub salt: String,
    /// SHA-256 over salt and secret, in hex: the secret has 256 bits of chance, so no slow hash is needed.
    pub hash: String,
    pub role: Role,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// API tokens.
#[derive(Debug)]
pub struct Tokens<'a>(pub(crate) &'a Tx);

impl Tokens<'_> {
    pub async fn insert(&self, token: &TokenRow) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel {
            id: Set(token.id.0),
            name: Set(token.name.clone()),
            lookup: Set(token.lookup.clone()),
            salt: Set(token.salt.clone()),
            hash: Set(token.hash.clone()),
            role: Set(token.role.as_str().to_owned()),
            created_by: Set(token.created_by.map(|id| id.0)),
            created_at: Set(token.created_at.millis()),
            expires_at: Set(token.expires_at.map(Timestamp::millis)),
            last_used_at: Set(None),
            revoked_at: Set(None),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    pub async fn by_lookup(&self, lookup: &str) -> Result<Option<TokenRow>, StoreError> {
        let row = api_tokens::Entity::find().filter(api_tokens::Column::Lookup.eq(lookup)).one(&self.0.inner).await?;
        row.map(read).transpose()
    }

    pub async fn by_id(&self, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
        api_tokens::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// All tokens that are not revoked, newest first.
    pub async fn list(&self) -> Result<Vec<TokenRow>, StoreError> {
        let rows = api_tokens::Entity::find()
            .filter(api_tokens::Column::RevokedAt.is_null())
            .order_by_desc(api_tokens::Column::CreatedAt)
            .all(&self.0.inner)
            .await?;
        rows.into_iter().map(read).collect()
    }

    pub async fn touch(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel { id: Set(id.0), last_used_at: Set(Some(now.millis())), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    pub async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel { id: Set(id.0), revoked_at: Set(Some(now.millis())), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }
}

fn read(row: api_tokens::Model) -> Result<TokenRow, StoreError> {
    let role = Role::parse(&row.role).ok_or_else(|| StoreError::corrupt("api_tokens", format!("unknown role {}", row.role)))?;
    Ok(TokenRow {
        id: TokenId(row.id),
        name: row.name,
        lookup: row.lookup,
        salt: row.salt,
        hash: row.hash,
        role,
        created_by: row.created_by.map(UserId),
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
        revoked_at: row.revoked_at.map(Timestamp::from_millis),
    })
}
