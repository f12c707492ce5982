//! API tokens.

use protocol::{
    ProjectId, TeamId, Timestamp, TokenId, UserId,
    access::{Role, Scope},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    StoreError, Tx,
    tables::api_tokens::{self, Column},
    visible,
    words::{from_int, from_json, int, json},
};

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub description: String,
    /// The part of the secret that finds the row; worthless without the rest.
    pub lookup: String,
    pub salt: String,
    /// SHA-256 over salt and secret, in hex: the secret has 256 bits of chance, so no slow hash is needed.
    pub hash: String,
    /// Absent for a token that has scopes of its own.
    pub role: Option<Role>,
    /// Empty for a token that has a role.
    pub scopes: Vec<Scope>,
    /// The person behind it, also when another token of theirs made it; absent for one made on the command line.
    pub created_by: Option<UserId>,
    /// Who made it, as people know them.
    pub creator: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub usage_count: i64,
    pub revoked_at: Option<Timestamp>,
    /// Addresses and networks that it counts from; all when empty.
    pub allowed_ips: Vec<String>,
    /// Requests a minute.
    pub rate_limit: Option<u32>,
    /// Projects that it is held to, with those of `held_to_teams`; everything when both are empty.
    pub held_to_projects: Vec<ProjectId>,
    pub held_to_teams: Vec<TeamId>,
    /// The token that this one replaces.
    pub rotating_from: Option<TokenId>,
    /// When a replaced token ends.
    pub rotation_expires_at: Option<Timestamp>,
    /// The token that made this one, which ends with it; absent for one that a person or the command line made.
    pub made_by: Option<TokenId>,
}

impl TokenRow {
    /// Whether it counts at `now`.
    pub fn counts(&self, now: Timestamp) -> bool {
        let lasts = |end: Option<Timestamp>| end.is_none_or(|end| end > now);
        self.revoked_at.is_none() && lasts(self.expires_at) && lasts(self.rotation_expires_at)
    }
}

/// API tokens.
#[derive(Debug)]
pub struct Tokens<'a>(pub(crate) &'a Tx);

