//! Signing in with other providers: what is said to them, what they say, and what of it is believed.

pub mod back_channel;
pub mod flow;
mod github;
mod http;
pub mod linked;
mod oidc;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    links,
    ports::issuers::{Answered, Issuers},
    sign_in::{Identity, Kind, Provider, Vouched, logout::LogoutEnding},
};
use openidconnect::url::Url;
use protocol::Timestamp;
use services::{
    accounts::{Departure, Returned},
    server::Discoveries,
};

use crate::config::sign_in::ProviderConfig;

/// Every provider that people can sign in with.
#[derive(Clone, Debug, Default)]
pub struct IdentityProviders(Arc<[KnownProvider]>);

/// A provider with the way to talk to it.
#[derive(Debug)]
pub struct KnownProvider {
    pub config: ProviderConfig,
    http: http::Http,
    /// What it says about itself, if it does.
    oidc: oidc::Cache,
    /// Where it is noted whether it did.
    discoveries: Arc<Discoveries>,
}

/// What came back with the browser.
#[derive(Clone, Debug)]
pub struct Answer {
    pub code: String,
    /// Who says so (RFC 9207).
    pub issuer: Option<String>,
}

/// What a provider is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Who the person is, by a session of theirs if they have one.
    SignIn,
    /// That the person shows once more who they are; Google and GitHub cannot be asked for that.
    WhoTheyAre,
}

/// Why somebody was not signed in. For the log and the audit trail; the person reads one calm sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// What was said is not to be believed.
    #[error("{0}")]
    Refused(String),
    /// The provider did not answer, or with what cannot be understood.
    #[error("{0}")]
    Unreachable(String),
}

impl IdentityProviders {
    /// Whether they answer is noted in `discoveries`.
    pub fn new(configs: &[ProviderConfig], discoveries: &Arc<Discoveries>) -> Self {
        let known = |config: &ProviderConfig| KnownProvider {
            http: http::Http::new(&config.origins),
            config: config.clone(),
            oidc: oidc::Cache::default(),
            discoveries: Arc::clone(discoveries),
        };
        Self(configs.iter().map(known).collect())
    }

    /// The one of that id.
    pub fn get(&self, id: &str) -> Option<&KnownProvider> {
        self.0.iter().find(|known| known.config.rules.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &KnownProvider> {
        self.0.iter()
    }
}

impl KnownProvider {
    pub fn rules(&self) -> &Provider {
        &self.config.rules
    }

    /// Where the browser is sent.
    pub async fn authorization_url(&self, departure: &Departure, asks: Asks, back: &str, now: Timestamp) -> Result<Url, Failure> {
        match self.config.rules.kind {
            Kind::Oidc | Kind::Google => oidc::authorization_url(self, departure, asks, back, now).await,
            Kind::Github => github::authorization_url(self, departure, back),
        }
    }

    /// Who it is, as far as the provider proves it.
    pub async fn identity(&self, answer: Answer, returned: &Returned, back: &str, now: Timestamp) -> Result<Identity, Failure> {
        match self.config.rules.kind {
            Kind::Oidc | Kind::Google => oidc::identity(self, answer, returned, back, now).await,
            Kind::Github => github::identity(self, answer, returned, back).await,
        }
    }

    /// Where the browser is sent to be signed out there too, if the provider offers that.
    pub async fn logout_url(&self, vouched: &Vouched, back: &str, now: Timestamp) -> Option<Url> {
        match self.config.rules.kind {
            Kind::Oidc | Kind::Google => oidc::logout_url(self, vouched, back, now).await,
            Kind::Github => None,
        }
    }

    /// What the provider's logout token ends, as far as the provider proves it.
    pub async fn logout(&self, token: &str, now: Timestamp) -> Result<LogoutEnding, Failure> {
        match self.config.rules.kind {
            Kind::Oidc | Kind::Google => oidc::believe(self, token, now).await,
            Kind::Github => Err(refused("GitHub does not say when somebody signs out")),
        }
    }

    /// Asks the provider whether it is there and knows this server, whose address may be known; for `loki doctor` and admins.
    pub async fn probe(&self, public_url: Option<&str>) -> Result<Answered, Failure> {
        let back = public_url.map(|url| links::callback(url, &self.config.rules.id));
        match self.config.rules.kind {
            Kind::Oidc | Kind::Google => oidc::probe(self, back.as_deref()).await,
            Kind::Github => Ok(Answered { says: "GitHub is asked when somebody signs in".to_owned(), sign_out: None }),
        }
    }
}

/// The providers under the address where they lead back to.
pub(crate) struct AskedProviders {
    pub(crate) providers: IdentityProviders,
    pub(crate) public_url: String,
}

#[async_trait]
impl Issuers for AskedProviders {
    async fn ask(&self, provider: &str) -> Option<Result<Answered, String>> {
        let known = self.providers.get(provider)?;
        Some(known.probe(Some(&self.public_url)).await.map_err(|failure| failure.to_string()))
    }
}

fn refused(why: impl std::fmt::Display) -> Failure {
    Failure::Refused(why.to_string())
}

/// A word of the provider for the log: short, and nothing that could be taken for something else.
fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(60).collect()
}
