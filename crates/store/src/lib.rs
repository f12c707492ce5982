//! The database, concrete: SQLite in a file or PostgreSQL by URL. Everything is read and written through a [`Tx`].

mod accounts;
mod audit;
mod connect;
mod error;
mod events;
mod factors;
mod identities;
mod journal;
mod logins;
mod projects;
mod records;
mod runs;
mod secrets;
mod tables;
mod tokens;
mod words;

pub use accounts::{Accounts, UserRow};
pub use audit::{Audit, AuditField, AuditFilter};
pub use connect::{Store, Tx};
pub use error::StoreError;
pub use events::Events;
pub use factors::{FactorRow, Factors, HalfLoginRow, RecoveryRow};
pub use identities::{FlowRow, Identities, IdentityRow, InvitationRow};
pub use journal::{CallRow, Journal, JournalRow};
pub use logins::{LoginRow, Logins};
pub use projects::{ProjectPage, Projects};
pub use records::Records;
pub use runs::{Runs, RunsPage};
pub use secrets::{SecretRow, Secrets};
pub use tokens::{TokenRow, Tokens};
