//! What happens while a page is open: one socket per tab, and the rules by which events change what a page shows.

pub mod ansi;
mod backoff;
mod connection;
pub mod log;
pub mod run;

pub use connection::{Subscription, connection_dot, on_event, on_resync, provide, rewind, start, subscribe};
