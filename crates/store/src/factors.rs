//! Second factors, recovery codes, and sign-ins that wait for their second step.

use domain::{sign_in::Vouched, vault::Sealed};
use protocol::{FactorId, Timestamp, UserId, factors::FactorKind};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    logins::{vouched, vouched_columns},
    tables::{factors, half_logins, recovery_codes},
};

/// A factor as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorRow {
    pub id: FactorId,
    pub user_id: UserId,
    pub name: String,
    pub thing: Thing,
    /// The time step whose code was taken last; of an app alone.
    pub last_step: Option<i64>,
    pub created_at: Timestamp,
    /// Absent for one that does not count yet.
    pub confirmed_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// What a factor is checked with.
#[derive(Clone, PartialEq, Eq)]
pub enum Thing {
    /// The secret of an app from before secrets were sealed, in base 32.
    PlainApp(String),
    /// The secret of an app.
    App(Sealed),
    Passkey(PasskeyRow),
}

/// What is known of a passkey. None of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// What its device calls it, in base64url; nobody else has one of that name.
    pub credential: String,
    /// Its public key and what else the library keeps.
    pub public: String,
    /// How often its device says it was used; 0 where it does not count.
    pub sign_count: i64,
}

impl Thing {
    /// What people choose between: an app or a passkey.
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::PlainApp(_) | Self::App(_) => FactorKind::Totp,
            Self::Passkey(_) => FactorKind::Passkey,
        }
    }
}

/// A recovery code that was not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRow {
    pub id: Uuid,
    pub user_id: UserId,
    /// In hex; all codes of a person have the same.
    pub salt: String,
    /// In PHC string format.
    pub hash: String,
}

/// A sign-in that waits for its second step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfLoginRow {
    /// SHA-256 of the cookie that the browser got, in hex.
    pub browser_hash: String,
    pub user_id: UserId,
    /// The local path to go to afterwards.
    pub next: String,
    /// The provider that the person came from, with the ID token sealed; absent after a password.
    pub vouched: Option<Vouched>,
    pub expires_at: Timestamp,
}

/// Factors and what belongs to them.
#[derive(Debug)]
pub struct Factors<'a>(pub(crate) &'a Tx);

