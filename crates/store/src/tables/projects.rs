//! Projects.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "projects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub sort_name: String,
    pub description: String,
    pub source: String,
    pub status: String,
    pub problem: Option<String>,
    pub path: String,
    pub branch: Option<String>,
    pub template: Option<String>,
    pub git_url: Option<String>,
    pub delivery: String,
    pub spec: Option<String>,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
    pub updated_at: i64,
    pub owner_user: Option<Uuid>,
    pub owner_team: Option<Uuid>,
    pub lease_owner: Option<String>,
    pub lease_until: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