impl Tokens<'_> {
    /// Adds a token that was not used yet; a conflict where its `lookup` is taken.
    pub async fn insert(&self, token: &TokenRow) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel {
            id: Set(token.id.0),
            name: Set(token.name.clone()),
            lookup: Set(token.lookup.clone()),
            salt: Set(token.salt.clone()),
            hash: Set(token.hash.clone()),
            role: Set(token.role.map(Role::as_str).unwrap_or_default().to_owned()),
            created_by: Set(token.created_by.map(|id| id.0)),
            created_at: Set(token.created_at.millis()),
            expires_at: Set(token.expires_at.map(Timestamp::millis)),
            last_used_at: Set(None),
            revoked_at: Set(None),
            scopes: Set(scope_words(&token.scopes)),
            description: Set(token.description.clone()),
            creator: Set(token.creator.clone()),
            allowed_ips: Set(json("api_tokens", &token.allowed_ips)?),
            rate_limit: Set(token.rate_limit.map(int)),
            usage_count: Set(0),
            rotating_from: Set(token.rotating_from.map(|id| id.0)),
            rotation_expires_at: Set(None),
            held_to_projects: Set(visible::words(token.held_to_projects.iter().map(|id| id.0))),
            held_to_teams: Set(visible::words(token.held_to_teams.iter().map(|id| id.0))),
            made_by: Set(token.made_by.map(|id| id.0)),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    /// The token that this part of a secret finds, whether or not it counts.
    pub async fn by_lookup(&self, lookup: &str) -> Result<Option<TokenRow>, StoreError> {
        let row = api_tokens::Entity::find().filter(Column::Lookup.eq(lookup)).one(&self.0.inner).await?;
        row.map(read).transpose()
    }

    /// The token of that id, whether or not it counts; absent when it was deleted.
    pub async fn by_id(&self, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
        api_tokens::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// The tokens of those ids, in no order, whether or not they count; an id without a token is passed over.
    pub async fn by_ids(&self, ids: &[TokenId]) -> Result<Vec<TokenRow>, StoreError> {
        let found = api_tokens::Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.0)));
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// The tokens that a token made, in no order, the revoked ones among them.
    pub async fn made_by(&self, id: TokenId) -> Result<Vec<TokenRow>, StoreError> {
        let found = api_tokens::Entity::find().filter(Column::MadeBy.eq(id.0));
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// All tokens of that name, newest first, the revoked ones among them.
    pub async fn by_name(&self, name: &str) -> Result<Vec<TokenRow>, StoreError> {
        let found = api_tokens::Entity::find().filter(Column::Name.eq(name)).order_by_desc(Column::Id);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// All tokens that are not revoked, newest first.
    pub async fn list(&self) -> Result<Vec<TokenRow>, StoreError> {
        let found = api_tokens::Entity::find().filter(Column::RevokedAt.is_null()).order_by_desc(Column::CreatedAt);
        found.order_by_desc(Column::Id).all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// All tokens, newest first, the revoked ones among them.
    pub async fn list_all(&self) -> Result<Vec<TokenRow>, StoreError> {
        let found = api_tokens::Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Adds `requests` to the count of a token, the last of them made at `last`; nothing happens when it was deleted.
    pub async fn used(&self, id: TokenId, requests: i64, last: Timestamp) -> Result<(), StoreError> {
        let later = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lt(last.millis()));
        let update = api_tokens::Entity::update_many()
            .col_expr(Column::UsageCount, Expr::col(Column::UsageCount).add(requests))
            .filter(Column::Id.eq(id.0));
        update.exec(&self.0.inner).await?;
        let update = api_tokens::Entity::update_many().col_expr(Column::LastUsedAt, Expr::value(last.millis()));
        update.filter(Column::Id.eq(id.0)).filter(later).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Writes what can be changed of a token: description, addresses, limit and the end of a replaced one; a conflict when it was
    /// deleted.
    pub async fn update(&self, token: &TokenRow) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel {
            id: Set(token.id.0),
            description: Set(token.description.clone()),
            allowed_ips: Set(json("api_tokens", &token.allowed_ips)?),
            rate_limit: Set(token.rate_limit.map(int)),
            rotation_expires_at: Set(token.rotation_expires_at.map(Timestamp::millis)),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Ends a token at `now`, whenever it was revoked before; a conflict when it was deleted.
    pub async fn revoke(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let row = api_tokens::ActiveModel { id: Set(id.0), revoked_at: Set(Some(now.millis())), ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a token with all that is known of its use, if it is there.
    pub async fn delete(&self, id: TokenId) -> Result<(), StoreError> {
        api_tokens::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }
}

fn scope_words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

fn read(row: api_tokens::Model) -> Result<TokenRow, StoreError> {
    let unknown = |what: &str, name: &str| StoreError::corrupt("api_tokens", format!("unknown {what} {name}"));
    let role = match row.role.as_str() {
        "" => None,
        name => Some(Role::parse(name).ok_or_else(|| unknown("role", name))?),
    };
    let scope = |name: &str| Scope::parse(name).ok_or_else(|| unknown("scope", name));
    Ok(TokenRow {
        id: TokenId(row.id),
        name: row.name,
        description: row.description,
        lookup: row.lookup,
        salt: row.salt,
        hash: row.hash,
        role,
        scopes: row.scopes.split_whitespace().map(scope).collect::<Result<_, _>>()?,
        created_by: row.created_by.map(UserId),
        creator: row.creator,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
        usage_count: row.usage_count,
        revoked_at: row.revoked_at.map(Timestamp::from_millis),
        allowed_ips: if row.allowed_ips.is_empty() { Vec::new() } else { from_json("api_tokens", &row.allowed_ips)? },
        rate_limit: row.rate_limit.map(from_int),
        rotating_from: row.rotating_from.map(TokenId),
        rotation_expires_at: row.rotation_expires_at.map(Timestamp::from_millis),
        held_to_projects: visible::from_words("api_tokens", &row.held_to_projects)?,
        held_to_teams: visible::from_words("api_tokens", &row.held_to_teams)?,
        made_by: row.made_by.map(TokenId),
    })
}
