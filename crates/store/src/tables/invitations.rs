//! People who may make an account, or join a team.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub email: String,
    pub link_hash: Option<String>,
    pub role: String,
    pub team_id: Option<Uuid>,
    pub team_role: String,
    pub invited_by: String,
    pub sort_invited_by: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub made_by_user: Option<Uuid>,
    pub made_by_token: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
