//! Passwords that turned up in data breaches, as far as somebody outside knows them.

use async_trait::async_trait;

/// A list of breached passwords that is asked by k-anonymity: what is asked for cannot be told from the question.
#[async_trait]
pub trait Breaches: Send + Sync {
    /// What the list has under the first five hexadecimal digits of a SHA-1: lines of the other 35 digits, a colon and how often
    /// it was seen. The error says why there is no answer.
    async fn range(&self, prefix: &str) -> Result<String, String>;
}
