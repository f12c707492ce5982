//! The audit trail.

use std::collections::HashSet;

use protocol::Timestamp;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{StoreError, Tx, tables::audit};

/// The audit trail.
#[derive(Debug)]
pub struct Audit<'a>(pub(crate) &'a Tx);

impl Audit<'_> {
    /// Writes that `actor` did `action` to `resource`; `id` is new.
    pub async fn record(&self, (id, at): (Uuid, Timestamp), actor: &str, action: &str, resource: &str) -> Result<(), StoreError> {
        let row = audit::ActiveModel {
            id: Set(id),
            at: Set(at.millis()),
            actor: Set(actor.to_owned()),
            action: Set(action.to_owned()),
            resource: Set(resource.to_owned()),
            outcome: Set("done".to_owned()),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    /// Of those resources the ones that the trail names: they were here, whether or not they still are.
    pub async fn named(&self, resources: &[String]) -> Result<HashSet<String>, StoreError> {
        let found: Vec<String> = audit::Entity::find()
            .select_only()
            .column(audit::Column::Resource)
            .filter(audit::Column::Resource.is_in(resources))
            .into_tuple()
            .all(&self.0.inner)
            .await?;
        Ok(found.into_iter().collect())
    }

    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(audit::Entity::find().count(&self.0.inner).await?)
    }
}
