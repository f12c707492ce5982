//! The list of breached passwords that an operator may name: a server that speaks the range protocol of Have I Been Pwned.
//! It learns five digits of a hash and never a password.

use std::time::Duration;

use async_trait::async_trait;
use domain::{errors::explain, ports::breaches::Breaches};

/// Whoever makes an account does not wait longer for it.
const TIME_OUT: Duration = Duration::from_secs(3);
/// Longer answers are none: a range has some hundred lines.
const LARGEST: usize = 1 << 20;

/// An address that the list can be asked at. The error says how one looks.
pub(crate) fn address(url: &str) -> Result<String, String> {
    let is_safe = url.starts_with("https://") || url.starts_with("http://127.0.0.1:");
    if is_safe && reqwest::Url::parse(url).is_ok() {
        Ok(url.to_owned())
    } else {
        Err("breached passwords can be asked at an address that begins with https://".to_owned())
    }
}

/// A server with the list.
#[derive(Debug)]
pub(crate) struct RangeServer {
    client: reqwest::Client,
    url: String,
}

impl RangeServer {
    /// The one at that address, to which the five digits are added; like `https://api.pwnedpasswords.com/range/`.
    pub(crate) fn new(url: &str) -> Result<Self, String> {
        let url = address(url)?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("loki/", env!("CARGO_PKG_VERSION")))
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| explain(&error))?;
        Ok(Self { client, url: format!("{}/", url.trim_end_matches('/')) })
    }
}

#[async_trait]
impl Breaches for RangeServer {
    async fn range(&self, prefix: &str) -> Result<String, String> {
        let failed = |error: reqwest::Error| explain(&error.without_url());
        // Padding hides from whoever counts bytes which range it was.
        let request = self.client.get(format!("{}{prefix}", self.url)).header("add-padding", "true");
        let mut response = request.send().await.map_err(failed)?.error_for_status().map_err(failed)?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.len() + chunk.len() > LARGEST {
                return Err("its answer is larger than 1 MiB".to_owned());
            }
            answer.extend_from_slice(&chunk);
        }
        String::from_utf8(answer).map_err(|_| "its answer is no text".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_with_tls_or_of_this_machine_is_asked() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        for (url, good) in [
            ("https://api.pwnedpasswords.com/range/", true),
            ("http://127.0.0.1:8080/range", true),
            ("http://api.pwnedpasswords.com/range/", false),
            ("api.pwnedpasswords.com", false),
            ("", false),
        ] {
            assert_eq!(RangeServer::new(url).is_ok(), good, "{url}");
        }
    }
}
