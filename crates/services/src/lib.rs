//! What can be done: one module per domain, one file per use case. Transactions live here; the outside world is touched
//! after commit, by the engine.

pub mod accounts;
pub mod agents;
pub mod audit;
pub mod context;
pub mod error;
pub mod events;
pub mod mail;
pub mod page;
pub mod projects;
pub mod runs;
pub mod server;
pub mod status;
pub mod teams;
pub mod templates;
pub mod vault;

pub use context::{Cx, Nudges, Settings};
pub use error::Error;
pub use page::Page;
