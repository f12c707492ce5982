//! A server of a test's own: a fresh data directory, a free port, a database.

use std::{
    path::{Path, PathBuf},
    process::Output,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use protocol::access::Role;
use tempfile::TempDir;

use crate::{
    Actor, Answer,
    actor::Credentials,
    command, postgres, processes,
    server::{self, Server},
};

/// How a server is to be set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    on_postgres: bool,
    /// The address of a database that is there.
    database: Option<String>,
    /// A folder below the data directory that is a file system of its own, and the size of that.
    disk: Option<(&'static str, String)>,
}

impl Setup {
    /// Arguments for every call of the demo agent, like `--misbehave empty`.
    pub fn demo(self, arguments: &str) -> Self {
        self.variable("LOKI_DEMO_AGENT_ARGS", arguments)
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(other, _)| other != name);
        if !value.is_empty() {
            self.variables.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Adds to a variable that is a list.
    pub fn also(self, name: &str, value: &str) -> Self {
        let before = self.variables.iter().find(|(other, _)| other == name).map(|(_, list)| format!("{list},"));
        let list = format!("{}{value}", before.unwrap_or_default());
        self.variable(name, &list)
    }

    /// One more argument of `loki serve`.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Keeps the data in a PostgreSQL database of its own.
    pub fn on_postgres(self) -> Self {
        Self { on_postgres: true, ..self }
    }

    /// Keeps the data in the database of that address.
    pub fn on_database(self, url: &str) -> Self {
        Self { database: Some(url.to_owned()), ..self }
    }

    /// Gives the runs' worktrees a file system of their own that holds so much, like `16k`.
    pub fn with_small_worktrees(self, size: &str) -> Self {
        Self { disk: Some(("worktrees", size.to_owned())), ..self }
    }

    /// Gives the database, in [`DATABASE`] below the data directory, a file system of its own that holds so much. Only the server
    /// sees it, so it can neither be started again nor have its database opened beside it.
    pub fn with_small_database(self, size: &str) -> Self {
        Self { disk: Some((DATABASE, size.to_owned())), ..self }
    }

    /// Starts it.
    pub async fn start(self) -> TestApp {
        TestApp::new(self)
    }
}

/// A running server; dropped, it is gone with everything that it started.
#[derive(Debug)]
pub struct TestApp {
    server: Mutex<Server>,
    setup: Mutex<Setup>,
    http: reqwest::Client,
    data_dir: PathBuf,
    database_url: String,
    log: PathBuf,
    _folder: Scratch,
}

/// A folder that is gone afterwards, however deep what agents left in it.
#[derive(Debug)]
struct Scratch(TempDir);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = files::removal::remove_path(self.0.path());
    }
}

impl TestApp {
    /// An honest demo agent on SQLite.
    pub async fn start() -> Self {
        Self::new(Setup::default())
    }

    fn new(setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("loki-test-").tempdir().expect("a folder");
        let name = folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        // Processes are found by this name, so it is to be seen in every path below.
        let data_dir = folder.path().join(format!("data-{name}"));
        let log = folder.path().join("log");
        server::new_log(&log);
        let database_url = if let Some(url) = &setup.database {
            url.clone()
        } else if setup.on_postgres {
            postgres::new_database()
        } else {
            let folder = if matches!(setup.disk, Some((DATABASE, _))) { data_dir.join(DATABASE) } else { data_dir.clone() };
            format!("sqlite://{}?mode=rwc", folder.join("loki.db").display())
        };
        // The client is built with TLS, which wants to know whose; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = start(&setup, &arguments(&setup, &data_dir, &database_url), &data_dir, &log);
        // The server closes connections that are idle for ten seconds; one that is closed in the moment of its reuse is no fault.
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_idle_timeout(Duration::from_secs(5));
        let http = http.build().expect("a client");
        Self { server: server.into(), setup: setup.into(), http, data_dir, database_url, log, _folder: Scratch(folder) }
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().expect("the server")
    }

    /// The server's address without a slash at the end.
    pub fn url(&self) -> String {
        self.server().url.clone()
    }

    /// `host:port` of the server.
    pub fn host(&self) -> String {
        self.url().trim_start_matches("http://").to_owned()
    }

    pub fn pid(&self) -> i32 {
        self.server().pid()
    }

