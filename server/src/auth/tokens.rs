//! Bearer tokens that were found good, kept while nothing was committed and never longer than a second: a script that
//! asks often costs one database query a second, and a token that is revoked here stops at once.

use std::sync::Arc;

use services::{
    Cx,
    accounts::{self, KnownToken},
};
use sha2::{Digest as _, Sha256};

use crate::{cached::CachedBy, error::HttpError};

/// Tokens by the hash of their secret.
#[derive(Debug, Default)]
pub struct TokenCache(CachedBy<[u8; 32], Arc<KnownToken>>);

impl TokenCache {
    /// The token behind a secret.
    pub async fn authenticate(&self, cx: &Cx, secret: &str, issuer: &str) -> Result<Arc<KnownToken>, HttpError> {
        self.0.get(Sha256::digest(secret.as_bytes()).into(), cx.store.commits(), || ask(cx, secret, issuer)).await
    }
}

async fn ask(cx: &Cx, secret: &str, issuer: &str) -> Result<Arc<KnownToken>, HttpError> {
    let found = if secret.starts_with("loki_") {
        accounts::authenticate_token(cx, secret).await
    } else {
        accounts::authenticate_access_token(cx, secret, issuer).await
    };
    match found {
        Ok(token) => Ok(Arc::new(token)),
        Err(services::Error::Unauthorized(_) | services::Error::NotFound(_)) => Err(HttpError::bad_token()),
        Err(other) => Err(other.into()),
    }
}
