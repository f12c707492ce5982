//! How this server is set up, for its admins to read; never a secret.

mod settings;
mod waits;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use domain::{
    access::{self, Action},
    actor::Actor,
    links,
    rate_limits::{Class, RateLimits},
    sign_in::{Kind, Provider, Provisioning},
};
use protocol::server::{Discovery, LimitsInForce, RateLimit, SignInProvider, SignInProviders};

use crate::{
    Cx, Error,
    accounts::{Which, list_tokens},
};

pub use settings::{line, settings};
pub use waits::{Wait, Waits};

/// How a server is reached, as it was told.
#[derive(Clone, Debug, Default)]
pub struct ServedAt {
    /// Absent for commands, which do not listen.
    pub listen: Option<SocketAddr>,
    pub public_url: String,
    /// Whether browsers come over TLS.
    pub tls: bool,
    /// Proxies that are believed where a request comes from.
    pub proxies: Vec<String>,
    pub database: Database,
    /// Days after which entries of the audit trail are removed.
    pub audit_days: Option<u32>,
    pub limits: RateLimits,
    /// The file that names the providers to sign in with.
    pub sign_in_file: String,
    /// What else was said at the start, which no use case asks for.
    pub others: Vec<protocol::server::Setting>,
}

/// What keeps the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Database {
    #[default]
    Sqlite,
    Postgres,
}

/// How it went when providers were last asked about themselves, by their id; since the start of this server.
#[derive(Debug, Default)]
pub struct Discoveries(Mutex<HashMap<String, Discovery>>);

impl Discoveries {
    /// Notes how it went.
    pub fn note(&self, provider: &str, asked: Discovery) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.to_owned(), asked);
    }

    fn of(&self, provider: &str) -> Option<Discovery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned()
    }
}

/// Where people can sign in besides with a password, and whether those providers answered when they were last asked.
pub fn providers(cx: &Cx, actor: &Actor) -> Result<SignInProviders, Error> {
    access::require(actor, Action::ReadSettings)?;
    Ok(SignInProviders {
        providers: cx.settings.providers.iter().map(|provider| view(cx, provider)).collect(),
        file: cx.settings.served_at.sign_in_file.clone(),
        callback: links::callback(&cx.settings.served_at.public_url, "ID"),
    })
}

/// Asks the provider of that id now, as `loki doctor` does: whether it is there, knows this server and leads back to it.
pub async fn check_provider(cx: &Cx, actor: &Actor, id: &str) -> Result<SignInProvider, Error> {
    access::require(actor, Action::ReadSettings)?;
    let nobody = || Error::NotFound("there is no provider with that id".to_owned());
    let provider = cx.settings.providers.iter().find(|provider| provider.id == id).ok_or_else(nobody)?;
    let answer = cx.issuers.ask(id).await.ok_or_else(nobody)?;
    let at = cx.clock.now();
    let discovery = match answer {
        Ok(answered) => Discovery { at, problem: None, says: answered.says, sign_out: answered.sign_out },
        Err(problem) => Discovery { at, problem: Some(problem), says: String::new(), sign_out: None },
    };
    cx.discoveries.note(id, discovery);
    Ok(view(cx, provider))
}

fn view(cx: &Cx, provider: &Provider) -> SignInProvider {
    let base = &cx.settings.served_at.public_url;
    let tells = provider.kind != Kind::Github;
    SignInProvider {
        id: provider.id.clone(),
        name: provider.name.clone(),
        kind: kind(provider.kind).to_owned(),
        issuer: provider.issuer.clone(),
        callback: links::callback(base, &provider.id),
        back_channel: tells.then(|| links::back_channel(base, &provider.id)),
        domains: provider.allowed_domains.clone(),
        organisations: provider.allowed_organisations.clone(),
        provisioning: provisioning(provider.provisioning).to_owned(),
        roles: provider.roles.iter().map(|rule| (rule.group.clone(), rule.role)).collect(),
        default_role: provider.default_role,
        asked: cx.discoveries.of(&provider.id),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Oidc => "oidc",
        Kind::Google => "google",
        Kind::Github => "github",
    }
}

fn provisioning(provisioning: Provisioning) -> &'static str {
    match provisioning {
        Provisioning::Open => "open",
        Provisioning::Invitation => "invitation",
        Provisioning::Closed => "closed",
    }
}

/// Whose requests are counted together.
const PRINCIPAL: &str = "each person and each token";
const ADDRESS: &str = "each address";

/// Tokens that are named beside the limits; the rest is in the list of tokens.
const MOST_TOKENS: usize = 20;

/// How often people and programs may ask, and the tokens that have a limit of their own.
pub async fn limits(cx: &Cx, actor: &Actor) -> Result<LimitsInForce, Error> {
    access::require(actor, Action::ReadSettings)?;
    let (now, usual) = (&cx.settings.served_at.limits, RateLimits::default());
    let line = |class: Class, name: &str, counts: &str, whose: &str| RateLimit {
        name: name.to_owned(),
        counts: counts.to_owned(),
        whose: whose.to_owned(),
        per_minute: now.of(class),
        changed: now.of(class) != usual.of(class),
    };
    let limits = vec![
        line(Class::Control, "control", "Starting and steering runs over the API", PRINCIPAL),
        line(Class::Write, "write", "Changing anything else over the API", PRINCIPAL),
        line(Class::Read, "read", "Reading over the API", PRINCIPAL),
        line(Class::SignIn, "sign-in", "Signing in", ADDRESS),
        line(Class::Unknown, "", "Requests without sign-in", ADDRESS),
    ];
    let mut tokens = list_tokens(cx, actor, Which::NotRevoked).await?;
    tokens.retain(|token| token.rate_limit.is_some());
    let more_tokens = u64::try_from(tokens.len().saturating_sub(MOST_TOKENS)).unwrap_or(u64::MAX);
    tokens.truncate(MOST_TOKENS);
    Ok(LimitsInForce { limits, tokens, more_tokens })
}
