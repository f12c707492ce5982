//! The composition root: which implementation stands behind each port, and what starts and ends with the server.

use std::{net::SocketAddr, sync::Arc};

use domain::{
    errors::explain,
    ports::{
        agent::Agent,
        breaches::Breaches,
        clock::{Clock, Ids},
        mailer::Mailer,
        sandbox::Sandbox,
        vcs::VcsError,
    },
    teams::NewProjects,
};
use engine::Engine;
use leptos::config::LeptosOptions;
use protocol::{Timestamp, agents::ProviderId};
use providers::{Providers, ProvidersConfig};
use sandbox::{Bubblewrap, BubblewrapConfig, Plain, PlainConfig};
use services::{
    Cx, Nudges, Settings,
    accounts::{AccessKeys, Passkeys},
    server::{ServedAt, Waits},
};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

mod chores;
pub(crate) mod clock;
mod connections;
mod mail;
mod syslog;

use crate::{
    assets::Site,
    auth::{
        providers::{AskedProviders, IdentityProviders},
        tokens::TokenCache,
    },
    breaches::RangeServer,
    cached::{Cached, CachedBy},
    config::{Config, ConfigError, DataConfig, agents::AgentsConfig, audit_key, data_dir, sign_in::ProviderConfig},
    edge::{Edge, EdgeSettings, Parts},
    guard::{RequestIds, limits::Buckets},
    metrics::Metrics,
    router::router,
    shutdown,
    ws::{feed::Feed, open_sockets::OpenSockets},
};

