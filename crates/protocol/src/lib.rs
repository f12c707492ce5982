//! The wire: every type that crosses a process border, shared by server, browser and command line. No logic.

pub mod access;
pub mod agents;
pub mod audit;
pub mod error;
pub mod events;
pub mod factors;
pub mod health;
pub mod ids;
pub mod page;
pub mod projects;
pub mod receipts;
pub mod runs;
pub mod secrets;
pub mod server;
pub mod teams;
pub mod templates;
pub mod timestamp;
#[cfg(test)]
mod wire;

pub use error::ApiError;
pub use events::{Envelope, Event, EventScope};
pub use ids::{EventSeq, FactorId, LoginId, ProjectId, RunId, ShareId, TeamId, TokenId, UserId};
pub use timestamp::Timestamp;