    /// The one-time link that was printed at the start.
    pub fn setup_link(&self) -> Option<String> {
        self.server().setup_link.clone()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9` of the server alone.
    pub fn kill(&self) {
        self.server().kill();
    }

    /// SIGTERM; whether it ended with success.
    pub fn stop(&self) -> bool {
        self.server().stop()
    }

    /// Starts the server again on the same data, after it ended.
    pub fn start_again(&self) {
        let setup = self.setup.lock().expect("the setup").clone();
        let arguments = arguments(&setup, &self.data_dir, &self.database_url);
        let server = start(&setup, &arguments, &self.data_dir, &self.log);
        *self.server() = server;
    }

    /// Stops the server and starts it with another demo agent.
    pub fn restart_with_demo(&self, demo: &str) {
        assert!(self.stop(), "the server did not stop in order");
        self.restart_after_kill_with_demo(demo);
    }

    /// Starts the server, which has ended, with another demo agent.
    pub fn restart_after_kill_with_demo(&self, demo: &str) {
        {
            let mut setup = self.setup.lock().expect("the setup");
            *setup = setup.clone().demo(demo);
        }
        self.start_again();
    }

    /// Fails when anything but the server itself still works on the data.
    pub async fn assert_no_process_left(&self) {
        processes::assert_none_left(&self.data_dir, &[self.pid()]).await;
    }

    /// A request without any credentials.
    pub async fn get(&self, path: &str) -> Answer {
        self.nobody().get(path).await
    }

    /// Somebody without credentials.
    pub fn nobody(&self) -> Actor<'_> {
        Actor::new(self, Credentials::None)
    }

    pub async fn admin(&self) -> Actor<'_> {
        self.token(Role::Admin)
    }

    pub async fn operator(&self) -> Actor<'_> {
        self.token(Role::Operator)
    }

    pub async fn viewer(&self) -> Actor<'_> {
        self.token(Role::Viewer)
    }

    pub async fn auditor(&self) -> Actor<'_> {
        self.token(Role::Auditor)
    }

    /// A program with a new token of that role, made by `loki token create` on the data directory.
    pub fn token(&self, role: Role) -> Actor<'_> {
        let output = self.offline(&["token", "create", "--name", role.as_str(), "--role", role.as_str()], "");
        Actor::new(self, Credentials::Bearer(command::stdout(&output).trim().to_owned()))
    }

    /// A person who came by the setup link: the first admin, in a browser.
    pub async fn first_admin(&self) -> Actor<'_> {
        let link = self.setup_link().expect("a setup link");
        let token = link.rsplit_once("token=").expect("a token in the link").1.to_owned();
        let person = self.nobody();
        let form = [("token", token.as_str()), ("email", "ada@example.org"), ("name", "Ada"), ("password", PASSWORD)];
        let answer = person.send_form("/setup", &form).await.expect(303);
        let cookie = answer.cookie("loki_login").expect("a login");
        Actor::new(self, Credentials::Cookie(cookie))
    }

    /// A chore on the data directory, like `loki user create`.
    pub fn offline(&self, arguments: &[&str], input: &str) -> Output {
        let mut loki = server::loki();
        loki.args(arguments).arg("--data-dir").arg(&self.data_dir).args(["--database-url", &self.database_url]);
        let output = command::run(loki, input);
        assert!(output.status.success(), "loki {}: {}", arguments.join(" "), command::stderr(&output));
        output
    }

    /// The database, opened beside the server.
    pub async fn store(&self) -> store::Store {
        store::Store::open(&self.database_url).await.expect("the database")
    }
}

/// The folder of a database that has a file system of its own.
pub const DATABASE: &str = "database";

/// The password of everybody who signs in with one.
pub const PASSWORD: &str = "a long enough password";

fn start(setup: &Setup, arguments: &[String], data_dir: &Path, log: &Path) -> Server {
    let small = setup.disk.as_ref().map(|(folder, size)| (data_dir.join(folder), size.as_str()));
    Server::start(arguments, &setup.variables, small, log)
}

fn arguments(setup: &Setup, data_dir: &Path, database_url: &str) -> Vec<String> {
    let data_dir = data_dir.to_string_lossy().into_owned();
    let own = ["--listen", "127.0.0.1:0", "--data-dir", &data_dir, "--database-url", database_url];
    own.into_iter().map(str::to_owned).chain(setup.arguments.iter().cloned()).collect()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log ends with:\n{}", server::tail(&self.log));
        }
        if let Ok(server) = self.server.get_mut() {
            server.kill();
        }
        // Whoever lost its parent is found by the folder that it works on.
        processes::working_on(&self.data_dir, &[]).iter().for_each(processes::Process::kill);
    }
}
