//! Addresses of this server that are given to people and to providers. `base` is what browsers reach it at, without a slash at its
//! end; secrets and ids are of letters that stand in an address as they are.

/// Where an invitation is taken up.
pub fn invite(base: &str, secret: &str) -> String {
    format!("{base}/invite?link={secret}")
}

/// Where a person gives themselves a new password.
pub fn reset(base: &str, secret: &str) -> String {
    format!("{base}/reset?token={secret}")
}

/// Where the first account is made.
pub fn setup(base: &str, secret: &str) -> String {
    format!("{base}/setup?token={secret}")
}

/// Where a provider leads back to; each has an address of its own, so that one cannot answer for another (RFC 9700).
pub fn callback(base: &str, provider: &str) -> String {
    format!("{base}/login/callback/{provider}")
}

/// Where a provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).
pub fn back_channel(base: &str, provider: &str) -> String {
    format!("{base}/logout/back-channel/{provider}")
}
