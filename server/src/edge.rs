//! What every request handler shares.

use std::{ops::Deref, sync::Arc};

use app::pages::not_found::Gallery;
use axum::extract::FromRef;
use domain::{access_tokens::AllowedAddresses, rate_limits::RateLimits};
use leptos::config::LeptosOptions;
use protocol::UserId;
use services::{Cx, accounts::UserRecord};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    assets::Site,
    auth::{providers::IdentityProviders, tokens::TokenCache},
    cached::{Cached, CachedBy},
    config::{
        Config,
        hosts::{AllowedHosts, Transport},
        sign_in::ProviderConfig,
        syslog::SyslogTarget,
    },
    guard::{RequestIds, limits::Buckets},
    metrics::Metrics,
    ws::{feed::Feed, open_sockets::OpenSockets},
};

/// The state of the router. Each request clones it several times, so it is one pointer.
#[derive(Clone)]
pub struct Edge(Arc<Parts>);

/// What the state consists of.
pub struct Parts {
    pub cx: Cx,
    pub settings: EdgeSettings,
    /// What browsers load besides pages.
    pub site: Site,
    pub tokens: TokenCache,
    /// The people behind logins, kept as tokens are.
    pub people: CachedBy<UserId, Arc<UserRecord>>,
    /// Where people can sign in besides with a password.
    pub providers: IdentityProviders,
    /// How often the API was asked.
    pub buckets: Buckets,
    /// Who has how many sockets open.
    pub sockets: OpenSockets,
    /// The body of `GET /api/status` for whoever sees everything.
    pub status: Cached<axum::body::Bytes>,
    /// And for whoever sees the projects of the installation and no others.
    pub plain_status: Cached<axum::body::Bytes>,
    pub feed: Feed,
    pub metrics: Arc<Metrics>,
    pub request_ids: RequestIds,
    pub leptos: LeptosOptions,
    /// Fires when the server shuts down; sockets then close.
    pub stopping: CancellationToken,
    /// Every task that the edge starts; joined at the end.
    pub tasks: TaskTracker,
}

impl Edge {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Edge {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What the edge needs to know of the set-up.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    pub hosts: AllowedHosts,
    pub public_url: String,
    pub transport: Transport,
    /// Where people can sign in besides with a password.
    pub providers: Vec<ProviderConfig>,
    /// Proxies that are believed where a request comes from.
    pub proxies: AllowedAddresses,
    /// Days after which entries of the audit trail are removed.
    pub audit_days: Option<u32>,
    /// Where its entries are sent on to.
    pub audit_syslog: Option<SyslogTarget>,
    /// How often the API may be asked.
    pub limits: RateLimits,
    /// Whether the gallery of atoms is there, for who works on loki itself.
    pub gallery: Option<Gallery>,
}

impl EdgeSettings {
    pub fn new(config: &Config) -> Self {
        Self {
            hosts: config.hosts.clone(),
            public_url: config.public_url.clone(),
            transport: config.transport,
            providers: config.providers.clone(),
            proxies: config.trusted_proxies.clone(),
            audit_days: config.audit_days,
            audit_syslog: config.audit_syslog.clone(),
            limits: config.limits,
            gallery: config.gallery.then_some(Gallery),
        }
    }
}

impl FromRef<Edge> for LeptosOptions {
    fn from_ref(edge: &Edge) -> Self {
        edge.leptos.clone()
    }
}
