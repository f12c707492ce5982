//! Questions that browsers are asked for passkeys, each to be answered once.

use protocol::{FactorId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use crate::{
    StoreError, Tx,
    tables::passkey_challenges::{self, Column},
};

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRow {
    /// Who alone may answer; another question of theirs takes this one's place.
    pub holder: String,
    pub user_id: UserId,
    /// The passkey that is to be added; nil where one is asked for.
    pub factor_id: FactorId,
    /// What it is to be called.
    pub name: String,
    /// What the library needs to judge the answer.
    pub state: String,
    pub expires_at: Timestamp,
}

/// Questions for passkeys.
#[derive(Debug)]
pub struct Challenges<'a>(pub(crate) &'a Tx);

impl Challenges<'_> {
    /// Asks; what was asked of the same holder before counts no longer, and those that expired before `now` go.
    pub async fn ask(&self, challenge: &ChallengeRow, now: Timestamp) -> Result<(), StoreError> {
        let over = passkey_challenges::Entity::delete_many().filter(Column::ExpiresAt.lte(now.millis()));
        over.exec(&self.0.inner).await?;
        let row = passkey_challenges::ActiveModel {
            holder: Set(challenge.holder.clone()),
            user_id: Set(challenge.user_id.0),
            factor_id: Set(challenge.factor_id.0),
            name: Set(challenge.name.clone()),
            state: Set(challenge.state.clone()),
            expires_at: Set(challenge.expires_at.millis()),
        };
        let other = [Column::UserId, Column::FactorId, Column::Name, Column::State, Column::ExpiresAt];
        let instead = OnConflict::column(Column::Holder).update_columns(other).to_owned();
        passkey_challenges::Entity::insert(row).on_conflict(instead).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Takes the question away for its one answer, unless it has expired at `now` or somebody else took it.
    pub async fn take(&self, holder: &str, now: Timestamp) -> Result<Option<ChallengeRow>, StoreError> {
        let found = passkey_challenges::Entity::find_by_id(holder.to_owned()).one(&self.0.inner).await?;
        let gone = passkey_challenges::Entity::delete_by_id(holder.to_owned()).exec(&self.0.inner).await?;
        let found = found.filter(|row| gone.rows_affected == 1 && row.expires_at > now.millis());
        Ok(found.map(|row| ChallengeRow {
            holder: row.holder,
            user_id: UserId(row.user_id),
            factor_id: FactorId(row.factor_id),
            name: row.name,
            state: row.state,
            expires_at: Timestamp::from_millis(row.expires_at),
        }))
    }
}