/// This program's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why a server did not start. The texts are for the person who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the database could not be opened: {0}")]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Services(#[from] services::Error),
    #[error("{0}")]
    Breaches(String),
    #[error("{0}")]
    Mail(String),
    #[error("git cannot be used: {0}")]
    Git(#[from] VcsError),
    #[error("{0} is in use: another loki, or another program, listens there. Stop it or give --listen another port")]
    PortBusy(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{what}: {source}")]
    Io { what: &'static str, source: std::io::Error },
}

/// How agents and checks are isolated, and what the use cases need to know of the set-up.
#[derive(Clone, Debug)]
pub(crate) struct Outside<'a> {
    pub(crate) agents: &'a AgentsConfig,
    pub(crate) sandbox: bool,
    pub(crate) installs: bool,
    pub(crate) install_env: &'a [(String, String)],
    pub(crate) committer: (&'a str, &'a str),
    pub(crate) signing_key: Option<&'a std::path::Path>,
    pub(crate) allowed_roots: &'a [std::path::PathBuf],
    pub(crate) clone_hosts: &'a [String],
    pub(crate) max_runs: usize,
    pub(crate) stall: Option<std::time::Duration>,
    pub(crate) providers: &'a [ProviderConfig],
    pub(crate) served_at: ServedAt,
    pub(crate) new_projects: NewProjects,
    pub(crate) passkeys: Passkeys,
}

impl<'a> Outside<'a> {
    /// For commands that start no run.
    pub(crate) fn without_runs(agents: &'a AgentsConfig) -> Self {
        Self {
            agents,
            sandbox: true,
            installs: true,
            install_env: &[],
            committer: ("loki", "loki@localhost"),
            signing_key: None,
            allowed_roots: &[],
            clone_hosts: &[],
            max_runs: 1,
            stall: None,
            providers: &[],
            served_at: ServedAt::default(),
            new_projects: NewProjects::default(),
            passkeys: Passkeys::nowhere(),
        }
    }
}

/// The context of all use cases on this machine's real world.
pub(crate) async fn context(data: &DataConfig, outside: Outside<'_>) -> Result<Cx, StartError> {
    let store = Store::open(&data.database_url).await?;
    let ids = Arc::new(clock::SystemIds);
    let clock = Arc::new(clock::SystemClock);
    let sandbox = sandbox(data, &outside);
    let search_path = std::env::join_paths(&outside.agents.search_path).unwrap_or_default();
    let vcs = git::Git::new(&data.data_dir.join("git"), search_path)?.cloning_from(outside.clone_hosts.to_vec());
    let vcs = Arc::new(vcs.signed_with(outside.signing_key.map(std::path::Path::to_owned)));
    let settings = settings(data, &outside, clock.now(), &*ids)?;
    let breaches = data.breached_passwords_url.as_deref().map(RangeServer::new).transpose().map_err(StartError::Breaches)?;
    let breaches = breaches.map(|server| Arc::new(server) as Arc<dyn Breaches>);
    let mailer = data.mail.as_ref().map(|config| ::mail::Smtp::new(&config.server, &config.from)).transpose();
    let mailer = mailer.map_err(StartError::Mail)?.map(|server| Arc::new(server) as Arc<dyn Mailer>);
    let audit_key = audit_key::load(&data.audit_key_file, &*ids)
        .map_err(|source| StartError::Io { what: "the key of the audit trail cannot be used", source })?;
    let access_keys = AccessKeys::load(&data.access_keys_file, &*ids, clock.now())
        .map_err(|source| StartError::Io { what: "the keys of access tokens cannot be used", source })?;
    if services::vault::is_empty(&store).await? {
        let made = data.vault_keys.make_first(&*ids);
        made.map_err(|source| StartError::Io { what: "the key of the vault cannot be made", source })?;
    }
    let discoveries = Arc::default();
    let providers = IdentityProviders::new(outside.providers, &discoveries);
    let issuers = Arc::new(AskedProviders { providers, public_url: outside.served_at.public_url.clone() });
    let agents = agents(data, outside.agents, &sandbox)
        .map_err(|source| StartError::Io { what: "the data directory cannot be written", source })?;
    Ok(Cx {
        store,
        clock,
        ids,
        vcs,
        sandbox,
        agents,
        nudges: Nudges::default(),
        waits: Waits::default(),
        breaches,
        mailer,
        attempts: Arc::default(),
        token_uses: Arc::default(),
        unseen_secrets: Arc::default(),
        discoveries,
        issuers,
        verifying: Arc::default(),
        denials: Arc::default(),
        audit_key: Arc::new(audit_key),
        access_keys: Arc::new(access_keys),
        passkeys: outside.passkeys.clone(),
        keys: Arc::new(data.vault_keys.clone()),
        hashing: services::accounts::HashingRoom::default(),
        detected: Arc::default(),
        settings: Arc::new(settings),
    })
}

/// What the use cases may know of the set-up.
fn settings(data: &DataConfig, outside: &Outside<'_>, started_at: Timestamp, ids: &dyn Ids) -> Result<Settings, StartError> {
    Ok(Settings {
        data_dir: data.data_dir.clone(),
        allowed_roots: outside.allowed_roots.to_vec(),
        max_runs: outside.max_runs,
        version: VERSION,
        stall: outside.stall,
        started_at,
        commit_name: outside.committer.0.to_owned(),
        commit_email: outside.committer.1.to_owned(),
        installs: outside.installs,
        install_env: outside.install_env.to_vec(),
        providers: outside.providers.iter().map(|provider| provider.rules.clone()).collect(),
        served_at: outside.served_at.clone(),
        new_projects: outside.new_projects,
        instance: data_dir::instance(&data.data_dir, ids)
            .map_err(|source| StartError::Io { what: "the data directory cannot be written", source })?,
    })
}

pub(crate) fn sandbox(data: &DataConfig, outside: &Outside<'_>) -> Arc<dyn Sandbox> {
    let search_path = outside.agents.search_path.clone();
    let (toolchains, env) = (outside.agents.toolchains.clone(), outside.agents.toolchain_env.clone());
    if outside.sandbox {
        let hidden = vec![data.data_dir.clone()];
        Arc::new(Bubblewrap::new(BubblewrapConfig { search_path, hidden, toolchains, env }))
    } else {
        let scratch = data_dir::scratch(&data.data_dir);
        Arc::new(Plain::new(PlainConfig { search_path, scratch, toolchains, env }))
    }
}

pub(crate) fn agents(
    data: &DataConfig,
    config: &AgentsConfig,
    sandbox: &Arc<dyn Sandbox>,
) -> std::io::Result<Arc<[Arc<dyn Agent>]>> {
    let scratch = data_dir::scratch(&data.data_dir);
    std::fs::create_dir_all(&scratch)?;
    let config = ProvidersConfig {
        claude: config.claude.clone(),
        acp: config.acp.clone(),
        acp_variables: config.acp_variables.clone(),
        demo: (std::env::current_exe()?, config.demo_args.clone()),
        search_path: config.search_path.clone(),
        agent_env: config.env.clone(),
        scratch,
    };
    let providers = Providers::new(config, Arc::clone(sandbox));
    Ok(ProviderId::ALL.map(|provider| providers.get(provider)).into())
}

/// A server with everything that runs in it, but for its listener.
pub(crate) struct App {
    pub(crate) edge: Edge,
    engine: Engine,
    /// Held to the very end.
    lock: data_dir::DataDirLock,
}

impl App {
    /// Starts a server on the real world.
    pub(crate) async fn start(config: &Config, site: Site) -> Result<Self, StartError> {
        let lock = data_dir::lock(&config.data.data_dir)?;
        if let Some((problem, todo)) = store::way(&config.data.database_url)?.problem() {
            tracing::warn!(problem, todo, "the way to the database is not protected");
        }
        let outside = Outside {
            agents: &config.agents,
            sandbox: config.sandbox,
            installs: config.installs,
            install_env: &config.install_env,
            committer: (&config.committer.0, &config.committer.1),
            signing_key: config.signing_key.as_deref(),
            allowed_roots: &config.allowed_roots,
            clone_hosts: &config.clone_hosts,
            max_runs: config.max_runs,
            stall: Some(config.stall),
            providers: &config.providers,
            served_at: config.served_at(),
            new_projects: config.new_projects,
            passkeys: Passkeys::new(&config.public_url, |origin| config.hosts.allows_origin(origin)),
        };
        let cx = context(&config.data, outside).await?;
        if let Err(error) = services::accounts::seal_apps(&cx).await {
            tracing::warn!(error = %explain(&error), "secrets of authenticator apps stay as they are, unsealed");
        }
        Self::with(cx, EdgeSettings::new(config), site, lock).await
    }

    /// Starts what runs beside the requests.
    async fn with(cx: Cx, settings: EdgeSettings, site: Site, lock: data_dir::DataDirLock) -> Result<Self, StartError> {
        let last = services::events::last_seq(&cx).await?;
        let (stopping, tasks, feed) = (CancellationToken::new(), TaskTracker::new(), Feed::new(last));
        tasks.spawn(feed.clone().run(cx.clone(), stopping.clone()));
        tasks.spawn(chores::sweep(cx.clone(), stopping.clone()));
        tasks.spawn(chores::write_token_uses(cx.clone(), stopping.clone()));
        tasks.spawn(services::audit::write_denials(cx.clone(), stopping.clone()));
        tasks.spawn(chores::keep_audit(cx.clone(), settings.audit_days, stopping.clone()));
        tasks.spawn(mail::send(cx.clone(), stopping.clone()));
        if let Some(target) = settings.audit_syslog.clone() {
            tasks.spawn(syslog::forward(cx.clone(), target, own_name(&settings.public_url), stopping.clone()));
        }
        let (engine, discoveries) = (Engine::start(cx.clone()), Arc::clone(&cx.discoveries));
        let edge = Edge::new(Parts {
            request_ids: RequestIds::new(&*cx.ids),
            cx,
            site,
            providers: IdentityProviders::new(&settings.providers, &discoveries),
            buckets: Buckets::new(settings.limits),
            sockets: OpenSockets::new(settings.limits.sockets),
            settings,
            tokens: TokenCache::default(),
            people: CachedBy::default(),
            status: Cached::default(),
            plain_status: Cached::default(),
            feed,
            metrics: Arc::new(Metrics::default()),
            leptos: LeptosOptions::builder().output_name("loki").build(),
            stopping,
            tasks,
        });
        Ok(Self { edge, engine, lock })
    }

    /// Answers requests on `listener` until `stop` comes, then ends everything: sockets close, runs are handed over.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        let stopping = self.edge.stopping.clone();
        let announced = async {
            stop.await;
            tracing::info!("stopping: runs are handed over to the next start");
            stopping.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = connections::serve(listener, router(self.edge.clone()), stopping.clone()) => {}
            () = announced => {}
        }
        self.stop().await;
        Ok(())
    }

    /// Ends everything that was started.
    async fn stop(self) {
        self.edge.stopping.cancel();
        self.edge.tasks.close();
        let ending = async {
            tokio::join!(self.engine.shutdown(), self.edge.tasks.wait());
        };
        if tokio::time::timeout(shutdown::GRACE / 2, ending).await.is_err() {
            tracing::warn!("not everything ended in time; the next start takes it up");
        }
        if let Err(error) = self.edge.cx.store.clone().close().await {
            tracing::warn!(error = %explain(&error), "the database was not closed in order");
        }
        drop(self.lock);
    }
}

/// The host in this server's address.
fn own_name(public_url: &str) -> String {
    public_url.split_once("://").map_or(public_url, |(_, host)| host).to_owned()
}

/// Listens on `address`; a busy port is named as such.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortBusy(address),
        _ => StartError::Listen { address, source },
    })
}
