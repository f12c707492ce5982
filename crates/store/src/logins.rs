//! Authenticated browsers. The cookie's value is never stored, only its hash.

use domain::sign_in::{IdToken, Vouched, logout::LogoutEnding};
use protocol::{Timestamp, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    StoreError, Tx,
    tables::{half_logins, logins, logout_tokens},
};

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
    /// What it rests on, with the ID token sealed; absent for a login with a password.
    pub vouched: Option<Vouched>,
}

/// What a row keeps of [`Vouched`]: provider, issuer, subject, session there and ID token, in this order.
pub(crate) type VouchedColumns = [Option<String>; 5];

pub(crate) fn vouched_columns(vouched: Option<&Vouched>) -> VouchedColumns {
    let Some(vouched) = vouched.cloned() else { return VouchedColumns::default() };
    let id_token = vouched.id_token.map(|token| token.0);
    [Some(vouched.provider), Some(vouched.issuer), Some(vouched.subject), vouched.sid, id_token]
}

pub(crate) fn vouched([provider, issuer, subject, sid, id_token]: VouchedColumns) -> Option<Vouched> {
    let id_token = id_token.map(IdToken);
    Some(Vouched { provider: provider?, issuer: issuer?, subject: subject?, sid, id_token })
}

/// Logins.
#[derive(Debug)]
pub struct Logins<'a>(pub(crate) &'a Tx);

impl Logins<'_> {
    /// Writes a new login.
    pub async fn insert(&self, login: &LoginRow) -> Result<(), StoreError> {
        let [provider, issuer, subject, sid, id_token] = vouched_columns(login.vouched.as_ref());
        let row = logins::ActiveModel {
            id_hash: Set(login.id_hash.clone()),
            user_id: Set(login.user_id.map(|id| id.0)),
            data: Set(login.data.clone()),
            created_at: Set(login.created_at.millis()),
            expires_at: Set(login.expires_at.millis()),
            provider: Set(provider),
            issuer: Set(issuer),
            subject: Set(subject),
            sid: Set(sid),
            id_token: Set(id_token),
        };
        logins::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Writes what changed of a login, if it is still there.
    pub async fn update(&self, login: &LoginRow) -> Result<(), StoreError> {
        let [provider, issuer, subject, sid, id_token] = vouched_columns(login.vouched.as_ref());
        let row = logins::ActiveModel {
            user_id: Set(login.user_id.map(|id| id.0)),
            data: Set(login.data.clone()),
            expires_at: Set(login.expires_at.millis()),
            provider: Set(provider),
            issuer: Set(issuer),
            subject: Set(subject),
            sid: Set(sid),
            id_token: Set(id_token),
            ..Default::default()
        };
        let update = logins::Entity::update_many().set(row).filter(logins::Column::IdHash.eq(login.id_hash.as_str()));
        update.exec(&self.0.inner).await?;
        Ok(())
    }

    /// Puts a login under another hash; `false` when it is not there any more.
    pub async fn rename(&self, from: &str, to: &str) -> Result<bool, StoreError> {
        let update = logins::Entity::update_many().col_expr(logins::Column::IdHash, Expr::value(to));
        let done = update.filter(logins::Column::IdHash.eq(from)).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }

    /// The login of that hash, unless it has expired at `now`.
    pub async fn load(&self, id_hash: &str, now: Timestamp) -> Result<Option<LoginRow>, StoreError> {
        let row = logins::Entity::find_by_id(id_hash.to_owned())
            .filter(logins::Column::ExpiresAt.gt(now.millis()))
            .one(&self.0.inner)
            .await?;
        Ok(row.map(read))
    }

    /// The logins of a person that have not expired at `now`, at most 1,000 of them, in no order.
    pub async fn of_user(&self, user: UserId, now: Timestamp) -> Result<Vec<LoginRow>, StoreError> {
        let found = logins::Entity::find()
            .filter(logins::Column::UserId.eq(user.0))
            .filter(logins::Column::ExpiresAt.gt(now.millis()))
            .limit(1_000);
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// The logins of a person that have not expired at `now` and have these words, which are no pattern, in their data; in no
    /// order.
    pub async fn of_user_with(&self, user: UserId, words: &str, now: Timestamp) -> Result<Vec<LoginRow>, StoreError> {
        let found = logins::Entity::find()
            .filter(logins::Column::UserId.eq(user.0))
            .filter(logins::Column::ExpiresAt.gt(now.millis()))
            .filter(logins::Column::Data.contains(words));
        Ok(found.all(&self.0.inner).await?.into_iter().map(read).collect())
    }

    /// The logins that rest on sign-ins at that provider and that the logout token ends, expired or not.
    pub async fn ended_by(&self, provider: &str, issuer: &str, ending: &LogoutEnding) -> Result<Vec<LoginRow>, StoreError> {
        let named = Condition::any()
            .add_option(ending.subject.as_ref().map(|subject| logins::Column::Subject.eq(subject.as_str())))
            .add_option(ending.sid.as_ref().map(|sid| logins::Column::Sid.eq(sid.as_str())));
        let found = logins::Entity::find()
            .filter(logins::Column::Issuer.eq(issuer))
            .filter(logins::Column::Provider.eq(provider))
            .filter(named);
        let mut rows: Vec<LoginRow> = found.all(&self.0.inner).await?.into_iter().map(read).collect();
        rows.retain(|row| row.vouched.as_ref().is_some_and(|vouched| ending.ends(&vouched.subject, vouched.sid.as_deref())));
        Ok(rows)
    }

    /// Removes the sign-ins that wait for their second step and that the logout token ends.
    pub async fn end_waiting_by(&self, provider: &str, issuer: &str, ending: &LogoutEnding) -> Result<(), StoreError> {
        let found = half_logins::Entity::find()
            .filter(half_logins::Column::Issuer.eq(issuer))
            .filter(half_logins::Column::Provider.eq(provider));
        for row in found.all(&self.0.inner).await? {
            if row.subject.as_deref().is_some_and(|subject| ending.ends(subject, row.sid.as_deref())) {
                half_logins::Entity::delete_by_id(row.browser_hash).exec(&self.0.inner).await?;
            }
        }
        Ok(())
    }

    /// Uses a logout token up until it expires; `false` when it was used before. Tokens that expired before `now`
    /// go.
    pub async fn use_logout_token(&self, token_hash: &str, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        let over = logout_tokens::Entity::delete_many().filter(logout_tokens::Column::ExpiresAt.lte(now.millis()));
        over.exec(&self.0.inner).await?;
        let row = logout_tokens::ActiveModel { token_hash: Set(token_hash.to_owned()), expires_at: Set(until.millis()) };
        let used = OnConflict::column(logout_tokens::Column::TokenHash).do_nothing().to_owned();
        let made = logout_tokens::Entity::insert(row).on_conflict(used).exec_without_returning(&self.0.inner).await?;
        Ok(made == 1)
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
        vouched: vouched([row.provider, row.issuer, row.subject, row.sid, row.id_token]),
    }
}
