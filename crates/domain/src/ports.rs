//! Where a world begins: the traits behind which agents, processes, git and the clock live.

pub mod agent;
pub mod breaches;
pub mod clock;
pub mod issuers;
pub mod keys;
pub mod mailer;
pub mod sandbox;
pub mod vcs;
