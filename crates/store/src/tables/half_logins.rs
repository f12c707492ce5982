//! Sign-ins that wait for their second step.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "half_logins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub browser_hash: String,
    pub user_id: Uuid,
    pub next: String,
    pub provider: Option<String>,
    pub expires_at: i64,
    pub issuer: Option<String>,
    pub subject: Option<String>,
    pub sid: Option<String>,
    pub id_token: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
