//! API tokens; the secret itself is never stored, only a salted hash.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub lookup: String,
    pub salt: String,
    pub hash: String,
    pub role: String,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub scopes: String,
    pub description: String,
    pub creator: String,
    pub allowed_ips: String,
    pub rate_limit: Option<i32>,
    pub usage_count: i64,
    pub rotating_from: Option<Uuid>,
    pub rotation_expires_at: Option<i64>,
    pub held_to_projects: String,
    pub held_to_teams: String,
    pub made_by: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