impl Factors<'_> {
    /// Adds a factor; a conflict where its passkey is somebody's already, or the person is gone.
    pub async fn insert(&self, factor: &FactorRow) -> Result<(), StoreError> {
        let row = factors::ActiveModel {
            id: Set(factor.id.0),
            user_id: Set(factor.user_id.0),
            kind: Set(factor.thing.kind().as_str().to_owned()),
            name: Set(factor.name.clone()),
            last_step: Set(factor.last_step),
            created_at: Set(factor.created_at.millis()),
            confirmed_at: Set(factor.confirmed_at.map(Timestamp::millis)),
            last_used_at: Set(factor.last_used_at.map(Timestamp::millis)),
            ..columns(&factor.thing)
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    /// All factors of a person, also those that do not count yet, oldest first.
    pub async fn of(&self, user: UserId) -> Result<Vec<FactorRow>, StoreError> {
        let found = factors::Entity::find()
            .filter(factors::Column::UserId.eq(user.0))
            .order_by_asc(factors::Column::CreatedAt)
            .order_by_asc(factors::Column::Id)
            .all(&self.0.inner)
            .await?;
        found.into_iter().map(read).collect()
    }

    /// The authenticator apps of everybody, also those that do not count yet, by id.
    pub async fn apps(&self) -> Result<Vec<FactorRow>, StoreError> {
        let apps = factors::Entity::find().filter(factors::Column::Kind.eq(FactorKind::Totp.as_str()));
        apps.order_by_asc(factors::Column::Id).all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// How many authenticator apps have their secret sealed.
    pub async fn count_sealed(&self) -> Result<u64, StoreError> {
        Ok(factors::Entity::find().filter(factors::Column::Master.is_not_null()).count(&self.0.inner).await?)
    }

    /// Puts the secret of an app into another envelope; a conflict when it is gone.
    pub async fn seal(&self, id: FactorId, sealed: &Sealed) -> Result<(), StoreError> {
        let row = factors::ActiveModel { id: Set(id.0), ..columns(&Thing::App(sealed.clone())) };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Whether anybody has the passkey that its device calls so.
    pub async fn has_credential(&self, credential: &str) -> Result<bool, StoreError> {
        let found = factors::Entity::find().filter(factors::Column::Credential.eq(credential));
        Ok(found.count(&self.0.inner).await? > 0)
    }

    /// Takes a use of a passkey, whose device says how often it was used; `false` when that goes back, be it in the same moment.
    pub async fn take_use(&self, id: FactorId, passkey: &PasskeyRow, at: Timestamp) -> Result<bool, StoreError> {
        let count = passkey.sign_count;
        let mut forward = Condition::any().add(factors::Column::SignCount.lt(count));
        if count == 0 {
            forward = forward.add(factors::Column::SignCount.eq(0));
        }
        let done = factors::Entity::update_many()
            .col_expr(factors::Column::SignCount, Expr::value(count))
            .col_expr(factors::Column::Secret, Expr::value(passkey.public.clone()))
            .col_expr(factors::Column::LastUsedAt, Expr::value(at.millis()))
            .filter(factors::Column::Id.eq(id.0))
            .filter(forward)
            .exec(&self.0.inner)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Takes the code of a time step; `false` when it or a later one was taken already, be it in the same moment.
    pub async fn take_step(&self, id: FactorId, step: i64, at: Timestamp) -> Result<bool, StoreError> {
        let earlier = Condition::any().add(factors::Column::LastStep.is_null()).add(factors::Column::LastStep.lt(step));
        let done = factors::Entity::update_many()
            .col_expr(factors::Column::LastStep, Expr::value(step))
            .col_expr(factors::Column::LastUsedAt, Expr::value(at.millis()))
            .filter(factors::Column::Id.eq(id.0))
            .filter(earlier)
            .exec(&self.0.inner)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Makes a factor count; `false` when it is gone or counts already.
    pub async fn confirm(&self, id: FactorId, step: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = factors::Entity::update_many()
            .col_expr(factors::Column::LastStep, Expr::value(step))
            .col_expr(factors::Column::ConfirmedAt, Expr::value(at.millis()))
            .filter(factors::Column::Id.eq(id.0))
            .filter(factors::Column::ConfirmedAt.is_null())
            .exec(&self.0.inner)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Removes a factor; `false` when it is gone.
    pub async fn delete(&self, id: FactorId) -> Result<bool, StoreError> {
        let done = factors::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }

    /// Recovery codes of a person that were not used yet.
    pub async fn recovery(&self, user: UserId) -> Result<Vec<RecoveryRow>, StoreError> {
        let found = recovery_codes::Entity::find().filter(recovery_codes::Column::UserId.eq(user.0)).all(&self.0.inner).await?;
        let row =
            |row: recovery_codes::Model| RecoveryRow { id: row.id, user_id: UserId(row.user_id), salt: row.salt, hash: row.hash };
        Ok(found.into_iter().map(row).collect())
    }

    /// Gives a person these recovery codes in place of those that they had.
    pub async fn replace_recovery(&self, user: UserId, rows: &[RecoveryRow]) -> Result<(), StoreError> {
        recovery_codes::Entity::delete_many().filter(recovery_codes::Column::UserId.eq(user.0)).exec(&self.0.inner).await?;
        for row in rows {
            let row = recovery_codes::ActiveModel {
                id: Set(row.id),
                user_id: Set(row.user_id.0),
                salt: Set(row.salt.clone()),
                hash: Set(row.hash.clone()),
            };
            row.insert(&self.0.inner).await?;
        }
        Ok(())
    }

    /// Uses a recovery code up; `false` when somebody else did.
    pub async fn use_recovery(&self, id: Uuid) -> Result<bool, StoreError> {
        let done = recovery_codes::Entity::delete_by_id(id).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }

    /// Keeps a sign-in that waits; those that expired before `now` go. Returns how many there were besides.
    pub async fn wait(&self, half: &HalfLoginRow, now: Timestamp) -> Result<u64, StoreError> {
        let over = half_logins::Entity::delete_many().filter(half_logins::Column::ExpiresAt.lte(now.millis()));
        over.exec(&self.0.inner).await?;
        let others = half_logins::Entity::find().count(&self.0.inner).await?;
        let [provider, issuer, subject, sid, id_token] = vouched_columns(half.vouched.as_ref());
        let row = half_logins::ActiveModel {
            browser_hash: Set(half.browser_hash.clone()),
            user_id: Set(half.user_id.0),
            next: Set(half.next.clone()),
            provider: Set(provider),
            issuer: Set(issuer),
            subject: Set(subject),
            sid: Set(sid),
            id_token: Set(id_token),
            expires_at: Set(half.expires_at.millis()),
        };
        row.insert(&self.0.inner).await?;
        Ok(others)
    }

    /// The sign-in of that browser, unless it has expired at `now`.
    pub async fn waiting(&self, browser_hash: &str, now: Timestamp) -> Result<Option<HalfLoginRow>, StoreError> {
        let found = half_logins::Entity::find_by_id(browser_hash.to_owned())
            .filter(half_logins::Column::ExpiresAt.gt(now.millis()))
            .one(&self.0.inner)
            .await?;
        Ok(found.map(|row| HalfLoginRow {
            browser_hash: row.browser_hash,
            user_id: UserId(row.user_id),
            next: row.next,
            expires_at: Timestamp::from_millis(row.expires_at),
            vouched: vouched([row.provider, row.issuer, row.subject, row.sid, row.id_token]),
        }))
    }

    /// Ends the waiting; `false` when somebody else did.
    pub async fn end_waiting(&self, browser_hash: &str) -> Result<bool, StoreError> {
        let done = half_logins::Entity::delete_by_id(browser_hash.to_owned()).exec(&self.0.inner).await?;
        Ok(done.rows_affected == 1)
    }

    /// Ends every sign-in of a person that waits.
    pub async fn end_waiting_of(&self, user: UserId) -> Result<(), StoreError> {
        half_logins::Entity::delete_many().filter(half_logins::Column::UserId.eq(user.0)).exec(&self.0.inner).await?;
        Ok(())
    }
}

/// The columns that a kind of factor has its own.
fn columns(thing: &Thing) -> factors::ActiveModel {
    let none = <factors::ActiveModel as Default>::default();
    match thing {
        Thing::PlainApp(secret) => factors::ActiveModel { secret: Set(secret.clone()), ..none },
        Thing::App(sealed) => factors::ActiveModel {
            secret: Set(sealed.value.clone()),
            master: Set(Some(sealed.master.clone())),
            data_key: Set(Some(sealed.data_key.clone())),
            ..none
        },
        Thing::Passkey(passkey) => factors::ActiveModel {
            secret: Set(passkey.public.clone()),
            credential: Set(Some(passkey.credential.clone())),
            sign_count: Set(Some(passkey.sign_count)),
            ..none
        },
    }
}

fn read(row: factors::Model) -> Result<FactorRow, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("factors", format!("{what} {}", row.kind));
    let thing = match FactorKind::parse(&row.kind).ok_or_else(|| corrupt("unknown kind"))? {
        FactorKind::Totp => match (row.master, row.data_key) {
            (Some(master), Some(data_key)) => Thing::App(Sealed { master, data_key, value: row.secret }),
            _ => Thing::PlainApp(row.secret),
        },
        FactorKind::Passkey => {
            let (credential, sign_count) = row.credential.zip(row.sign_count).ok_or_else(|| corrupt("half a"))?;
            Thing::Passkey(PasskeyRow { credential, public: row.secret, sign_count })
        }
    };
    Ok(FactorRow {
        thing,
        id: FactorId(row.id),
        user_id: UserId(row.user_id),
        name: row.name,
        last_step: row.last_step,
        created_at: Timestamp::from_millis(row.created_at),
        confirmed_at: row.confirmed_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
    })
}
