//! Who people are elsewhere: their identities at providers, sign-ins under way, and links that reset a password.

use protocol::{LoginId, Timestamp, UserId};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    tables::{identities, password_resets, sign_in_flows},
};

/// Who a person is at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    pub id: Uuid,
    /// Whose word it is: the address of the provider's issuer.
    pub issuer: String,
    /// The provider's name of the person; never given to anybody else.
    pub subject: String,
    pub user_id: UserId,
    /// The provider's id in the set-up.
    pub provider: String,
    /// As the provider said it last.
    pub email: String,
    /// Whether the provider's groups decide the person's role.
    pub manages_role: bool,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}

/// A sign-in between leaving for a provider and coming back.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// SHA-256 of the state, in hex.
    pub state_hash: String,
    /// SHA-256 of the cookie that the browser got, in hex.
    pub browser_hash: String,
    pub provider: String,
    pub nonce: String,
    /// The code verifier of PKCE.
    pub verifier: String,
    /// The local path to go to afterwards.
    pub next: String,
    /// The login whose account gets the identity; absent for signing in.
    pub link_login: Option<LoginId>,
    pub expires_at: Timestamp,
}

/// Identities and how they come to be.
#[derive(Debug)]
pub struct Identities<'a>(pub(crate) &'a Tx);

impl Identities<'_> {
    /// Adds an identity; a conflict where its issuer and subject are somebody's already.
    pub async fn insert(&self, identity: &IdentityRow) -> Result<(), StoreError> {
        let row = identities::ActiveModel {
            id: Set(identity.id),
            issuer: Set(identity.issuer.clone()),
            subject: Set(identity.subject.clone()),
            user_id: Set(identity.user_id.0),
            provider: Set(identity.provider.clone()),
            email: Set(identity.email.clone()),
            manages_role: Set(identity.manages_role),
            created_at: Set(identity.created_at.millis()),
            last_used_at: Set(identity.last_used_at.millis()),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    /// The identity of that name at that issuer.
    pub async fn find(&self, issuer: &str, subject: &str) -> Result<Option<IdentityRow>, StoreError> {
        let found = identities::Entity::find()
            .filter(identities::Column::Issuer.eq(issuer))
            .filter(identities::Column::Subject.eq(subject))
            .one(&self.0.inner)
            .await?;
        Ok(found.map(read))
    }

    /// The identities of a person, oldest first.
    pub async fn of(&self, user: UserId) -> Result<Vec<IdentityRow>, StoreError> {
        let found = identities::Entity::find()
            .filter(identities::Column::UserId.eq(user.0))
            .order_by_asc(identities::Column::CreatedAt)
            .order_by_asc(identities::Column::Id)
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().map(read).collect())
    }

    /// Notes that an identity was used, and the email address that the provider said; a conflict when it is gone.
    pub async fn used(&self, id: Uuid, email: &str, at: Timestamp) -> Result<(), StoreError> {
        let row = identities::ActiveModel {
            id: Set(id),
            email: Set(email.to_owned()),
            last_used_at: Set(at.millis()),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes the identities of a person, with the link that would reset their password.
    pub async fn delete_of(&self, user: UserId) -> Result<(), StoreError> {
        identities::Entity::delete_many().filter(identities::Column::UserId.eq(user.0)).exec(&self.0.inner).await?;
        password_resets::Entity::delete_by_id(user.0).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes one identity, if it is there.
    pub async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        identities::Entity::delete_by_id(id).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Keeps a sign-in under way; the ones that expired before `now` go. Returns how many others are under way.
    pub async fn begin_flow(&self, flow: &FlowRow, now: Timestamp) -> Result<u64, StoreError> {
        let over = sign_in_flows::Entity::delete_many().filter(sign_in_flows::Column::ExpiresAt.lte(now.millis()));
        over.exec(&self.0.inner).await?;
        let others = sign_in_flows::Entity::find().count(&self.0.inner).await?;
        let row = sign_in_flows::ActiveModel {
            state_hash: Set(flow.state_hash.clone()),
            browser_hash: Set(flow.browser_hash.clone()),
            provider: Set(flow.provider.clone()),
            nonce: Set(flow.nonce.clone()),
            verifier: Set(flow.verifier.clone()),
            next: Set(flow.next.clone()),
            link_login: Set(flow.link_login.map(|id| id.0)),
            expires_at: Set(flow.expires_at.millis()),
        };
        row.insert(&self.0.inner).await?;
        Ok(others)
    }

    /// Takes a sign-in away. Of two who try at once one gets it.
    pub async fn take_flow(&self, state_hash: &str) -> Result<Option<FlowRow>, StoreError> {
        let Some(row) = sign_in_flows::Entity::find_by_id(state_hash.to_owned()).one(&self.0.inner).await? else {
            return Ok(None);
        };
        let taken = sign_in_flows::Entity::delete_by_id(state_hash.to_owned()).exec(&self.0.inner).await?;
        if taken.rows_affected != 1 {
            return Ok(None);
        }
        Ok(Some(FlowRow {
            state_hash: row.state_hash,
            browser_hash: row.browser_hash,
            provider: row.provider,
            nonce: row.nonce,
            verifier: row.verifier,
            next: row.next,
            link_login: row.link_login.map(LoginId),
            expires_at: Timestamp::from_millis(row.expires_at),
        }))
    }

    /// Keeps the hash of a one-time link for a person's password; it takes the place of the one before.
    pub async fn set_reset(&self, user: UserId, token_hash: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let row = password_resets::ActiveModel {
            user_id: Set(user.0),
            token_hash: Set(token_hash.to_owned()),
            expires_at: Set(expires_at.millis()),
        };
        let update = OnConflict::column(password_resets::Column::UserId)
            .update_columns([password_resets::Column::TokenHash, password_resets::Column::ExpiresAt])
            .to_owned();
        password_resets::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Whose link it is, unless it has expired at `now`.
    pub async fn reset(&self, token_hash: &str, now: Timestamp) -> Result<Option<UserId>, StoreError> {
        let found = password_resets::Entity::find()
            .filter(password_resets::Column::TokenHash.eq(token_hash))
            .filter(password_resets::Column::ExpiresAt.gt(now.millis()))
            .one(&self.0.inner)
            .await?;
        Ok(found.map(|row| UserId(row.user_id)))
    }

    /// Uses a link up; `false` when somebody else did.
    pub async fn use_reset(&self, user: UserId) -> Result<bool, StoreError> {
        let done = password_resets::Entity::delete_by_id(user.0).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }
}

fn read(row: identities::Model) -> IdentityRow {
    IdentityRow {
        id: row.id,
        issuer: row.issuer,
        subject: row.subject,
        user_id: UserId(row.user_id),
        provider: row.provider,
        email: row.email,
        manages_role: row.manages_role,
        created_at: Timestamp::from_millis(row.created_at),
        last_used_at: Timestamp::from_millis(row.last_used_at),
    }
}
