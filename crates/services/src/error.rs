//! Why a use case did not do what it was asked, as far as a caller can act on it.

use domain::{access::Denied, ports::vcs::VcsError};
use store::{Lack, StoreError};

/// What is said where the database belongs to something else for the moment.
pub const BUSY: &str = "the database is busy with something else: try again in a few seconds";

/// What is said where nobody answers for it.
pub const AWAY: &str = "the database does not answer: try again in a few seconds";

/// What is said where the disk is full.
pub const FULL: &str = "there is no room in the database, so nothing was changed: free some space and try again";

/// The variants are what a caller can act on; the text of each says what was wrong and what to do, and is safe to show.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist.
    #[error("{0}")]
    NotFound(String),
    /// It exists, and the actor may not know that it does: to them it is the same, in the audit trail it is a denial.
    #[error("{0}")]
    Hidden(String),
    #[error(transparent)]
    Forbidden(#[from] Denied),
    /// No role would do: what the actor shows, or is, does not allow it.
    #[error("{0}")]
    Refused(String),
    /// Something about the request is wrong.
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    TooLarge(String),
    /// The request is fine, but not now: something else is in the way.
    #[error("{0}")]
    Conflict(String),
    /// The sign-in, token or setup link does not count.
    #[error("{0}")]
    Unauthorized(String),
    #[error("too many attempts, try again in {retry_after_seconds} s")]
    TooMany { retry_after_seconds: u64 },
    /// Something that this server needs is missing; the text says what to install or start.
    #[error("{0}")]
    Unavailable(String),
    #[error("{}", BUSY)]
    Busy(#[source] StoreError),
    /// Nobody answers for the database.
    #[error("{}", AWAY)]
    Away(#[source] StoreError),
    /// The disk is full; nothing of it was changed.
    #[error("{}", FULL)]
    Full(#[source] StoreError),
    /// Something else changed what this was to change.
    #[error("somebody else changed the same thing at the same time: look at it again, then try again")]
    Outrun(#[source] StoreError),
    /// Not the caller's fault. The text is for the log; the client gets a request id.
    #[error("the database did not answer as expected")]
    Store(#[source] StoreError),
    #[error("git did not do it")]
    Vcs(#[source] VcsError),
    #[error("the disk did not do it")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// What the database lacks for the moment, if it was that.
    pub fn lack(&self) -> Option<Lack> {
        match self {
            Self::Busy(error) | Self::Away(error) | Self::Full(error) | Self::Store(error) => error.lack(),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            error if error.is_not_text() => Self::Invalid("a NUL character is not text".to_owned()),
            error if error.is_busy() => Self::Busy(error),
            error if error.is_away() => Self::Away(error),
            error if error.is_full() => Self::Full(error),
            error if error.is_conflict() => Self::Outrun(error),
            error => Self::Store(error),
        }
    }
}

impl From<VcsError> for Error {
    fn from(error: VcsError) -> Self {
        match error {
            VcsError::Refused(text) => Self::Invalid(text),
            VcsError::DiskFull => Self::Unavailable("the disk is full: free some space and try again".to_owned()),
            other => Self::Vcs(other),
        }
    }
}
