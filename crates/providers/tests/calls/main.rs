//! Calls of agents as the engine makes them, with scripted agents as real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes")]

mod acp;
mod acp_setup;
mod claude;
mod claude_code;
mod support;
