//! The demo agent as a client meets it: over pipes in memory, or as a process where one has to die.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes")]

mod building;
mod client;
mod misbehaving;
mod protocol;
