//! Runs with the machine's state as it was after the newest journal row.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub project_id: Uuid,
    pub number: i32,
    pub title: String,
    pub spec: String,
    pub provider: String,
    pub model: Option<String>,
    pub limits: String,
    pub started_by: String,
    pub sandboxed: bool,
    pub request_id: Option<String>,
    pub request_hash: Option<String>,
    pub state: String,
    pub status: String,
    pub over: bool,
    pub wish: Option<String>,
    pub lease_owner: Option<String>,
    pub lease_until: i64,
    pub journal_seq: i64,
    pub queued_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub sort_title: String,
    pub sort_state: String,
    pub worked_ms: i64,
    pub cost_micros: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
