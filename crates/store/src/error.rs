//! Why the database did not answer as expected.

use sea_orm::DbErr;

/// Nothing a user can act on, but for the disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Database(#[from] DbErr),
    /// A row that this version cannot read.
    #[error("a row of {table} cannot be read: {detail}")]
    Corrupt { table: &'static str, detail: String },
}

impl StoreError {
    /// Whether the disk or the database's quota is full.
    pub fn is_full(&self) -> bool {
        let text = self.to_string();
        text.contains("database or disk is full") || text.contains("No space left on device") || text.contains("53100")
    }

    pub(crate) fn corrupt(table: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Corrupt { table, detail: error.to_string() }
    }
}
