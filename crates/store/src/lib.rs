//! The database, concrete: SQLite in a file or PostgreSQL by URL. Everything is read and written through a [`Tx`].
//!
//! A *conflict* is an error that [`StoreError::is_conflict`] tells from others: somebody else took the key that a row was to be
//! added with, or removed the row that was to be changed. To remove what is not there is no error, and neither is to look for it.

mod accounts;
mod audit;
mod closing;
mod connect;
mod error;
mod events;
mod factors;
mod identities;
mod invitations;
mod journal;
mod logins;
mod mails;
mod passkeys;
mod projects;
mod run_parts;
mod runs;
mod secrets;
mod sharing;
mod sorted;
mod statements;
mod tables;
mod teams;
mod tls;
mod tokens;
mod visible;
mod words;

pub use accounts::{Accounts, UserRow};
pub use audit::{Audit, AuditField, AuditFilter, AuditOrder};
pub use connect::{Commits, Store, Tx};
pub use error::{Lack, StoreError};
pub use events::Events;
pub use factors::{FactorRow, Factors, HalfLoginRow, PasskeyRow, RecoveryRow, Thing};
pub use identities::{FlowRow, Identities, IdentityRow};
pub use invitations::{InvitationRow, Invitations, InvitationsPage, Inviter};
pub use journal::{CallRow, Journal, JournalRow};
pub use logins::{LoginRow, Logins};
pub use mails::{MailRow, Mails};
pub use passkeys::{ChallengeRow, Challenges};
pub use projects::{ProjectPage, Projects};
pub use run_parts::RunParts;
pub use runs::{Runs, RunsPage};
pub use secrets::{SecretRow, Secrets};
pub use sharing::{ShareRow, Sharing};
pub use teams::{MemberRow, TeamRow, Teams};
pub use tls::{Way, file, way};
pub use tokens::{TokenRow, Tokens};
