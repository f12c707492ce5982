//! Mail that is to be sent, and what became of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub recipient: String,
    pub state: String,
    pub master: String,
    pub data_key: String,
    pub letter: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub due_at: i64,
    pub attempts: i32,
    pub holder: String,
    pub problem: String,
    pub done_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
