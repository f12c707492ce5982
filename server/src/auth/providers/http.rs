//! Requests to a provider: only to its own servers, over TLS or on this machine, without redirects, in a short time, and
//! with an answer of a bounded size.

use std::{pin::Pin, time::Duration};

use domain::errors::explain;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http, url::Url};
use serde::de::DeserializeOwned;

use super::Failure;
use crate::config::sign_in::is_safe;

const CONNECT: Duration = Duration::from_secs(5);
const TIME_OUT: Duration = Duration::from_secs(10);
/// Larger documents are no discovery, keys or tokens.
const LARGEST: usize = 1 << 20;

/// The way to one provider.
#[derive(Clone, Debug)]
pub(super) struct Http {
    /// Absent where the system gives no client; requests then fail and say so.
    client: Option<reqwest::Client>,
    origins: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpFailure {
    #[error("{0} is not one of the provider's servers; if it should be, name it in also_hosts")]
    Foreign(String),
    #[error("its answer is larger than 1 MiB")]
    TooLarge,
    #[error("it does not answer: {0}")]
    Request(String),
}

impl Http {
    pub(super) fn new(origins: &[String]) -> Self {
        let client = reqwest::Client::builder()
            .user_agent(concat!("loki/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        if let Err(error) = &client {
            tracing::error!(error = %explain(error), "identity providers cannot be asked");
        }
        Self { client: client.ok(), origins: origins.to_vec() }
    }

    /// Whether the address is one of the provider's.
    pub(super) fn check(&self, url: &Url) -> Result<(), HttpFailure> {
        let origin = url.origin().ascii_serialization();
        if is_safe(url) && self.origins.contains(&origin) { Ok(()) } else { Err(HttpFailure::Foreign(origin)) }
    }

    /// Reads JSON with an access token.
    pub(super) async fn json<T: DeserializeOwned>(&self, address: &str, token: &str) -> Result<T, Failure> {
        let request = http::Request::get(address)
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Vec::new())
            .map_err(|error| Failure::Unreachable(error.to_string()))?;
        let answer = self.send(request).await.map_err(|error| Failure::Unreachable(error.to_string()))?;
        if answer.status() != http::StatusCode::OK {
            return Err(Failure::Unreachable(format!("it answers with {} at {address}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|_| Failure::Unreachable(format!("its answer at {address} cannot be read")))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        // What is behind it says whether a name, a port or a certificate is the trouble.
        let failed = |error: reqwest::Error| HttpFailure::Request(explain(&error.without_url()));
        let url = Url::parse(&request.uri().to_string()).map_err(|_| HttpFailure::Foreign(request.uri().to_string()))?;
        self.check(&url)?;
        let client = self.client.as_ref().ok_or_else(|| HttpFailure::Request("there is no client".to_owned()))?;
        let mut response = client.execute(request.try_into().map_err(failed)?).await.map_err(failed)?;
        let mut answer = http::Response::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.body().len() + chunk.len() > LARGEST {
                return Err(HttpFailure::TooLarge);
            }
            answer.body_mut().extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpFailure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFailure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_providers_own_servers_are_asked() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Http::new(&["https://login.example.org".to_owned(), "http://127.0.0.1:9".to_owned()]);
        let cases = [
            ("https://login.example.org/keys", true),
            ("https://login.example.org:443/keys", true),
            ("http://127.0.0.1:9/keys", true),
            ("http://login.example.org/keys", false),
            ("https://login.example.org:8443/keys", false),
            ("https://login.example.org@evil.example/keys", false),
            ("https://login.example.org.evil.example/", false),
            ("http://169.254.169.254/latest/meta-data", false),
            ("http://127.0.0.1:10/", false),
            ("file:///etc/passwd", false),
        ];
        for (address, allowed) in cases {
            assert_eq!(http.check(&Url::parse(address).unwrap()).is_ok(), allowed, "{address}");
        }
    }
}
