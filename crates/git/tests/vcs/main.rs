//! The port `Vcs`, by real git on real repositories.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes")]

mod budget;
mod exports;
mod hostile;
mod repositories;
mod worktrees;
mod world;
