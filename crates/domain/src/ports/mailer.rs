//! The way to people's mailboxes.

use async_trait::async_trait;
use protocol::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A mail to one person, as plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names it for good: sent a second time, it is the same mail to whoever receives it.
    pub id: Uuid,
    /// An email address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// May hold a link that counts, so it is not kept longer than it is needed.
    pub text: Zeroizing<String>,
    /// When it was written.
    pub at: Timestamp,
}

/// A mail's text is not shown by accident.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}

/// Why a mail did not go out, in the words of the server or of what failed on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// For good: it would be refused again.
    #[error("{0}")]
    Refused(String),
    /// For now: the server is not there, is busy, or is set up otherwise than we think.
    #[error("{0}")]
    Later(String),
}

/// Hands mails to the server that delivers them.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over. It is the server's from then on.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;

    /// Whether the server answers and takes the account that is set up; the error says why not.
    async fn probe(&self) -> Result<(), String>;

    /// Server and sender in words, without a password.
    fn describe(&self) -> String;
}
