//! `loki serve`.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::oneshot;

use super::{Exit, Failure, print};
use crate::{
    assets::Site,
    config::{Config, ServeArgs, data_dir},
    shutdown, telemetry,
    wiring::{App, listen},
};

/// Each open page is a descriptor. Shells allow 1,024 of them; this asks for as many as the system gives.
fn allow_open_files() {
    let limits = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits }) {
        tracing::warn!(%error, "the limit of open files stays as it is: {:?}", limits.current);
    }
}

/// Serves until a signal asks to stop.
pub(super) async fn run(args: ServeArgs, site: Site) -> Result<Exit, Failure> {
    telemetry::start(args.log_format);
    allow_open_files();
    let mut config = Config::new(args)?;
    // Before anything is changed on the disk: a second start on the same port must not touch the first one's data.
    let listener = listen(config.listen).await?;
    let address = listener.local_addr()?;
    config.listen_on(address);
    let app = App::start(&config, site).await?;
    if app.edge.site.names().is_none() {
        tracing::warn!("this build has no site: pages come without style and script. `deploy/site.sh` builds it");
    }
    if let Err(error) = app.edge.cx.sandbox.check().await {
        print::problem(&format!("runs cannot start yet: {error}"));
    }
    if !app.edge.cx.sandbox.isolates() {
        print::problem("agents and checks run without isolation (--no-sandbox): start only specs that you trust");
    }

    let cx = &app.edge.cx;
    if let Some(problem) = services::vault::standing(&cx.store, &*cx.keys).await?.problem {
        print::problem(&format!("secrets cannot be used yet: {problem}"));
    }
    let own = Some(cx.audit_key.public());
    if let Some(problem) = services::audit::foreign_signer(&cx.store, &cx.settings.data_dir, own).await? {
        print::problem(&print::plain(&problem));
    }

    if services::mail::is_set_up(cx) && config.is_local() {
        let text = "links in mails lead to this machine: give --public-url, the address under which people reach the server";
        print::problem(text);
    }

    if let Err(error) = data_dir::keep_address(&config.data.data_dir, &config.public_url) {
        tracing::warn!(%error, "the server's address could not be kept: commands that print links need --public-url");
    }
    print::line(&format!("loki {} on {}", crate::wiring::VERSION, config.public_url));
    if let Some(token) = services::accounts::issue_setup_token(&app.edge.cx).await? {
        print::line("Nobody has an account yet. Make the first one, an admin's, here (the link works once):");
        print::line(&domain::links::setup(&config.public_url, &token));
    }

    let (stop, stopped) = oneshot::channel::<()>();
    let serving = app.serve(listener, async {
        let _ = stopped.await;
    });
    let signalled = async {
        let asked = shutdown::asked().await;
        let _ = stop.send(());
        asked
    };
    let (served, asked) = tokio::join!(serving, signalled);
    served?;
    asked?;
    Ok(Exit::Done)
}
