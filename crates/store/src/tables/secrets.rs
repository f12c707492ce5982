//! Secrets in their envelopes; nothing here can be read without the master key.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "secrets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub scope: String,
    pub owner: Uuid,
    pub name: String,
    pub uses: String,
    pub master: String,
    pub data_key: String,
    pub value: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
