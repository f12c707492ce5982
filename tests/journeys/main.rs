//! Whole stories: from a spec to verified commits, and everything that may come in between.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where something is missing")]
#![expect(clippy::disallowed_methods, reason = "tests start real processes")]

mod away;
mod backoff;
mod bounds;
mod claude;
mod clones;
mod command_line;
mod control;
mod crash;
mod crash_held;
mod demo;
mod disk;
mod files;
mod folder;
mod held;
mod hostile;
mod isolation;
mod lies;
mod limits;
mod packages;
mod repositories;
mod requests;
mod runners;
mod secrets;
mod spec_kinds;
mod spending;
mod steering;
