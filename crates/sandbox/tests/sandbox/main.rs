//! Sandboxes with real processes; those of bubblewrap need it installed (deploy/setup.sh).
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod endings;
mod isolation;
mod limits;
mod world;
