//! The providers that people sign in with, as far as they can be asked about themselves.

use async_trait::async_trait;
use protocol::server::SignOut;

/// What a provider answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What was found, in words.
    pub says: String,
    /// How it signs people out; absent where a provider says nothing of it.
    pub sign_out: Option<SignOut>,
}

/// Asks them, as `loki doctor` does.
#[async_trait]
pub trait Issuers: Send + Sync {
    /// Whether the provider of that id is there, knows this server and leads back to it; nothing when there is none. The error
    /// says what is wrong.
    async fn ask(&self, provider: &str) -> Option<Result<Answered, String>>;
}
